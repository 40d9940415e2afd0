"""What an audit says of itself: counts, kinds, JSON, corrections, and which checks are chosen."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from expect import raises
from mmar.audit import CHECKS, FAMILIES, PUBLISHED_CHECKS, audit, choose
from mmar.errors import InputError, UsageError
from mmar.items import Benchmark, Item


@pytest.fixture
def spoiled(item: Callable[..., Item]) -> Benchmark:
    url = "https://www.bilibili.com/video/BV1000000000/"
    items = (
        item(0, timestamp="1:00,1:10", choices=["near to far", "far to near"], answer="near to far"),
        item(1, url=f"{url}?vd_source=1"),
        item(2, url=f"{url}?si=1"),
        item(3, question="What? "),
    )
    return Benchmark(items, "set", errors=(InputError("is broken", file="set.jsonl", line=9),))


def test_counts_by_severity_and_when_an_audit_fails(spoiled: Benchmark) -> None:
    result = audit(spoiled)
    counts = {each.code: (len(each.findings), each.items) for each in result.outcomes if each.findings}
    assert counts == {
        "S001": (1, 0),
        "S007": (1, 1),
        "C001": (1, 1),
        "T001": (1, 1),
        "U002": (2, 2),
        "U006": (2, 2),
        "V001": (1, 3),
        "V002": (3, 3),
    }
    assert (result.count("error"), result.count("warning"), result.count("note")) == (2, 9, 1)
    assert result.failed()
    warned = audit(spoiled, ignore=("S001", "C001"))
    assert not warned.failed()
    assert warned.failed(strict=True)
    assert not audit(spoiled, select=("V001",)).failed(strict=True)


def test_kinds_are_counted(spoiled: Benchmark) -> None:
    outcomes = {each.code: each for each in audit(spoiled).outcomes}
    assert outcomes["U002"].kinds == {"vd_source": 1, "si": 1}
    assert outcomes["C001"].kinds == {}


def test_json_is_stable_and_plain(spoiled: Benchmark) -> None:
    record = audit(spoiled, select=("T", "D001")).to_json()
    assert json.loads(json.dumps(record)) == record
    assert list(record) == ["subject", "summary", "checks", "findings", "stale_baseline_entries"]
    assert record["subject"] == {
        "kind": "benchmark",
        "name": "set",
        "revision": "",
        "digest": spoiled.digest,
        "items": 4,
        "unreadable_records": 1,
    }
    assert record["findings"] == [
        {
            "code": "T001",
            "severity": "warning",
            "item": spoiled.items[0].id,
            "field": "timestamp",
            "message": '"1:00,1:10"',
            "kind": "one part",
            "others": [],
            "current": "1:00,1:10",
            "proposed": "00:01:00,00:01:10",
        }
    ]
    by_code = {each["code"]: each for each in record["checks"]}
    assert by_code["T001"]["findings"] == 1
    assert by_code["D001"]["skipped_for_want_of"] == "audio"
    assert by_code["T002"]["skipped_for_want_of"] is None


def test_corrections_hold_every_finding(spoiled: Benchmark) -> None:
    result = audit(spoiled)
    records = result.corrections()["corrections"]
    assert len(records) == len(result.findings)
    proposed = {record["code"]: record["proposed"] for record in records if "proposed" in record}
    assert proposed["S007"] == "What?"
    assert proposed["U002"] == "https://www.bilibili.com/video/BV1000000000/"
    assert "C001" not in proposed


def test_checks_are_chosen_by_code_or_family() -> None:
    def codes(*selection: tuple[str, ...]) -> list[str]:
        return [check.code for check in choose(CHECKS, *selection)]

    everything = codes((), ())
    assert codes(("T001",), ()) == ["T001"]
    assert codes(("T", "C002"), ("T003",)) == ["C002", "T001", "T002", "T004", "T005"]
    assert codes((), ("S",)) == [code for code in everything if not code.startswith("S")]
    for wrong in ("X", "T999", "", "G001"):
        with raises("unknown-check", UsageError):
            codes((wrong,), ())


def test_codes_are_unique_and_in_order() -> None:
    codes = [check.code for check in (*CHECKS, *PUBLISHED_CHECKS)]
    assert len(set(codes)) == len(codes)
    order = list(FAMILIES)
    assert codes == sorted(codes, key=lambda code: (order.index(code[0]), code))
    assert {code[0] for code in codes} == set(order)
    for check in (*CHECKS, *PUBLISHED_CHECKS):
        assert len(check.code) == 4
        assert check.code[1:].isdigit()
        assert len(check.explanation) > 40, check.code


def test_an_empty_benchmark_is_audited(item: Callable[..., Item]) -> None:
    faults = (InputError("is broken", line=1), InputError("has no id", line=2, field="id"))
    result = audit(Benchmark((), "set", errors=faults))
    assert [code for code, _ in result.findings] == ["S001", "S002"]
