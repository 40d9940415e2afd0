"""The records of the demonstration set, and the folder that holds them with their clips."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from mmar.benchmarks.demo import mixes, single
from mmar.benchmarks.demo.single import QuestionTemplate
from mmar.benchmarks.demo.sounds import RATE, Wave
from mmar.files.atomic import atomic_path, write_atomic

METADATA_NAME = "demo-meta.jsonl"
_KINDS: tuple[QuestionTemplate, ...] = single.KINDS + mixes.KINDS


def records(seed: int = 0) -> list[dict[str, Any]]:
    """The items in the publisher's fields and order. One seed gives the same items on one machine."""
    return [record for record, _ in _items(seed)]


def build(folder: Path, seed: int = 0) -> Path:
    """Write `demo-meta.jsonl` and `audio/*.wav` (16-bit PCM, 16 kHz).

    The metadata file, whose path is returned, is written last: where it exists, the set is complete.

    Raises:
        ExternalError: the files cannot be written.
    """
    lines = []
    for record, wave in _items(seed):
        with atomic_path(folder / record["audio_path"]) as path:
            soundfile.write(path, wave, RATE, format="WAV", subtype="PCM_16")
        lines.append(json.dumps(record, ensure_ascii=False) + "\n")
    metadata = folder / METADATA_NAME
    write_atomic(metadata, "".join(lines))
    return metadata


def _items(seed: int) -> Iterator[tuple[dict[str, Any], Wave]]:
    """Each record with its clip. Among items with as many choices, each position is right equally often."""
    positions: defaultdict[int, list[int]] = defaultdict(list)
    shuffler = np.random.default_rng([seed, 0])
    for kind in _KINDS:
        rng = np.random.default_rng([seed, zlib.crc32(kind.slug.encode())])
        answers = rng.permutation(kind.answers)
        start = 0
        for index in range(kind.clips):
            answer = str(answers[index % len(answers)])
            wave, description = kind.make(answer, rng)
            others = rng.permutation([each for each in kind.answers if each != answer])
            choices = [str(other) for other in others[: kind.choices - 1]]
            if not positions[kind.choices]:
                positions[kind.choices] = shuffler.permutation(kind.choices).tolist()
            choices.insert(positions[kind.choices].pop(), answer)
            end = start + -(-len(wave) // RATE)
            yield _record(kind, index, choices, answer, description, (start, end)), wave
            start = end


def _record(
    kind: QuestionTemplate,
    index: int,
    choices: list[str],
    answer: str,
    description: str,
    seconds: tuple[int, int],
) -> dict[str, Any]:
    name = f"{kind.slug}-{index + 1}"
    criteria = (
        ("Cue Identification", f"says what can be heard: {description}"),
        ("Relevant Property", "names the property of the sound that the question asks for"),
        ("Inference", "derives the answer from what can be heard, not from the choices"),
        ("Other Choices", "makes clear why the other choices do not fit"),
        ("Conclusion", f'ends with "{answer}", and nothing in it contradicts that'),
    )
    return {
        "id": name,
        "audio_path": f"./audio/{name}.wav",
        "question": kind.question,
        "choices": choices,
        "answer": answer,
        "modality": kind.modality,
        "category": kind.category,
        "sub-category": kind.sub_category,
        "language": None,
        "source": "synthesis",
        "url": f"mmar-demo:{kind.slug}",
        "timestamp": ",".join(f"00:00:{second:02d}" for second in seconds),
        "thinking": f"{description} So the answer is {answer}.",
        "cue": [description.rstrip(".")],
        "rubric": [
            {
                "name": part,
                "scoring_point": f"Give 1 point if the reasoning {point.rstrip('.')}.",
                "note": f"{part} is one step from the sound to the answer.",
                "choices": [0, 1],
            }
            for part, point in criteria
        ],
    }
