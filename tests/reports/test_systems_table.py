"""Tables of systems: published results with their flags, ranks, marks, and every format."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mmar.reports.benchmarks_table import benchmarks_table
from mmar.reports.published import GROUP_SIZES, impossible_cells, published_results
from mmar.reports.systems_table import ALL, RunRow, System, SystemsTable, parameters, systems_table
from mmar.reports.table_formats import FORMATS, render
from mmar.reports.tables import Display, text_width
from real_data import SHARED, needs_real_data

BENCHMARK = [result for result in published_results() if result.by == "benchmark"]


def run_result(
    name: str, right: list[bool], *, size: str = "", path: str = "", benchmark: str = "mmar#1234"
) -> RunRow:
    counts = {ALL: (sum(right), len(right)), "sound": (sum(right[:3]), 3)}
    system = System(
        name,
        "run",
        "",
        size,
        None,
        {},
        unresolved=1,
        source=path or f"runs/{name}",
        signature=f"model:{name}",
    )
    return RunRow(
        system,
        counts={"official": counts, "choice": counts},
        right={"official": right, "choice": right},
        clusters=[str(index) for index in range(len(right))],
        groups={"modality": ("sound",)},
        items_asked=len(right),
        benchmark=benchmark,
    )


@needs_real_data
def test_the_published_table_is_the_publishers() -> None:
    with (SHARED / "published" / "mmar_accuracy.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(BENCHMARK) == 37
    for row, result in zip(rows, BENCHMARK, strict=True):
        assert (row["model"], row["model_class"], row["avg"]) == (
            result.name,
            result.model_class,
            result.average,
        )
        assert row["size"].strip("-") == result.size
        assert {name: row[name] for name in GROUP_SIZES} == result.groups


def test_every_result_has_a_source_and_impossible_cells_are_flagged() -> None:
    results = published_results()
    assert all(result.source and result.id for result in results)
    flagged = {(result.name, column) for result in BENCHMARK for column in impossible_cells(result)}
    assert flagged == {("Qwen3-Omni-Thinking", "mix-sound-music")}
    kimi = [result for result in results if result.id == "kimi-audio-7b-instruct"]
    assert {"average"} in [set(impossible_cells(result)) for result in kimi]
    assert len({result.average for result in results if result.id == "qwen2.5-omni-7b"}) >= 7


def test_systems_without_a_shown_difference_share_a_range_of_ranks() -> None:
    table = systems_table([], BENCHMARK)
    ranks = {(system.name, system.size): system.rank for system in table.systems}
    assert ranks["Omni-R1", "8.4B"] == ranks["GPT-4o Audio", ""]
    assert ranks["Gemini 2.5 Pro", ""] == (1, 2)
    assert ranks["Random Guess", ""] is None
    assert [system.values[ALL].percent for system in table.systems] == sorted(
        (system.values[ALL].percent for system in table.systems), reverse=True
    )


def test_the_best_of_a_column_and_its_ties_are_marked() -> None:
    table = systems_table([], BENCHMARK)
    best = {system.name for system in table.systems if system.values[ALL].mark == "best"}
    tied = {system.name for system in table.systems if system.values["sound"].mark}
    assert best == {"Gemini 2.5 Pro"}
    assert {"Gemini 2.5 Pro", "Omni-R1", "Gemini 2.5 Flash"} <= tied
    qwen = next(system for system in table.systems if system.name == "Qwen3-Omni-Thinking")
    assert qwen.values["mix-sound-music"].problem and not qwen.values["mix-sound-music"].mark


def test_runs_are_ranked_item_by_item() -> None:
    good, poor = [True] * 40, [index % 2 == 0 for index in range(40)]
    table = systems_table([run_result("poor", poor), run_result("good", good)], columns=("sound",))
    assert [(system.name, system.rank) for system in table.systems] == [("good", (1, 1)), ("poor", (2, 2))]
    same = systems_table([run_result("a", poor), run_result("b", poor)])
    assert {system.rank for system in same.systems} == {(1, 2)}
    assert same.columns == (ALL, "sound")


@pytest.fixture
def table() -> SystemsTable:
    odd = run_result("a_b & 100 % $x^2$ #1 {y} ~ \\ <b>|*音*|", [True, False, True, True], size="7B")
    return systems_table([odd, run_result("=plain", [False] * 4)], BENCHMARK, columns=tuple(GROUP_SIZES))


def test_text_fits_80_columns(table: SystemsTable) -> None:
    for width in (80, 120, 200):
        lines = render(table, "text", Display(width=width)).splitlines()
        assert max(map(text_width, lines)) <= width
    assert "weights" in render(table, "text", Display(width=200))


def test_csv_and_json_contain_the_numbers(table: SystemsTable) -> None:
    rows = list(csv.DictReader(io.StringIO(render(table, "csv"))))
    assert len(rows) == 39
    pro = next(row for row in rows if row["system"] == "Gemini 2.5 Pro")
    assert (pro["all"], pro["all n"], pro["kind"]) == ("74.7", "1000", "benchmark")
    assert next(row for row in rows if "plain" in row["system"])["system"] == "'=plain"
    record = json.loads(render(table, "json"))
    assert record["systems"][0]["values"]["all"]["interval"]


def test_markdown_has_as_many_cells_in_each_row(table: SystemsTable) -> None:
    rows = [line for line in render(table, "markdown").splitlines() if line.startswith("|")]
    cells = {line.replace("\\|", "").count("|") for line in rows}
    assert len(rows) == 41 and len(cells) == 1


def test_html_is_balanced_and_escapes_names(table: SystemsTable) -> None:
    class Balance(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    text = render(table, "html")
    parser = Balance()
    parser.feed(text)
    assert parser.open == [] and "<b>" not in text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_compiles(table: SystemsTable, tmp_path: Path) -> None:
    document = (
        "\\documentclass{article}\n\\usepackage{booktabs}\n\\begin{document}\n"
        f"{render(table, 'latex')}\n\\end{{document}}\n"
    )
    (tmp_path / "table.tex").write_text(document, "utf-8")
    result = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "table.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-2000:]
    assert (tmp_path / "table.pdf").stat().st_size > 1000


def test_the_command(in_own_folder: None, command: Callable[..., Any]) -> None:
    for model in ("longest", "random"):
        assert command("run", f"baseline/{model}", "-b", "demo", "--out", model).status == 0
    for output_format in FORMATS:
        result = command("table", "longest", "random", "--published", "--format", output_format)
        assert result.status == 0 and "Gemini 2.5 Pro" in result.out, output_format
    record = json.loads(command("table", "longest", "random", "--format", "json", "--groups", "category").out)
    official = json.loads(command("score", "longest", "--json").out)
    longest = next(system for system in record["systems"] if system["source"] == "longest")
    assert longest["values"]["all"]["percent"] == official["scores"]["official"]["accuracy"]
    assert longest["values"]["Signal Layer"]["n"] == official["groups"]["category"]["Signal Layer"]["n"]
    assert longest["signature"] == official["signature"]
    lalm = command("table", "--published", "--class", "lalm").out
    assert "Omni-R1" in lalm and "Gemini" not in lalm
    assert (
        len(command("table", "--reported", "--format", "csv").out.splitlines())
        == len(published_results()) + 1
    )
    assert command("table").code == "missing-argument"
    assert command("table", "--published", "--class", "agent").code == "missing-argument"
    assert command("table", "longest", "--out", "longest/answers.jsonl").code == "output-is-input"
    assert command("table", "longest", "--out", "t.tex", "--format", "latex").status == 0
    assert "\\toprule" in Path("t.tex").read_text("utf-8")


def test_figures_are_written(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra mmar[figures] is not installed")
    from mmar.reports.systems_figures import write_table_figures

    table = systems_table([run_result("run", [True, False])], BENCHMARK[1:5], columns=("sound", "music"))
    written = write_table_figures(table, tmp_path / "figures")
    assert {path.stem for path in written} == {"averages", "groups", "ranks", "sizes"}
    assert len(written) == len([path for path in written if path.stat().st_size > 500]) == 12


@pytest.mark.parametrize(
    ("size", "billions"), [("8.4B", 8.4), ("167M", 0.167), ("30B-A3B", 30), ("", None), ("large", None)]
)
def test_sizes_are_read(size: str, billions: float | None) -> None:
    assert parameters(size) == billions


def over_benchmarks() -> list[RunRow]:
    """Two models on three benchmarks, one of them twice on one."""
    runs = [
        ("a", "demo#1", [True] * 4),
        ("a", "mmsu@2025#2", [True, False] * 2),
        ("a", "mmau-mini@2025-08-09#3", [False] * 4),
        ("b", "mmar@2026-02#4", [True, True, True, False]),
        ("b", "mmsu@2025#2", [False] * 4),
        ("b", "mmsu@2025#2", [True] * 4),
    ]
    return [
        run_result(name, right, benchmark=benchmark, path=f"runs/{index}")
        for index, (name, benchmark, right) in enumerate(runs)
    ]


def test_a_models_row_over_several_benchmarks() -> None:
    table = benchmarks_table(over_benchmarks())
    assert table.columns == ("mmau-mini@2025-08-09", "mmar@2026-02", "mmsu@2025", "demo")
    cells = {
        system.name: {name: value.printed for name, value in system.values.items()}
        for system in table.systems
    }
    assert cells == {
        "a": {"demo": "100.0", "mmsu@2025": "50.0", "mmau-mini@2025-08-09": "0.0"},
        "b": {"mmar@2026-02": "75.0", "mmsu@2025": "0.0"},
        "b (2)": {"mmsu@2025": "100.0"},
    }
    assert all(system.rank is None for system in table.systems)
    assert table.systems[0].source == "runs/0; runs/1; runs/2"
    for output_format in FORMATS:
        text = render(table, output_format)
        assert "mmau-mini@2025-08-09" in text
        assert "so: sound" not in text


def test_two_sets_of_questions_of_one_name_are_two_columns() -> None:
    runs = [run_result("a", [True] * 4, benchmark=benchmark) for benchmark in ("file#1", "file#2")]
    assert benchmarks_table(runs).columns == ("file#1", "file#2")


def test_published_results_stand_in_the_column_of_mmar() -> None:
    table = benchmarks_table(over_benchmarks(), BENCHMARK)
    published = next(system for system in table.systems if system.name == BENCHMARK[0].name)
    assert set(published.values) == {"mmar@2026-02"}
    without = [run for run in over_benchmarks() if not run.benchmark.startswith("mmar@")]
    assert {system.kind for system in benchmarks_table(without, BENCHMARK).systems} == {"run"}


def test_published_results_beside_runs_of_another_benchmark() -> None:
    other = run_result("b", [True] * 4, benchmark="demo#1")
    notes = systems_table([other], BENCHMARK).notes
    assert any("MMAR" in note and "demo" in note for note in notes)


def test_values_of_one_system_share_an_id_and_kinds_of_average_are_told_apart() -> None:
    values = [result for result in published_results() if result.id == "qwen2.5-omni-7b" and result.is_whole]
    assert {result.name for result in values} == {"Qwen2.5-Omni", "Qwen2.5-Omni-7B"}
    numbers = sorted({float(result.average) for result in values if result.mean == "items"})
    assert (numbers[0], numbers[-1]) == (30.0, 64.0)
    assert len(numbers) >= 9
    assert sum(result.mean == "groups" for result in published_results()) == 5
    assert sum(result.n == 992 for result in published_results()) == 12
    table = systems_table([], [result for result in published_results() if result.name == "Echo-7B"])
    assert table.notes[-1] == "mean of the seven modalities, not of the items: Echo-7B"


def test_an_average_over_992_items_is_possible_on_992() -> None:
    average = {
        (result.name, result.average): impossible_cells(result).get("average")
        for result in published_results()
    }
    assert average["Audio Flamingo 3", "57.96"] is None
    assert average["Kimi-Audio-7B-Instruct", "60.82"]
    assert average["Audio-Reasoner", "36.71"]
    assert average["Echo-7B", "69.99"] is None
