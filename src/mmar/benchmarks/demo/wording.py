"""From a scene to a record in the publisher's fields and order."""

from __future__ import annotations

from typing import Any

from mmar.benchmarks.demo.scene import Scene

__all__ = ["record"]


def record(scene: Scene, item_id: str, choices: list[str]) -> dict[str, Any]:
    """The scene as the publisher would release it.

    Args:
        scene: the question.
        item_id: id of the item and stem of its file.
        choices: all its choices, in the order in which they are put.

    Returns:
        A new dictionary, keys in the publisher's order. `url` and `timestamp` are null, since nothing
        was cut from anywhere, and so is `language`: no language is spoken in these clips.
    """
    return {
        "id": item_id,
        "audio_path": f"./audio/{item_id}.wav",
        "question": scene.question,
        "choices": choices,
        "answer": scene.answer,
        "modality": scene.modality,
        "category": scene.category,
        "sub-category": scene.sub_category,
        "language": None,
        "source": "synthesis",
        "url": None,
        "timestamp": None,
        "thinking": scene.thinking,
        "cue": list(scene.cue),
        "rubric": _rubric(scene),
    }


def _rubric(scene: Scene) -> list[dict[str, Any]]:
    """Five criteria that together make a sound argument: heard, measured, inferred, weighed, concluded."""
    rejected = " / ".join(scene.others)
    return [
        _criterion(
            "Cue Identification",
            f"Give 1 point if the reasoning mentions {scene.notice}.",
            "Shows whether the part of the sound that the answer rests on was heard at all.",
        ),
        _criterion(
            "Measurement or Comparison",
            f"Give 1 point if the reasoning {scene.measure}.",
            "Shows whether the sound was examined closely enough, rather than named in general.",
        ),
        _criterion(
            "Inference",
            f"Give 1 point if the reasoning {scene.infer}.",
            "Shows whether what was heard is turned into an answer by a step that holds.",
        ),
        _criterion(
            "Weighing the Other Choices",
            f"Give 1 point if the reasoning makes plain why the other choices do not fit: {rejected}.",
            "Shows whether the alternatives were considered against the sound.",
        ),
        _criterion(
            "Conclusion",
            f"Give 1 point if the reasoning ends in “{scene.answer}” and nothing in it contradicts that.",
            "Shows whether the argument holds together from the first cue to the answer.",
        ),
    ]


def _criterion(name: str, scoring_point: str, note: str) -> dict[str, Any]:
    return {"name": name, "scoring_point": scoring_point, "note": note, "choices": [0, 1]}
