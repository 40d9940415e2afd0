"""Published tables: what a row can print, and the real table of MMAR."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from expect import raises
from mmar.audit import PUBLISHED_CHECKS, Audit, audit_table
from mmar.audit.published import Counts, read_table
from mmar.errors import InputError, UsageError
from mmar.items import load_benchmark
from real_data import MMAR, SHARED, needs_real_data

# 11 and 24 items: 63.6 is 7 of 11, 79.2 is 19 of 24, and together 26 of 35 is 74.3.
HEADER = "model,avg,small,large\n"
SIZES = Counts(by_column={"small": 11, "large": 24})


def audited(tmp_path: Path, text: str, counts: Counts = SIZES) -> Audit:
    path = tmp_path / "table.csv"
    path.write_text(text, "utf-8")
    return audit_table(read_table(path, counts))


def findings_of(audit: Audit) -> dict[str, list[tuple[str | None, str | None, object]]]:
    return {
        each.code: [(finding.item, finding.field, finding.current) for finding in each.findings]
        for each in audit.outcomes
        if each.findings
    }


SPOILED = {
    "G001": ("A,74.3,63.4,79.2", ("A", "small", "63.4")),
    "G002": ("A,74.3,63.6,79.1", ("A", "large", "79.1")),
    "G003": ("A,71.4,63.6,79.2", ("A", "avg", "71.4")),
    "G004": ("A,74.3,63.6,many", ("A", "large", "many")),
}


def test_every_check_of_a_table_is_tried() -> None:
    assert set(SPOILED) == {check.code for check in PUBLISHED_CHECKS}


@pytest.mark.parametrize("code", SPOILED)
def test_a_fault_is_found_where_it_is(code: str, tmp_path: Path) -> None:
    row, where = SPOILED[code]
    clean = "B,74.3,63.6,79.2\n"
    assert findings_of(audited(tmp_path, HEADER + clean)) == {}
    assert findings_of(audited(tmp_path, f"{HEADER}{row}\n{clean}")) == {code: [where]}


def test_the_average_tells_what_an_impossible_cell_was(tmp_path: Path) -> None:
    (finding,) = audited(tmp_path, HEADER + "A,74.3,63.4,79.2\n").outcomes[0].findings
    assert finding.proposed == "63.6"
    assert "7 of 11 is 63.6; the row's average needs 7" in finding.message


def test_an_average_that_counts_every_part_alike_is_named(tmp_path: Path) -> None:
    # (63.6 + 79.2)/2
    (finding,) = audited(tmp_path, HEADER + "A,71.4,63.6,79.2\n").outcomes[2].findings
    assert finding.kind == "plain mean"
    assert "add up to 74.29" in finding.message


def test_the_kind_of_odd_rounding_is_named(tmp_path: Path) -> None:
    text = "model,mix\nA,28.1\nB,28.0\n"  # 23 of 82 is 28.0488
    audit = audited(tmp_path, text, Counts(by_column={"mix": 82}))
    (finding,) = audit.outcomes[1].findings
    assert (finding.item, finding.kind) == ("A", "rounded twice")
    assert audit.outcomes[0].measures[0].values["twice"] == 1


def test_empty_cells_and_baselines_are_left_out(tmp_path: Path) -> None:
    text = "model_class,model,small\nbaseline,Guess,29.3\nLALM,A,-\nLALM,B,63.6\n"
    audit = audited(tmp_path, text, Counts(by_column={"small": 11}))
    assert audit.subject["percentages"] == 1
    assert audit.outcomes[0].measures[0].values["skipped"] == ["Guess"]
    path = tmp_path / "table.csv"
    table = read_table(path, Counts(by_column={"small": 11}), [("model", "b")])
    assert [cell.row for cell in table.cells] == ["Guess"]


def test_rows_of_one_name_are_told_apart(tmp_path: Path) -> None:
    text = "model,size,small\nA,7B,63.6\nA,13B,54.5\nB,7B,63.6\nC,7B,54.5\n"
    path = tmp_path / "table.csv"
    path.write_text(text, "utf-8")
    rows = [cell.row for cell in read_table(path, Counts(by_column={"small": 11})).cells]
    assert rows == ["A (line 2)", "A (line 3)", "B", "C"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no-rows"),
        ("model,small,large\n", "no-rows"),
        ("model,small,small\nA,1,2\n", "repeated-column"),
        ("model,small,large\nA,63.6\nB,1,2\n", "wrong-cell-count"),
        ('model,small,large\nA,"63.6,79.2\n', "invalid-table"),
    ],
)
def test_a_file_that_is_no_table_is_an_error(text: str, code: str, tmp_path: Path) -> None:
    with raises(code, InputError):
        audited(tmp_path, text)


def test_columns_must_be_known(tmp_path: Path) -> None:
    with raises("unknown-columns", UsageError):
        audited(tmp_path, HEADER + "A,74.3,63.6,79.2\n", Counts())
    with raises("unknown-column", UsageError):
        audited(tmp_path, HEADER + "A,74.3,63.6,79.2\n", Counts(by_column={"medium": 3}))
    with pytest.raises(InputError):
        read_table(tmp_path / "nothing.csv", SIZES)


@needs_real_data
def test_the_published_table_of_mmar() -> None:
    path = SHARED / "published" / "mmar_accuracy.csv"
    table = read_table(path, Counts.of(load_benchmark(MMAR), {}))
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["model"] != "Random Guess"]
    assert len(table.averages) == len(rows) == 36
    assert table.skipped == ("Random Guess",)
    assert table.columns["mix-sound-music"] == 11
    audit = audit_table(table)
    assert {each.code: len(each.findings) for each in audit.outcomes} == {
        "G001": 1,
        "G002": 12,
        "G003": 0,
        "G004": 0,
    }
    (impossible,) = audit.outcomes[0].findings
    assert (impossible.item, impossible.field) == ("Qwen3-Omni-Thinking", "mix-sound-music")
    assert (impossible.current, impossible.proposed) == ("63.4", "63.6")
    assert audit.outcomes[1].kinds == {"rounded twice": 11, "cut off": 1}
    # Without rounding twice and without cutting off, thirteen cells would be impossible.
    odd = {(finding.item, finding.field) for _, finding in audit.findings}
    assert len(odd) == 13
    plain = 0
    for cell in table.cells:
        places = len(cell.text.partition(".")[2])
        prints = {
            f"{100 * k / cell.n + sign * 1e-9:.{places}f}" for k in range(cell.n + 1) for sign in (1, -1)
        }
        plain += cell.text not in prints and cell.column != "avg"
    assert plain == 13
