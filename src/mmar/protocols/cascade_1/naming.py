"""The choice that a piece of an answer names, by text or by letter (version 1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mmar.protocols.cascade_1.mentions import (
    ChoiceForms,
    is_bare,
    is_denied,
    is_edge,
    named_choices,
)
from mmar.protocols.reading.text import loose, plain

_NOUNS = frozenset(("option", "choice", "answer", "letter"))
_LEFT = " \t\r\n\"'*_#>([{<$~•-"
_RIGHT = " \t\r\n\"'*_)]}>.,:;!$~。、"
_LABEL = re.compile(
    r"""[\s"'*_#>•-]{0,40}(?:
          (?i:option|choice|answer|letter)\s{1,3}["'*(\[]{0,4}([A-Za-z])(?:(?=["'*)\]\s]*$)|["'*)\]]{1,4}|(?=[.:,;])|(?<=[A-Z])(?![\w'#♯+]))
        | [(\[{]["'*]{0,2}([A-Za-z])["'*]{0,2}[)\]}]
        | ([A-Za-z])["'*]{0,3}(?:[.):](?=["'*]{0,3}(?:\s|$))|,(?<=[A-Z],)(?=\s)|\s-(?=\s)|(?<=[A-Z])[):.、](?=[^\x00-\u2e7f])|(?<=[A-Z])[):](?=[A-Za-z]{2}))
        )["'*]{0,3}(?:[\s:,;)]|\.(?=\s|$)|-(?=\s)){0,6}""",
    re.VERBOSE,
)
_LABEL_INSIDE = re.compile(
    r"""(?<![\w'.])[(\["'*]{0,4}([A-Za-z])(?:[.:)\]]{1,3}["'*]{0,3}\s|[)\]]["'*]{0,3})"""
)
_CLAUSE = re.compile(
    r"""[\s"'*(\[]{0,8}(?:
          ([A-Z])["'*)\]]{0,4}[,;]?\s{1,3}(?i:because|since
              |(?:is|was)\s{1,3}(?:(?:the|my|clearly|definitely|likely|probably)\s{1,3}){0,2}(?:correct|right|best|answer|most|more|true))
        | ([B-HJ-Zb-hj-z])["'*)\]]{0,4}[,;]?\s{1,3}(?i:because|since|as|due|for|given)
        )\b""",
    re.VERBOSE,
)
_LINKED = re.compile(
    r"""["'*)\]}.:]{0,4}\s{0,3}(?:[,/;|&+、]|(?i:\bor\b|\band\b|\bvs\b))\s{0,3}(?:(?i:or|and)\s{1,3})?
        (?:(?i:option|choice|answer|letter)\s{1,3})?
        (?:["'*]{0,3}([A-Z])(?![\w'#+])|["'*]{0,3}[(\[{]["'*]{0,2}([A-Za-z])["'*]{0,2}[)\]}])""",
    re.VERBOSE,
)
_LAST = re.compile(r"""(?:^|[\s"'*(\[])([A-Z])["'*)\]]{0,4}\s{0,3}$""")


def letter_alone(text: str, count: int) -> int:
    """The 0-based choice of a letter that is all there is, brackets, quotes and full stops aside.

    Args:
        text: cleaned text.
        count: number of choices.

    Returns:
        The index, or -1.
    """
    if len(text) > 60:
        return -1
    core = text.rstrip(_RIGHT).lstrip(_LEFT)
    return _index(core, count) if len(core) == 1 else -1


def letter_label(text: str, count: int) -> tuple[int, int, int]:
    """The choice of a letter that labels what follows it.

    Returns:
        The 0-based index, where the letter ends and where the labelled text begins; `(-1, 0, 0)` when there is none.
    """
    if text[:1].isalpha() and text[1:2].isalnum() and text[:6].lower() not in _NOUNS:
        return -1, 0, 0  # begins with a word; the pattern would find that out more slowly
    match = _LABEL.match(text)
    if match is None:
        return -1, 0, 0
    group = match.lastindex or 1
    return _index(match[group], count), match.end(group), match.end()


def letter_labels(text: str, count: int) -> Iterator[tuple[int, int]]:
    """All letters inside a text that could label what follows them: 0-based index, and where that begins."""
    for match in _LABEL_INSIDE.finditer(text):
        index = _index(match[1], count)
        if index >= 0:
            yield index, match.end()


def letter_linked(text: str, index: int, count: int) -> int:
    """The choice of a second letter that is linked to one ending at `text[at]`: "A or B", "(A), (B)"; -1 for none."""
    match = _LINKED.match(text, index)
    return _index(match[1] or match[2], count) if match else -1


def letter_clause(text: str, count: int) -> tuple[int, int]:
    """The choice of a letter that stands where a noun would: "C because …", "B is …".

    Returns:
        The 0-based index and where the letter ends; `(-1, 0)` for none.
    """
    match = _CLAUSE.match(text)
    if match is None:
        return -1, 0
    group = match.lastindex or 1
    return _index(match[group], count), match.end(group)


def letter_last(text: str, count: int) -> int:
    """The choice of a capital that ends a text: "so B"; -1 for none."""
    match = _LAST.search(text[-12:])
    return _index(match[1], count) if match else -1


def _index(letter: str, count: int) -> int:
    index = ord(letter.upper()) - 65 if letter.isascii() else -1
    return index if 0 <= index < count else -1


NONE = -1
"""The piece names no choice."""
CONFLICT = -2
"""It names more than one, or letter and text disagree."""
DENIED = -3
"""It names a choice only to deny it."""

_SENTENCE = re.compile(r"[.!?](?=\s|$)|。|\n\s{0,80}\S")
_LEADS = "that|it is|it's|this is|most likely|more likely|likely|probably|clearly|definitely|therefore|thus|simply|indeed"
_ARTICLE = re.compile(rf"(?:(?:{_LEADS}|a|an|the) )+")
_LEAD = re.compile(rf"[\s:]{{0,8}}(?:(?:{_LEADS})[\s:]{{1,3}})+", re.IGNORECASE)
_LINK = re.compile(
    r"""[\s.!?)\]'。]{0,4}(?:[,/;|&、]|\bor\b|\band\b|\bvs\b|或者?|和)(?:\s?(?:or|and)\b)?[\s'(\[]{0,4}"""
)
_WORDLESS = re.compile(r"[.!\s]?\s?[(\[{]?[\d\s.]*[)\]}]?$")
_MARKED = re.compile(r"[).:\]]")
_OUTER = " \t\r\n'\"*.,;:!?()[]{}<>_~•#-。，；：！？、"
_SLACK = 8
_LETTERED = re.compile(r"[a-z][).:\]]{1,2}\s?")


def max_span(known: ChoiceForms) -> int:
    """How many characters of an open piece are of use: any choice, and what links it to the next."""
    return 2 * known.longest + 400


def whole(text: str, known: ChoiceForms) -> int:
    """The choice that the whole text is."""
    if len(text) > known.longest + _SLACK and _is_longer(text, known.longest):
        return NONE
    form = plain(text)
    return _is_choice(form, loose(form), known) if form else NONE


def _is_longer(text: str, longest: int) -> bool:
    """Whether a text is too long to be a choice, for all that its forms may take away."""
    if len(text) > 2 * longest + 200:
        return True
    core = text.strip(_OUTER)
    # What else a form takes away stands inside: emphasis, quotes, runs of white space.
    return len(core) > longest + _SLACK and not ("*" in core or '"' in core or "\n" in core)


def _is_choice(form: str, core: str, known: ChoiceForms) -> int:
    """The choice that a plain form, or the loose form `core` of the same text, is."""
    index = known.plain.get(form, NONE)
    return known.loose.get(core, NONE) if index < 0 and core else index


def match_choice(text: str, known: ChoiceForms, *, letters: bool, closed: bool) -> int:
    """The choice that a piece names.

    Args:
        text: cleaned text of about `max_span` characters.
        known: the question's choices.
        letters: whether a lone letter is a letter even where it is a choice's text.
        closed: whether all of the piece belongs to the answer, or only its beginning.

    Returns:
        The 0-based index, `NONE`, `CONFLICT` or `DENIED`.
    """
    count = len(known.texts)
    if letters and (index := letter_alone(text, count)) >= 0:
        return index
    head = text if len(text) <= max_span(known) else text[: max_span(known)]
    form = plain(head)
    if not form:
        return known.exact.get("", NONE) if closed else NONE
    core = loose(form)
    if head is text and (index := _is_choice(form, core, known)) >= 0:
        return index
    if (index := letter_alone(text, count)) >= 0:
        return index
    if (index := labelled(text, known)) != NONE:
        return index
    if (index := _at_start(core, known)) != NONE:
        return index
    index, end = letter_clause(text, count)
    if index >= 0 and not is_denied(text[:100].lower(), 0, end):
        return index
    if lead := _LEAD.match(text):
        return match_choice(text[lead.end() :], known, letters=letters, closed=closed)
    return _mentioned(text if closed else _first_sentence(text), known)


def line_names(line: str, known: ChoiceForms, *, letters: bool) -> int:
    """The choice that a line is: its text, its letter, or both."""
    count = len(known.texts)
    index = letter_alone(line, count) if letters else NONE
    if index < 0:
        index = whole(line, known)
    if index < 0:
        index = letter_alone(line, count)
    return labelled(line, known) if index < 0 else index


def named_last(text: str, known: ChoiceForms) -> int:
    """The choice that a clause names as its subject: "(B) dog [is the correct answer]"."""
    index = match_choice(text, known, letters=False, closed=True)
    return letter_last(text, len(known.texts)) if index == NONE else index


def labelled(text: str, known: ChoiceForms) -> int:
    """The choice of a letter that labels the text after it; `CONFLICT` when letter and text disagree."""
    count = len(known.texts)
    index, after, begin = letter_label(text, count)
    if index < 0:
        return NONE
    if letter_linked(text, after, count) not in (NONE, index):
        return CONFLICT
    rest = text[begin:]
    choice = known.texts[index]
    if choice and rest.startswith(choice) and not known.lettered and _WORDLESS.match(rest, len(choice)):
        return index
    line = rest.lstrip().split("\n", 1)[0]
    if not line:
        return index
    if known.lettered and _starting(loose(plain(text[: max_span(known)])), 0, known)[2] > begin:
        return NONE  # a choice that looks like a label, such as the chord "A:maj"
    others = [pair for pair in letter_labels(rest, count) if pair[0] != index] if _MARKED.search(rest) else []
    for other, start in others:
        if _at_start(loose(plain(rest[start : start + max_span(known)])), known) == other:
            return CONFLICT  # "A. cat B. dog" lists the choices
    form = plain(line[: max_span(known)])
    core = loose(form)
    stated = _is_choice(form, core, known)
    if stated < 0:
        stated = _at_start(core, known)
    if stated < 0:
        named = named_choices(line, known)
        if index in named.denied:
            return CONFLICT
        if not named.affirmed:
            return DENIED if is_denied(line[:100].lower(), 0, 0) else index
        stated = index if index in named.affirmed and not (others and len(named.affirmed) > 1) else NONE
    return index if stated >= 0 and known.texts[stated] == known.texts[index] else CONFLICT


def _at_start(core: str, known: ChoiceForms) -> int:
    """The choice that stands at the start of a loose form, articles aside; a second one linked to it is a conflict."""
    index, start, end = _starting(core, 0, known)
    if index < 0 or end == len(core):
        return index
    if core[end] == "?":
        return NONE  # the caller looks closer
    if not start and _WORDLESS.match(core, end):
        return index  # nothing follows that could deny it or name another
    if is_denied(core, start, end):
        return NONE
    if link := _LINK.match(core, end):
        other, _, _ = _starting(core, link.end(), known)
        if other < 0 and (letter := _LETTERED.match(core, link.end())):
            other, _, _ = _starting(core, letter.end(), known)
        if other >= 0 and other != index:
            return CONFLICT
    return index


def _starting(form: str, start: int, known: ChoiceForms) -> tuple[int, int, int]:
    """The longest choice that stands at `form[start:]`, articles aside if need be; where it begins and ends."""
    for _ in range(2):
        for index in known.by_length:
            choice = known.looses[index]
            if form.startswith(choice, start):
                end = start + len(choice)
                if is_edge(form, end) and not is_bare(choice, form, start, end):
                    tail = known.tails[index]
                    return index, start, end + len(tail) if tail and form.startswith(tail, end) else end
        article = _ARTICLE.match(form, start)
        if article is None:
            break
        start = article.end()
    return NONE, 0, 0


def _mentioned(text: str, known: ChoiceForms) -> int:
    named = named_choices(text, known)
    if named.affirmed:
        return named.affirmed[0] if len(named.affirmed) == 1 else CONFLICT
    return DENIED if named.denied else NONE


def _first_sentence(text: str) -> str:
    text = text.lstrip()
    end = _SENTENCE.search(text)
    return text[: end.start() + 1] if end else text
