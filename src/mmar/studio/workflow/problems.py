"""Problems of an item while it is written: what is missing or weak, and findings of the audit.

Errors prevent submission; warnings are advice. Each has a stable code. They are what inspectors of MMAR-like sets find
most often: a key that stands out by its length, a choice that a scoring rule cannot distinguish from another, the key
named in the question.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from mmar.audit import audit
from mmar.items import Benchmark
from mmar.items.item import MAX_CHOICES
from mmar.studio.config import LONGEST_CLIP_S
from mmar.studio.workflow.content import ItemContent, to_item


class Problem(msgspec.Struct, frozen=True):
    """A problem of an item's content, with a stable code; errors prevent submission, warnings do not."""

    code: str
    field: str
    severity: Literal["error", "warning"]
    message: str


def problems(
    content: ItemContent, *, layers: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Problem, ...]:
    """Problems of an item's content, errors first.

    `layers` has the sub-categories by layer of the project's taxonomy; `None` leaves these unchecked.
    """
    result = [*_errors(content, layers), *_warnings(content)]
    return tuple(sorted(result, key=lambda problem: problem.severity))


def _error(code: str, field: str, message: str) -> Problem:
    return Problem(code, field, "error", message)


def _warning(code: str, field: str, message: str) -> Problem:
    return Problem(code, field, "warning", message)


def _errors(content: ItemContent, layers: Mapping[str, tuple[str, ...]] | None) -> Iterator[Problem]:
    if not content.question.strip():
        yield _error("question-missing", "question", "Write the question.")
    if not 2 <= len(content.choices) <= MAX_CHOICES:
        yield _error("choices-count", "choices", f"Add 2–{MAX_CHOICES} choices (usually four).")
    if content.key is None:
        yield _error("key-missing", "answer", "Select the right choice.")
    duplicates = [text for text, n in Counter(map(_folded, content.choices)).items() if n > 1]
    if duplicates:
        yield _error("choices-twice", "choices", f'Two choices are the same: "{duplicates[0] or "(empty)"}".')
    if not content.modality:
        yield _error("modality-missing", "modality", "Choose a modality: sound, music, speech, or a mix.")
    if not content.category:
        yield _error("layer-missing", "category", "Choose a layer.")
    elif layers is not None:
        if content.category not in layers:
            yield _error("layer-unknown", "category", f'"{content.category}" is not in the taxonomy.')
        elif layers[content.category] and content.sub_category not in layers[content.category]:
            yield _error("sub-unknown", "sub_category", "Choose a sub-category of this layer.")
    if not (content.recording or content.url.strip() or content.audio_path):
        yield _error("audio-missing", "url", "Enter the URL of a video, or upload a recording.")
    if content.timestamp.strip() and not content.segments:
        yield _error(
            "segment-unreadable", "timestamp", "Write one range per line as start,end, e.g. 1:32,2:02."
        )
    elif sum(part.end - part.start for part in content.segments) > LONGEST_CLIP_S:
        yield _error("segment-long", "timestamp", "The segments together are longer than ten minutes.")


def _warnings(content: ItemContent) -> Iterator[Problem]:
    key = content.key
    others = [text for index, text in enumerate(content.choices) if index != content.answer]
    if key is not None and others:
        yield from _about_key(content, key, others)
    bags: Counter[tuple[str, ...]] = Counter(tuple(sorted(_words(text))) for text in content.choices)
    if any(n > 1 and bag for bag, n in bags.items()) and len(set(map(_folded, content.choices))) == len(
        content.choices
    ):
        yield _warning(
            "choices-same-words",
            "choices",
            "Two choices have the same words in another order; the published scoring rule cannot tell them apart.",
        )
    if any(not text.strip() for text in content.choices):
        yield _warning("choice-empty", "choices", "A choice is empty.")
    if re.search(r"(all|none) of the above", " ".join(content.choices), re.IGNORECASE):
        yield _warning(
            "choice-all-none", "choices", '"All" or "none of the above" tests logic, not listening.'
        )
    if "speech" in content.modality and not content.language:
        yield _warning("language-missing", "language", "Enter the language of the speech, e.g. en or zh|en.")
    if not content.thinking.strip():
        yield _warning("thinking-missing", "thinking", "Explain how the audio leads to the answer.")
    if not content.cues:
        yield _warning("cue-missing", "cues", "Add at least one cue.")
    for cue in content.cues:
        if not cue.has_time_range and (cue.start is not None or cue.end is not None):
            yield _warning(
                "cue-half", "cues", f'Set both a start and an end for the cue "{cue.text}", or neither.'
            )


def _about_key(content: ItemContent, key: str, others: list[str]) -> Iterator[Problem]:
    longest = max(map(len, others))
    if len(key) > 1.5 * longest and len(key) - longest > 8:
        yield _warning(
            "key-longest", "answer", "The key is much longer than the other choices, which gives it away."
        )
    question_words = set(_words(content.question))
    words = [word for word in _words(key) if len(word) > 3]
    shared = {word for text in others for word in _words(text)}
    repeated = [word for word in words if word in question_words and word not in shared]
    if repeated:
        yield _warning(
            "key-in-question", "question", f'The question contains a word of the key: "{repeated[0]}".'
        )
    numbers = [_number(text) for text in content.choices]
    if len(numbers) > 2 and all(number is not None for number in numbers):
        values = sorted(number for number in numbers if number is not None)
        mine = _number(key)
        if mine is not None and values[0] < mine < values[-1] and mine == values[len(values) // 2]:
            yield _warning(
                "key-middle", "answer", "The key is the middle number, which is what people guess."
            )


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", _folded(text))


def _number(text: str) -> float | None:
    result = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\b.{0,12}", text)
    return float(result[1]) if result else None


_FIELDS = {"sub-category": "sub_category", "cue": "cues", "audio_path": "url"}
# Reported by `problems` already, or no problem of one item: several segments are joined on purpose.
_ELSEWHERE = frozenset({"C001", "C002", "T002", "T003"})
# About the set and its file names rather than about what is written.
_ABOUT_THE_SET = ("S", "I", "V", "N")


def hints(
    content: ItemContent, *, layers: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Problem, ...]:
    """Problems of an item's content, and the findings of the audit once it has choices and a key."""
    own = problems(content, layers=layers)
    if content.key is None or len(content.choices) < 2:
        return own
    item = to_item(content, "this-item", content.audio_path or "./audio/this-item.wav")
    results = audit(Benchmark((item,), "draft")).outcomes
    return own + tuple(
        Problem(
            result.code,
            _FIELDS.get(finding.field or "", finding.field or "question"),
            "warning",
            f"{result.title[:1].upper()}{result.title[1:].rstrip('.')}: {finding.message}.",
        )
        for result in results
        if result.code not in _ELSEWHERE and not result.code.startswith(_ABOUT_THE_SET)
        for finding in result.findings
        if finding.item == item.id
    )
