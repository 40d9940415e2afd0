"""Questions with rubrics, replies of a judge, and a run of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mmar.models import open_model
from mmar.runs.spec import RunSpec
from mmar.scoring.rubric import JudgePlan, judge, load_submissions
from mmar.scoring.rubric.result import RubricResult
from servers.fake_models import FakeModels, ReceivedRequest

NAMES = ("Cue Identification", "Rhythm", "Elimination of Options", "Inference", "Correct Answer Selection")


def questions(path: Path, n: int = 6) -> Path:
    """Questions of which every second prediction is right, with five criteria of 0 or 1."""
    rows = [
        {
            "id": f"q{index}",
            "audio_path": f"a/{index}.wav",
            "question": f"What is heard in clip {index}?",
            "choices": ["a bell", "a drum"],
            "answer": "a bell",
            "modality": "sound" if index < 3 else "music",
            "category": "Signal Layer",
            "sub-category": None,
            "thinking": "A ringing tone decays slowly, so it is a bell.",
            "cue": ["ringing tone", "slow decay"],
            "rubric": [
                {"name": name, "scoring_point": f"Give 1 for {name}.", "choices": [0, 1]} for name in NAMES
            ],
            "answer_prediction": "a bell" if index % 2 == 0 else "a drum",
            "thinking_prediction": f"I hear a ringing tone. {index}",
        }
        for index in range(n)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def reply(scores: list[int], names: tuple[str, ...] = NAMES) -> str:
    return json.dumps(
        [
            {"name": name, "score": score, "justification": "because"}
            for name, score in zip(names, scores, strict=True)
        ]
    )


def seed_of(received: ReceivedRequest) -> int:
    return int(received.body["seed"])


def run_judge(
    service: FakeModels, path: Path, out: Path, plan: JudgePlan | None = None, **options: Any
) -> RubricResult:
    submissions = load_submissions(path, None)
    spec = RunSpec.create(
        "openai/judge",
        submissions.benchmark,
        out=out,
        base_urls=[service.chat_url],
        temperature=0.0,
        **{"backoff": 0.0, "concurrency": 8, **options},
    )
    return judge(submissions, spec, open_model(spec.model, spec.model_options({})), plan or JudgePlan())
