"""`mmar score` against the published scoring script, as whole processes.

    python benchmarks/perf/score.py path/to/evaluation.py [--records FILE] [--sizes 1000 100000 1000000]

The predictions are of the forms in which models answer, each with a number of its own, so that no two are
alike and nothing can be looked up.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mmar.benchmarks.demo import records as demo_records

FORMS = (
    "{choice} ({n})",
    "The answer is {choice}. [{n}]",
    "({letter}) {choice} [{n}]",
    "{letter}. {choice} [{n}]",
    "<answer>{choice}</answer> {n}",
    "Having listened {n} times, I think it is {choice}.",
    "Based on the audio of clip {n}, the correct answer is {choice}.",
    '{{"answer": "{choice}", "n": {n}}}',
)


def make(path: Path, questions: list[dict[str, object]], count: int, *, array: bool) -> None:
    """Write so many whole records with predictions."""
    draw = random.Random(count)
    with path.open("w", encoding="utf-8") as stream:
        if array:
            stream.write("[")
        for n in range(count):
            question = questions[n % len(questions)]
            choices = question["choices"]
            assert isinstance(choices, list)
            index = draw.randrange(len(choices))
            answer = draw.choice(FORMS).format(choice=choices[index], letter="ABCDEFGHIJ"[index], n=n)
            record = question | {"id": f"{question['id']}/{n}", "answer_prediction": answer}
            if array and n:
                stream.write(",\n")
            stream.write(json.dumps(record, ensure_ascii=False) + ("" if array else "\n"))
        if array:
            stream.write("]\n")


def measure(command: list[str]) -> tuple[float, float]:
    """Wall time in seconds and peak memory in MB (of any one process) of a command."""
    begun = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begun
    if child.returncode:
        sys.exit(f"{command} ended with {child.returncode}")
    return wall, usage.ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("reference", type=Path, nargs="?", help="the published scoring script")
    parser.add_argument("--records", type=Path, help="JSONL of whole records to take the questions from")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--array", action="store_true", help="write a JSON array instead of JSONL")
    arguments = parser.parse_args()
    lines = arguments.records.read_text("utf-8").splitlines() if arguments.records else None
    questions = [json.loads(line) for line in lines] if lines else demo_records()
    print(f"{'records':>10}  {'what':10}  {'wall s':>8}  {'µs/record':>9}  {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for size in arguments.sizes:
            path = Path(folder) / f"p{size}.{'json' if arguments.array else 'jsonl'}"
            make(path, questions, size, array=arguments.array)
            # Small files are quick and noisy: measure them more often.
            runs = arguments.runs * 5 if size <= 10_000 else arguments.runs
            commands = {"mmar score": [str(Path(sys.executable).with_name("mmar")), "score", str(path)]}
            if arguments.reference:
                commands["published"] = [sys.executable, str(arguments.reference), "--input", str(path)]
            # In turn, so that a slow minute of the machine meets both.
            rounds = [
                {name: measure(command) for name, command in commands.items()}
                for _ in range(1 if size > 500_000 else runs)
            ]
            for name in commands:
                wall = statistics.median(each[name][0] for each in rounds)
                peak = max(each[name][1] for each in rounds)
                print(f"{size:10,}  {name:10}  {wall:8.3f}  {wall / size * 1e6:9.1f}  {peak:8.0f}")
            if len(commands) == 2:
                ratio = statistics.median(each["published"][0] / each["mmar score"][0] for each in rounds)
                print(f"{'':10}  ratio       {ratio:8.2f}")
            path.unlink()


if __name__ == "__main__":
    main()
