"""Forms of answers and choices that version 1 compares: exact, plain and loose."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import msgspec

__all__ = ["ChoiceForms", "clean", "forms", "loose", "plain"]

_MARKS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»「」『』", '"'),
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f"),
        "…": "...",
        "♯": "#",
        "♭": "b",
    }
)
_EMPHASIS = str.maketrans("", "", '*"')
_LEFT = " \t'([{<_~•-#>"
_RIGHT = " \t'.,;:!?)]}>_~。，；：！？、"
_LABEL_MARKS = ".:),-/;"
_SIGNED = frozenset("-#>")
_BLANKS = re.compile(r"[^\S\n]{2,}|\t")
_PIECE = 512


def clean(text: str) -> str:
    """NFKC with plain quotes (escaped ones too), dashes and accidentals, runs of blanks as one; case and lines are kept."""
    if not text.isascii():
        text = _compose(text) if len(text) > _PIECE else unicodedata.normalize("NFKC", text)
        text = text.translate(_MARKS)
    elif "`" in text:
        text = text.replace("`", "'")
    if "\\" in text:
        text = text.replace("\\'", "'").replace('\\"', '"')
    return _BLANKS.sub(" ", text) if "  " in text or "\t" in text else text


def _compose(text: str) -> str:
    # Normalising sorts a run of combining marks in quadratic time, so a long text is done word by word, and
    # what no language has, a word of more than _PIECE characters that needs it, in pieces.
    words = text.split(" ")
    for at, word in enumerate(words):
        if word.isascii():
            continue
        pieces = (word[cut : cut + _PIECE] for cut in range(0, len(word), _PIECE))
        words[at] = "".join(unicodedata.normalize("NFKC", piece) for piece in pieces)
    return " ".join(words)


def plain(text: str) -> str:
    """The plain form of cleaned text."""
    return " ".join(text.casefold().split())


def loose(text: str) -> str:
    """The loose form of text in plain form."""
    if '"' in text or "*" in text:
        text = " ".join(text.translate(_EMPHASIS).split())
    text = text.rstrip(_RIGHT)
    if text[:1] not in _LEFT:  # the empty text is in every text
        return text
    start = 0
    for at, mark in enumerate(text):
        # "-1" and "#1" keep their sign; "- one" and "# one" are a list mark and a heading.
        if mark not in _LEFT or (mark in _SIGNED and text[at + 1 : at + 2] not in (" ", mark)):
            break
        start = at + 1
    return text[start:]


class ChoiceForms(msgspec.Struct, frozen=True):
    """The choices of one question, prepared for comparison.

    Attributes:
        texts: the choices as published.
        exact: choice by exact form, different ones that share a form left out; likewise `plain` and `loose`.
        plain: choice by plain form.
        loose: choice by loose form.
        plains: the plain form of each choice.
        looses: the loose form of each choice.
        tails: the punctuation at each choice's end that its loose form lacks.
        by_length: 0-based indices of the choices that the loose form can tell apart, longest first.
        longest: length of the longest plain form, in characters.
        lettered: whether a choice itself starts as a label does: "A. Lincoln", the chord "A:maj".
    """

    texts: tuple[str, ...]
    exact: dict[str, int]
    plain: dict[str, int]
    loose: dict[str, int]
    plains: list[str]
    looses: list[str]
    tails: list[str]
    by_length: list[int]
    longest: int
    lettered: bool


@lru_cache(maxsize=4096)
def forms(choices: tuple[str, ...]) -> ChoiceForms:
    """Prepare the choices of a question (cached: a benchmark's questions come again and again)."""
    plains = [plain(clean(choice)) for choice in choices]
    looses = [loose(form) for form in plains]
    by_loose = distinct(looses, choices)
    told_apart = [at for form, at in by_loose.items() if form]
    return ChoiceForms(
        choices,
        exact_forms(choices),
        distinct(plains, choices),
        by_loose,
        plains,
        looses,
        ["" if form == core else _tail(form) for form, core in zip(plains, looses, strict=True)],
        sorted(told_apart, key=lambda at: len(looses[at]), reverse=True),
        max(map(len, plains)),
        any(len(core) > 1 and core[1] in _LABEL_MARKS and core[0].isalpha() for core in looses),
    )


def exact_forms(choices: tuple[str, ...]) -> dict[str, int]:
    """Choice by exact form."""
    return distinct([choice.strip() for choice in choices], choices)


def distinct(forms_: list[str], choices: tuple[str, ...]) -> dict[str, int]:
    """The first choice of each form; a form that different choices share names none of them.

    Args:
        forms_: a form of each choice.
        choices: the choices themselves.
    """
    found = dict(zip(forms_, range(len(forms_)), strict=True))
    if len(found) == len(forms_):
        return found
    found = {}
    for at, form in enumerate(forms_):
        first = found.setdefault(form, at)
        if first >= 0 and choices[first] != choices[at]:
            found[form] = -1
    return {form: at for form, at in found.items() if at >= 0}


def _tail(text: str) -> str:
    text = " ".join(text.translate(_EMPHASIS).split())
    return text[len(text.rstrip(_RIGHT)) :]
