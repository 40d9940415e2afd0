"""Time ranges as MMAR writes them, in all forms found in its release, and as seconds.

A range is `START,END`; several ranges are joined by `;` or a line break; a time is `H:MM:SS` or `M:SS`, with an
optional fraction. 45 of MMAR's 1,000 items use a form other than `HH:MM:SS,HH:MM:SS`.
"""

from __future__ import annotations

import re

import msgspec

from mmar.errors import InputError

__all__ = ["Segment", "format_clock", "format_segments", "parse_clock", "parse_segments"]

_CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?([0-5]?\d):)?(\d{1,5}(?:\.\d{1,3})?)\Z")


class Segment(msgspec.Struct, frozen=True):
    """A part of a recording.

    Attributes:
        start: seconds from the recording's beginning.
        end: seconds; after `start`.
    """

    start: float
    end: float


def parse_clock(text: str) -> float:
    """Seconds of `H:MM:SS`, `M:SS` or plain seconds, each with an optional fraction.

    Raises:
        InputError: another form.
    """
    found = _CLOCK.match(text.strip())
    if found is None:
        raise InputError(
            f"“{text}” is not a time", field="timestamp", hint="write 1:32, 00:01:32 or seconds such as 92.5"
        )
    hours, minutes, seconds = found.groups()
    if minutes is not None and float(seconds) >= 60:
        raise InputError(f"“{text}” has 60 seconds or more in a minute", field="timestamp")
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def parse_segments(text: str) -> tuple[Segment, ...]:
    """The ranges of a timestamp, in the order in which they are to be joined.

    Raises:
        InputError: a range that is not `START,END`, or one that ends before it begins.
    """
    found = []
    for part in re.split(r"[;\n]+", text):
        if not part.strip():
            continue
        ends = re.split(r"\s*(?:,|-|–|\s)\s*", part.strip())
        if len(ends) != 2:
            raise InputError(f"“{part.strip()}” is not START,END", field="timestamp", hint="e.g. 1:32,2:02")
        start, end = (parse_clock(end) for end in ends)
        if not start < end:
            raise InputError(f"“{part.strip()}” ends before it begins", field="timestamp")
        found.append(Segment(start, end))
    return tuple(found)


def format_clock(seconds: float) -> str:
    """`HH:MM:SS`, with milliseconds only where they are needed."""
    thousandths = round(seconds * 1000)
    whole, rest = divmod(thousandths, 1000)
    text = f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return text if rest == 0 else f"{text}.{rest:03d}"


def format_segments(segments: tuple[Segment, ...]) -> str | None:
    """The publisher's form of some ranges, `None` for none."""
    return ";".join(f"{format_clock(s.start)},{format_clock(s.end)}" for s in segments) or None
