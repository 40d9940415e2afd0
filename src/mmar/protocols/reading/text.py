"""Cleaning of answers and choices, and the words in them.

Cleaning keeps the length of a text wherever it can, so that an index into the cleaned text is one into the
original; where Unicode normalisation changes the length, a map of indices comes with the text. Markup that
carries no meaning (tags, end tokens, LaTeX commands, emphasis) is replaced by blanks or by `BOUNDARY`.

The words become units: references to choices, phrases, punctuation and other words. Each unit has a symbol of one
character, so that the grammar of statements can be written as regular expressions over the string of symbols:

    C  a choice's text, perhaps with its letter     L  a letter in brackets, quotes or emphasis
    l  a bare capital letter                        b  a bare small letter
    X  a letter beside another choice's text        Z  a letter that no choice has
    .  end of a sentence    ?  of a question        |  end of a line
    ,  :  -  ( ) /  themselves                      w  any other word
    the symbols of `mmar.protocols.reading.phrases.KINDS`

Regular expressions are compiled when they are first used: compiling all that a reading may need takes longer than
reading a thousand answers, most of which need a few of them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, cast

import msgspec


class _LazyPattern:
    """An expression that is compiled by the first use of one of its methods."""

    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        method = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, method)
        return method


def pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`, but compiled when a method is first used."""
    return cast("re.Pattern[str]", _LazyPattern(text, flags))


REFERENCES = "CLlbXZ"
SENTENCE_END = pattern(r"[.?|]")


class Units(msgspec.Struct, gc=False):
    """The units of a text, in order.

    Attributes:
        symbols: one character a unit.
        starts: where each unit begins in the text.
        ends: where it ends.
        choices: the 0-based choice that a reference names, -1 for other units.
        labels: the units that are a letter with its own text, by index.
        text: the cleaned text.
    """

    symbols: str
    starts: list[int]
    ends: list[int]
    choices: list[int]
    labels: set[int]
    text: str

    def words(self, first: int, last: int | None = None) -> str:
        """The text from a unit to another, which is the same by default."""
        return self.text[self.starts[first] : self.ends[first if last is None else last]]

    def sentence(self, unit: int) -> tuple[int, int]:
        """The first unit of the sentence or line around a unit, and the unit behind its last."""
        start = max(self.symbols.rfind(mark, 0, unit) for mark in ".?|") + 1
        stop = SENTENCE_END.search(self.symbols, unit)
        return start, stop.start() if stop else len(self.symbols)


BOUNDARY = "\x1f"
"""Stands where markup was that parts a text as the end of a line does."""

MARKS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»「」『』", '"'),
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f"),
        "…": ".",
        "♯": "#",
        "♭": "b",
        "◁": "<",
        "▷": ">",
    }
)
DASH = "\x1e"
"""Stands for an em dash, which parts clauses also where no blanks stand around it."""
_PIECE = 512

# Tags and control tokens: a line's end for the reading. A lone capital letter is left as it is, for it may be an answer.
_TAG = pattern(
    r"<(?![A-Z]>)/?[A-Za-z|▁_!][\w|▁:.]{0,40}(?:\s+\w+=\"[^\"<>]{0,60}\")?\s?/?[|▁]?>|</?s>|<0x0A>|\[/?(?:INST|ANSWER|answer|EOS|eos|end|END)\]"
)
_FORMAT = pattern(r"</?(?:b|i|u|em|strong|span|mark|code|big|EM|STRONG)>")
_LATEX = pattern(
    r"\\(?:text|math|operatorname|mbox|hbox|underline|emph|textbf|bf|rm|it|large|Large|huge|displaystyle|left|right|quad|qquad|ensuremath|bm|boldsymbol)[a-z]{0,6}\*?"
    r"|\\[()\[\],;!: \\]|\\(?=[\"'_&%#$])"
)
_INLINE_MATH = pattern(r"\$(?=\S)([^$\n]{1,60})(?<=\S)\$(?!\d)")
_ESCAPED_LINE = pattern(r"\\[nrt](?![A-Za-z])")
Clean = tuple[str, "list[int] | None"]


def normalise(text: str) -> Clean:
    """NFKC with plain quotes, dashes and accidentals; invisible characters are dropped.

    Returns:
        The text, and for each of its characters and its end the index in `text`; `None` where these are the same.
    """
    if text.isascii():
        return text.replace("`", "'") if "`" in text else text, None
    marked = text.translate(MARKS)
    composed = compose(marked)
    if len(composed) == len(text) and len(marked) == len(text):
        return composed, None
    positions: list[int] = []
    pieces: list[str] = []
    start, size = 0, len(text)
    while start < size:
        end = start + 1
        while end < size and unicodedata.combining(text[end]) and end - start < _PIECE:
            end += 1
        piece = unicodedata.normalize("NFKC", text[start:end].translate(MARKS))
        pieces.append(piece)
        positions += [start] * len(piece)
        start = end
    return "".join(pieces), [*positions, size]


def compose(text: str) -> str:
    """NFKC of a text, in time that grows with its length."""
    # Normalising sorts a run of combining marks in quadratic time, so a long text is done word by word, and
    # what no language has, a word of more than _PIECE characters that needs it, in pieces.
    if len(text) <= _PIECE:
        return unicodedata.normalize("NFKC", text)
    parts = text.split(" ")
    for index, part in enumerate(parts):
        if not part.isascii():
            cuts = (part[cut : cut + _PIECE] for cut in range(0, len(part), _PIECE))
            parts[index] = "".join(unicodedata.normalize("NFKC", cut) for cut in cuts)
    return " ".join(parts)


def clean(text: str) -> Clean:
    """Normalise a text and take its markup away, its length kept."""
    text, positions = normalise(text.replace("—", DASH) if "—" in text else text)
    if "<" in text:
        text = _FORMAT.sub(_blank, text)
        text = _TAG.sub(_boundary, text)
    elif "[" in text:
        text = _TAG.sub(_boundary, text)
    if "$" in text:
        text = _INLINE_MATH.sub(r" \1 ", text)
    if "\\" in text:
        text = _ESCAPED_LINE.sub("\n ", text)
        text = _LATEX.sub(_blank, text)
    return text, positions


def _blank(match: re.Match[str]) -> str:
    return " " * (match.end() - match.start())


def _boundary(match: re.Match[str]) -> str:
    return BOUNDARY + " " * (match.end() - match.start() - 1)


_MARKING = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0962\u0963"
_NUMBER = r"(?:(?<![\w.)])-)?\d+(?:[.,:/]\d+)*"
_ASCII_WORD = pattern(rf"[A-Za-z]+(?:'[A-Za-z]+)*(?:[#+]{{1,2}}(?!\w))?|\$?{_NUMBER}%?")
# From U+2E80 on are the scripts that are written without spaces, and Hangul, whose endings stick to words: each of
# their characters is a word. One range is quick to compile, those of each script take longer than a hundred answers.
_ANY_WORD = pattern(
    rf"(?!')(?:'?(?=[\x00-\u2e7f])[^\W\d_]|[{_MARKING}])+(?:[#+°]{{1,2}}(?!\w))?|[$€£¥]?{_NUMBER}[%°]?|[^\W\d_]"
)

Word = tuple[str, int, int]


def words(text: str) -> list[Word]:
    """The words of a cleaned text in their canonical form, each with its start and end."""
    word = _ASCII_WORD if text.isascii() else _ANY_WORD
    return _joined_numbers([(canonical(match[0]), *match.span()) for match in word.finditer(text)], text)


_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBER_WORDS = {
    **{word: value for value, word in enumerate(_UNITS)},
    **{word: 10 * value for value, word in enumerate(_TENS, 2)},
}
NUMERALS = {
    **{word: str(value) for word, value in NUMBER_WORDS.items()},
    **dict(zip("二两三四五六七八九", "223456789", strict=True)),
}
_TEN_VALUES = frozenset(str(10 * value) for value in range(2, 10))


@lru_cache(maxsize=16384)
def canonical(word: str) -> str:
    """A word in the form in which words are compared: case folded, number words as digits."""
    word = word.casefold()
    if word[0].isdigit() or word[0] in "$€£¥-":
        if "," in word and re.fullmatch(r"\D?-?\d{1,3}(?:,\d{3})+(?:\.\d+)?[%°]?", word):
            word = word.replace(",", "")
        return word
    return NUMERALS.get(word, word)


def _joined_numbers(tokens: list[Word], text: str) -> list[Word]:
    """Words in which "eighty-six" is one word, 86."""
    if not any(word in _TEN_VALUES for word, _, _ in tokens):
        return tokens
    joined: list[Word] = []
    for word, start, end in tokens:
        if joined and joined[-1][0] in _TEN_VALUES and len(word) == 1 and word in "123456789":
            before, first, last = joined[-1]
            if text[last:start] in ("-", " ") and text[first].isalpha():
                joined[-1] = (before[0] + word, first, end)
                continue
        joined.append((word, start, end))
    return joined


EMPHASIS = str.maketrans("", "", '*"')
_OUTER_LEFT = " \t'([{<_~•-#>"
OUTER_RIGHT = " \t'.,;:!?)]}>_~。，；：！？、"
_SIGNED = frozenset("-#>")


def plain(text: str) -> str:
    """Normalised text, case folded, its white space collapsed."""
    return " ".join(text.casefold().split())


def loose(text: str) -> str:
    """Text in plain form without emphasis, double quotes, and the punctuation at either end."""
    if '"' in text or "*" in text:
        text = " ".join(text.translate(EMPHASIS).split())
    text = text.rstrip(OUTER_RIGHT)
    start = 0
    for index, mark in enumerate(text):
        # "-1" and "#1" keep their sign; "- one" and "# one" are a list mark and a heading.
        if mark not in _OUTER_LEFT or (mark in _SIGNED and text[index + 1 : index + 2] not in (" ", mark)):
            break
        start = index + 1
    return text[start:]
