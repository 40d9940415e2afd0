"""Long texts of a page: bounded, in blocks of neighbouring items, inside the page or in files beside it.

A block holds `BLOCK` items with the answers of all runs, which the page inflates together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from mmar.reports.page.frame import encode_block, json_block
from mmar.reports.page.questions import replace_surrogates

BLOCK = 50
LIMIT = 20_000
"""Characters of one text that a page holds; of a longer one it shows the beginning, the end and what was read."""

TextMode = Literal["auto", "inline", "files", "none"]

Text: TypeAlias = str | list[str | int]
"""A text; of a shortened one the pieces, and between them the number of characters left out."""

_AROUND = 200  # characters on either side of words that were read in the part that is left out


def shorten(text: str, start: int = 0, end: int = 0, limit: int = LIMIT) -> tuple[Text, list[int]]:
    """Bound a text to `limit` characters and the words that were read, from `start` to `end`.

    Returns:
        The text, and the words as [piece, start, end], counted in UTF-16 units as browsers do; no words as [].
    """
    spans = [(0, len(text))]
    if len(text) > limit:
        head = limit * 3 // 5
        spans = [(0, head), (len(text) - (limit - head), len(text))]
        if start < end:
            # A span of megabytes is itself bounded.
            low, high = max(0, start - _AROUND), min(len(text), end + _AROUND, start + limit)
            spans = _joined(sorted([*spans, (low, high)]))
    pieces: list[str | int] = []
    words: list[int] = []
    for index, (low, high) in enumerate(spans):
        if index:
            pieces.append(low - spans[index - 1][1])
        piece = text[low:high]
        if low <= start < end and start < high:
            first = _units(text[low:start])
            words = [len(pieces), first, first + _units(text[start : min(end, high)])]
        pieces.append(replace_surrogates(piece))
    return (str(pieces[0]) if len(pieces) == 1 else pieces), words


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping and touching spans as one."""
    joined = [spans[0]]
    for low, high in spans[1:]:
        if low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def text_blocks(records: Sequence[Any]) -> list[str]:
    """Encoded blocks of one record an item."""
    starts = range(0, len(records), BLOCK)
    return [encode_block(json_block(records[start : start + BLOCK])) for start in starts]


_SHORTEST = 40  # characters of a line that is worth sharing
_COMMON = 3  # texts that have it


def share_lines(records: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """Put lines that several answers of the records share into one list: models repeat themselves and each other.

    Returns:
        The records, in which such a text is `{"lines": [...]}`, its lines or their positions in the list; and the list.
    """
    counts: Counter[str] = Counter()
    for text in answer_texts(records):
        lines = text.split("\n") if isinstance(text, str) else []
        counts.update({line for line in lines if len(line) >= _SHORTEST})
    shared = [line for line, count in counts.items() if count >= _COMMON]
    shared.sort(key=lambda line: (-counts[line], line))  # a set has no order of its own
    positions = {line: index for index, line in enumerate(shared)}

    def packed(answer: dict[str, Any] | None) -> dict[str, Any] | None:
        if answer is None:
            return None
        changed = {}
        for name in ("answer", "thinking"):
            text = answer.get(name)
            lines = text.split("\n") if isinstance(text, str) else []
            if any(line in positions for line in lines):
                changed[name] = {"lines": [positions.get(line, line) for line in lines]}
        return {**answer, **changed}

    return [
        {**record, "runs": {key: packed(answer) for key, answer in record.get("runs", {}).items()}}
        for record in records
    ], shared


def answer_texts(records: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    """All answers and reasoning of the records of items."""
    for record in records:
        answers = (answer for answer in record.get("runs", {}).values() if answer is not None)
        yield from (answer[name] for answer in answers for name in ("answer", "thinking") if name in answer)
