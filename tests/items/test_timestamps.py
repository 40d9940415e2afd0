from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expect import raises
from mmar.errors import InputError
from mmar.items import load_benchmark
from mmar.items.timestamps import Segment, format_timestamp, is_canonical, overlap, parse_timestamp
from real_data import MMAR, needs_real_data


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    start = draw(st.integers(0, 400_000_000))
    return Segment(start / 1000, (start + draw(st.integers(1, 5_000_000))) / 1000)


@settings(deadline=None)
@given(st.lists(segments(), min_size=1, max_size=5))
def test_formatted_timestamps_are_read_back(parts: list[Segment]) -> None:
    assert parse_timestamp(format_timestamp(parts)) == tuple(parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:01:32,00:02:02", [(92, 122)]),
        ("2:45,3:15", [(165, 195)]),
        ("75:30,76:00", [(4530, 4560)]),
        ("1:02:03.5,1:02:04", [(3723.5, 3724)]),
        ("90,120.25", [(90, 120.25)]),
        ("0:00,0:05;0:34,0:39", [(0, 5), (34, 39)]),
        ("0:30,0:52\n0:00,0:10", [(30, 52), (0, 10)]),
        ("0:30,0:52\r\n0:00,0:10\n", [(30, 52), (0, 10)]),
        (" 1:20 - 1:35 ; 2:00–2:01 ;", [(80, 95), (120, 121)]),
        ("１：２０，１：３５；２：００～２：０１", [(80, 95), (120, 121)]),
    ],
)
def test_every_spelling_is_read(text: str, expected: list[tuple[float, float]]) -> None:
    assert [(part.start, part.end) for part in parse_timestamp(text)] == expected


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", ""),
        (" ;\n", ""),
        ("1:20", "1:20"),
        ("1:20,1:30,1:40", "1:20,1:30,1:40"),
        ("0:75,1:90", "0:75"),
        ("1:60:00,2:00:00", "1:60:00"),
        ("a,b", "a,b"),
        ("-1:00,2:00", "-1:00,2:00"),
        ("0:30,0:30", "0:30,0:30"),
        ("0:30,0:20", "0:30,0:20"),
        ("0:00,0:10;0:30,0:20", "0:30,0:20"),
    ],
)
def test_anything_else_is_refused(text: str, part: str) -> None:
    with raises("invalid-timestamp", InputError, field="timestamp") as caught:
        parse_timestamp(text)
    assert part in caught.value.message


@settings(deadline=None)
@given(st.text(alphabet="0123456789:,;.-\n abc", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parts = parse_timestamp(text)
    except InputError:
        return
    assert all(0 <= part.start < part.end for part in parts)


def test_a_segment_ends_after_it_starts() -> None:
    for start, end in [(1, 1), (2, 1), (-1, 1), (0, float("inf")), (float("nan"), 1), (0, float("nan"))]:
        with pytest.raises(ValueError):
            Segment(start, end)


def test_segments_under_a_millisecond_are_not_formatted() -> None:
    with pytest.raises(ValueError):
        format_timestamp([])
    with pytest.raises(ValueError):
        format_timestamp([Segment(1.0001, 1.0002)])


def test_overlap_counts_each_second_once() -> None:
    twice = [Segment(0, 10), Segment(5, 20), Segment(0, 10)]
    assert overlap(twice, [Segment(8, 30)]) == 12
    assert overlap(twice, [Segment(20, 30)]) == 0
    assert overlap([], twice) == 0


@settings(deadline=None)
@given(st.lists(segments(), max_size=4), st.lists(segments(), max_size=4))
def test_overlap_is_that_of_the_covered_milliseconds(one: list[Segment], other: list[Segment]) -> None:
    # The second way: cut the line at every end, and count the pieces that both cover.
    marks = sorted({mark for part in one + other for mark in (part.start, part.end)})
    both = 0.0
    for start, end in pairwise(marks):
        inside = [any(part.start <= start and end <= part.end for part in clip) for clip in (one, other)]
        both += (end - start) if all(inside) else 0
    assert overlap(one, other) == pytest.approx(both, abs=1e-6)
    assert overlap(one, other) == pytest.approx(overlap(other, one))


@needs_real_data
def test_all_of_mmar_is_read() -> None:
    odd: dict[int, int] = {}
    for item in load_benchmark(MMAR):
        assert item.timestamp is not None
        parts = parse_timestamp(item.timestamp)
        if is_canonical(item.timestamp):
            assert format_timestamp(parts) == item.timestamp
        else:
            odd[len(parts)] = odd.get(len(parts), 0) + 1
        # All but two parts are of 30 seconds at most.
        assert all(part.duration <= 30 for part in parts) or item.id in (
            "BV1dP4y167EX_00-03-29_00-04-00",
            "SQadcm_dwEM_00-01-05_00-02-01",
        )
    assert odd == {1: 27, 2: 13, 3: 4, 4: 1}
