"""When two wordings are the same: the forms in which an answer and the choices are compared.

Three forms, each coarser than the one before, always applied to both sides alike (METHODS: NFKC, case,
quotes, dashes, spaces). Word order and repetition are kept in all of them: "1:3" is not "3:1".

    exact   surrounding white space removed
    plain   NFKC, typographic quotes and dashes made plain, case folded, white space collapsed
    loose   plain, without emphasis marks and double quotes, without punctuation at either end

Two choices that fall together in a form cannot be told apart in it, so that form names neither of them.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import msgspec

__all__ = ["ChoiceForms", "clean", "forms", "loose", "plain"]

_MARKS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»「」『』", '"'),
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        "\u200b": None,
        "\ufeff": None,
        "\u00ad": None,
        "…": "...",
    }
)
_EMPHASIS = str.maketrans("", "", '*"')
_LEFT = " \t'([{<_~•-#>"
_RIGHT = " \t'.,;:!?)]}>_~。，；：！？、"
_SIGNED = frozenset("-#>")


def clean(text: str) -> str:
    """NFKC with plain quotes and dashes; case and line ends are kept."""
    if text.isascii():
        return text.replace("`", "'") if "`" in text else text
    return unicodedata.normalize("NFKC", text).translate(_MARKS)


def plain(text: str) -> str:
    """The plain form of cleaned text."""
    return " ".join(text.casefold().split())


def loose(text: str) -> str:
    """The loose form of text in plain form."""
    if '"' in text or "*" in text:
        text = " ".join(text.translate(_EMPHASIS).split())
    text = text.rstrip(_RIGHT)
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
        exact: choice by exact form, those that share a form left out; likewise `plain` and `loose`.
        plains: the plain form of each choice.
        looses: the loose form of each choice; longest first is `by_length`.
        by_length: 0-based indices of the non-empty choices, longest loose form first.
        longest: length of the longest plain form, in characters.
    """

    texts: tuple[str, ...]
    exact: dict[str, int]
    plain: dict[str, int]
    loose: dict[str, int]
    plains: tuple[str, ...]
    looses: tuple[str, ...]
    by_length: tuple[int, ...]
    longest: int


@lru_cache(maxsize=4096)
def forms(choices: tuple[str, ...]) -> ChoiceForms:
    """Prepare the choices of a question (cached: a benchmark's questions come again and again)."""
    plains = tuple(plain(clean(choice)) for choice in choices)
    looses = tuple(loose(choice) for choice in plains)
    return ChoiceForms(
        choices,
        _distinct([choice.strip() for choice in choices]),
        _distinct(plains),
        _distinct(looses),
        plains,
        looses,
        tuple(sorted((at for at, text in enumerate(looses) if text), key=lambda at: -len(looses[at]))),
        max(map(len, plains)),
    )


def _distinct(texts: tuple[str, ...] | list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, text in enumerate(texts):
        found[text] = -1 if text in found else at
    return {text: at for text, at in found.items() if at >= 0}
