"""The time to read an answer grows with its length and no faster, whatever it holds.

Each text below would take minutes if any step were quadratic; processor time is measured, so that a busy
machine changes nothing.
"""

from __future__ import annotations

import random
import time
import unicodedata

import pytest

from mmar.protocols import Marker, ReadingRule, read

CHOICES = ("cat", "dog", "Too much, can't finish", "a a", "")
RULE = ReadingRule(
    part="RESPONSE",
    markers=(
        Marker("tag", "answer", "first"),
        Marker("json", "answer"),
        Marker("after", "answer:"),
        Marker("quoted", "answer is"),
        Marker("bold"),
        Marker("first_line"),
    ),
)
UNITS = (
    " ", "\n", "\t", "{", "}", '"', "'", "*", "**a", "<", "<answer>", "</answer>", "<answer></answer>", "<think>", "</think>",
    "<RESPONSE>", "answer ", "answer is ", "answer: ", "answer to ", "is the answer ", "i choose ", "option a ", "\\boxed{", "\\boxed ",
    '"answer": "', '"answer": ', '{"answer": "x\\"', "'answer': '\\'", '"answer"    ', "cat ", "cat dog ", "cat\n", "not a cat, ",
    "cat? ", "A. ", "(A) ", "A ", "a", "A or B, ", "a....", "?", "((((", "\\", "- ", "the ", "likely ", "too much, can't ", "no, ",
    "\u0300\u0316", "e\u0301 ", "草原", "答案是", "ﷺ", "\0", "İ", "<  ", ":    ", "\r\n",
)  # fmt: skip


@pytest.mark.parametrize("rule", [None, RULE], ids=["common markers", "every marker"])
@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_repeated_pieces_are_read_in_linear_time(unit: str, rule: ReadingRule | None) -> None:
    body = unit * (8_000 // len(unicodedata.normalize("NFKC", unit)))
    start = time.process_time()
    for text in (
        body,
        f"The answer is {body}",
        f'{{"answer": "{body}',
        f"({body} cat",
        f"\\boxed{{{body}",
        f"<answer>{body}",
    ):
        read(text, CHOICES, rule)
    # 48 kB take 0.05 s to 0.8 s on an idle machine; one quadratic step over them would take a hundred times as long.
    assert time.process_time() - start < 10


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    "piece", [*UNITS, "<conclusion>", "\\boxed{", '{"answer": {', "<answer><conclusion>"], ids=repr
)
def test_pieces_that_hold_each_other_are_read_in_linear_time(piece: str, version: int) -> None:
    start = time.process_time()
    for count in (22, 300):  # short texts, whose markup is looked into
        for text in (piece * count, f"{piece * count} cat", f"<answer>{piece * count}</answer>"):
            read(text, CHOICES, ReadingRule(version=version))
    assert time.process_time() - start < 10


def test_a_very_long_answer_is_read_to_its_end() -> None:
    rng = random.Random(7)
    words = (
        "the",
        "sound",
        "of",
        "a",
        "clip",
        "loud.",
        "then",
        "quiet,",
        "and",
        "“so”",
        "on\n",
        "maybe",
        "(x)",
    )
    text = " ".join(rng.choice(words) for _ in range(200_000)) + "\nThe answer is (B) dog."
    start = time.process_time()
    assert read(text, CHOICES).index == 1
    assert time.process_time() - start < 30
