import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmar.studio.media.ranges import ByteRange, RangeNotSatisfiable, if_range_holds, parse_range


# The examples of RFC 9110, section 14.1.2, for a representation of 10,000 bytes.
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-499", [(0, 499)]),
        ("bytes=500-999", [(500, 999)]),
        ("bytes=-500", [(9500, 9999)]),
        ("bytes=9500-", [(9500, 9999)]),
        ("bytes=0-0,-1", [(0, 0), (9999, 9999)]),
        ("bytes= 0-999, 4500-5499, -1000", [(0, 999), (4500, 5499), (9000, 9999)]),
        ("bytes=500-600,601-999", [(500, 600), (601, 999)]),
    ],
)
def test_the_examples_of_the_rfc(header: str, expected: list[tuple[int, int]]) -> None:
    found = parse_range(header, 10_000)
    assert found is not None
    assert [(part.first, part.last) for part in found] == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-", [(0, 99)]),
        ("bytes=0-99", [(0, 99)]),
        ("bytes=0-100", [(0, 99)]),
        ("bytes=99-1000", [(99, 99)]),
        ("bytes=-1000", [(0, 99)]),
        ("BYTES=1-2", [(1, 2)]),
        ("bytes=,\t1-2 , ,", [(1, 2)]),
        ("bytes=007-0008", [(7, 8)]),
        ("bytes=1-2,100-", [(1, 2)]),
        ("bytes=1-2,-0", [(1, 2)]),
        ("bytes=0-" + "9" * 5000, [(0, 99)]),
        ("bytes=-" + "9" * 5000, [(0, 99)]),
    ],
)
def test_what_exists_is_sent_cut_to_the_file(header: str, expected: list[tuple[int, int]]) -> None:
    found = parse_range(header, 100)
    assert found is not None
    assert [(part.first, part.last) for part in found] == expected


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=a-b",
        "bytes=1-2-3",
        "bytes=2-1",
        "bytes=1-2,5-4",
        "bytes=+1-2",
        "bytes=1 - 2",
        "bytes=١-٢",
        "seconds=1-2",
        "items=0-0",
        "bytes=0-9,0-99",  # the same bytes twice
        "bytes=" + ",".join(f"{at}-{at}" for at in range(9)),
    ],
)
def test_what_is_not_understood_or_serves_nobody_is_ignored(header: str | None) -> None:
    assert parse_range(header, 100) is None


@pytest.mark.parametrize(
    "header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=100-,-0", "bytes=" + "9" * 99 + "-"]
)
def test_what_does_not_exist_is_416(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        parse_range(header, 100)
    assert caught.value.content_range == "bytes */100"


def test_an_empty_file() -> None:
    assert parse_range("bytes=-5", 0) is None
    for header in ("bytes=0-", "bytes=0-0", "bytes=-0"):
        with pytest.raises(RangeNotSatisfiable):
            parse_range(header, 0)


def test_the_reply_says_which_bytes() -> None:
    part = ByteRange(5, 9)
    assert (part.length, part.content_range(100)) == (5, "bytes 5-9/100")


@settings(deadline=None)
@given(st.text(alphabet="bytes=0123456789-, ", max_size=40), st.integers(0, 2000))
def test_any_header_gives_bytes_of_the_file_and_no_more_than_it_has(header: str, size: int) -> None:
    try:
        found = parse_range("bytes=" + header, size)
    except RangeNotSatisfiable:
        return
    for part in found or ():
        assert 0 <= part.first <= part.last < size
    assert found is None or 1 <= sum(part.length for part in found) <= size


def test_if_range_holds_for_the_same_strong_tag_only() -> None:
    assert if_range_holds(None, '"a"')
    assert if_range_holds('"a"', '"a"')
    assert not if_range_holds('"b"', '"a"')
    assert not if_range_holds('W/"a"', 'W/"a"')
    assert not if_range_holds("Wed, 21 Oct 2015 07:28:00 GMT", '"a"')
