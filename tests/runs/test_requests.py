"""Requests: built in one place; what a session makes follows its selection, and a part is called one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from made_up import Scripted, answers, benchmark

from mmar.api import load, run
from mmar.audio import Clip, write_wav
from mmar.models import Answer, RequestFailed
from mmar.protocols import Request
from mmar.runs.ledger import RequestKey, read_ledger
from mmar.runs.manifest import Signature
from mmar.runs.requests import build_request
from mmar.runs.spec import RunSpec

QUICK: Any = {"concurrency": 4, "max_attempts": 1, "backoff": 0.001}


def test_a_request_that_is_built_to_be_shown_is_the_one_that_is_sent(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b", 4)
    options: Any = {"rotations": "all", "repeats": 2, "temperature": 0.5, "protocol": "letter"}
    run(Scripted(answers()), made, out=tmp_path / "run", **options)
    spec = RunSpec.create(Scripted(answers()), made, **options)
    for _, answer in read_ledger(tmp_path / "run" / "answers.jsonl"):
        key = RequestKey(answer.id, answer.rotation, answer.repeat)
        assert build_request(spec, made[answer.id], key, uses_audio=False).digest() == answer.request


def test_another_sample_has_another_seed_and_the_same_choices(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b", 4)
    spec = RunSpec.create(Scripted(answers()), made)
    plain = build_request(spec, made["id-0"], RequestKey("id-0"), uses_audio=False)
    turned = build_request(spec, made["id-0"], RequestKey("id-0", 1, 1), uses_audio=False)
    assert (plain.choices, turned.choices) == (("one", "two", "three"), ("two", "three", "one"))
    assert (turned.rotation, turned.repeat) == (1, 1)


def test_the_outcome_follows_the_selection(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b")

    def say(request: Request, _: int) -> Answer:
        if request.item_id == "id-9":
            raise RequestFailed("refused", "no")
        return Answer(request.item_id, "two", "")

    whole = run(Scripted(say), made, out=tmp_path / "run", **QUICK)
    assert (whole.selected, whole.selected_failed, whole.complete) == (12, 1, False)
    # Those selected here have their answers, whatever failed elsewhere in the run.
    part = run(Scripted(answers()), made, out=tmp_path / "run", limit=5, **QUICK)
    assert (part.requested, part.selected, part.selected_failed, part.complete) == (0, 5, 0, True)
    sound = run(Scripted(answers()), made, out=tmp_path / "run", filter={"modality": "sound"}, **QUICK)
    assert (sound.selected, sound.complete) == (6, True)


def test_a_part_of_a_run_says_so_in_its_signature(tmp_path: Path) -> None:
    made = benchmark(tmp_path / "b")
    part = run(Scripted(answers()), made, out=tmp_path / "run", limit=5, **QUICK)
    assert "|n:12|part:5/12|" in part.signature.long
    assert "part:5/12" in part.signature.short
    whole = run(Scripted(answers()), made, out=tmp_path / "run", **QUICK)
    assert "part" not in whole.signature.long
    assert whole.signature.short != part.signature.short
    assert whole.manifest.signature == whole.signature.long


def test_a_signature_is_one_line_whatever_a_name_holds() -> None:
    signature = Signature({"model": "x|n:7\nbench:y", "n": "3"})
    assert signature.parts["model"] == "x|n:7\nbench:y"
    assert signature.long.count("|") == 9
    assert "\n" not in signature.long
    assert signature.long.startswith("bench:?|n:3|model:x_n:7_bench:y|")
    assert str(signature) == signature.long
    assert signature.for_part(3, 3) == signature
    assert signature.for_part(1, 3).for_part(3, 3) == signature


def test_open_questions_withheld_answers_and_several_clips_are_asked(
    tmp_path: Path,
) -> None:
    records = [
        {"id": "open", "choices": [], "answer": "", "audio_path": "a.wav"},
        {"id": "withheld", "choices": ["one", "two"], "answer": "", "audio_path": "a.wav"},
        {"id": "two-clips", "choices": ["one", "two"], "answer": "", "audio_path": ["a.wav", "b.wav"]},
    ]
    common = {"question": "What rings?", "modality": "sound", "category": "x"}
    path = tmp_path / "odd.jsonl"
    path.write_text("".join(json.dumps(common | record) + "\n" for record in records))
    for name in ("a.wav", "b.wav"):
        write_wav(tmp_path / name, Clip(np.zeros((800, 1), np.float32), 8000))
    made = load(path, audio_dir=tmp_path)
    text_only = run(Scripted(answers()), made, out=tmp_path / "text", rotations="all", **QUICK)
    assert (text_only.requested, text_only.complete) == (5, True)
    listener = run(Scripted(answers(), uses_audio=True), made, out=tmp_path / "listener", **QUICK)
    assert listener.complete
    assert not listener.counts.failed
