"""The commonest ways to put an answer, read at a glance: "X.", "The answer is X.", "(C) X", "<answer>X</answer>".

Most answers are one choice's text, letter for letter, in one of a few frames. Of these the cascade would say the
same after looking at everything (a test holds the two together); here it takes a few look-ups. Whatever is
not quite so (another choice named too, a choice named twice, other words, another case or script) is left to it.
"""

from __future__ import annotations

import re

__all__ = ["glance", "plain_choices"]

NOTHING = (-1, "")

_NAMED = "the only choice named"
_ANSWER_IS = "“answer is”"
_FRAMES = {
    "": _NAMED,
    "it is ": _NAMED,
    "it's ": _NAMED,
    "i think it is ": _NAMED,
    "i think it's ": _NAMED,
    "i believe it is ": _NAMED,
    "<answer>": "an answer tag",
    "answer: ": _ANSWER_IS,
    "the answer: ": _ANSWER_IS,
    "final answer: ": _ANSWER_IS,
    "correct answer: ": _ANSWER_IS,
    "the answer is ": _ANSWER_IS,
    "the answer is: ": _ANSWER_IS,
    "the final answer is ": _ANSWER_IS,
    "the correct answer is ": _ANSWER_IS,
    "the correct answer is: ": _ANSWER_IS,
    "the best answer is ": _ANSWER_IS,
    "based on the audio, the answer is ": _ANSWER_IS,
    "based on the audio, the correct answer is ": _ANSWER_IS,
}
_LABELLED = "a letter with its text"
_LONGEST = 400
# The end of a sentence, and perhaps a number in brackets: nothing that could deny or name.
_REST = re.compile(r"[.!]?(?:\s[\s\d.()\[\]]*)?$")
_ENDS = ("", ".", "!")
_DIGIT = re.compile(r"\d")
_CHOICE = re.compile(r"[0-9A-Za-z][!#-&'()+,\-./0-9:;=?@A-Z\[\]^_a-z|~ ]{0,198}[0-9A-Za-z.!]|\d")
_LABEL_LIKE = re.compile(r"[A-Za-z][.:)\-/,]")
_NOUN = re.compile(r"answer|option|choice|letter")
_WORDS = " | ".join(_FRAMES)
_OUTER = " '.,;:!?()[]-#~_"
_BARE = frozenset(("no", "yes", "an", "the", "it", "is", "none", "not", "and", "or", "all", "so"))


def plain_choices(choices: tuple[str, ...]) -> tuple[str, ...]:
    """The choices of a question in which a choice can be told at a glance; of any other question, none.

    Args:
        choices: as published.
    """
    told: set[str] = set()
    for choice in choices:
        if _CHOICE.fullmatch(choice) is None or "  " in choice or _LABEL_LIKE.match(choice):
            return ()
        core = choice.lower().strip(_OUTER)
        if core in _WORDS or _NOUN.search(core):
            return ()  # the frame itself would name it, or it would be a frame
        told.add(core)
    return choices if len(told) == len(choices) and "" not in told else ()


def glance(text: str, choices: tuple[str, ...]) -> tuple[int, str]:
    """Read an answer that is one choice in a common frame.

    Args:
        text: what the model said.
        choices: what `plain_choices` gave.

    Returns:
        The 0-based index and how it was read; `(-1, "")` where a closer look is needed.
    """
    found = -1
    for at, choice in enumerate(choices):
        if choice in text:
            if found >= 0:
                return NOTHING
            found = at
    if found < 0 or len(text) > _LONGEST:
        return NOTHING
    choice = choices[found]
    start = text.index(choice)
    before, after = text[:start], text[start + len(choice) :]
    how = _FRAMES.get(before.lower())
    if how is None:
        if _letter(before) != found:
            return NOTHING
        how = _LABELLED
    elif before == "<answer>":
        if not after.startswith("</answer>"):
            return NOTHING
        after = after[9:]
    return (found, how) if after in _ENDS or _says_nothing(after, choice, choices) else NOTHING


def _letter(label: str) -> int:
    """The choice of "(C) ", "C. ", "C) " or "C: "; -1 for anything else."""
    if len(label) == 4 and label[0] == "(" and label[2:] == ") ":
        return ord(label[1]) - 65
    return ord(label[0]) - 65 if len(label) == 3 and label[1:] in (". ", ") ", ": ") else -1


def _says_nothing(after: str, choice: str, choices: tuple[str, ...]) -> bool:
    """Whether nothing behind a choice can deny it or name another; a number can, where a choice has one."""
    if _REST.match(after) is None or choice.lower() in _BARE:
        return False
    return not any(map(_DIGIT.search, choices))
