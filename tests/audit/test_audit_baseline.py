"""Accepted findings: what is written is what is left out, and only as long as it is the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expect import raises
from mmar.audit import Audit, Finding, audit, read_baseline, write_baseline
from mmar.audit.report import Accepted
from mmar.errors import InputError
from mmar.items import Benchmark, Item


def audited(items: list[Item], path: Path | None = None) -> Audit:
    accepted = read_baseline(path) if path else None
    return audit(Benchmark(tuple(items), "set"), select=("S", "T", "V"), accepted=accepted)


def test_accepted_findings_are_left_out(item: Callable[..., Item], tmp_path: Path) -> None:
    path = tmp_path / "accepted.json"
    odd = [item(0, timestamp="1:00,1:10"), item(1, question="What? "), item(2), item(2, id="other")]
    first = audited(odd)
    assert write_baseline(path, first.findings) == len(first.findings) == 5
    again = audited(odd, path)
    assert again.findings == ()
    assert sum(each.accepted for each in again.outcomes) == 5
    assert again.stale == 0
    # A value that changes is a new finding; one that was mended leaves an entry that is no longer needed.
    odd[0] = item(0, timestamp="1:00,1:11")
    odd[1] = item(1)
    changed = audited(odd, path)
    assert [code for code, _ in changed.findings] == ["T001"]
    assert changed.stale == 2


def test_only_entries_of_checks_that_ran_can_be_stale(item: Callable[..., Item], tmp_path: Path) -> None:
    path = tmp_path / "accepted.json"
    write_baseline(path, [("C001", Finding("x", "choices", "gone"))])
    assert audited([item()], path).stale == 0


def test_the_file_can_be_read_in_a_diff(tmp_path: Path) -> None:
    path = tmp_path / "accepted.json"
    write_baseline(
        path, [("S007", Finding(f"item-{index}", "question", "…", current="a ")) for index in range(3)]
    )
    assert sum("item-" in line for line in path.read_text("utf-8").splitlines()) == 3
    write_baseline(path, [])
    assert read_baseline(path) == Accepted()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 2, "accepted": []}', '{"format": 1, "accepted": [{}]}', "\xff"]
)
def test_any_other_file_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "accepted.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError):
        read_baseline(path)
    with raises("file-not-found", InputError):
        read_baseline(tmp_path / "none.json")


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
values = st.none() | texts | st.lists(texts, max_size=3) | st.integers()


@given(
    st.lists(
        st.builds(Finding, texts | st.none(), texts | st.none(), texts, texts, current=values), max_size=5
    )
)
def test_every_finding_comes_back_as_the_same_key(findings: list[Finding]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "accepted.json"
        write_baseline(path, [("S001", finding) for finding in findings])
        assert read_baseline(path).keys == {Accepted.key("S001", finding) for finding in findings}
