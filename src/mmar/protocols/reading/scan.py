"""From a cleaned text to its units: references to choices, phrases, punctuation and other words."""

from __future__ import annotations

from mmar.protocols.reading.choices import LETTERS, ChoiceTable, hard_gap
from mmar.protocols.reading.labels import is_edge, merge_labels, neighbour, punctuation_of
from mmar.protocols.reading.phrases import phrase_table
from mmar.protocols.reading.text import BOUNDARY, Units, pattern, words

_DRESS = " \t\"'*_$#~^\xa0"
_ABBREVIATIONS = frozenset(
    ("e.g", "i.e", "g", "e", "vs", "dr", "mr", "mrs", "ms", "st", "etc", "cf", "approx")
)
_PRONOUN_BEFORE = frozenset((
    "the", "no", "this", "that", "each", "any", "every", "some", "1", "first", "second", "third", "last",
    "other", "which", "another", "right", "same",
))  # fmt: skip
_PRONOUN_AFTER = frozenset(
    ["of", "another", "can", "could", "might", "may", "would", "who", "that", "by", "after"]
)


_PER = frozenset(("a", "per", "each", "every", "one", "half"))
_RANGES = frozenset(("to", "or", "till", "through", "bis", "à", "a"))
_NUMBERED = frozenset(("option", "choice"))
_LONGEST_GAP = 64


def scan(text: str, table: ChoiceTable, *, letters: bool = False) -> Units:
    """Take a cleaned text apart; `letters` says that a letter is one even where it is a choice's text."""
    return _Builder(text, table, letters=letters).build()


class _Builder:
    """One pass over the words of a text."""

    def __init__(self, text: str, table: ChoiceTable, *, letters: bool) -> None:
        self.text, self.words, self.table = text, words(text), table
        self.tokens = tuple([word for word, _, _ in self.words])
        self.phrases = phrase_table()
        self.by_first_word = table.by_first_word
        self.letters = letters
        self.notes = {} if letters else table.single_letters
        self.symbols: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.choices: list[int] = []

    def build(self) -> Units:
        index, size, done = 0, len(self.words), 0
        while index < size:
            word, start, end = self.words[index]
            if start - done > 1 or (start > done and self.text[done] != " "):
                self._punctuation(done, start)
            after = self._choice(index) if word in self.by_first_word else 0
            if not after and end - start == 1:
                after = self._letter(index)
            if not after:
                other = "h" if word.endswith("%") else "w"  # "90% sure"
                after, symbol = self._phrase_at(index) or (index + 1, other)
                self._add(symbol, start, self.words[after - 1][2])
            done, index = self.ends[-1], after
        self._punctuation(done, len(self.text))
        units = Units("".join(self.symbols), self.starts, self.ends, self.choices, set(), self.text)
        return merge_labels(units, self.table, notes=bool(self.table.single_letters))

    def _add(self, symbol: str, start: int, end: int, choice: int = -1) -> None:
        self.symbols.append(symbol)
        self.starts.append(start)
        self.ends.append(end)
        self.choices.append(choice)

    def _punctuation(self, start: int, end: int) -> None:
        for symbol, offset, length in punctuation_of(self.text[start : min(end, start + _LONGEST_GAP)]):
            if symbol == "." and self._is_inner_dot(start + offset):
                continue
            self._add(symbol, start + offset, start + offset + length)

    def _is_inner_dot(self, index: int) -> bool:
        """Whether a full stop ends no sentence: inside "a.m" or behind an abbreviation."""
        text = self.text
        if text[index] != ".":
            return False
        after = text[index + 1 : index + 2]
        if after.isalnum():
            return after.islower() or not text[index - 1 : index].islower()
        word = text[max(0, index - 7) : index].split()[-1:] or [""]
        return word[0].casefold().lstrip("(") in _ABBREVIATIONS

    def _choice(self, index: int) -> int:
        """Add the longest choice whose text begins at a word; gives the word behind it, 0 for none."""
        result = self._choice_at(index)
        if result is None:
            return 0
        after, choice = result
        if self._is_ambiguous_number(index):
            self._add("w", self.words[index][1], self.words[after - 1][2])
            return after
        end, tail = self.words[after - 1][2], self.table.tails[choice]
        for ending in (tail, tail.rstrip()):
            if ending and self.text.startswith(ending, end):
                end += len(ending)
                break
        self._add("C", self.words[index][1], end, choice)
        return after

    def _is_ambiguous_number(self, index: int) -> bool:
        """Whether a number is the end of a range ("50 to 70 people") or may count the options ("option 4")."""
        words = self.tokens
        if not words[index][0].isdigit() or index == 0:
            return False
        if index >= 2 and words[index - 1] in _RANGES and words[index - 2][0].isdigit():
            return self.symbols[-2:-1] == ["w"]
        return words[index - 1] in _NUMBERED and index + 1 == len(words)

    def _choice_at(self, index: int) -> tuple[int, int] | None:
        """The longest choice whose text begins at a word: the word behind it, and its choice."""
        rows = self.by_first_word.get(self.tokens[index], ())
        text, words = self.text, self.words
        start = words[index][1]
        for sequence, gaps, choice in rows:
            after = index + len(sequence)
            if choice < 0 or self.tokens[index:after] != sequence:
                continue
            if len(sequence) > 1 and any(
                (gap := text[words[index + step][2] : words[index + step + 1][1]]) != " "
                and ("\n" in gap or BOUNDARY in gap or hard_gap(gap) not in ("", gaps[step]))
                for step in range(len(gaps))
            ):
                continue
            end = words[after - 1][2]
            if not (is_edge(text, start) and is_edge(text, end)):
                continue
            if len(sequence) == 1:
                letter = sequence[0].upper()
                is_letter = len(letter) == 1 and "A" <= letter <= "Z"
                if letter in self.notes or (is_letter and (self.letters or text[start].isupper())):
                    continue
                if not self._counts(choice, index):
                    continue
            return after, choice
        return None

    def _counts(self, choice: int, index: int) -> bool:
        """Whether a choice of one common word is meant here, and not the word."""
        _, start, end = self.words[index]
        raw = self.text[start:end].casefold()
        before = after = ""  # the words beside it, with one blank between
        if index and self.text[self.words[index - 1][2] : start] == " ":
            before = self.tokens[index - 1]
        if index + 1 < len(self.words) and self.text[end : self.words[index + 1][1]] == " ":
            after = self.tokens[index + 1]
        if raw == "one":
            or_more = after == "or" and self.tokens[index + 2 : index + 3] == ("more",)
            return not (before in _PRONOUN_BEFORE or after in _PRONOUN_AFTER or or_more)
        if raw == "second" and (before in _PER or before[:1].isdigit()):
            return False  # a span of time
        if not self.table.is_common(choice):
            return True
        if before and not (self.symbols and self.symbols[-1] in "=:vyAVI&/gh,(.|-?cTB"):
            return False
        if not after and not _LETTER_NEXT.match(self.text, end):
            return True
        return self._kind_at(index + 1) in "B&KT" and self._choice_at(index + 1) is None

    def _kind_at(self, index: int) -> str:
        """The symbol of the phrase that begins at a word, `w` for none."""
        phrase = self._phrase_at(index) if index < len(self.words) else None
        return phrase[1] if phrase else "w"

    def _letter(self, index: int) -> int:
        """Add a word of one character, where it may stand for a choice; gives the word behind it, 0 for none."""
        word, start, end = self.words[index]
        if not "a" <= word <= "z":
            return 0
        text = self.text
        mark = text[start]
        left, right = neighbour(text, start - 1, -1), neighbour(text, end, 1)
        if _GLUED_BEFORE.match(text, max(0, start - 2), start) or _GLUED_BEHIND.match(text, end):
            return 0
        bracketed = left in "([{【" and left and right in ")]}】" and right
        beside = text[start - 1 : start], text[end : end + 1]
        emphasised = all(mark and mark in "*\"'$" for mark in beside)
        previous = self.symbols[-1] if self.symbols else "|"
        opens = previous in ".|?:"
        spaced = beside[1] == " " and index + 1 < len(self.words) and self.words[index + 1][1] == end + 1
        letter = mark.upper()
        # Some letters are two in upper case ("ß").
        choice = self.notes.get(letter, LETTERS.find(letter) if len(letter) == 1 else -1)
        if (
            bracketed
            or (emphasised and mark.isupper())
            or (beside[1] == ")" and (opens or previous in "A=:Tv"))
        ):
            symbol = "L"
        elif mark.isupper():
            if mark == "I" and (
                (spaced and self._kind_at(index + 1) not in "&BK")
                or (len(self.table.choices) < 9 and "I" not in self.notes)
            ):
                return 0
            if spaced and mark in "AIOEY" and self._is_word_here(index, previous):
                return 0
            symbol = "L" if previous == "A" and start - self.ends[-1] <= 2 else "l"
        else:
            # A small letter is one only where nothing else could be meant: "the answer is b".
            if spaced or previous not in "=:Avh|(":
                return 0
            symbol = "b"
        if not 0 <= choice < len(self.table.choices):
            symbol, choice = "Z", -1
        self._add(symbol, start, end, choice)
        return index + 1

    def _is_word_here(self, index: int, previous: str) -> bool:
        """Whether "A" before another word is an article, and likewise for letters that are words."""
        following = self.words[index + 1]
        if following[2] - following[1] == 1 and self.text[following[1]].isupper():
            return False
        if following[0].endswith("%") or (following[0] == "best" and self._kind_at(index + 2) == "M"):
            return False
        kind = self._kind_at(index + 1)
        if previous == "A":
            return self.text[self.ends[-1] - 1].isupper() and kind == "w"
        return kind in "wtAgoQP"

    def _phrase_at(self, index: int) -> tuple[int, str] | None:
        """The longest phrase that begins at a word: the word behind it, and its symbol."""
        word, start, _ = self.words[index]
        tokens = self.tokens
        following = tokens[index + 1] if index + 1 < len(tokens) else ""
        for sequence, symbol, inside in self.phrases.get(word, ()):
            after = index + len(sequence)
            if (
                after > index + 1
                and (
                    sequence[1] != following  # most of the phrases that begin with a common word
                    or tokens[index:after] != sequence
                    or not self._is_phrase(index, after, inside, symbol)
                )
            ):
                continue
            if self.text[start - 1 : start] == "-" and self.text[start - 2 : start - 1].isalnum():
                continue  # "non-answer"
            return after, symbol
        return (index + 1, "n") if word.endswith("n't") else None

    def _is_phrase(self, index: int, after: int, inside: str, symbol: str) -> bool:
        """Whether words are one phrase: no punctuation parts them, and no choice begins inside but for "at first"."""
        text, words = self.text, self.words
        for step in range(index, after - 1):
            gap = text[words[step][2] : words[step + 1][1]]
            if gap != " " and gap.strip(_DRESS + inside):
                return False
            if symbol != "O" and self.tokens[step + 1] in self.by_first_word and self._choice_at(step + 1):
                return False
        return True


# A letter that is part of a word: "X-ray", "it's", "B+", "F#", "A.M."; but "A+B" are two letters.
_GLUED_BEFORE = pattern(r"[^\W_][-'.]")
_GLUED_BEHIND = pattern(r"(?!\+[A-Z](?![A-Za-z+#]))(?:[-'♯][^\W_]|[+#])|\.[^\W_](?:\.|\Z)")
_LETTER_NEXT = pattern(r" ?\([A-Za-z]")
