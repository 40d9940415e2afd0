"""Other benchmarks' published layouts."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pytest

import mmar
from expect import raises
from mmar.items import Benchmark, load_benchmark
from real_data import SHARED, needs_real_data

SAKURA = {
    f"data/Animal/audio/{name}.wav": {
        "attribute_label": name,
        "single_instruction": "Which animal (by its sound)? (a) dog (b) cat",
        "single_answer": f" ({'a' if name == 'dog' else 'b'}) {name}",
        "multi_instruction": "How does it move? (a) It walks (b) It flies.",
        "multi_answer": "(a) It walks",
    }
    for name in ("dog", "cat")
}


def sakura(folder: Path, *tracks: str) -> Path:
    for track in tracks:
        (folder / track / "audio").mkdir(parents=True)
        (folder / track / "metadata.json").write_text(json.dumps(SAKURA).replace("Animal", track))
    return folder


def test_sakura_has_two_questions_of_each_clip(tmp_path: Path) -> None:
    folder = sakura(tmp_path / "data", "Animal", "Emotion")
    loaded = mmar.load(folder)
    assert (loaded.name, len(loaded), loaded.audio_dir) == ("sakura", 8, folder)
    item = loaded["Animal/cat/single"]
    assert (item.question, item.choices, item.answer) == (
        "Which animal (by its sound)?",
        ("dog", "cat"),
        "cat",
    )
    assert (item.audio_path, item.modality, item.category) == ("Animal/audio/cat.wav", "animal", "single-hop")
    track = mmar.load(folder / "Animal")
    assert track.audio_dir == folder / "Animal"
    assert track["Animal/cat/multi"].audio_path == "audio/cat.wav"


def test_a_track_of_sakura_as_a_table_is_the_same(tmp_path: Path) -> None:
    folder = sakura(tmp_path / "data", "Animal")
    table = folder / "Animal" / "metadata.csv"
    with table.open("w", newline="") as file:
        rows = csv.DictWriter(file, ["file", *next(iter(SAKURA.values()))])
        rows.writeheader()
        rows.writerows({"file": Path(clip).name, **row} for clip, row in SAKURA.items())
    assert load_benchmark(table).digest == load_benchmark(folder / "Animal" / "metadata.json").digest


def test_the_second_hop_given_the_first(tmp_path: Path) -> None:
    folder = sakura(tmp_path / "data", "Animal", "Emotion")
    right = {item.id: item.answer for item in mmar.load(folder)}
    answers = {**right, "Animal/dog/single": "cat", "Emotion/cat/multi": "It flies."}
    hops = mmar.score(answers, folder).hops
    assert hops is not None
    assert (hops.n, hops.single.correct, hops.multi.correct, hops.both) == (4, 3, 3, 2)
    assert hops.given_single.accuracy == pytest.approx(100 * 2 / 3)
    assert hops.given_wrong.accuracy == 100.0
    assert hops.tracks["animal"].given_single.accuracy == 100.0
    del answers["Emotion/dog/multi"]
    missing = mmar.score(answers, folder).hops
    assert missing is not None
    assert missing.n == 3


def music_rows() -> list[dict[str, str]]:
    return [
        {
            "question": f"What plays in {index}?",
            "correct_answer": "a piano",
            "distractor_1_answer": "a violin",
            "distractor_2_answer": "a drum",
            "distractor_3_answer": "a harp",
            "dataset": dataset,
            "dataset_identifier": identifier,
            "genre": "Jazz",
            "music_knowledge": "['instrumentation']",
            "music_reasoning": "" if index else "['mood', 'genre and style']",
        }
        for index, (dataset, identifier) in enumerate(
            [("sdd", "415607.json"), ("sdd", "415607.json"), ("musiccaps", "a_b-c_1.json")]
        )
    ]


def test_muchomusic_has_shuffled_choices_and_groups(tmp_path: Path) -> None:
    path = tmp_path / "muchomusic.csv"
    with path.open("w", newline="") as file:
        rows = csv.DictWriter(file, list(music_rows()[0]))
        rows.writeheader()
        rows.writerows(music_rows())
    loaded = load_benchmark(path)
    assert [item.id for item in loaded] == ["415607-1", "415607-2", "a_b-c_1-1"]
    assert loaded[0].audio_path == "sdd/audio/07/415607.2min.mp3"
    assert sorted(loaded[0].choices) == ["a drum", "a harp", "a piano", "a violin"]
    assert loaded[0].choices == load_benchmark(path)[0].choices
    assert [item.category for item in loaded] == ["knowledge and reasoning", "knowledge", "knowledge"]
    score = mmar.score({item.id: "a piano" for item in loaded}, loaded)
    assert score.groups["music_reasoning"]["mood"].n == 1
    assert score.groups["music_knowledge"]["instrumentation"].choice.correct == 3


def test_prompts_of_muchomusic_with_answers_are_scored_alone(tmp_path: Path) -> None:
    prompts = [
        {
            "id": 7,
            "prompt": "Question: An example?\n Options: (A) x (B) y \n The correct answer is: A\n "
            * (index % 2)
            + f"Question: Which {index}?\n Options: (A) jazz (B) soul (C) rock (D) folk \n The correct answer is: ",
            "answers": ["jazz", "soul", "rock", "folk"],
            "answer_orders": [1, 0, 3, 2],
            "dataset": "sdd",
            "genre": "Pop",
            "reasoning": ["mood"],
            "knowledge": [],
            "audio_path": "data/7.mp3",
            "model_output": "B",
        }
        for index in range(2)
    ]
    path = tmp_path / "prompts.json"
    path.write_text(json.dumps(prompts))
    score = mmar.score(path)
    assert (score.n, score.choice.correct) == (2, 2)
    assert load_benchmark(path)[1].question == "Which 1?"


def test_rul_muchomusic_is_read_by_id(tmp_path: Path) -> None:
    path = tmp_path / "RUL.json"
    row = {
        "question": "Which?",
        "caption": "A piano.",
        "correct_answer": "one",
        "distractors": ["two", "three", "four", "five"],
        "PI": 0.9,
    }
    path.write_text(json.dumps({"12": row, "13": row}))
    loaded = load_benchmark(path)
    assert (loaded.name, loaded[0].id, loaded[0].audio_path) == ("rul-muchomusic", "12", "12.mp3")
    assert sorted(loaded[0].choices) == ["five", "four", "one", "three", "two"]
    assert "caption" not in loaded[0].question


def test_groups_of_any_depth_by_a_field_map(tmp_path: Path) -> None:
    records = [
        {"id": name, "clip": "a.wav", "q": "?", "c": ["x", "y"], "a": "x", "deep": deep, "deeper": name}
        for name, deep in (("one", ["p", "q"]), ("two", "q"), ("three", None))
    ]
    (tmp_path / "own.json").write_text(json.dumps(records))
    (tmp_path / "own.toml").write_text(
        'file = "own.json"\ngroups = ["deep", "deeper"]\n[fields]\nid = "id"\naudio_path = "clip"\nquestion = "q"\n'
        'choices = "c"\nanswer = "a"\n[values]\nmodality = "sound"\ncategory = "all"\n'
    )
    score = mmar.score({"one": "x", "two": "y"}, tmp_path / "own.toml")
    assert {name: group.n for name, group in score.groups["deep"].items()} == {"p": 1, "q": 2}
    assert score.groups["deep"]["q"].choice.correct == 1
    three = score.groups["deeper"]["three"]
    assert (three.n, three.asked is not None and three.asked.n) == (1, 0)


def test_damaged_parquet_is_an_input_error(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "test.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with raises("damaged-parquet"):
        mmar.load(path)


@needs_real_data
def test_the_first_mmau_file_has_ids_of_clips() -> None:
    first = load_benchmark(SHARED / "mmau" / "editions" / "2024-10-23-1c6af99.json.gz")
    second = load_benchmark(SHARED / "mmau" / "editions" / "2024-10-25-78fe032.json.gz")
    assert (first.name, len(first)) == ("mmau-mini", 1000)
    assert set(first.by_id) == set(second.by_id)


@needs_real_data
def test_mmsu_is_grouped_down_to_its_tasks(tmp_path: Path) -> None:
    with gzip.open(SHARED / "mmsu" / "mmsu.jsonl.gz") as file:
        names = {json.loads(line)["task_name"] for line in file}
    loaded: Benchmark = load_benchmark(SHARED / "mmsu" / "mmsu.jsonl.gz")
    score = mmar.score({item.id: item.answer for item in loaded[:50]}, loaded)
    assert set(score.groups["task_name"]) == names
    assert {"sub-sub-category", "linguistics_sub_discipline"} <= set(score.groups)


@pytest.mark.parametrize("choices", [True, 3, "text", {"a": 1}])
def test_choices_of_another_type_are_an_input_error(tmp_path: Path, choices: object) -> None:
    record = {
        "id": "a",
        "audio_path": "a.wav",
        "question": "?",
        "choices": choices,
        "modality": "m",
        "category": "c",
    }
    (tmp_path / "odd.jsonl").write_text(f"{json.dumps(record)}\n")
    with raises("wrong-type", field="choices"):
        load_benchmark(tmp_path / "odd.jsonl")
