"""What a model really hears under each control condition, and that the run says so."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from made_up import Scripted

from expect import raises
from mmar.api import load, run
from mmar.audio import read_clip
from mmar.items import Benchmark
from mmar.models import Answer
from mmar.protocols import Request
from mmar.runs.conditions import shuffled_clips


@pytest.fixture
def demo(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Benchmark:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "mmar-cache"))
    return load("demo")


def clips_under(
    demo: Benchmark, condition: str, out: Path, **options: object
) -> dict[str, np.ndarray | None]:
    """The samples that a model was shuffled for each item."""
    clips: dict[str, np.ndarray | None] = {}

    def say(request: Request, _: int) -> Answer:
        assert any(message.audio for message in request.messages) == (request.audio is not None)
        clips[request.item_id] = None if request.audio is None else read_clip(request.audio).samples
        return Answer(request.item_id, request.choices[0], "")

    model = Scripted(say, uses_audio=True)
    run(model, demo, out=out, condition=condition, limit=20, concurrency=2, **options)  # type: ignore[arg-type]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["condition"] == condition
    assert f"|condition:{condition}|" in manifest["signature"]
    return clips


def test_each_condition_gives_what_it_says(demo: Benchmark, tmp_path: Path) -> None:
    conditions = ("full", "none", "silence", "noise", "reversed", "mono", "shuffled")
    clips = {name: clips_under(demo, name, tmp_path / name) for name in conditions}
    for item_id, real in clips["full"].items():
        assert real is not None
        assert clips["none"][item_id] is None
        silent, hiss, back, mono = (clips[name][item_id] for name in ("silence", "noise", "reversed", "mono"))
        assert silent is not None
        assert silent.shape == real.shape
        assert not silent.any()
        assert hiss is not None
        assert hiss.shape == real.shape
        assert not np.allclose(hiss, real, atol=0.01)
        assert back is not None
        assert np.allclose(back, real[::-1], atol=1e-4)
        assert mono is not None
        assert mono.shape == (len(real), 1)
    others = clips["shuffled"]
    assert sum(not np.array_equal(others[key], real) for key, real in clips["full"].items()) >= 18  # type: ignore[arg-type]


def test_the_same_seed_draws_the_same_and_another_another(demo: Benchmark, tmp_path: Path) -> None:
    def digest(out: str, seed: int) -> str:
        clips = clips_under(demo, "noise", tmp_path / out, seed=seed)
        return hashlib.sha256(b"".join(clips[key].tobytes() for key in sorted(clips))).hexdigest()  # type: ignore[union-attr]

    assert digest("a", 1) == digest("b", 1) != digest("c", 2)


def test_shuffled_is_another_clip_of_the_same_modality_each_used_once(demo: Benchmark) -> None:
    shuffled = shuffled_clips(demo, 3)
    assert set(shuffled) == {item.id for item in demo}
    modality = {item.audio_path: item.modality for item in demo}
    for item in demo:
        (clip,) = shuffled[item.id]
        assert modality[clip] == item.modality
        assert clip != item.audio_path
    assert len(set(shuffled.values())) == len({item.audio_path for item in demo})
    assert shuffled_clips(demo, 3) == shuffled
    alone = msgspec.structs.replace(demo, items=demo.items[:1])
    with raises("one-clip"):
        shuffled_clips(alone, 0)


def test_no_made_clip_is_left_behind(
    demo: Benchmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    clips_under(demo, "silence", tmp_path / "run")
    assert list((tmp_path / "tmp").iterdir()) == []
