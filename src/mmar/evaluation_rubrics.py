"""`python -m mmar.evaluation_rubrics --input FILE`: in place of the published rubric script, with its flags and files.

The judge is the published one; the key comes from `OPENAI_API_KEY` and the address, as the script's client
has it, from `OPENAI_BASE_URL`. An item whose judgement fails is left out of file and table, as in the
published script, but counted, and requested again by the next call. For bounds, intervals and agreement use
`mmar judge`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mmar.errors import MmarError


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge a predictions file; exit status 2 for bad input, 1 where items are unjudged."""
    parser = argparse.ArgumentParser(
        prog="python -m mmar.evaluation_rubrics", description="Judge reasoning as the published script does."
    )
    parser.add_argument("--input", "-i", type=Path, required=True, help="JSON or JSONL with predictions")
    parser.add_argument("--output", "-o", type=Path, help="JSONL to write; by default INPUT.evaluated.jsonl")
    parser.add_argument("--meta", type=Path, help="JSON or JSONL with questions and rubrics")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for one request")
    parser.add_argument("--retries", type=int, default=20, help="most attempts for one judgement")
    parser.add_argument("--retry-interval", type=float, default=1.0, help="seconds before another attempt")
    parser.add_argument("--qps", type=float, default=8.0, help="requests a second")
    parser.add_argument("--max-workers", "-j", type=int, default=80, help="most requests in flight")
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except MmarError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _run(options: argparse.Namespace) -> int:
    from mmar.files.atomic import write_atomic
    from mmar.inputs import find_benchmark, open_run_model
    from mmar.runs.spec import RunSpec
    from mmar.scoring.rubric import JUDGE, SCRIPT, JudgePlan, judge_items, load_submissions
    from mmar.scoring.rubric.submissions import evaluated_lines, official_table
    from mmar.scoring.text_model import replies_folder

    benchmark = find_benchmark(options.meta) if options.meta is not None else None
    submissions = load_submissions(options.input, benchmark)
    base_url = os.environ.get("OPENAI_BASE_URL")
    output = options.output or options.input.with_name(f"{options.input.name}.evaluated.jsonl")
    spec = RunSpec.create(
        JUDGE,
        submissions.benchmark,
        out=replies_folder(output, JUDGE, "judge"),
        temperature=0.0,
        base_urls=[base_url] if base_url else [],
        timeout=options.timeout,
        max_attempts=options.retries,
        backoff=options.retry_interval,
        rate=options.qps,
        concurrency=options.max_workers,
    )
    items, _ = judge_items(submissions, spec, open_run_model(spec), JudgePlan(SCRIPT, seeds="same"))
    write_atomic(output, evaluated_lines(submissions, items, new=[item.id for item in items]))
    sys.stdout.write(official_table(submissions, items))
    unjudged = sum(item.passes and not item.replies for item in items)
    if unjudged:
        sys.stderr.write(f"note: {unjudged} unjudged; the same command asks again\n")
    return 1 if unjudged else 0


if __name__ == "__main__":
    sys.exit(main())
