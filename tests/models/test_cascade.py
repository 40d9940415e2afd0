"""`cascade/CAPTIONER+REASONER`: one caption a clip, shared by all who read it."""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expect import raises
from mmar.errors import ExternalError
from mmar.models import ModelOptions, RequestFailed, SentAudio, Usage, open_model
from mmar.models.cascade import Caption, CaptionStore, caption_key
from mmar.protocols import Message, Request
from servers.fake_models import Say, Status


def request_of(audio: Path | None, item: str = "item-1", where="before", text="What rings?") -> Request:
    return Request(item, (Message("user", text, where if audio else None),), text, ("a", "b"), audio)


@pytest.fixture
def cascade(fake_models, tmp_path):
    """A captioner's and a reasoner's server, and a function that asks through both."""
    hearer, reader = fake_models(Say("A bell, twice.")), fake_models(lambda received: Say(received.question))

    def ask(*requests, name="cascade/openai/hearer+text/reader", **extra):
        async def run():
            options = {
                "captions": str(tmp_path / "kept" / "captions.sqlite"),
                "captioner.base_url": hearer.chat_url,
                "reasoner.base_url": reader.chat_url,
            }
            model = open_model(name, ModelOptions(timeout_s=60, extra=options | extra))
            assert (model.name, model.uses_audio) == (name, True)
            try:
                return await asyncio.gather(*map(model.ask, requests), return_exceptions=True)
            finally:
                await model.close()

        return asyncio.run(run())

    ask.hearer, ask.reader = hearer, reader
    return ask


@pytest.mark.parametrize("where", ["before", "after"])
def test_the_reasoner_reads_the_caption_in_the_place_of_the_clip(cascade, tone, where):
    (answer,) = cascade(request_of(tone(), where=where))
    caption = "A description of the audio clip:\nA bell, twice."
    expected = [caption, "What rings?"] if where == "before" else ["What rings?", caption]
    assert answer.text == "\n\n".join(expected)
    assert answer.caption == "A bell, twice."
    assert cascade.reader.requests[0].audio is None
    assert cascade.hearer.requests[0].audio == tone().read_bytes()
    assert answer.sent.bytes == tone().stat().st_size


def test_a_clip_is_captioned_once_for_all_items_and_reasoners(cascade, tone, tmp_path):
    clip = tone()
    copy = tmp_path / "copy.wav"
    copy.write_bytes(clip.read_bytes())
    other = tone("other.wav", 880)
    answers = cascade(
        *[request_of(path, f"item-{index}") for index, path in enumerate([clip, clip, copy, other])]
    )
    assert len(cascade.hearer.requests) == 2
    assert all(answer.caption == "A bell, twice." for answer in answers)
    cascade.hearer.script = Say("never asked for")
    (again,) = cascade(request_of(clip), name="cascade/openai/hearer+text/another")
    assert again.caption == "A bell, twice."
    assert again.sent == answers[0].sent
    assert len(cascade.hearer.requests) == 2
    assert len(cascade.reader.requests) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"caption_prompt": "Which instruments?"},
        {"caption_temperature": "0.7"},
        {"captioner.audio_rate": "8000"},
        {"name": "cascade/openai/other+text/reader"},
    ],
)
def test_another_captioner_prompt_or_setting_is_another_caption(cascade, tone, change):
    cascade(request_of(tone()))
    cascade(request_of(tone()), **change)
    assert len(cascade.hearer.requests) == 2


def test_a_captioner_that_takes_no_prompt_is_sent_the_clip_alone(cascade, tone):
    cascade.hearer.script = lambda received: Say(f"{len(received.texts)} texts, {len(received.audio)} bytes")
    (answer,) = cascade(request_of(tone()), caption_prompt="")
    assert answer.caption == f"0 texts, {tone().stat().st_size} bytes"


def test_a_captioners_base_url_is_not_part_of_the_key(cascade, tone):
    cascade(request_of(tone()))
    answers = cascade(request_of(tone()), **{"captioner.base_url": "http://127.0.0.1:9/v1"})
    assert answers[0].caption == "A bell, twice."


def test_a_captions_tokens_are_counted_once(cascade, tone):
    answers = cascade(*[request_of(tone(), f"item-{index}") for index in range(3)])
    usages = [answer.usage for answer in answers]
    assert sorted(usage.input_tokens for usage in usages) == [120, 120, 240]
    assert sum(usage.audio_tokens or 0 for usage in usages) == 100


@pytest.mark.parametrize(
    ("reply", "kind", "again"),
    [
        (Status(503), "server", True),
        (Status(401), "denied", False),
        (Say(None), "bad_reply", False),
        (Say("  \n "), "bad_reply", True),
        (Say("<think>all of it", finish="length"), "bad_reply", True),
        (Say("x", finish="content_filter"), "refused", False),
    ],
)
def test_a_failed_caption_is_a_failed_item_and_is_not_kept(cascade, tone, reply, kind, again):
    cascade.hearer.script = reply
    failures = cascade(request_of(tone()), request_of(tone(), "item-2"))
    assert [(failure.kind, failure.retryable) for failure in failures] == [(kind, again)] * 2
    assert failures[0] is not failures[1]
    assert all("no caption" in failure.message for failure in failures)
    assert cascade.reader.requests == []
    cascade.hearer.script = Say("A bell, twice.")
    assert cascade(request_of(tone()))[0].caption == "A bell, twice."


def test_a_clip_that_cannot_be_read_is_neither_captioned_nor_asked_about(cascade, tone):
    (failure,) = cascade(request_of(tone().with_name("nowhere.wav")))
    assert failure.kind == "audio"
    assert cascade.hearer.requests == cascade.reader.requests == []


def test_without_a_clip_the_reasoner_is_asked_alone(cascade):
    (answer,) = cascade(request_of(None))
    assert (answer.text, answer.caption) == ("What rings?", None)


@pytest.mark.parametrize(
    ("name", "extra", "code"),
    [
        ("cascade/openai/x", {"captions": "c"}, "unknown-model"),
        ("cascade/openai/x+text/y+text/z", {"captions": "c"}, "unknown-model"),
        ("cascade/openai/x+deepseek", {"captions": "c"}, "unknown-model"),
        ("cascade/text/x+text/y", {"captions": "c"}, "no-captioner"),
        ("cascade/openai/x+text/y", {}, "missing-option"),
        ("cascade/openai/x+text/y", {"captions": "c", "audio_as": "x"}, "unknown-option"),
        ("cascade/openai/x+text/y", {"captions": "c", "reasoner.audio_as": "x"}, "unknown-option"),
    ],
)
def test_invalid_names_and_options_raise_on_open(tmp_path, monkeypatch, name, extra, code):
    monkeypatch.chdir(tmp_path)
    with raises(code):
        open_model(name, ModelOptions(base_urls=("http://127.0.0.1:9/v1",), extra=extra))


def test_a_plus_in_a_models_name_is_part_of_it(tmp_path):
    name = "cascade/openai/base+lora+text/deep+seek"
    extra = {"captions": str(tmp_path / "c")}
    model = open_model(name, ModelOptions(base_urls=("http://127.0.0.1:9/v1",), extra=extra))
    assert model._captioner.name == "openai/base+lora"
    assert model._reasoner.name == "text/deep+seek"
    asyncio.run(model.close())


KEYS = st.builds(caption_key, st.text(max_size=3), st.text(max_size=3), st.text(max_size=3))
CAPTIONS = st.builds(
    Caption,
    st.text(min_size=1),
    st.none() | st.text(),
    st.none() | st.just("stop"),
    st.none() | st.just(Usage(3, 4)),
    st.none() | st.just(SentAudio("a", "b", 1, 2, 1, 0.5)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(KEYS, CAPTIONS), max_size=8))
def test_the_first_caption_of_a_key_stays(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("captions") / "c.sqlite"
    first: dict[bytes, Caption] = {}
    store = CaptionStore(path)
    for key, caption in pairs:
        assert store.keep(key, caption) == first.setdefault(key, caption)
    store.close()
    store = CaptionStore(path)
    assert {key: store.find(key) for key in first} == first
    assert store.find(caption_key("no", "such", "key, ever")) is None
    store.close()


def _keep_many(path: Path, who: int) -> list[str]:
    store = CaptionStore(path)
    try:
        return [
            store.keep(caption_key(str(index), "c", ""), Caption(f"by {who}")).text for index in range(25)
        ]
    finally:
        store.close()


def test_processes_that_write_at_once_agree(tmp_path):
    path = tmp_path / "c.sqlite"
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        first, second = pool.starmap(_keep_many, [(path, 1), (path, 2)])
    assert first == second


def test_a_file_that_is_something_else_is_left_alone(tmp_path):
    text = tmp_path / "text"
    text.write_text("not a database, and long enough to be looked at " * 10)
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    # The name of a table that is no UTF-8, as in a file with a damaged page.
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(other.read_bytes().replace(b"mine", b"m\x8ane"))
    for path in (text, other, damaged):
        before = path.read_bytes()
        with raises("not-a-store"):
            CaptionStore(path)
        assert path.read_bytes() == before
    with pytest.raises(ExternalError):
        CaptionStore(tmp_path)


def test_a_clip_that_changes_under_way_is_not_kept_under_the_wrong_name(cascade, tone):
    clip = tone()
    other = tone("other.wav", 880).read_bytes()

    async def run():
        model = open_model(
            "cascade/openai/hearer+text/reader",
            ModelOptions(
                timeout_s=60,
                base_urls=(cascade.hearer.chat_url,),
                extra={"captions": str(clip.with_name("c.sqlite"))},
            ),
        )
        make = model._find_or_make

        async def changed(*arguments):
            clip.write_bytes(other)
            return await make(*arguments)

        model._find_or_make = changed
        try:
            await model.ask(request_of(clip))
        finally:
            await model.close()

    with pytest.raises(RequestFailed) as caught:
        asyncio.run(run())
    assert caught.value.kind == "audio"
