"""Benchmarks of other layouts through a TOML file that maps their fields."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from expect import raises
from mmar.benchmarks import CATALOGUE, resolve
from mmar.errors import InputError
from mmar.items import load_benchmark
from real_data import SHARED

MMSU = SHARED / "mmsu" / "mmsu.jsonl.gz"

MAP = """
file = "set.jsonl"
name = "small"
audio_dir = "clips"
answer = "letter"
[fields]
id = "uid"
audio_path = "media.wav"
question = "q"
choices = ["a", "b", "c"]
answer = "gold"
category = "level"
[values]
modality = "speech"
"""
RECORD = {
    "uid": "1",
    "media": {"wav": "x.wav"},
    "q": "Which?",
    "a": "one",
    "b": "two",
    "c": None,
    "gold": "(B)",
    "level": "L",
    "extra": 5,
}


def written(folder: Path, text: str = MAP, **changes: object) -> Path:
    (folder / "set.jsonl").write_text(json.dumps({**RECORD, **changes}) + "\n")
    (folder / "map.toml").write_text(text)
    return folder / "map.toml"


def test_fields_are_mapped(tmp_path: Path) -> None:
    benchmark = load_benchmark(written(tmp_path))
    assert (benchmark.name, benchmark.audio_dir) == ("small", tmp_path / "clips")
    (item,) = benchmark
    assert (item.id, item.audio_path, item.choices, item.answer) == ("1", "x.wav", ("one", "two"), "two")
    assert (item.modality, item.category, item.extra["extra"]) == ("speech", "L", 5)
    located = resolve(written(tmp_path), tmp_path)
    assert load_benchmark(located.metadata, name=located.name).name == "small"


@pytest.mark.parametrize(("kind", "gold"), [("index", 1), ("index", "1"), ("text", "two"), ("letter", "b")])
def test_an_answer_is_a_text_a_letter_or_an_index(tmp_path: Path, kind: str, gold: object) -> None:
    path = written(tmp_path, MAP.replace('"letter"', f'"{kind}"'), gold=gold)
    assert load_benchmark(path)[0].answer == "two"


@pytest.mark.parametrize(
    ("text", "changes", "code"),
    [
        (MAP, {"gold": "Z"}, "answer-not-a-choice"),
        (MAP, {"gold": 7}, "answer-not-a-choice"),
        (MAP, {"q": None}, "wrong-type"),
        (MAP, {"q": True}, "wrong-type"),
        (MAP.replace('"q"', '"nothing"'), {}, "missing-field"),
        (MAP.replace("question =", "frage ="), {}, "unknown-field"),
        (MAP.replace('"letter"', '"number"'), {}, "invalid-value"),
        (MAP.replace("[fields]", "[felder]"), {}, "unknown-field"),
        (MAP.replace("set.jsonl", "absent.jsonl"), {}, "file-not-found"),
        ("file = [", {}, "invalid-toml"),
    ],
)
def test_wrong_field_maps_are_input_errors(
    tmp_path: Path, text: str, changes: dict[str, object], code: str
) -> None:
    with raises(code, InputError):
        load_benchmark(written(tmp_path, text, **changes))


@pytest.mark.skipif(not MMSU.exists(), reason="the shared data (../shared) is not here")
def test_mmsu_is_read_by_a_field_map(tmp_path: Path) -> None:
    record = json.loads(gzip.decompress(MMSU.read_bytes()).splitlines()[0])
    choices = [name for name in record if name.startswith("choice")]
    fields = f"""file = "{MMSU}"
name = "mmsu"
[fields]
id = "id"
audio_path = "audio_path"
question = "question"
choices = {json.dumps(choices)}
answer = "answer_gt"
category = "category"
sub-category = "sub-category"
[values]
modality = "speech"
"""
    (tmp_path / "mmsu.toml").write_text(fields)
    mapped = load_benchmark(tmp_path / "mmsu.toml")
    known = load_benchmark(MMSU)  # the layout needs no map
    assert len(known) == 5000
    assert known.digest == mapped.digest == CATALOGUE["mmsu"].digest
    assert sum(item.answer not in item.choices for item in known) == 55
    assert known[0].to_record() == record
    assert not known[0].audio_path.startswith("/")
