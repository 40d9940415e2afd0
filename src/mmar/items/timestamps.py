"""The `timestamp` field: which parts of a video a clip was cut from.

Most MMAR items have the form `HH:MM:SS,HH:MM:SS`, the start and the end of one part. 45 of the 1,000 have
`M:SS,M:SS` or `MM:SS,MM:SS`, and 18 of those have several parts joined by `;` or a line break. All are read:

    timestamp = part { (";" | line break) part }
    part      = clock ("," | "-" | "~") clock        with spaces anywhere
    clock     = [[hours ":"] minutes ":"] seconds ["." fraction]

Full-width characters, as Chinese and Japanese keyboards produce, are read as the ASCII ones. The first number of a
clock has no upper bound, the following ones are below 60. Times are seconds from the start of the video, kept to the
millisecond; a part includes its start and excludes its end, so that adjacent parts do not overlap.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import msgspec

from mmar.errors import InputError

_PLAIN = re.compile(r"\d\d:[0-5]\d:[0-5]\d,\d\d:[0-5]\d:[0-5]\d")
_PARTS = re.compile(r"\s*(?:;|\r\n|[\r\n])\s*")
_RANGE = re.compile(r"\s*[,\-‐–—~]\s*")
_CLOCK = re.compile(r"(?:(?:([0-9]{1,4}):)?([0-9]{1,4}):)?([0-9]{1,6})(?:\.([0-9]{1,3}))?")


class Segment(msgspec.Struct, frozen=True, order=True):
    """A part of a recording, in seconds from its beginning; the start is included, the end is not."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end < float("inf"):
            raise ValueError(
                f"a segment must start at 0 or later and end after it, not {self.start}–{self.end}"
            )

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start


def parse_timestamp(text: str) -> tuple[Segment, ...]:
    """Read a `timestamp` field in any of the forms above.

    Returns:
        The parts in the order in which they are joined, which may differ from their order in the video.

    Raises:
        InputError: a part cannot be read, or ends before it starts.

    Example:
        >>> parse_timestamp("0:00,0:05;0:34,0:39")
        (Segment(start=0.0, end=5.0), Segment(start=34.0, end=39.0))
    """
    parts = [part for part in _PARTS.split(unicodedata.normalize("NFKC", text).strip()) if part]
    if not parts:
        raise _invalid("no time range")
    return tuple(map(_segment, parts))


def format_timestamp(segments: Iterable[Segment]) -> str:
    """Format parts as the publisher does, joined by `;`; with milliseconds where one is not a whole second.

    Raises:
        ValueError: there is no part, or one is shorter than a millisecond.

    Example:
        >>> format_timestamp([Segment(92, 122), Segment(0.5, 2)])
        '00:01:32,00:02:02;00:00:00.500,00:00:02'
    """
    parts = []
    for segment in segments:
        start, end = round(segment.start * 1000), round(segment.end * 1000)
        if start >= end:
            raise ValueError(f"{segment} is shorter than a millisecond")
        parts.append(f"{_clock(start)},{_clock(end)}")
    if not parts:
        raise ValueError("a timestamp needs at least one part")
    return ";".join(parts)


def is_canonical(text: str) -> bool:
    """Whether a field has exactly the common form, `HH:MM:SS,HH:MM:SS`."""
    return _PLAIN.fullmatch(text) is not None


def overlap(one: Sequence[Segment], other: Sequence[Segment]) -> float:
    """How many seconds of a recording two clips of it share, by their parts; what a clip contains twice counts once.

    Example:
        >>> overlap(parse_timestamp("0:00,0:15"), parse_timestamp("0:10,0:39"))
        5.0
    """
    shared = (min(a.end, b.end) - max(a.start, b.start) for a in _merge(one) for b in _merge(other))
    return sum((seconds for seconds in shared if seconds > 0), start=0.0)


def _merge(segments: Sequence[Segment]) -> list[Segment]:
    """The union of the segments, as disjoint segments in order."""
    merged: list[Segment] = []
    for segment in sorted(segments):
        if merged and segment.start <= merged[-1].end:
            merged[-1] = Segment(merged[-1].start, max(merged[-1].end, segment.end))
        else:
            merged.append(segment)
    return merged


def _segment(part: str) -> Segment:
    excerpt = part if len(part) <= 60 else f"{part[:60]}…"
    clocks = _RANGE.split(part)
    if len(clocks) != 2:
        raise _invalid(f'"{excerpt}" is not a time range (start and end)')
    start, end = map(_seconds, clocks)
    if start is None or end is None:
        raise _invalid(f'"{excerpt}" contains something that is not a time')
    if start >= end:
        raise _invalid(f'"{excerpt}" does not end after it starts')
    return Segment(start, end)


def _invalid(problem: str) -> InputError:
    return InputError(
        problem,
        field="timestamp",
        code="invalid-timestamp",
        hint="write start and end as HH:MM:SS,HH:MM:SS and join several parts with a semicolon",
    )


def _seconds(clock: str) -> float | None:
    if (match := _CLOCK.fullmatch(clock)) is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    if (minutes is not None and int(seconds) >= 60) or (hours is not None and int(minutes) >= 60):
        return None
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds)
    # One division, so that "1.1" is read as the float 1.1.
    return (whole * 1000 + int((fraction or "").ljust(3, "0"))) / 1000


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{rest:03}" if rest else text
