"""Protocols as data: finding one, reading one's own, and what is wrong with a file said in so many words."""

from __future__ import annotations

from pathlib import Path

import pytest

from expect import raises
from mmar.errors import InputError, UsageError
from mmar.items import Item
from mmar.protocols import DEFAULT, Marker, ReadingRule, Settings, load_protocol, protocols
from mmar.protocols.protocol import format_choices

CHOICES = ("one", "two", "three")
ITEM = Item("i", "i.wav", "How many?", CHOICES, "two", "sound", "Signal Layer")
OWN = """
[[protocol]]
name = "mine"
version = 3
system = "Be brief."
template = "{q} [{choices}] Go."
choices = "python-list"
source = "my paper"
audio = "after"
[protocol.settings]
temperature = 0.5
max_tokens = 64
[protocol.reading]
expects = "letter"
part = "FINAL"
markers = [{ kind = "after", name = "Verdict:", which = "first" }]
"""


def test_the_default_is_the_authors_own() -> None:
    assert load_protocol(DEFAULT).label == "mmar@1"
    assert load_protocol("letter") is protocols()["letter"]


def test_a_protocol_file_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN, "utf-8")
    protocol = load_protocol(str(path))
    assert (protocol.label, protocol.wording) == ("mine@3", "own")
    assert protocol.reading == ReadingRule("letter", "FINAL", (Marker("after", "Verdict:", "first"),))
    request = protocol.request(ITEM, Path("i.wav"))
    assert [(message.role, message.text, message.audio) for message in request.messages] == [
        ("system", "Be brief.", None),
        ("user", "How many? [['one', 'two', 'three']] Go.", "after"),
    ]
    assert request.settings == Settings(temperature=0.5, max_tokens=64)
    assert protocol.request(ITEM, None).messages[1].audio is None
    assert protocol.request(ITEM, None, Settings(seed=1)).settings == Settings(seed=1)
    assert protocol.read("Verdict: B. Verdict: C", CHOICES).index == 1


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("lines", "one\ntwo\nthree"),
        ("(A) lines", "(A) one\n(B) two\n(C) three"),
        ("A. lines", "A. one\nB. two\nC. three"),
        ("python-list", "['one', 'two', 'three']"),
        ("quoted", '"one", "two" or "three"'),
    ],
)
def test_choices_are_formatted_as_the_protocol_says(form: str, text: str) -> None:
    assert format_choices(CHOICES, form) == text  # type: ignore[arg-type]


def test_braces_in_a_question_stay_as_they_are() -> None:
    item = Item("i", "i.wav", "Is it {q} or {choices}?", ("{choices}", "{q}"), "{q}", "sound", "Signal Layer")
    text = load_protocol("mmar").request(item, None).messages[0].text
    assert text == "Is it {q} or {choices}?\nSelect one option from the provided choices:\n{choices}\n{q}"


def test_the_digest_is_of_what_a_model_is_given() -> None:
    protocol = load_protocol("mmar")
    digest = protocol.request(ITEM, Path("a.wav")).digest()
    assert protocol.request(ITEM, Path("elsewhere/b.wav")).digest() == digest
    others = [
        protocol.request(ITEM, None),
        protocol.request(ITEM, Path("a.wav"), Settings(temperature=0.0)),
        load_protocol("letter").request(ITEM, Path("a.wav")),
        protocol.request(
            Item("i", "i.wav", "How many?", CHOICES[::-1], "two", "sound", "Signal Layer"), Path("a.wav")
        ),
    ]
    assert len({digest, *(other.digest() for other in others)}) == 5


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("{choices}", "{options}"), 'the template of "mine" must contain {choices} exactly once'),
        (("{q} [{choices}]", "[{choices}] {q}"), "{q} must come before {choices}"),
        (('source = "my paper"\n', ""), 'field "source": missing'),
        (('"python-list"', '"bullets"'), '"bullets" is not one of'),
        (("version = 3", "colour = 3"), 'field "colour": unknown field'),
        (
            ("max_tokens = 64", 'max_tokens = "64"'),
            'field "settings.max_tokens": expected an integer or null',
        ),
        (('kind = "after"', 'kind = "behind"'), '"behind" is not one of'),
        (("[[protocol]]", "[[protocol"), "not valid TOML"),
        (("[[protocol]]", "[[protocols]]"), 'field "name": missing'),
        ((OWN, "title = 'x'"), "found 0 protocols, expected one"),
        ((OWN, OWN + OWN), "found 2 protocols, expected one"),
    ],
)
def test_an_invalid_file_is_an_error_that_names_the_field(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN.replace(*change), "utf-8")
    with pytest.raises(InputError) as caught:
        load_protocol(str(path))
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_single_table_is_read_like_a_list_of_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN.replace("[[protocol]]", "[protocol]"), "utf-8")
    assert load_protocol(str(path)).label == "mine@3"


def test_an_unknown_name_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    with raises("unknown-protocol", UsageError) as caught:
        load_protocol("mmarr")
    assert "letter" in str(caught.value)
    with raises("file-not-found", InputError):
        load_protocol(str(tmp_path / "absent.toml"))
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")
    with raises("not-utf8", InputError):
        load_protocol(str(tmp_path / "latin.toml"))
