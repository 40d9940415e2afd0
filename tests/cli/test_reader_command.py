"""`mmar score --reader` and `mmar.score(reader=...)` against a reader over HTTP: cost, numbers, and what is asked again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mmar
from command import Result
from expect import raises
from mmar.scoring.text_model import replies_folder
from servers.fake_models import FakeModels, Hang, ReceivedRequest, Say
from waiting import until

CHOICES = ["rain", "wind", "thunder", "waves"]
# Ten answers: four are read (three right), five are unresolved with words, one is empty.
ANSWERS = ["rain", "A", "Answer: A", "wind", *["A broad patter."] * 3, "rain or wind", "choose A! B or C", ""]
READER = "openai/reader"


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    path = tmp_path / "p.jsonl"
    rows = [
        {
            "id": f"q{index}",
            "audio_path": f"a/{index}.wav",
            "question": f"What is heard in clip {index}?",
            "choices": CHOICES,
            "answer": "rain",
            "modality": "sound",
            "category": "Signal Layer",
            "answer_prediction": answer,
        }
        for index, answer in enumerate(ANSWERS)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def document_of(received: ReceivedRequest) -> dict[str, Any]:
    text = next(text for text in received.texts if "<document>\n" in text)
    return dict(json.loads(text.split("<document>\n")[1].split("\n</document>")[0]))


def names_rain(received: ReceivedRequest) -> Say:
    number = next(choice["number"] for choice in document_of(received)["choices"] if choice["text"] == "rain")
    return Say(json.dumps({"choice": number}))


def test_a_dry_run_shows_the_cost_and_sends_nothing(
    fake_models: Callable[..., FakeModels], command: Callable[..., Result], predictions: Path, tmp_path: Path
) -> None:
    service = fake_models(names_rain)
    prices = tmp_path / "prices.toml"
    prices.write_text('[[price]]\nmodel = "openai/*"\ninput = 1000\noutput = 1000\n', "utf-8")
    result = command(
        "score", predictions, "--reader", READER, "--base-url", service.chat_url, "--reader-sample", 2,
        "--prices", prices, "--dry-run", "--json",
    )  # fmt: skip
    assert result.status == 0
    assert service.requests == []
    assert "reader" not in json.loads(result.out)
    assert "5 unresolved answers" in result.err
    assert "2 others" in result.err
    tokens = int(result.err.split("about ")[1].split(" input")[0].replace(",", ""))
    cost = float(result.err.split(" by the price table")[0].rsplit(" ", 1)[1])
    assert cost == pytest.approx((tokens + 7 * 8) / 1000, abs=0.01)  # a reply is 8 tokens


def test_the_third_number_stands_beside_the_others(
    fake_models: Callable[..., FakeModels], command: Callable[..., Result], predictions: Path
) -> None:
    service = fake_models(names_rain)
    arguments = (
        "score",
        predictions,
        "--reader",
        READER,
        "--base-url",
        service.chat_url,
        "--reader-sample",
        4,
    )
    result = command(*arguments, "--json")
    assert result.status == 0
    score = json.loads(result.out)
    # Three right by the cascade and five by the reader, of ten; of the four sampled "wind" differs.
    assert score["scores"]["choice"]["correct"] == 3
    reader = score["reader"]
    assert (reader["accuracy"]["correct"], reader["asked"], reader["named"], reader["none"]) == (8, 5, 5, 0)
    assert (reader["sampled"], reader["agreed"], reader["agreement"]) == (4, 3, 75.0)
    assert reader["signature"].startswith(f"{score['signature']}|reader:{READER}|")
    table = command(*arguments)
    assert "choice+reader 80.0" in table.words
    assert "agrees with the cascade on 3 of 4 sampled answers" in table.words
    assert [line for line in table.out.splitlines() if len(line) > 80 and "|" not in line] == []
    assert len(service.requests) == 9


def test_the_library_reads_what_the_command_reads(
    fake_models: Callable[..., FakeModels], command: Callable[..., Result], predictions: Path, tmp_path: Path
) -> None:
    service = fake_models(names_rain)
    score = mmar.score(
        predictions, reader=READER, reader_sample=4, reader_options={"base_urls": [service.chat_url]}
    )
    assert score.reader is not None
    assert (score.reader.accuracy.correct, score.reader.agreed, score.choice.correct) == (8, 3, 3)
    assert len(service.requests) == 9
    arguments = ("--reader", READER, "--base-url", service.chat_url, "--reader-sample", 4, "--json")
    again = command("score", predictions, *arguments)
    assert json.loads(again.out)["reader"] == json.loads(json.dumps(score.reader.to_dict()))
    assert len(service.requests) == 9
    rows = [json.loads(line) for line in predictions.read_text("utf-8").splitlines()]
    in_memory = mmar.score(
        rows,
        reader=READER,
        reader_out=tmp_path / "replies",
        reader_sample=0,
        reader_options={"base_urls": [service.chat_url]},
    )
    assert in_memory.reader is not None
    assert in_memory.reader.accuracy.correct == 8


def test_a_function_can_read(predictions: Path, tmp_path: Path) -> None:
    score = mmar.score(
        predictions, reader=lambda _: '{"choice": null}', reader_out=tmp_path / "replies", reader_sample=3
    )
    assert score.reader is not None
    assert (score.reader.accuracy.correct, score.reader.none, score.reader.sampled) == (3, 5, 3)


def test_replies_to_predictions_in_memory_need_a_folder() -> None:
    demo = mmar.load("demo")
    with raises("missing-argument", argument="reader_out"):
        mmar.score({item.id: item.answer for item in demo}, demo, reader=READER)


def test_a_killed_reader_is_asked_nothing_twice(
    fake_models: Callable[..., FakeModels], predictions: Path
) -> None:
    replies = 3
    answering = False

    def script(received: ReceivedRequest) -> Say | Hang:
        return names_rain(received) if answering or received.number < replies else Hang()

    service = fake_models(script)
    words = (
        sys.executable, "-m", "mmar", "score", str(predictions), "--reader", READER, "--base-url", service.chat_url,
        "--reader-sample", "4", "--json",
    )  # fmt: skip
    ledger = replies_folder(predictions, READER, "reader") / "answers.jsonl"

    def recorded() -> int:
        return ledger.read_bytes().count(b"\n") if ledger.is_file() else 0

    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        try:
            until(lambda: recorded() >= replies)
        finally:
            killed.kill()
    answering = True
    second = subprocess.run(words, capture_output=True, check=True, text=True)
    assert json.loads(second.stdout)["reader"]["accuracy"]["correct"] == 8
    questions = [document_of(received)["question"] for received in service.requests]
    times = Counter(questions)
    assert [times[question] for question in questions[:replies]] == [1, 1, 1]
    assert len(times) == 9
