"""Errata: every disputed item exists and is found by the check that it names."""

from __future__ import annotations

import json
from pathlib import Path

from mmar.audit import audit
from mmar.items import load_benchmark
from mmar.items.editions import errata
from real_data import MMAR, needs_real_data


@needs_real_data
def test_every_erratum_is_found_by_its_check() -> None:
    results = audit(load_benchmark(MMAR), select=["C001", "C002"])
    by_check = {each.code: {finding.item for finding in each.findings} for each in results.outcomes}
    assert len(errata()) == 24
    for erratum in errata().values():
        assert erratum.id in by_check[erratum.check]
    assert set(errata()) == by_check["C001"] | by_check["C002"]


@needs_real_data
def test_the_score_without_disputed_items_is_reported_too(command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "p.jsonl"
    records = [json.loads(line) for line in MMAR.read_text("utf-8").splitlines()]
    for record in records:
        record["answer_prediction"] = "" if record["id"] in errata() else record["answer"]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    result = command("score", path, "--errata")
    assert result.status == 0
    words = " ".join(result.out.split())
    assert "without the 24 disputed items" in words
    assert "official 100.0, choice 100.0 of 976 items" in words
    assert "97.6" in words
