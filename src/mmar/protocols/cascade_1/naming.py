"""The choice that a piece of an answer names, by text or by letter (version 1)."""

from __future__ import annotations

import re

from mmar.protocols.cascade_1.mentions import ChoiceForms, is_bare, is_denied, is_edge, named_choices
from mmar.protocols.reading.text import loose, plain

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


def match_lone_letter(text: str, count: int) -> int:
    """The 0-based choice of a letter that is all there is, brackets, quotes and full stops aside; -1 for none."""
    if len(text) > 60:
        return -1
    core = text.rstrip(_RIGHT).lstrip(_LEFT)
    return _index(core, count) if len(core) == 1 else -1


def match_letter_clause(text: str, count: int) -> tuple[int, int]:
    """The choice of a letter that stands where a noun would ("C because ...", "B is ..."), and where the letter ends."""
    match = _CLAUSE.match(text)
    if match is None:
        return NONE, 0
    group = match.lastindex or 1
    return _index(match[group], count), match.end(group)


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
_LETTERED = re.compile(r"[a-z][).:\]]{1,2}\s?")


def match_whole(text: str, known: ChoiceForms) -> int:
    """The choice that the whole text is."""
    if len(text) > 2 * known.longest + 200:
        return NONE
    form = plain(text)
    return _choice_of(form, loose(form), known) if form else NONE


def _choice_of(form: str, core: str, known: ChoiceForms) -> int:
    """The choice that a plain form, or the loose form `core` of the same text, is."""
    index = known.plain.get(form, NONE)
    return known.loose.get(core, NONE) if index < 0 and core else index


def match_choice(text: str, known: ChoiceForms, *, letters: bool, closed: bool) -> int:
    """The 0-based choice that a piece names, or `NONE`, `CONFLICT` or `DENIED`.

    Args:
        text: cleaned text of about `ChoiceForms.max_span` characters.
        known: the question's choices.
        letters: whether a lone letter is a letter even where it is a choice's text.
        closed: whether all of the piece belongs to the answer, or only its beginning.
    """
    count = len(known.texts)
    if letters and (index := match_lone_letter(text, count)) >= 0:
        return index
    head = text[: known.max_span]
    form = plain(head)
    if not form:
        return known.exact.get("", NONE) if closed else NONE
    core = loose(form)
    if len(head) == len(text) and (index := _choice_of(form, core, known)) >= 0:
        return index
    if (index := match_lone_letter(text, count)) >= 0:
        return index
    if (index := match_label(text, known)) != NONE:
        return index
    if (index := _at_start(core, known)) != NONE:
        return index
    index, end = match_letter_clause(text, count)
    if index >= 0 and not is_denied(text[:100].lower(), 0, end):
        return index
    if lead := _LEAD.match(text):
        return match_choice(text[lead.end() :], known, letters=letters, closed=closed)
    if not closed:
        text = text.lstrip()
        stop = _SENTENCE.search(text)
        text = text[: stop.start() + 1] if stop else text
    affirmed, denied = named_choices(text, known)
    if affirmed:
        return affirmed.pop() if len(affirmed) == 1 else CONFLICT
    return DENIED if denied else NONE


def match_line(line: str, known: ChoiceForms, *, letters: bool) -> int:
    """The choice that a line is: its text, its letter, or both."""
    count = len(known.texts)
    index = match_lone_letter(line, count) if letters else NONE
    if index < 0:
        index = match_whole(line, known)
    if index < 0:
        index = match_lone_letter(line, count)
    return match_label(line, known) if index < 0 else index


def match_last(text: str, known: ChoiceForms) -> int:
    """The choice that a clause names as its subject: "(B) dog [is the correct answer]"."""
    index = match_choice(text, known, letters=False, closed=True)
    if index == NONE and (capital := _LAST.search(text[-12:])):
        return _index(capital[1], len(known.texts))
    return index


def match_label(text: str, known: ChoiceForms) -> int:
    """The choice of a letter that labels the text after it; `CONFLICT` when letter and text disagree."""
    count = len(known.texts)
    label = _LABEL.match(text)
    if label is None or (index := _index(label[label.lastindex or 1], count)) < 0:
        return NONE
    linked = _LINKED.match(text, label.end(label.lastindex or 1))
    if linked and _index(linked[1] or linked[2], count) not in (NONE, index):
        return CONFLICT
    begin = label.end()
    rest = text[begin:]
    choice = known.texts[index]
    if choice and rest.startswith(choice) and not known.lettered and _WORDLESS.match(rest, len(choice)):
        return index
    line = rest.lstrip().split("\n", 1)[0]
    if not line:
        return index
    if known.lettered and _starting(loose(plain(text[: known.max_span])), 0, known)[2] > begin:
        return NONE  # a choice that looks like a label, such as the chord "A:maj"
    labels = [(_index(each[1], count), each.end()) for each in _LABEL_INSIDE.finditer(rest)]
    others = [(other, start) for other, start in labels if other not in (NONE, index)]
    for other, start in others:
        if _at_start(loose(plain(rest[start : start + known.max_span])), known) == other:
            return CONFLICT  # "A. cat B. dog" lists the choices
    form = plain(line[: known.max_span])
    core = loose(form)
    stated = _choice_of(form, core, known)
    if stated < 0:
        stated = _at_start(core, known)
    if stated < 0:
        affirmed, denied = named_choices(line, known)
        if index in denied:
            return CONFLICT
        if not affirmed:
            return DENIED if is_denied(line[:100].lower(), 0, 0) else index
        stated = index if index in affirmed and not (others and len(affirmed) > 1) else NONE
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
