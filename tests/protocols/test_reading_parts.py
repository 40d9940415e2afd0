"""The parts of reading: forms of a wording, thinking told from the answer, what markers point at."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmar.protocols import Marker, ReadingRule, read, split_thinking
from mmar.protocols.mentions import is_edge, named_choices
from mmar.protocols.tags import find_tag
from mmar.protocols.wording import clean, forms, loose, plain

CAT = ("cat", "dog", "fish")


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("“a” ‘b’ `c`", "\"a\" 'b' 'c'"),
        ("a—b–c−d", "a-b-c-d"),
        ("ﬁ Ａ ①…", "fi A 1..."),
        ("C♯ B♭", "C# Bb"),
        ("a \t  b\n c", "a b\n c"),
        ("a\u200bb\ufeff", "ab"),
        ('it\\\'s \\"x\\"', 'it\'s "x"'),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_a_long_text_is_cleaned_as_a_short_one() -> None:
    short = "café e\u0301tude ﬁn “so” ♯ 草原 "
    assert clean(short * 100).split() == clean(short).split() * 100


def test_loose_leaves_what_means_something() -> None:
    assert loose(plain(clean("  **“The Dog”.** "))) == "the dog"
    assert [loose(text) for text in ("-1", "- one", "#1", "# one", "c#", "3.5", "(b)")] == [
        "-1",
        "one",
        "#1",
        "one",
        "c#",
        "3.5",
        "b",
    ]


def test_choices_that_fall_together_are_named_by_neither() -> None:
    known = forms(("Dog", "dog.", "cat"))
    assert known.exact == {"Dog": 0, "dog.": 1, "cat": 2}
    assert known.loose == {"cat": 2}
    assert read("Dog", known.texts).index == 0
    assert read("DOG", known.texts).index == 0
    assert read("I hear a dog", known.texts).state == "unresolved"


def test_edges_of_words() -> None:
    def edges(text: str) -> list[int]:
        return [at for at in range(len(text) + 1) if is_edge(text, at)]

    assert edges("a cat") == [0, 1, 2, 5]
    for joined in ("3:1", "3.5", "well-known", "cat's", "1,000", "C#", "20%"):
        assert edges(joined) == [0, len(joined)], joined
    assert edges("草原") == [0, 1, 2]


def test_the_longest_choice_masks_the_shorter_one_in_it() -> None:
    known = forms(("too much", "too much, can't finish", "just right"))
    assert named_choices("It is too much, can't finish.", known).affirmed == (1,)
    assert named_choices("Not too much; just right.", known) == named_choices(
        "just right, never too much", known
    )
    assert named_choices("Not too much; just right.", known).denied == (0,)


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        ("dog", "", "dog"),
        ("<think>a cat?</think>dog", "a cat?", "dog"),
        (" <thinking>\na cat?</thinking>\n dog", "\na cat?", "\n dog"),
        ("a cat?</think>dog", "a cat?", "dog"),
        ("<think>a</think>b<think>c</think>d", "a</think>b<think>c", "d"),
        ("<think>a cat", "a cat", ""),
        ("a dog <think>", "", "a dog <think>"),
        ("◁think▷a cat?◁/think▷dog", "a cat?", "dog"),
        ("", "", ""),
    ],
)
def test_thinking_and_answer_are_kept_byte_for_byte(text: str, thinking: str, answer: str) -> None:
    assert split_thinking(text) == (thinking, answer)


@given(st.text(max_size=40), st.text(max_size=40))
@settings(deadline=None)
def test_thinking_and_answer_come_back_as_they_went_in(thinking: str, answer: str) -> None:
    assert split_thinking(f"<think>{thinking}</think>{answer}") == (thinking, answer)


def test_tags() -> None:
    text = "<a>1</a> < A >2</ a ><a>3"

    def content(which: str) -> str:
        tag = find_tag(text, "a", which)  # type: ignore[arg-type]
        assert tag is not None
        return text[tag.begin : tag.end]

    assert (content("first"), content("last")) == ("1", "3")
    assert find_tag("no tag", "a") is None
    assert find_tag("<b>1</b>", "a") is None


@pytest.mark.parametrize(
    ("marker", "text", "index"),
    [
        (Marker("tag", "final"), "cat <FINAL>dog</FINAL> cat", 1),
        (Marker("tag", "final", "first"), "<final>dog</final><final>cat</final>", 1),
        (Marker("json", "pick"), '{"pick": "dog", "not": "cat"}', 1),
        (Marker("json", "pick", "first"), '{"pick": "dog"} {"pick": "cat"}', 1),
        (Marker("after", "Verdict:"), "verdict: cat, verdict: dog. A cat is small.", 1),
        (Marker("after", "Verdict:", "first"), "verdict: dog. verdict: cat", 1),
        (Marker("quoted", "I say"), 'A cat? I say "dog" to the cat.', 1),
        (Marker("quoted", "I say"), "I say 'dog'", 1),
        (Marker("bold"), "**cat** cat **dog** cat fish", 1),
        (Marker("bold", which="first"), "**dog** cat **cat**", 1),
        (Marker("first_line"), "dog it is\ncat and fish", 1),
    ],
)
def test_what_a_protocols_marker_points_at(marker: Marker, text: str, index: int) -> None:
    assert read(text, CAT, ReadingRule(markers=(marker,))).index == index


def test_a_marker_that_points_at_nothing_leaves_the_common_ones() -> None:
    rule = ReadingRule(
        markers=(Marker("tag", "final"), Marker("json", "pick"), Marker("quoted", "I say"), Marker("bold"))
    )
    assert read("The answer is dog, not cat.", CAT, rule).index == 1
    assert read("I say: nothing. **Hm.** The answer is dog, not cat.", CAT, rule).index == 1


def test_the_part_that_holds_the_answer_is_all_that_is_read() -> None:
    rule = ReadingRule(part="RESPONSE")
    assert read("The answer is cat. <response>dog</response> fish", CAT, rule).index == 1
    assert read("The answer is cat. <RESPONSE></RESPONSE>", CAT, rule).state == "unresolved"
    assert read("dog", CAT, rule).index == 1
