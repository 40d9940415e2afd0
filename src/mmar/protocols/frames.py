"""The commonest ways to put an answer, read at a glance: "X.", "I think it is X", "The answer is X.", "(C) X", "<answer>X</answer>".

Most answers are one choice's text after some words that neither deny nor point elsewhere. Of these the cascade would
say the same after looking at everything (tests hold the two together); here it takes a few look-ups. Whatever is not
quite so (another choice named too, words behind the choice, a text beyond ASCII) is left to it.
"""

from __future__ import annotations

from mmar.protocols.denial import DENYING_WORDS
from mmar.protocols.mentions import place
from mmar.protocols.patterns import pattern

__all__ = ["GLANCES", "TEXT", "glance", "plain_cores"]

NOTHING = (-1, "")
_SEVERAL = ":"

TEXT = "the choice's text"
_NAMED = "the only choice named"
_ANSWER_IS = "“answer is”"
_JSON_KEY = "a JSON key"
_TAG = "an answer tag"
_LABELLED = "a letter with its text"
GLANCES = (TEXT, _NAMED, _ANSWER_IS, _JSON_KEY, _TAG, _LABELLED)
"""Every way in which a glance may have read an answer."""

# What stands before a choice, letter for letter; all else is looked at word by word.
_FRAMES = {
    "": _NAMED,
    "it is ": _NAMED,
    "i think it is ": _NAMED,
    "<answer>": _TAG,
    "answer: ": _ANSWER_IS,
    "the answer is ": _ANSWER_IS,
    "the answer is: ": _ANSWER_IS,
    "the correct answer is ": _ANSWER_IS,
    "the correct answer is: ": _ANSWER_IS,
    **{f'{{{gap}"{key}":{blank}"': _JSON_KEY
       for key in ("answer", "final_answer", "answer_prediction", "prediction", "choice")
       for gap in ("", " ") for blank in ("", " ")},
}  # fmt: skip
_LABELS = {
    label: at
    for at, mark in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    for label in (f"({mark}) ", f"{mark}. ", f"{mark}) ", f"{mark}: ")
}
_LONGEST = 400
_OPENS = (" is ", "'s ")
_POINTERS = ("answer is ", "answer is: ", "answer: ")
_POINTING = pattern("answer|option|choice|prediction")
# What may stand in words that lead to a choice: gaps become blanks, and what must not stand there becomes "\0".
_LEADING = "".join(
    mark if mark.isalnum() or mark == " " else " " if mark in ",.'" else "\0" for mark in map(chr, range(128))
)
_TURNING = DENYING_WORDS | {"t"}  # of "isn't"
_BACKWARDS = frozenset(("is", "was"))
_NOUNLIKE = frozenset(("because", "since", "is", "was"))
# Behind the choice: the end of a sentence, and perhaps a number in brackets; nothing that could deny or name.
_REST = pattern(r"[.!]{0,2}(?:\s[\s\d.()\[\]]*)?$")
_WORDLESS = pattern(r"(?!\d)[.!\s]?\s?[(\[{]?[\d\s.]*[)\]}]?$")
_ENDS = ("", ".", "!")

# Choices that begin like a label or a link to another choice are not plain, nor those with marks of their own.
_CHOICE = r"(?![A-Za-z][.:)\-/,;]|(?:and|or|vs) )(?:[0-9A-Za-z][!#-&'()+,\-./0-9:;=?@A-Z\[\]^_a-z|~ ]{0,198}[0-9A-Za-z.!]|[0-9])"
_CHOICES = pattern(rf"(?:{_CHOICE}\n){{1,25}}{_CHOICE}")
_NOT_PLAIN = pattern("answer|option|choice|letter|prediction|  ")
_OUTER = " '.,;:!?()[]-#~_"
# Words too common for a mention to count wherever it stands.
_BARE = frozenset(("no", "yes", "an", "the", "it", "is", "none", "not", "and", "or", "all", "so", "one"))


def plain_cores(choices: tuple[str, ...]) -> tuple[str, ...]:
    """By what each choice of a question can be told at a glance; nothing where that needs a closer look.

    Args:
        choices: as published.

    Returns:
        Each choice in lower case without punctuation at its ends, all different; or none.
    """
    text = "\n".join(choices)
    if _CHOICES.fullmatch(text) is None:
        return ()
    text = text.lower()
    if _NOT_PLAIN.search(text):
        return ()
    cores = tuple([line.strip(_OUTER) for line in text.split("\n")])
    return cores if len({*cores, ""}) == len(choices) + 1 == len(cores) + 1 else ()


def glance(text: str, cores: tuple[str, ...]) -> tuple[int, str]:
    """Read an answer that is one choice in a common frame.

    Args:
        text: what the model said, without white space around it.
        cores: what `plain_cores` gave.

    Returns:
        The 0-based index and how it was read; `(-1, "")` where a closer look is needed.
    """
    if len(text) > _LONGEST or not text.isascii():
        return NOTHING
    lower = text.lower()
    core = ""
    for other in cores:
        if other in lower:
            if core:
                core = _SEVERAL
                break
            core = other
    if core > _SEVERAL:
        before, _, after = lower.partition(core)
    elif core == _SEVERAL:
        core, before, after = _longest(lower, cores)
    elif core:
        # It begins with a digit, which sorts before the colon, and may be a part of a longer number.
        core, before, after = _parted(lower, core, place(core, lower))
    if not core:
        return NOTHING
    return _framed(text, before, core, after, cores.index(core))


def _framed(text: str, before: str, core: str, after: str, found: int) -> tuple[int, str]:
    """What the words around a choice make of it."""
    how = _FRAMES.get(before)
    if how is _JSON_KEY:
        return (found, how) if _closes(after, '"') and not _POINTING.search(after) else NOTHING
    if how is _TAG:
        return (found, how) if _closes(after, "</answer>") else NOTHING
    if how is None:
        if len(before) <= 4 and _LABELS.get(text[: len(before)]) == found:
            return (found, _LABELLED) if _WORDLESS.match(after) else NOTHING
        how = _led_to(before, core)
    if not how or (core in _BARE and after[:1] not in _ENDS):
        return NOTHING
    if after not in _ENDS and not _REST.match(after):
        return NOTHING
    return found, how if before or after.strip(".!") else TEXT


def _longest(text: str, cores: tuple[str, ...]) -> tuple[str, str, str]:
    """The longest core that stands in a text by itself, and what is before and behind it; nothing where another does."""
    core, start = "", -1
    for other in cores:
        if len(other) > len(core) and other in text and (at := place(other, text)) >= 0:
            core, start = other, at
    core, before, after = _parted(text, core, start)
    for other in cores:
        if other is not core and (
            (other in before and place(other, before) >= 0) or (other in after and place(other, after) >= 0)
        ):
            return "", "", ""
    return core, before, after


def _parted(text: str, core: str, start: int) -> tuple[str, str, str]:
    """A core, what is before it and what is behind it; nothing where it stands nowhere."""
    return ("", "", "") if start < 0 else (core, text[:start], text[start + len(core) :])


def _closes(after: str, mark: str) -> bool:
    """Whether the choice ends at a mark, and nothing behind it is a mark-up of its own."""
    rest = after.lstrip(".!")
    return rest.startswith(mark) and "<" not in rest[len(mark) :] and "\\" not in rest


def _led_to(before: str, core: str) -> str:
    """How a choice is named by the words before it, where they do nothing but lead to it; else nothing."""
    lead, how = before, _NAMED
    if before.endswith(_POINTERS):
        lead, how = before[: before.rindex("answer")], _ANSWER_IS
    elif before[-1] != " " or (core in _BARE and not before.endswith(_OPENS)):
        return ""
    spaced = lead.translate(_LEADING)
    words = spaced.split()
    if "\0" in spaced or not _TURNING.isdisjoint(words) or _points_elsewhere(lead):
        return ""
    if how is _ANSWER_IS and not _BACKWARDS.isdisjoint(words):
        return ""  # "X is the answer: …" points backwards
    if not words:
        return how if how is _ANSWER_IS else ""
    if len(words[0]) == 1 and (lead[:2] != "i " or not _NOUNLIKE.isdisjoint(words[1:2])):
        return ""  # a letter that could be one
    return how


def _points_elsewhere(lead: str) -> bool:
    """Whether words point at an answer themselves; looked for one by one, which takes half of what a pattern takes."""
    return (
        "answer" in lead
        or "option" in lead
        or "choice" in lead
        or "letter" in lead
        or "choose" in lead
        or "select" in lead
        or "pick" in lead
        or "go with" in lead
    )
