"""Small runs and the reports of them, for tests of pages."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mmar.items.item import LAYERS, MODALITIES
from open_page import OpenPage

WORDS = [
    "the",
    "sound",
    "of",
    "a",
    "bell",
    "then",
    "rain",
    "and",
    "two",
    "voices",
    "near",
    "far",
    "louder",
    "slow",
    "minor",
    "piano",
    "street",
    "dog",
]


def write_questions(path: Path, n: int, change: Callable[[dict[str, Any], int], None] | None = None) -> Path:
    """A metadata file of `n` questions in all groups of MMAR."""
    with path.open("w", encoding="utf-8") as stream:
        for index in range(n):
            record = {
                "id": f"item-{index:04}",
                "audio_path": f"audio/{index}.wav",
                "question": f"Which of four sounds is the {index}th?",
                "choices": [f"bell {index}", f"rain {index}", f"piano {index}", f"voice {index}"],
                "answer": f"{('bell', 'rain', 'piano', 'voice')[index % 4]} {index}",
                "modality": MODALITIES[index % 7 if index % 5 else 0],
                "category": LAYERS[index % 4],
                "sub-category": f"kind {index % 16}",
                "language": ("en", "zh", "")[index % 3],
                "source": "youtube",
                "url": f"https://www.youtube.com/watch?v={index // 2:011}",
                "timestamp": "00:00:01,00:00:05",
            }
            if change is not None:
                change(record, index)
            stream.write(f"{json.dumps(record)}\n")
    return path


def write_predictions(
    path: Path,
    questions: Path,
    skill: float,
    *,
    seed: int = 0,
    characters: int = 40,
    first: int | None = None,
) -> Path:
    """Answers of one model: right with a probability, some unresolved, refused, failed or cut off."""
    rng = random.Random(f"{seed}")
    with path.open("w", encoding="utf-8") as stream:
        for index, line in enumerate(questions.read_text("utf-8").splitlines()):
            item = json.loads(line)
            draw, kind = rng.random(), rng.random()
            wrong = rng.choice([choice for choice in item["choices"] if choice != item["answer"]])
            named = item["answer"] if draw < skill else wrong
            answer: str | None = f"The answer is {named}."
            if kind < 0.03:
                answer = "It could be many things."
            elif kind < 0.05:
                answer = f"It is not {item['answer']}."
            elif kind < 0.06:
                answer = "I'm sorry, I can't help with that."
            elif kind < 0.07:
                answer = None
            thinking = ""
            while len(thinking) < characters:
                thinking += f"{' '.join(rng.sample(WORDS, 8))}. "
            record = {
                "id": item["id"],
                "answer_prediction": answer,
                "thinking_prediction": thinking[:characters],
            }
            if kind > 0.98:
                record["finish_reason"] = "length"
            if first is None or index < first:
                stream.write(f"{json.dumps(record)}\n")
    return path


def blocks_of(html: str) -> dict[str, Any]:
    """The data blocks of a page, inflated; `peaks` as bytes, all others as JSON."""
    import base64
    import gzip
    import re

    blocks = re.findall(r'<script type="application/gzip" id="(\w+)">([^<]*)</script>', html)
    data = {name: gzip.decompress(base64.b64decode(text)) for name, text in blocks}
    return {name: value if name == "peaks" else json.loads(value) for name, value in data.items()}


def crowd(folder: Path, runs: int, items: int, characters: int = 40) -> tuple[Path, Sequence[Path]]:
    """A metadata file and the predictions files of some models."""
    questions = write_questions(folder / "meta.jsonl", items)
    files = [
        write_predictions(
            folder / f"model-{number:02}.jsonl",
            questions,
            0.8 - 0.05 * number,
            seed=number,
            characters=characters,
        )
        for number in range(runs)
    ]
    return questions, files


def walk(page: OpenPage, item: str) -> Iterator[str]:
    """Open each view of a report."""
    for view in ("overview", "items", "item", "compare", "about"):
        page.go(v=view, **({"i": item} if view == "item" else {}))
        yield view


def first_item(folder: Path) -> str:
    """The id of the item that the first run of the `demo` fixture answered first."""
    line = (folder / "runs" / "listener-full" / "answers.jsonl").read_text("utf-8").splitlines()[0]
    return str(json.loads(line)["id"])


def run_keys(page: OpenPage) -> dict[str, str]:
    """The names of a report's runs in addresses, by file name."""
    page.go(v="items")
    options = page.page.locator("[data-filter=a] option")
    values = options.evaluate_all("all => all.map(each => each.value)")
    return dict(zip([text.split(" ", 2)[2] for text in options.all_inner_texts()], values, strict=True))
