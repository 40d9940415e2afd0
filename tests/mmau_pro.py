"""Records in MMAU-Pro's published layout, made here: the data themselves are not part of the project."""

from __future__ import annotations

from typing import Any

__all__ = ["records"]


def record(item_id: str, category: str, question: str, answer: str | None, **fields: Any) -> dict[str, Any]:
    return {
        "id": item_id,
        "audio_path": [f"data/{item_id}.wav"],
        "question": question,
        "answer": answer,
        "choices": [],
        "length_type": "short",
        "perceptual_skills": [],
        "reasoning_skills": [],
        "category": category,
        "transcription": None,
        "sub-cat": None,
        "task_identifier": None,
        "kwargs": None,
        **fields,
    }


def records() -> list[dict[str, Any]]:
    """Closed questions (one with two clips, one whose key differs in case), two instructions, an unknown one, open ones."""
    return [
        record(
            "c1",
            "sound",
            "What is heard?",
            "a dog",
            choices=["a dog", "a cat"],
            perceptual_skills=["Pitch", "Timbre"],
        ),
        record(
            "c2",
            "multi",
            "Which clip is louder?",
            "The First",
            choices=["the first", "the second"],
            audio_path=["data/c2a.wav", "data/c2b.wav"],
            length_type=None,
            perceptual_skills=["Timbre"],
        ),
        record("c3", "music", "Which key?", "H", choices=["C", "D", "E"]),
        record(
            "i1",
            "instruction following",
            "Describe the sound in at most three words.",
            "",
            task_identifier="Number Words (at most)",
            kwargs={"N": 3.0, "keyword": None},
        ),
        record(
            "i2",
            "instruction following",
            "Do not use commas.",
            None,
            task_identifier="No Commas",
            kwargs={"N": None, "keyword": None},
        ),
        record(
            "i3",
            "instruction following",
            "Answer in verse.",
            "",
            task_identifier="Verse",
            kwargs={"N": None, "keyword": None},
        ),
        record(
            "o1", "open", "Why does it ring?", "Because it was struck.", choices=["Because it was struck."]
        ),
        record("o2", "open", "Why does it stop?", "Because it was damped."),
    ]
