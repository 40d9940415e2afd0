"""`mmar faithful`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mmar.cli import shared
from mmar.cli.output import print_result
from mmar.cli.progress import opened_model
from mmar.errors import InputError, UsageError
from mmar.files.tables import read_delimited
from mmar.inputs import scoring_task
from mmar.runs.spec import RunSpec

if TYPE_CHECKING:
    from mmar.items import Benchmark
    from mmar.scoring.rubric.submissions import Answers


@click.command()
@click.argument("path", metavar="RUN", type=click.Path(path_type=Path))
@shared.benchmark(help="The questions; a run knows its own.")
@shared.choice(
    "--interface",
    of=["question", "prefill"],
    help="Give the reasoning as text in the question, or as the beginning of the reply.",
)
@click.option("--paraphraser", metavar="MODEL", help="A text model that paraphrases the reasoning.")
@shared.path_option(
    "--captions", metavar="FILE", help="CSV with id, caption: asks with the caption in the audio's place."
)
@shared.folder_option(
    "--out", "-o", metavar="DIR", help="Folder of the answers. [default: RUN/faithful/INTERFACE]"
)
@shared.base_url(help="Address of the model's server.")
@shared.adapter(help="Option of the adapter.")
@shared.concurrency
@shared.attempts(help="Maximum requests for one answer.")
@shared.timeout(help="Seconds to wait for one answer.")
@shared.budget
@shared.prices
@shared.flag("--dry-run", help="Show how many requests there would be; send nothing.")
@shared.json
def faithful(
    path: Path,
    benchmark: str | None,
    interface: Any,
    paraphraser: str | None,
    captions: Path | None,
    out: Path | None,
    options: dict[str, str],
    dry_run: bool,
    as_json: bool,
    **others: Any,
) -> None:
    """Measure how far a model's answers depend on its reasoning.

    Asks the model of a run again with its own reasoning cut short, falsified, or replaced by filler, and counts how
    often the answer stays the same. Run the same command again to continue after an interruption.

    \b
    Example:
      mmar faithful runs/demo/baseline-listener
    """
    from mmar.reports.reliance_tables import faithfulness_table
    from mmar.runs.run import spec_of_manifest
    from mmar.scoring.faithfulness import count_requests, measure_faithfulness
    from mmar.scoring.rubric.submissions import load_answers

    task = scoring_task(path, benchmark)
    manifest = task.manifest
    if manifest is None:
        raise UsageError(f"{path} is not a run", code="not-a-run", hint="name the folder of a run")
    answers = load_answers(task.path, task.benchmark)
    folder = out or task.path / "faithful" / interface
    known_captions = None if captions is None else _captions(captions, answers.benchmark)
    if dry_run:
        numbers = count_requests(
            answers.benchmark,
            answers.texts,
            rule=answers.rule,
            paraphrases=paraphraser is not None,
            captions=known_captions,
        )
        _print_plan(manifest.model, numbers, paraphraser, folder)
        return
    spec = spec_of_manifest(manifest, answers.benchmark, folder, options=options, **others)
    paraphrases = _paraphrases(paraphraser, answers, folder, others) if paraphraser else None
    with opened_model(spec, "again") as (model, progress):
        result = measure_faithfulness(
            answers.benchmark,
            answers.texts,
            spec,
            model,
            interface=interface,
            rule=answers.rule,
            paraphrases=paraphrases,
            captions=known_captions,
            signature=manifest.signature_of().long,
            progress=progress,
        )
    print_result(result, faithfulness_table, as_json=as_json)
    if any(change.failed for change in result.changes):
        sys.exit(1)


def _print_plan(model: str, numbers: dict[str, int], paraphraser: str | None, folder: Path) -> None:
    kinds = ", ".join(f"{change} {number:,}" for change, number in numbers.items())
    click.echo(f"{model} would be asked {sum(numbers.values()):,} times: {kinds}")
    if paraphraser is not None:
        click.echo(f"{paraphraser} would be asked {numbers.get('paraphrase', 0):,} times")
    click.echo(f"answers go to {folder}")


def _paraphrases(model: str, answers: Answers, folder: Path, others: dict[str, Any]) -> dict[str, str]:
    from mmar.runs.auxiliary_run import ask_requests
    from mmar.scoring.faithfulness import paraphrase_requests

    spec = RunSpec.create(model, answers.benchmark, out=folder / "paraphrases", **others)
    requests = paraphrase_requests(list(answers.benchmark), answers.texts)
    with opened_model(spec, "paraphrases") as (opened, progress):
        run = ask_requests(spec, opened, requests, progress=progress)
    return {key.item_id: answer.text for key, answer in run.answers.items() if answer.failure is None}


def _captions(path: Path, benchmark: Benchmark) -> dict[str, str]:
    rows = [row for _, row in read_delimited(path) if row.get("id") in benchmark.by_id]
    captions = {str(row["id"]): str(row["caption"]) for row in rows if row.get("caption")}
    if not captions:
        raise InputError(
            "has no caption of an item",
            file=str(path),
            code="no-records",
            hint="expected the columns id, caption",
        )
    return captions
