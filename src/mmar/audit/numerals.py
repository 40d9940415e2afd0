"""The number that a choice stands for: "4", "four", "4 times", "1,000", "25%"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmar.audit.wording import same

__all__ = ["quantities"]

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {
    **{word: value for value, word in enumerate(_ONES)},
    **{word: 10 * value for value, word in enumerate(_TENS, 2)},
    "once": 1,
    "twice": 2,
    "thrice": 3,
}
_NUMBER = re.compile(
    r"(?<![\w.,/:-])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w,/:]|\.\d)|\b(?:" + "|".join(_WORDS) + r")\b"
)


def quantities(choices: Sequence[str]) -> tuple[float, ...] | None:
    """The number of each choice, where the choices differ in nothing but one number.

    Args:
        choices: at least one text.

    Returns:
        As many different numbers as there are choices; `None` where they are not of this kind.

    Example:
        >>> quantities(["3 times", "Four times", "5 times"]), quantities(["3", "At least 4"])
        ((3.0, 4.0, 5.0), None)
    """
    numbers, frames = [], set()
    for choice in choices:
        text = same(choice)
        found = _NUMBER.findall(text)
        if len(found) != 1:
            return None
        frames.add(_NUMBER.sub("#", text).removesuffix("s"))  # "1 time", "2 times"
        word = found[0]
        numbers.append(float(_WORDS[word]) if word in _WORDS else float(word.replace(",", "")))
    return tuple(numbers) if len(frames) == 1 and len(set(numbers)) == len(numbers) else None
