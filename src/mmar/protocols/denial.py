"""Whether a text says of a choice that it is *not* the answer, or only asks about it.

"It is not a dog", "neither a dog nor a cat", "a dog is unlikely", "a cat rather than a dog", "if it were a
dog": what is denied or supposed is not named. In doubt a mention counts as denied: that loses an answer
now and then (*unresolved*); the other way round would invent one.
"""

from __future__ import annotations

import re

from mmar.protocols.patterns import pattern

__all__ = ["DENYING_WORDS", "is_asked", "is_denied"]

_WINDOW = 90


def _each(words: str, after: str) -> dict[str, str]:
    return dict.fromkeys(words.split(), after)


# Words that deny what follows them in their clause, and what must come after the word for it to count.
_NOT_ONLY = r"(?!\s(?:only|just|merely|simply)\b)"
_DENYING: dict[str, str] = {
    **_each("never nor neither cannot unlike except incorrect wrong false", ""),
    **_each("unlikely impossible implausible hardly absent doubtful lack lacks lacking", ""),
    **_each("exclude excludes excluded excluding eliminate eliminates eliminated eliminating", ""),
    **_each("reject rejects rejected rejecting dismiss dismisses dismissed dismissing", ""),
    **_each("discard discards discarded discarding distinguish distinguishes distinguished", ""),
    **_each("rule rules ruled ruling", r"\sout"),
    **_each("contrast contrasts contrasted contrasting compared", r"\s(?:to|with)"),
    **_each("differ differs different differing far", r"\sfrom"),
    **_each("fail fails failed failing opposed contrary", r"\sto"),
    "not": _NOT_ONLY,
    "no": r"(?!\s(?:doubt|question|matter)\b|\s?[,.!])",
    "without": r"(?!\s(?:an?\s|any\s)?(?:doubt|question))",
    "instead": r"\sof",
    "absence": r"\sof",
    "less": r"\s(?:likely|plausible|probable|like)",
    "than": r"(?<!other\sthan)",
    "doubt": r"(?<!no\sdoubt)(?<!a\sdoubt)(?<!any\sdoubt)(?<!without\sdoubt)",
    "doubts": "",
}
# Words that only suppose what follows, up to a comma.
_SUPPOSING: dict[str, str] = {
    "if": r"(?!\si\b)",
    **_each("whether although though despite unless", ""),
}


def _any_of(words: dict[str, str]) -> str:
    return r"\b(?:" + "|".join(f"{word}{after}" for word, after in words.items()) + r")\b"


_DENIES = pattern(_any_of(_DENYING) + rf"|n't\b{_NOT_ONLY}|不是|不(?!过|仅|但|只|错|同)|并非|没|排除")
_SUPPOSES = pattern(_any_of(_SUPPOSING) + r"[^,]*$")
# Quicker to look for than the patterns, and without any of them neither can match.
DENYING_WORDS = frozenset((*_DENYING, *_SUPPOSING))
# By code; a string is looked up quicker than a dictionary, and what lies beyond it stays as it is.
_SPACED = "".join(" " if mark in "()[]{},:;-/.!?'\0" else mark for mark in map(chr, range(128)))

# What a new clause begins with, behind which an earlier "not" no longer reaches. A bare comma is none:
# "not a cat, a dog or a bird" denies all three.
_CLAUSE = pattern(
    r"""[;!?。] | [.:](?=\s) | \b(?:but|however|so|therefore|thus|hence)\b | (?:rather|instead),?\s(?!of|than) | 而是|但
      | ,\s?(?:and\s|so\s|then\s)?(?:it|this|that|the\s(?:answer|correct|right|best|sound|audio|speaker)|i|we|he|she|they|there
            |which|most\slikely|more\slike|only|just|probably|definitely|clearly|rather|instead|yes|now)\b(?!\s(?:than|of)\b)""",
    re.VERBOSE,
)
_AFTER = pattern(
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
_SENTENCE_END = pattern(r"[.!;](?=\s|$)|[?。]")


def is_denied(text: str, start: int, end: int) -> bool:
    """Whether what stands at `text[start:end]` is denied or only supposed.

    Args:
        text: in plain form; other choices in it are masked.
        start: where the mention begins.
        end: where it ends.
    """
    before = text[max(0, start - _WINDOW) : start]
    if before and (
        not DENYING_WORDS.isdisjoint(before.translate(_SPACED).split())
        or "n't" in before
        or not before.isascii()
    ):
        cut = 0
        for clause in _CLAUSE.finditer(before):
            cut = clause.end()
        if _DENIES.search(before, cut) or _SUPPOSES.search(before, cut):
            return True
    return _AFTER.match(text, end, end + _WINDOW) is not None


def is_asked(text: str, end: int) -> bool:
    """Whether the sentence in which a mention ends is a question."""
    stop = _SENTENCE_END.search(text, end, end + 4 * _WINDOW)
    return stop is not None and stop[0] == "?"
