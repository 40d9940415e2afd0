"""The choices of one question, prepared for the reading of its answers; each part is made when first asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import pairwise

from mmar.protocols.reading.phrases import phrase_table
from mmar.protocols.reading.text import NUMBER_WORDS, clean, loose, normalise, pattern, plain, words

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# Words, with the punctuation that must stand between them; and the choice that they name.
_Sequence = tuple[tuple[str, ...], tuple[str, ...]]
WordSequence = tuple[tuple[str, ...], tuple[str, ...], int]

_OWN_LABEL = pattern(r"\s*(?:option\s+)?[(\[]?([A-Za-z])[)\].:]+\s*(?=\S)", re.IGNORECASE)
_SOFT = pattern(r"""[\s"'*_\-]+""")
_ARTICLES = frozenset(("a", "an", "the"))
_ACCIDENTALS = {"flat": "b", "sharp": "#"}
_TIMES = {("once",): ("1", "time"), ("twice",): ("2", "times"), ("thrice",): ("3", "times")}
# What looks like a label, a link or a pointer.
_LABEL = r"[A-Za-z][.:)\-/,;]|[A-Za-z]\n|[A-Za-z]$|(?:and|or|vs) "
_LABEL_LIKE = pattern(_LABEL)
# Words and figures, with accents, quotes and dashes.
_ONE_CHOICE = pattern(
    f"(?!{_LABEL})"
    r"[0-9A-Za-z](?:[ -~À-ÖØ-öø-ÿ\u2013\u2014\u2018\u2019\u201c\u201d]{0,198}[0-9A-Za-zÀ-ÖØ-öø-ÿ.!)#+%'])?"
)
_WORD_OR_FIGURE = pattern(r"\w+")
_SPECIAL_WORDS = ("answer", "option", "choice", "letter", "prediction", "  ")
_SPECIAL_MARKS = pattern(r"[<>{}\\`*_\"\[\]\x00-\x09\x0b-\x1f\x7f]")
STOPS = ".!"
_OUTER = " .!"
# Words that may lead to a choice in any order: none denies, supposes, or names anything.
FRAME_WORDS = frozenset((
    "after", "answer", "answer:", "answer:**", "audio", "based", "best", "believe", "carefully", "clip", "correct",
    "final", "following", "from", "having", "hear", "heard", "i", "in", "is", "is:", "it", "it's", "its", "listened",
    "listening", "my", "of", "on", "one", "particular", "probably", "recording", "right", "so", "sound", "that",
    "the", "therefore", "think", "this", "time", "times", "to", "twice", "was", "you",
))  # fmt: skip
# Words too common to name a choice wherever they stand.
_COMMON = frozenset((
    "a", "an", "i", "the", "it", "is", "no", "yes", "none", "not", "and", "or", "all", "so", "both",
    "neither", "other", "same", "unknown", "true", "false", "one",
))  # fmt: skip


class ChoiceTable:
    """The choices of one question, as published."""

    def __init__(self, choices: tuple[str, ...]) -> None:
        self.choices = choices
        self.used = False  # whether the fast path has looked at it

    @cached_property
    def exact(self) -> dict[str, int]:
        """Choice by its text without white space around it; different ones that share it are left out."""
        return unique_forms([choice.strip() for choice in self.choices], self.choices)

    @cached_property
    def names(self) -> list[str]:
        """Each choice in lower case without blanks and stops around it."""
        return [choice.strip(_OUTER).lower() for choice in self.choices]

    @cached_property
    def cores(self) -> tuple[str, ...]:
        """Each choice in lower case without stops at its end, for the fast path.

        A choice that the fast path cannot name is an empty text there. There are none at all where a choice that it
        cannot name could be overlooked, or where two choices differ in their marks alone.
        """
        text = "\n".join(self.choices)
        if not text.isascii() or not all(map(_is_plain, self.choices)) or _is_special(text := text.lower()):
            return self._named_cores()
        cores = tuple([line.rstrip(STOPS) for line in text.split("\n")])
        return cores if len({*cores, ""}) == len(cores) + 1 == len(self.choices) + 1 else ()

    def _named_cores(self) -> tuple[str, ...]:
        cores: list[str] = []
        forms: set[str] = set()
        for choice in map(str.strip, self.choices):
            lower = choice.lower()
            tokens = _WORD_OR_FIGURE.findall(lower)
            form = " ".join(tokens)
            if choice and (not form or form in forms or len(lower) != len(choice)):
                return ()
            forms.add(form)
            if not choice:
                cores.append("")
            elif _ONE_CHOICE.fullmatch(choice) and not _is_special(lower):
                cores.append(lower.rstrip(STOPS))
            elif _LABEL_LIKE.match(choice) or all(word in FRAME_WORDS or word.isdigit() for word in tokens):
                return ()
            else:
                cores.append("")
        return tuple(cores) if any(cores) else ()

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The numbers that are written as words in any choice, as one or two digits."""
        tokens = _WORD_OR_FIGURE.findall("\n".join(self.choices).lower())
        if NUMBER_WORDS.keys().isdisjoint(tokens):
            return frozenset()
        values = [str(NUMBER_WORDS.get(word, "")) for word in tokens]
        # "twenty-one" is 21
        joined = {tens[0] + unit for tens, unit in pairwise(values) if len(tens) == 2 and len(unit) == 1}
        return frozenset({*values, *joined} - {""})

    @cached_property
    def texts(self) -> list[str]:
        """The choices without the letters that they carry: "Rain" for "(A) Rain" where every choice has its own."""
        labels = [_OWN_LABEL.match(choice) for choice in self.choices]
        if all(match and match[1].upper() == LETTERS[index] for index, match in enumerate(labels)):
            return [match.string[match.end() :] for match in labels if match]
        return list(self.choices)

    @cached_property
    def plains(self) -> dict[str, int]:
        """Choice by its plain form."""
        return unique_forms([plain(normalise(text)[0]) for text in self.texts], self.choices)

    @cached_property
    def looses(self) -> dict[str, int]:
        """Choice by its loose form."""
        return unique_forms([loose(plain(normalise(text)[0])) for text in self.texts], self.choices)

    @cached_property
    def longest(self) -> int:
        """Length of the longest choice, in characters."""
        return max(map(len, self.choices))

    @cached_property
    def single_letters(self) -> dict[str, int]:
        """Choice by its text where that is one capital letter, such as the note A."""
        return {
            letter: self.plains[plain(letter)]
            for text in self.texts
            if len(letter := text.strip()) == 1 and "A" <= letter <= "Z" and plain(letter) in self.plains
        }

    @cached_property
    def by_first_word(self) -> dict[str, list[WordSequence]]:
        """The word sequences that name a choice, by their first word, the longest first."""
        by_words: dict[_Sequence, int] = {}
        for index, text in enumerate(self.texts):
            cleaned = clean(text)[0]
            tokens = words(cleaned)
            if not tokens:
                continue
            between = [hard_gap(cleaned[before[2] : after[1]]) for before, after in pairwise(tokens)]
            key = (tuple(word for word, _, _ in tokens), tuple(between))
            first = by_words.setdefault(key, index)
            if first >= 0 and self.choices[first] != self.choices[index]:
                by_words[key] = -1
        for key, index in list(by_words.items()):
            for alias in _aliases(key):
                by_words.setdefault(alias, index)
        table: dict[str, list[WordSequence]] = {}
        for (sequence, gaps), index in by_words.items():
            table.setdefault(sequence[0], []).append((sequence, gaps, index))
        for rows in table.values():
            rows.sort(key=lambda row: len(row[0]), reverse=True)
        return table

    @cached_property
    def tails(self) -> list[str]:
        """The punctuation at the end of each choice, which belongs to it where it is mentioned."""
        cleaned = [clean(text)[0] for text in self.texts]
        return [text[tokens[-1][2] :] if (tokens := words(text)) else "" for text in cleaned]

    def is_common(self, index: int) -> bool:
        """Whether a choice is a word as common as "no", which names it only as a clause of its own."""
        word = plain(self.texts[index]).rstrip(".")
        return (
            word in _COMMON
            or (len(word) == 1 and word.isalpha())
            or any(len(row[0]) == 1 and row[1] != "e" for row in phrase_table().get(word, ()))
        )


def unique_forms(forms: Sequence[str], choices: Sequence[str]) -> dict[str, int]:
    """The first choice of each form, of which there is one a choice; a form that different choices share names none."""
    table: dict[str, int] = {}
    for index, form in enumerate(forms):
        first = table.setdefault(form, index)
        if first >= 0 and choices[first] != choices[index]:
            table[form] = -1
    return {form: index for form, index in table.items() if index >= 0}


def _is_plain(choice: str) -> bool:
    """Whether an ASCII choice begins and ends as words and figures do, and not as a label does."""
    return (
        1 < len(choice) <= 200
        and choice[0].isalnum()
        and (choice[-1].isalnum() or choice[-1] in STOPS)
        and (choice[1] not in ".:)-/,;" or choice[0].isdigit())
        and not choice.startswith(("and ", "or ", "vs "))
    ) or (len(choice) == 1 and choice.isdigit())


def _is_special(lower: str) -> bool:
    """Whether a text has a word or a mark that means something of its own in an answer."""
    return any(word in lower for word in _SPECIAL_WORDS) or _SPECIAL_MARKS.search(lower) is not None


@lru_cache(maxsize=4096)
def choice_table(choices: tuple[str, ...]) -> ChoiceTable:
    """Prepare the choices of a question. Cached, since the questions of a benchmark come again and again."""
    return ChoiceTable(choices)


def hard_gap(gap: str) -> str:
    """The punctuation between two words that tells phrases apart; blanks, quotes, emphasis and hyphens do not."""
    if gap == " ":
        return ""
    return _SOFT.sub("", gap) or ("-" if " - " in gap else "")


def _aliases(key: _Sequence) -> list[_Sequence]:
    """Other ways to write a choice: without its article or its "to", "and" for a comma, "Bb" for "B flat", "2 times" for "twice"."""
    sequence, gaps = key
    aliases = []
    is_article = len(sequence) > 1 and sequence[0] in _ARTICLES
    if (is_article or (len(sequence) > 2 and sequence[0] == "to")) and not gaps[0]:
        aliases.append((sequence[1:], gaps[1:]))
    if "," in gaps:
        last = len(gaps) - gaps[::-1].index(",")
        aliases.append(
            ((*sequence[:last], "and", *sequence[last:]), (*gaps[: last - 1], "", "", *gaps[last:]))
        )
    for step, name in enumerate(sequence[1:], 1):
        if name in _ACCIDENTALS and len(sequence[step - 1]) == 1:
            written = sequence[step - 1] + _ACCIDENTALS[name]
            aliases.append(
                ((*sequence[: step - 1], written, *sequence[step + 1 :]), (*gaps[: step - 1], *gaps[step:]))
            )
    for word, counted in _TIMES.items():
        if sequence == word:
            aliases.append((counted, ("",)))
        elif sequence == counted:
            aliases.append((word, ()))
    return aliases
