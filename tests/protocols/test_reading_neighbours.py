r"""Answers in many phrasings of the kinds that readings are known to fail on, each with every result that is right.

`reading_neighbours.tsv` beside this file has a row for each: kind, choices, right outcomes (a choice's text,
`unresolved` or `refused`) and the answer, in which `\n`, `\t`, `\r` and `\\` stand for themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmar.protocols.reading import read

KINDS = {
    "01": "denied, doubted or supposed",
    "02": "the wrong or the second answer",
    "03": "a self-correction",
    "04": "two choices together",
    "05": "reasoning and conclusion tags",
    "06": "a letter with words behind it",
    "07": "a verdict beside words on other options",
    "08": "a list of options",
    "09": "choices that are letters",
    "10": "choices that carry their letter",
    "11": "Chinese phrases",
    "12": "other languages",
    "13": "LaTeX",
    "14": "a letter in a short sentence",
    "15": "refusals",
    "16": "underscores and number words",
    "17": "reasoning that was cut off",
    "18": "all kinds, over choices of other questions",
}
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\\\": "\\"}


def rows() -> Iterator[tuple[str, tuple[str, ...], set[str], str]]:
    lines = Path(__file__).with_name("reading_neighbours.tsv").read_text("utf-8").splitlines()[1:]
    for line in lines:
        kind, choices, right, answer = line.split("\t")
        text = re.sub(r"\\[ntr\\]", lambda match: _ESCAPES[match[0]], answer)
        yield kind, tuple(choices.split(" | ")), set(right.split(" | ")), text


@pytest.mark.parametrize("kind", KINDS, ids=KINDS.get)
def test_every_answer_of_a_kind_is_read_rightly(kind: str) -> None:
    wrong = []
    for of, choices, right, answer in rows():
        if of != kind:
            continue
        reading = read(answer, choices)
        result = reading.state if reading.index is None else choices[reading.index]
        if result not in right:
            wrong.append((answer, result, reading.reason))
    assert not wrong, wrong[:12]


def test_every_kind_has_many_answers() -> None:
    counts = dict.fromkeys(KINDS, 0)
    for kind, *_ in rows():
        counts[kind] += 1
    assert sum(counts.values()) > 2000
    assert min(counts.values()) >= 13
