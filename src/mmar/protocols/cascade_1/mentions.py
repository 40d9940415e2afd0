"""Choices mentioned in a text in one of its forms (exact, plain, loose), and whether the mention is negated (version 1)."""

from __future__ import annotations

import re
from functools import lru_cache

from mmar.protocols.reading.choices import unique_forms
from mmar.protocols.reading.labels import joins, linked
from mmar.protocols.reading.text import EMPHASIS, MARKS, OUTER_RIGHT, compose, loose, plain

_WINDOW = 90

_NOT_ONLY = r"(?!\s(?:only|just|merely|simply)\b)"
# Words that deny what follows them in their clause, by what must come after the word for it to count.
_DENYING = {
    "": """
        never nor neither cannot unlike except incorrect wrong false
        unlikely impossible implausible hardly absent doubtful doubts lack lacks lacking
        exclude excludes excluded excluding eliminate eliminates eliminated eliminating
        reject rejects rejected rejecting dismiss dismisses dismissed dismissing
        discard discards discarded discarding distinguish distinguishes distinguished""",
    r"\sout": "rule rules ruled ruling",
    r"\s(?:to|with)": "contrast contrasts contrasted contrasting compared",
    r"\sfrom": "differ differs different differing far",
    r"\sto": "fail fails failed failing opposed contrary",
    r"\sof": "instead absence",
    r"\s(?:likely|plausible|probable|like)": "less",
    r"(?!\s(?:doubt|question|matter)\b|\s?[,.!])": "no",
    r"(?!\s(?:an?\s|any\s)?(?:doubt|question))": "without",
    r"(?<!other\sthan)": "than",
    r"(?<!no\sdoubt)(?<!a\sdoubt)(?<!any\sdoubt)(?<!without\sdoubt)": "doubt",
    _NOT_ONLY: "not",
}
# Words that only suppose what follows, up to a comma.
_SUPPOSING = {r"(?!\si\b)": "if", "": "whether although though despite unless"}


def _any_of(table: dict[str, str]) -> str:
    return (
        r"\b(?:"
        + "|".join(f"(?:{'|'.join(words.split())}){after}" for after, words in table.items())
        + r")\b"
    )


_DENIES = re.compile(_any_of(_DENYING) + rf"|n't\b{_NOT_ONLY}|不是|不(?!过|仅|但|只|错|同)|并非|没|排除")
_SUPPOSES = re.compile(_any_of(_SUPPOSING) + r"[^,]*$")
_CUES = frozenset(
    word for table in (_DENYING, _SUPPOSING) for words in table.values() for word in words.split()
)
_SPACED = str.maketrans(dict.fromkeys("()[]{},:;-/.!?'\0", " "))

# What a new clause begins with, behind which an earlier "not" no longer reaches. A bare comma is none:
# "not a cat, a dog or a bird" denies all three.
_CLAUSE = re.compile(
    r"""[;!?。] | [.:](?=\s) | \b(?:but|however|so|therefore|thus|hence)\b | (?:rather|instead),?\s(?!of|than) | 而是|但
      | ,\s?(?:and\s|so\s|then\s)?(?:it|this|that|the\s(?:answer|correct|right|best|sound|audio|speaker)|i|we|he|she|they|there
            |which|most\slikely|more\slike|only|just|probably|definitely|clearly|rather|instead|yes|now)\b(?!\s(?:than|of)\b)""",
    re.VERBOSE,
)
_AFTER = re.compile(
    r"""[\s')]{0,4}(?:
          (?:(?:is|are|was|were|do|does|did|has|have|had|can|could|would|should|must|may|might|will|seems?|sounds?|appears?|looks?)\s?){1,2}
            (?:(?:be|been|being|also|clearly|definitely|simply|probably|likely|very|much|more|quite|therefore|thus|to\sbe)\s){0,3}
            (?:n't\b|not\b|never\b|cannot\b|incorrect|wrong|false\b|unlikely|impossible|implausible|doubtful|absent|out\sof\sthe\squestion
              |less\s(?:likely|plausible|probable|convincing|fitting)|no\slonger|ruled\sout|excluded|eliminated|rejected|dismissed
              |discarded|too\b)
        | (?:cannot|can't|won't|isn't|wasn't|aren't|doesn't|didn't|wouldn't|couldn't)\b
        | [:(-]{1,2}\s?(?:this\s|it\s)?(?:is\s)?(?:not\b|incorrect|wrong|false\b|no\b|unlikely|impossible|ruled\sout|excluded|eliminated)
        | (?:incorrect|wrong|unlikely|ruled\sout|excluded|eliminated)\b
        | (?:是|被)?(?:不对|不是|不正确|不符合|错|排除) )""",
    re.VERBOSE,
)
_SENTENCE_END = re.compile(r"[.!;](?=\s|$)|[?。]")


def is_denied(text: str, start: int, end: int) -> bool:
    """Whether what stands at `text[start:end]`, a text in plain form, is denied or only supposed."""
    before = text[max(0, start - _WINDOW) : start]
    words = before.translate(_SPACED).split()
    if not _CUES.isdisjoint(words) or "n't" in before or not before.isascii():
        cut = max((clause.end() for clause in _CLAUSE.finditer(before)), default=0)
        if _DENIES.search(before, cut) or _SUPPOSES.search(before, cut):
            return True
    return _AFTER.match(text, end, end + _WINDOW) is not None


def _is_asked(text: str, end: int) -> bool:
    """Whether the sentence in which a mention ends is a question."""
    stop = _SENTENCE_END.search(text, end, end + 4 * _WINDOW)
    return stop is not None and stop[0] == "?"


_UNQUOTE = str.maketrans({"*": None, '"': None, "\n": " ; "})
_BARE = frozenset(("no", "yes", "a", "an", "i", "the", "it", "is", "none", "not", "and", "or", "all", "so"))
_OPENS = (" is", " be", " say", " or", " and", " either", "'s", " answer", " choose", " select", " pick")
_GOES_ON = re.compile(r"\s(?:because|since|as|or|and|but)\b|\s[/|&]")
# "One" as a pronoun: "one of them", "no one", "the first one".
_ONE_BEFORE = re.compile(
    r"\b(?:the|no|this|that|each|any|every|some|first|second|third|last|other|which|another|right|same)\s$"
)
_ONE_AFTER = re.compile(r"\s(?:of|another|can|could|might|may|would|who|that|by|after|or\smore)\b")


def named_choices(text: str, known: ChoiceForms) -> tuple[set[int], set[int]]:
    """The choices that a cleaned text affirms, and those that it names only to deny, suppose or ask about them."""
    text, mentions = _mentions(plain(text.translate(_UNQUOTE)), known)
    affirmed: set[int] = set()
    denied: set[int] = set()
    for start, end, index in mentions:
        is_question = known.plains[index][-1] != "?" and _is_asked(text, end)
        (denied if is_question or is_denied(text, start, end) else affirmed).add(index)
    return affirmed, denied - affirmed


def _mentions(text: str, known: ChoiceForms) -> tuple[str, list[tuple[int, int, int]]]:
    """The text with every mention masked, and where each began and ended and of which choice it is."""
    result: list[tuple[int, int, int]] = []
    for index in known.by_length:
        choice, tail = known.looses[index], known.tails[index]
        start = text.find(choice)
        pieces: list[str] = []
        done = 0
        while start >= 0:
            end = start + len(choice)
            if is_edge(text, start) and is_edge(text, end) and _counts(choice, text, start, end):
                if tail and text.startswith(tail, end):
                    end += len(tail)
                result.append((start, end, index))
                pieces += text[done:start], "\0" * (end - start)
                done = end
                start = text.find(choice, end)
            else:
                start = text.find(choice, start + 1)
        # Masked, so that neither a shorter choice nor a negation is found inside this one.
        if pieces:
            text = "".join((*pieces, text[done:]))
    return text, result


def is_edge(text: str, index: int) -> bool:
    """Whether a word may begin or end between `text[at - 1]` and `text[at]`."""
    if index <= 0 or index >= len(text):
        return True
    left, right = text[index - 1], text[index]
    if joins(left):
        if joins(right) or right in "#+%°":
            return False
        return not (index + 1 < len(text) and linked(left, right, text[index + 1]))
    if joins(right) and index >= 2 and linked(text[index - 2], left, right):
        return False
    return not (left == "-" and right.isdigit())


def is_bare(choice: str, text: str, start: int, end: int) -> bool:
    """Whether a choice is a word as common as "no" or "a" and does not stand as a clause of its own there."""
    if choice not in _BARE and not (len(choice) == 1 and choice.isalpha() and choice.isascii()):
        return False
    before, after = f" {text[max(0, start - 20) : start]}".rstrip(), text[end : end + 1]
    opens = not before or before[-1] in ".;:!?,(['/|&" or before.endswith(_OPENS)
    return not (opens and (not after or after in ".;:!?,)]'" or _GOES_ON.match(text, end)))


def _counts(choice: str, text: str, start: int, end: int) -> bool:
    if choice == "one":
        return not (_ONE_BEFORE.search(text[max(0, start - 20) : start]) or _ONE_AFTER.match(text, end))
    return not is_bare(choice, text, start, end)


_MARKS = {mark: form for mark, form in MARKS.items() if form not in ("<", ">")}
_LABEL_MARKS = ".:),-/;"
_BLANKS = re.compile(r"[^\S\n]{2,}|\t")


def clean(text: str) -> str:
    """NFKC with plain quotes (escaped ones too), dashes and accidentals, runs of blanks as one; case and lines are kept."""
    if not text.isascii():
        text = compose(text).translate(_MARKS)
    elif "`" in text:
        text = text.replace("`", "'")
    if "\\" in text:
        text = text.replace("\\'", "'").replace('\\"', '"')
    return _BLANKS.sub(" ", text) if "  " in text or "\t" in text else text


class ChoiceForms:
    """The choices of one question in their exact, plain and loose forms, prepared for comparison."""

    def __init__(self, choices: tuple[str, ...]) -> None:
        self.texts = choices
        self.plains = [plain(clean(choice)) for choice in choices]
        self.looses = [loose(form) for form in self.plains]
        # The punctuation at each choice's end that its loose form lacks.
        self.tails = [_tail(form) for form in self.plains]
        # Choice by form; a form that different choices share is left out.
        self.exact = unique_forms([choice.strip() for choice in choices], choices)
        self.plain = unique_forms(self.plains, choices)
        self.loose = unique_forms(self.looses, choices)
        told_apart = [index for form, index in self.loose.items() if form]
        self.by_length = sorted(told_apart, key=lambda index: len(self.looses[index]), reverse=True)
        self.longest = max(map(len, self.plains))
        # Of an open piece: any choice, and what links it to the next.
        self.max_span = 2 * self.longest + 400
        # Whether a choice itself starts as a label does: "A. Lincoln", the chord "A:maj".
        self.lettered = any(
            len(core) > 1 and core[1] in _LABEL_MARKS and core[0].isalpha() for core in self.looses
        )


@lru_cache(maxsize=4096)
def forms(choices: tuple[str, ...]) -> ChoiceForms:
    """Prepare the choices of a question. Cached, since the questions of a benchmark come again and again."""
    return ChoiceForms(choices)


def _tail(text: str) -> str:
    text = " ".join(text.translate(EMPHASIS).split())
    return text[len(text.rstrip(OUTER_RIGHT)) :]
