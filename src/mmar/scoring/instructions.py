"""Verifiable instructions of MMAU-Pro ("instruction following"): whether an answer has the requested form.

The names of the tasks and their arguments are those of the published data (`task_identifier`, `kwargs`); what
each wants follows `evaluate_mmau_pro_comprehensive.py` of sonalkum/MMAUPro at 960e93a, faults included:
keywords may be parts of words, and a beginning or end is compared without anything but letters and blanks.
Sentences are counted by their ends, where the script uses a trained splitter (NLTK's Punkt): of 1,866 texts,
many of them made to be hard, the three sentence tasks gave 30 of 5,598 verdicts otherwise (one in 200), the
other tasks none. A task that is not known is not scored, and an empty answer follows nothing (in the script
it keeps every prohibition).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

_SENTENCE_END = re.compile(r"[.!?]+[\"')\]”’*]*(?=\s|$)")
_ABBREVIATION = re.compile(r"\b(?:mr|mrs|ms|dr|prof|st|vs|e\.g|i\.e|no|inc|co|u\.s|[a-z])\.$", re.IGNORECASE)
_BULLET = re.compile(r"(?:^|\n)\s*\*\s+")
_HIGHLIGHT = re.compile(r"\*[^*]+\*")
_PLACEHOLDER = re.compile(r"\[[^\]]+\]")
_TITLE = re.compile(r"<<[^>]+>>")
_SEPARATOR = "******"

Arguments = Mapping[str, Any]


def check_instruction(task: str, arguments: object, text: str, question: str = "") -> bool | None:
    """Whether an answer follows an instruction; `None` where the task is not known or lacks an argument.

    `task` and `arguments` are the record's `task_identifier` and `kwargs`, an object or its JSON text; one
    task wants the question repeated.

    Example:
        >>> check_instruction("Number Words (at most)", {"N": 3}, "a dog barks"), check_instruction("No Commas", None, "one, two")
        (True, False)
    """
    check = TASKS.get(task)
    if check is None:
        return None
    if not text.strip():
        return False
    if isinstance(arguments, str):
        try:
            arguments = msgspec.json.decode(arguments)
        except msgspec.DecodeError:
            return None
    values = {
        name: value
        for name, value in (arguments.items() if isinstance(arguments, Mapping) else ())
        if value is not None
    }
    try:
        return check(text, {**values, "question": question})
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def _number(arguments: Arguments, name: str = "N") -> int:
    return int(float(arguments[name]))


def _listed(arguments: Arguments, name: str) -> list[str]:
    value = arguments[name]
    words = value if isinstance(value, list) else str(value).split(", ")
    return [str(word).lower() for word in words]


def _sentences(text: str) -> int:
    """Number of sentences, a last one without an end included."""
    count = start = 0
    for end in _SENTENCE_END.finditer(text):
        piece = text[start : end.end()]
        if not _ABBREVIATION.search(piece.rstrip("\"')]”’*")):
            count += 1
            start = end.end()
    return count + bool(text[start:].strip())


def _words(text: str) -> int:
    return len(text.split())


def _capitals(text: str) -> int:
    return sum(word.isupper() for word in text.split())


def _letters(text: str, *, blanks: bool = True) -> str:
    return re.sub(r"[^a-zA-Z ]" if blanks else r"[^a-zA-Z]", "", text).lower()


def _at_least(count: Callable[[str], int]) -> Callable[[str, Arguments], bool]:
    return lambda text, arguments: count(text) >= _number(arguments)


def _at_most(count: Callable[[str], int]) -> Callable[[str, Arguments], bool]:
    return lambda text, arguments: count(text) <= _number(arguments)


def _between(count: Callable[[str], int]) -> Callable[[str, Arguments], bool]:
    return lambda text, arguments: _number(arguments, "N1") <= count(text) <= _number(arguments, "N2")


def _frequency(text: str, arguments: Arguments) -> bool:
    word = re.escape(str(arguments["keyword"]).lower())
    return len(re.findall(rf"\b{word}\b", text.lower())) == _number(arguments)


def _sections(text: str, arguments: Arguments) -> bool:
    splitter = re.escape(str(arguments["section_splitter"]))
    sections = re.split(rf"\s*{splitter}\s*", text.strip())
    return sum(bool(section.strip()) for section in sections) == _number(arguments)


def _two_responses(text: str, _: Arguments) -> bool:
    parts = [part.strip().lower() for part in text.split(_SEPARATOR)]
    return len(parts) == 2 and parts[0] != parts[1]


def _quoted(text: str, _: Arguments) -> bool:
    stripped = text.strip()
    return stripped.startswith('"') and stripped.endswith('"')


TASKS: dict[str, Callable[[str, Arguments], bool]] = {
    "Include Keywords": lambda text, arguments: all(
        word in text.lower() for word in _listed(arguments, "keywords")
    ),
    "Keyword Frequency": _frequency,
    "Forbidden Words": lambda text, arguments: (
        not any(word in text.lower() for word in _listed(arguments, "forbidden_words"))
    ),
    "Number Paragraphs": lambda text, arguments: (
        sum(bool(part.strip()) for part in text.split("***")) == _number(arguments)
    ),
    "Number Words (at least)": _at_least(_words),
    "Number Words (at most)": _at_most(_words),
    "Number Words (range)": _between(_words),
    "Number Sentences (at least)": _at_least(_sentences),
    "Number Sentences (at most)": _at_most(_sentences),
    "Number Sentences (range)": _between(_sentences),
    "Postscript": lambda text, arguments: (
        _letters(str(arguments["postscript_marker"]), blanks=False) in _letters(text, blanks=False)
    ),
    "Number Placeholder": lambda text, arguments: len(_PLACEHOLDER.findall(text)) >= _number(arguments),
    "Number Bullets": lambda text, arguments: len(_BULLET.findall(text)) == _number(arguments),
    "Title": lambda text, _: bool(_TITLE.search(text)),
    "Minimum Number Highlighted Section": lambda text, arguments: (
        len(_HIGHLIGHT.findall(text)) >= _number(arguments)
    ),
    "Multiple Sections": _sections,
    "Repeat Prompt": lambda text, arguments: (
        text.strip().lower().startswith(str(arguments["question"]).strip().lower())
    ),
    "Two Responses": _two_responses,
    "All Uppercase": lambda text, _: text.isupper(),
    "All Lowercase": lambda text, _: text.islower(),
    "All-capital Words (at least)": _at_least(_capitals),
    "All-capital Words (at most)": _at_most(_capitals),
    "All-capital Words (range)": _between(_capitals),
    "Start Checker": lambda text, arguments: _letters(text).startswith(
        _letters(str(arguments["start_phrase"]))
    ),
    "End Checker": lambda text, arguments: _letters(text).endswith(_letters(str(arguments["end_phrase"]))),
    "Quotation": _quoted,
    "No Commas": lambda text, _: "," not in text,
}
"""How each task is checked, by its published name."""
