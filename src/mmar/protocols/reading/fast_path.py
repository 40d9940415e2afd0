"""The commonest ways to put an answer, read without taking it apart: "X.", "B", "The answer is X.", "(C) X".

What is read here the cascade would read likewise (tests hold the two together). Whatever is not quite so, such as
another choice in the text or a word before the choice that is not in a short list, is left to the cascade.
"""

from __future__ import annotations

from mmar.protocols.reading.choices import FRAME_WORDS, LETTERS, STOPS, ChoiceTable
from mmar.protocols.reading.rules import Reading
from mmar.protocols.reading.text import pattern

_LONGEST = 400
_LETTER_FORMS = {
    form: choice
    for choice, letter in enumerate(LETTERS)
    for form in (letter, f"{letter}.", f"({letter})", f"({letter}).")
}
_LABELS = {
    label: choice
    for choice, letter in enumerate(LETTERS)
    for label in (f"({letter}) ", f"{letter}. ", f"{letter}) ", f"{letter}: ")
}
_TAG, _TAG_END = "<answer>", "</answer>"
_JSON = pattern(r'\{\s?"(?:final_)?answer(?:_prediction)?":\s?"')
_JSON_END = pattern(r'"(?:,\s?"(?:n|id|confidence|score)":\s?[\d.]+)?\s?\}')
_DIGITS = str.maketrans(dict.fromkeys("0123456789,.", " "))
_NUMBERS = pattern(r"\d+")
_TAIL = pattern(r"[.!]{0,2}(?:\s[\[(]?\d{1,9}[\])]?)?")
_VERDICTS = ("answer is ", "answer is: ", "answer: ")
_LETTER_SIZE = 4  # characters of the longest of these forms
_SHORTEST = 3  # characters; a note such as "Bb4" needs a closer look


def read_common(text: str, table: ChoiceTable) -> Reading | None:
    """Read an answer that is one choice in a common frame; `None` where a closer look is needed."""
    stripped = text.strip()
    # The table of all choices is made only where one of them is likely.
    choice = table.exact.get(stripped, -1) if stripped in table.choices else -1
    if choice >= 0 and stripped:
        start = text.index(stripped)
        return Reading("choice", choice, "exact-text", start, start + len(stripped), text)
    size = len(stripped)
    if not 0 < size <= _LONGEST:
        return None
    if size <= _LETTER_SIZE and (choice := _letter(stripped, table)) >= 0:
        start = text.index(stripped)
        return Reading("choice", choice, "lone-letter", start, start + size, text)
    # To prepare all choices pays from the second answer to a question on.
    finders = (_anywhere, _at_end) if table.used else (_at_end, _anywhere)
    table.used = True
    for find in finders:
        if (match := find(stripped, table)) is None:
            continue
        choice, start, end = match
        if rule := _framed(stripped, stripped[:start].lower(), stripped[end:].lower(), choice):
            offset = text.index(stripped)
            first = 0 if rule in ("verdict", "labelled") else start
            return Reading("choice", choice, rule, offset + first, offset + end, text)
    return None


def _letter(stripped: str, table: ChoiceTable) -> int:
    """The choice that a letter alone names; -1 where it is none, or may be a choice's text."""
    choice = _LETTER_FORMS.get(stripped, -1)
    if 0 <= choice < len(table.choices) and (min(map(len, table.choices)) > _LETTER_SIZE or table.cores):
        return choice
    return -1


def _at_end(stripped: str, table: ChoiceTable) -> tuple[int, int, int] | None:
    """The choice that ends an answer word for word, before stops, a number or a closing tag; with its start and end.

    Where the rest is a frame, it does not matter what else the other choices could be called.
    """
    choices = table.choices
    head, _, last = stripped.rpartition(" ")
    bodies = [stripped, head] if last.strip("[]()").isdecimal() else [stripped]
    if stripped.startswith(_TAG):
        bodies = [body.removesuffix(_TAG_END) for body in bodies]
    choice, start, size = -1, 0, _SHORTEST
    for body in bodies:
        for form in (body.rstrip(STOPS), body):
            if form.endswith(choices):
                for index, text in enumerate(choices):
                    if len(text) > size and form.endswith(text):
                        choice, start, size = index, len(form) - len(text), len(text)
    if choice < 0:
        return None
    end = start + len(choices[choice].rstrip(STOPS))
    around = f"{stripped[:start]}\n{stripped[end:]}".lower()
    if _may_be_in_words(around, table):
        return None
    names = table.names
    for index, name in enumerate(names):
        if index != choice and name and (name in around or name == names[choice]):
            return None
    return choice, start, end


def _anywhere(stripped: str, table: ChoiceTable) -> tuple[int, int, int] | None:
    """The one choice that stands in an answer, whatever its case, with its start and end."""
    cores = table.cores
    lower = stripped.lower()
    if not cores or len(lower) != len(stripped):
        return None
    core, start = "", -1
    for other in cores:
        if len(other) > len(core) and other in lower and (index := _find(other, lower)) >= 0:
            core, start = other, index
    if not core:
        return None
    end = start + len(core)
    before, after = lower[:start], lower[end:]
    if (after and after[0] not in ' .!"<') or not (before.isascii() and after.isascii()):
        return None
    if any(
        other and other is not core and (_stands(other, before) or _stands(other, after)) for other in cores
    ):
        return None
    around = before + after
    if _may_be_in_words(around, table):
        return None
    if len(core) <= _SHORTEST and core[-1].isdigit() and core[0].isalpha() and _NUMBERS.search(around):
        return None  # beside "4" the note B4 may be the letter B
    return cores.index(core), start, end


def _may_be_in_words(text: str, table: ChoiceTable) -> bool:
    """Whether a number of a text may mean a choice: "3" the choice "three"."""
    numbers = _NUMBERS.findall(text)
    # Number words have at most two digits.
    return bool(numbers) and len(min(numbers, key=len)) <= 2 and not table.numbers.isdisjoint(numbers)


def _find(core: str, text: str) -> int:
    """Where a choice first stands in a text by itself, not in a longer word or number; -1 for nowhere."""
    start = text.find(core)
    while start >= 0:
        end = start + len(core)
        if (start == 0 or not text[start - 1].isalnum()) and (end == len(text) or not text[end].isalnum()):
            return start
        start = text.find(core, start + 1)
    return -1


def _stands(core: str, text: str) -> bool:
    return core in text and _find(core, text) >= 0


def _framed(stripped: str, before: str, after: str, choice: int) -> str:
    """The rule by which the words around a choice name it, "" where they need a closer look."""
    inside = after[1:] if after[:1] in (".", "!") else after
    if before[:1] == "<":
        closed = before == _TAG and inside.startswith(_TAG_END) and _TAIL.fullmatch(inside, len(_TAG_END))
        return "answer-tag" if closed else ""
    if before[:1] == "{":
        return "json-key" if _JSON.fullmatch(before) and _JSON_END.fullmatch(inside) else ""
    if not _TAIL.fullmatch(after):
        return ""
    if not before:
        rest = after.strip(".!")
        return "choice-text" if not rest else "own-line" if rest[-1] in ")]" else ""
    if len(before) <= 4 and _LABELS.get(stripped[: len(before)], -1) == choice:
        return "labelled"
    if before[-1] != " " or not FRAME_WORDS.issuperset(before.translate(_DIGITS).split()):
        return ""
    if before.endswith(_VERDICTS):
        return "verdict"
    return "own-line" if before.endswith(("is ", "it's ")) else ""
