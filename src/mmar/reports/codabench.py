"""A Codabench bundle with this program as the scoring program.

Layout of the bundle and the folders of a submission: docs.codabench.org, "Competition bundle structure", read 2026-11.
Codabench unpacks the scoring program to `/app/program` and runs `metadata.yaml`'s command with the submission below
`/app/input/res` and the reference below `/app/input/ref`; it shows `scores.json` and `detailed_results.html` of
`/app/output`. The scoring program holds this package itself, so that the competition keeps the version it began with.
"""

from __future__ import annotations

import html
import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from importlib.metadata import requires
from pathlib import Path

import numpy as np

from mmar.errors import InputError, MmarError
from mmar.files.atomic import write_atomic
from mmar.items import Benchmark, load_benchmark
from mmar.reports.page.clips import png
from mmar.reports.report_page import PageOptions, compare_for_report, write_report
from mmar.reports.score_table import score_table
from mmar.reports.scored_source import ScoredSource, score_source
from mmar.scoring.inputs import Task
from mmar.scoring.submission import check_submission

_EPOCH = (2020, 1, 1, 0, 0, 0)  # so that a bundle built twice is the same to the byte

_COMPETITION = """version: 2
title: {title}
description: Accuracy on {title}, by the published rule and by the choice that each answer names.
docker_image: python:3.12
image: logo.png
terms: terms.md
pages:
  - title: Overview
    file: overview.md
tasks:
  - index: 0
    name: {title}
    description: Answers with reasoning to {n} questions about sound.
    scoring_program: scoring_program.zip
    reference_data: reference_data.zip
phases:
  - name: Evaluation
    description: Submit a ZIP archive with submission.jsonl.
    start: 2026-01-01
    tasks: [0]
leaderboards:
  - title: Results
    key: main
    columns:
      - {{title: official, key: official, index: 0, sorting: desc}}
      - {{title: choice, key: choice, index: 1, sorting: desc}}
      - {{title: unresolved, key: unresolved, index: 2, sorting: asc}}
"""
_OVERVIEW = """# {title}

Submit a ZIP archive with `submission.jsonl`: one record for each of the {n} items, with `id`, `answer_prediction` and
`thinking_prediction`, all strings. `mmar submit RUN --out submission.jsonl` writes it, and `--check` checks it.
"""
_METADATA = (
    "command: sh -c 'pip install -q -r /app/program/requirements.txt && "
    "PYTHONPATH=/app/program python -m mmar.reports.codabench /app/input /app/output{options}'\n"
)


def write_bundle(benchmark: Benchmark, path: Path, *, hide_answers: bool = False) -> None:
    """Write the bundle of a benchmark, whose answers are in the reference data, private on Codabench.

    With `hide_answers` participants see the table of scores only; otherwise the report of their submission, which shows
    every question with its right answer.
    """
    title = benchmark.name
    metadata = "".join(json.dumps(dict(item.to_record()), ensure_ascii=False) + "\n" for item in benchmark)
    members = {
        "competition.yaml": _COMPETITION.format(title=title, n=len(benchmark)).encode(),
        "overview.md": _OVERVIEW.format(title=title, n=len(benchmark)).encode(),
        "terms.md": b"The terms are those of the benchmark's licence.\n",
        "logo.png": png(np.full((64, 64), 8, np.uint8)),
        "scoring_program.zip": _zip(_scoring_program(" --hide-answers" if hide_answers else "")),
        "reference_data.zip": _zip({"metadata.jsonl": metadata.encode(), "name.txt": title.encode()}),
    }
    write_atomic(path, _zip(members))


def score_submission(folder: Path, out: Path, *, hide_answers: bool = False) -> dict[str, float]:
    """Score the submission below `res` of a folder against `ref/metadata.jsonl`, and write what Codabench shows.

    Raises:
        InputError: there is not exactly one `.jsonl` file below `res`, or it cannot be read.
    """
    reference = folder / "ref"
    name = (reference / "name.txt").read_text("utf-8").strip()
    benchmark = load_benchmark(reference / "metadata.jsonl", name=name)
    submissions = sorted((folder / "res").rglob("*.jsonl"))
    if len(submissions) != 1:
        raise InputError(
            f"the archive must hold one .jsonl file, and holds {len(submissions)}",
            code="invalid-submission",
            hint="pack the file that mmar submit writes",
        )
    submission = submissions[0]
    report = check_submission(benchmark, submission)
    source = score_source(Task(submission, benchmark, keep="all", lenient=True))
    score = source.score
    scores = {
        "official": score.official.accuracy,
        "choice": score.choice.accuracy,
        "unresolved": float(score.states["unresolved"]),
    }
    write_atomic(out / "scores.json", json.dumps(scores))
    page = _table_page(name, score_table(score), report.problems) if hide_answers else _report(source)
    write_atomic(out / "detailed_results.html", page)
    return scores


def _scoring_program(options: str) -> dict[str, bytes]:
    """The command, the libraries and this package without the studio, which scoring does not need."""
    package = Path(__file__).parents[1]
    files = sorted(path.relative_to(package) for path in package.rglob("*") if path.is_file())
    sources = {
        f"{package.name}/{path.as_posix()}": (package / path).read_bytes()
        for path in files
        if "__pycache__" not in path.parts and path.parts[0] != "studio"
    }
    required = [line for line in requires("mmar") or [] if "extra ==" not in line]
    return {
        "metadata.yaml": _METADATA.format(options=options).encode(),
        "requirements.txt": "".join(f"{line}\n" for line in required).encode(),
        **sources,
    }


def _report(source: ScoredSource) -> str:
    with tempfile.TemporaryDirectory() as folder:
        options = PageOptions(audio="none", texts="inline")
        written = write_report(compare_for_report([source]), Path(folder), options)
        return written.path.read_text("utf-8")


def _table_page(name: str, table: str, all_problems: Sequence[str]) -> str:
    problems = "".join(f"<li>{html.escape(problem)}</li>" for problem in all_problems[:100])
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Results</title>"
        f"<h1>{html.escape(name)}</h1><pre>{html.escape(table)}</pre>"
        + (f"<h2>Problems of the file</h2><ul>{problems}</ul>" if problems else "")
    )


def _zip(members: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, _EPOCH)
            member.external_attr = 0o644 << 16
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


if __name__ == "__main__":
    try:
        score_submission(Path(sys.argv[1]), Path(sys.argv[2]), hide_answers="--hide-answers" in sys.argv[3:])
    except MmarError as error:
        sys.exit(f"mmar: {error}")
