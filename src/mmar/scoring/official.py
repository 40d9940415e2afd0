r"""The published scoring rules, exact, faults included.

MMAR (its evaluation script, which is MMAU's): answer, prediction and choices become sets of lower-case words
(runs of `\w`). A prediction is right when it has a word at all, holds every word of the answer, and holds no
word that a wrong choice has and the answer has not. So word order and repetition do not count, a letter is
never right, and "It is not X" is right for X.

MMSU (`mmsu_evaluation.py` of dingdongwang/MMSU_Bench, read 2026-11): an answer is its first character where
that is A, B, C or D, else its last but one; so "A bird" is A. What is neither leaves the denominator: one
right answer and nine refusals are 100 %. An empty answer, or the word None, repeats the answer read before
it, also over an item that was left out. All of that is reproduced for comparison with published numbers; the
honest number beside it is `choice`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from mmar.items import Benchmark, Item

OFFICIAL_VERSION = 1

_WORD = re.compile(r"\w+")
_LONG = 1 << 20
# By code, ASCII alone: lower case, and a blank for what is no part of a word.
_ASCII_WORDS = "".join(
    mark.lower() if mark.isalnum() or mark == "_" else " " for mark in map(chr, range(128))
)


def _words(text: str) -> Collection[str]:
    r"""The runs of `\w` of a text in lower case; for ASCII, what the pattern finds, in half the time."""
    if len(text) > _LONG:
        # Ten million words of one answer, one at a time: few of them are different.
        return {match[0] for match in _WORD.finditer(text.lower())}
    return text.translate(_ASCII_WORDS).split() if text.isascii() else _WORD.findall(text.lower())


class Key:
    """What the rule wants of a prediction; `wanted` are the words that must stand in it."""

    __slots__ = ("_answer", "_choices", "_unwanted", "wanted")

    def __init__(self, answer: str, choices: tuple[str, ...]) -> None:
        self._answer, self._choices = answer, choices
        self.wanted = frozenset(_words(answer))
        self._unwanted: frozenset[str] | None = None

    @property
    def unwanted(self) -> frozenset[str]:
        """The words that a prediction must not have; computed on first use, since most wrong answers lack a wanted one."""
        if self._unwanted is None:
            others = (choice for choice in self._choices if choice is not self._answer)
            self._unwanted = frozenset(word for choice in others for word in _words(choice)) - self.wanted
        return self._unwanted

    def accepts(self, prediction: str) -> bool:
        """Whether the rule calls a prediction right."""
        lower = prediction.lower()
        wanted = self.wanted
        for word in wanted:
            if word not in lower:
                return False  # not even as part of a word
        if prediction == self._answer:
            return bool(wanted)  # its words are those of the answer and no others
        present = frozenset(_words(prediction))
        return bool(present) and wanted <= present and self.unwanted.isdisjoint(present)


@lru_cache(maxsize=4096)
def official_key(answer: str, choices: tuple[str, ...]) -> Key:
    """Prepare a question (cached: a benchmark's questions come again and again)."""
    return Key(answer, choices)


def official_match(answer: str, prediction: str, choices: tuple[str, ...]) -> bool:
    """Whether the published rule calls a prediction right; the answer is one of the choices.

    Example:
        >>> official_match("3:1", "1:3", ("3:1", "1:3"))
        True
    """
    return official_key(answer, choices).accepts(prediction)


_REASONS = {
    "empty": "no word",
    "lacks": "lacks {words}",
    "foreign": "has {words} of a wrong choice",
    "right": "every word of the answer, none of a wrong choice alone",
}


def official_reason(answer: str, prediction: str, choices: tuple[str, ...]) -> str:
    """The reason for the verdict of the published rule, one phrase."""
    code, words = official_words(answer, prediction, choices)
    return _REASONS[code].replace("{words}", words)


def official_words(answer: str, prediction: str, choices: tuple[str, ...]) -> tuple[str, str]:
    """What decides under the published rule: `empty`, `lacks`, `foreign` or `right`, and the words, quoted."""
    key = official_key(answer, choices)
    present = set(_words(prediction))
    if not present:
        return "empty", ""
    if lacking := key.wanted - present:
        return "lacks", _list(lacking)
    if foreign := present & key.unwanted:
        return "foreign", _list(foreign)
    return "right", ""


def _list(words: set[str] | frozenset[str]) -> str:
    ordered = sorted(words)
    return ", ".join(f'"{word}"' for word in ordered[:3]) + (" …" if len(ordered) > 3 else "")


_LETTERS = "ABCD"


class MmsuGroup(msgspec.Struct, frozen=True):
    """Counts of one category or sub-category.

    Attributes:
        correct: items right by the rule.
        counted: items in the rule's denominator.
        accuracy: percent of `counted`; 0 where nothing was counted.
    """

    correct: int
    counted: int
    accuracy: float


class MmsuScore(msgspec.Struct, frozen=True):
    """The score by MMSU's rule; `accuracy`, `correct` and `counted` as in `MmsuGroup`.

    Attributes:
        left_out: answered items that the rule cannot read and leaves out.
        repeated: items whose empty answer took the letter of an earlier one.
        groups: by category and sub-category, joined by ` / `.
    """

    accuracy: float
    correct: int
    counted: int
    left_out: int
    repeated: int
    categories: Mapping[str, MmsuGroup]
    groups: Mapping[str, MmsuGroup]


def is_mmsu(benchmark: Benchmark) -> bool:
    """Whether a benchmark's records are MMSU's own, by a field that no other benchmark has."""
    return bool(benchmark.items) and "answer_gt" in benchmark.items[0].names


def mmsu_letter(text: str) -> str | None:
    """The letter that the rule reads from an answer; `None` for one that it leaves out, empty for an empty one.

    Example:
        >>> mmsu_letter("A bird"), mmsu_letter("The answer is B."), mmsu_letter("I cannot tell"), mmsu_letter(" ")
        ('A', 'B', None, '')
    """
    text = text.strip().replace("\n", "")
    if text in ("", "None"):
        return ""
    if text[0] in _LETTERS:
        return text[0]
    return text[-2] if len(text) > 1 and text[-2] in _LETTERS else None


def mmsu_score(answers: Iterable[tuple[Item, str | None]]) -> MmsuScore:
    """Score answers by MMSU's rule, in the order of the predictions file, which matters for empty answers.

    An item with no text (`None`) is left out, as the script does with what is no string. An empty answer
    before any other is left out; the script stops with an error there.
    """
    categories: dict[str, list[bool]] = {}
    groups: dict[str, list[bool]] = {}
    letter = ""
    left_out = repeated = 0
    for item, text in answers:
        read = None if text is None else mmsu_letter(text)
        if read is None or not (read or letter):
            left_out += 1
            continue
        repeated += read == ""
        letter = read or letter
        index = _LETTERS.index(letter)
        right = index < len(item.choices) and item.choices[index] == item.answer
        categories.setdefault(item.category, []).append(right)
        groups.setdefault(f"{item.category} / {item.sub_category or ''}", []).append(right)
    whole = _group([right for verdicts in categories.values() for right in verdicts])
    return MmsuScore(
        whole.accuracy,
        whole.correct,
        whole.counted,
        left_out,
        repeated,
        {name: _group(verdicts) for name, verdicts in categories.items()},
        {name: _group(verdicts) for name, verdicts in groups.items()},
    )


def _group(verdicts: Sequence[bool]) -> MmsuGroup:
    correct, counted = sum(verdicts), len(verdicts)
    return MmsuGroup(correct, counted, 100 * correct / counted if counted else 0.0)
