"""The cold start of `mmar compare`, as whole processes, beside an empty Python process.

    python benchmarks/perf/compare.py                  two runs of 1,000 items, 10,000 draws
    python benchmarks/perf/compare.py --runs 10        every two of ten runs
    python benchmarks/perf/compare.py --draws 100000

The runs are made up: a benchmark in the publisher's layout whose items share videos as MMAR's do (nine of ten
alone, the rest in twos and threes) and carry a chain of thought and a rubric, and for each run a folder as
`mmar run` makes it, written by running a model that answers in the forms in which models answer.
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

from mmar.api import load, run
from mmar.models import Answer
from mmar.protocols import Request

MODALITIES = ("sound", "music", "speech", "mix-sound-speech", "mix-music-speech", "mix-sound-music")
LAYERS = ("Signal Layer", "Perception Layer", "Semantic Layer", "Cultural Layer")
FORMS = ("{choice}", "The answer is {choice}.", "({letter}) {choice}", "I hear it twice, so it is {choice}.")
CHOICES = ("a door", "a dog that barks", "rain on a roof", "a passing train")


class MadeUp:
    """A model that knows so many of the answers, in percent."""

    uses_audio = False

    def __init__(self, known: int, answers: dict[str, str]) -> None:
        self.name = f"made-up/{known}"
        self.known, self.answers = known, answers

    async def ask(self, request: Request) -> Answer:
        """Name the answer or another choice, the same for each item every time."""
        draw = random.Random(f"{self.name} {request.item_id}")
        right = draw.random() * 100 < self.known
        choice = self.answers[request.item_id] if right else draw.choice(request.choices)
        letter = "ABCD"[request.choices.index(choice)]
        return Answer(request.item_id, draw.choice(FORMS).format(choice=choice, letter=letter), "")

    async def close(self) -> None:
        """Nothing is held."""


def make_benchmark(path: Path, count: int) -> None:
    """Whole records, as long as the publisher's."""
    draw = random.Random(2505)
    rubric = [
        {
            "name": f"Criterion {index}",
            "scoring_point": "names what is heard " * 4,
            "note": "",
            "choices": [0, 1],
        }
        for index in range(5)
    ]
    with path.open("w", encoding="utf-8") as stream:
        video = 0
        for index in range(count):
            video += index == 0 or draw.random() > 0.09
            record = {
                "id": f"item-{index}",
                "audio_path": f"./audio/{index}.wav",
                "question": f"What is heard at the end of recording {index}?",
                "choices": list(CHOICES),
                "answer": draw.choice(CHOICES),
                "modality": draw.choice(MODALITIES),
                "category": draw.choice(LAYERS),
                "sub-category": f"Sub-category {draw.randrange(16)}",
                "language": "en",
                "source": "youtube",
                "url": f"https://www.youtube.com/watch?v={video:0>11}&t=12s",
                "timestamp": "00:00:00,00:00:20",
                "thinking": "First there is a step, then a sound that stops. " * 20,
                "cue": ["a step", "a sound that stops"],
                "rubric": rubric,
            }
            stream.write(json.dumps(record) + "\n")


def measured(command: list[str], times: int) -> tuple[list[float], list[float]]:
    """Wall seconds and processor seconds of each run of a command."""
    walls, processor = [], []
    for _ in range(times):
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        walls.append(time.perf_counter() - begun)
        processor.append(usage.ru_utime + usage.ru_stime)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return walls, processor


def main() -> None:
    """Make the runs, and time both processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=7, help="times each; the median counts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "made-up-meta.jsonl"
        make_benchmark(file, arguments.items)
        benchmark = load(file)
        answers = {item.id: item.answer for item in benchmark}
        runs = [Path(folder) / f"run-{index}" for index in range(arguments.runs)]
        for index, out in enumerate(runs):
            run(MadeUp(60 - 3 * index, answers), benchmark, out=out)
        command = [sys.executable, "-m", "mmar", "compare", *map(str, runs), "--draws", str(arguments.draws)]
        print(
            f"{arguments.runs} runs of {arguments.items:,} items, {arguments.draws:,} draws, {arguments.repeat} times"
        )
        print(f"{'':14}  {'median':>7}  {'least':>7}  {'processor':>9}")
        for name, contender in (("empty Python", [sys.executable, "-c", ""]), ("mmar compare", command)):
            walls, processor = measured(contender, arguments.repeat)
            print(
                f"{name:14}  {statistics.median(walls):5.2f} s  {min(walls):5.2f} s  "
                f"{statistics.median(processor):7.2f} s"
            )


if __name__ == "__main__":
    main()
