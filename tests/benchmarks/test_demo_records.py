import json
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mmar.benchmarks.demo import records

MMAR = Path(__file__).parents[2] / "../shared/mmar/MMAR-meta.jsonl"
SEEDS = range(12)

MODALITIES = {
    "sound",
    "music",
    "speech",
    "mix-sound-music",
    "mix-sound-speech",
    "mix-music-speech",
    "mix-sound-music-speech",
}


@pytest.fixture(scope="module")
def mmar() -> list[dict[str, Any]]:
    if not MMAR.is_file():
        pytest.skip("needs ../shared/mmar/MMAR-meta.jsonl")
    return [json.loads(line) for line in MMAR.read_text(encoding="utf-8").splitlines()]


def test_it_asks_over_all_of_mmars_ground() -> None:
    items = records()
    assert len(items) >= 60
    modalities = Counter(item["modality"] for item in items)
    assert set(modalities) == MODALITIES
    assert min(modalities.values()) >= 7
    assert len({item["category"] for item in items}) == 4
    assert len({item["sub-category"] for item in items}) == 16


@pytest.mark.parametrize("seed", SEEDS)
def test_every_record_is_one_that_can_be_asked_and_scored(seed: int) -> None:
    items = records(seed)
    assert len({item["id"] for item in items}) == len(items)
    for item in items:
        assert item["audio_path"] == f"./audio/{item['id']}.wav"
        assert 2 <= len(item["choices"]) <= 6
        assert len(set(item["choices"])) == len(item["choices"])
        assert item["choices"].count(item["answer"]) == 1
        assert all(choice == choice.strip() and choice for choice in item["choices"])
        assert item["source"] == "synthesis"
        assert item["thinking"].endswith(".")
        assert item["cue"]
        assert all(item["cue"])
        assert len(item["rubric"]) == 5
        assert len({criterion["scoring_point"] for criterion in item["rubric"]}) == 5
        for criterion in item["rubric"]:
            assert list(criterion) == ["name", "scoring_point", "note", "choices"]
            assert criterion["choices"] == [0, 1]
        texts = [item["question"], item["thinking"], *item["cue"], *item["choices"]]
        texts += [criterion[part] for criterion in item["rubric"] for part in ("scoring_point", "note")]
        assert not [text for text in texts for fault in ("  ", " ,", " .", ",,", "{", "}") if fault in text]


def test_all_numbers_of_choices_occur() -> None:
    assert set(Counter(len(item["choices"]) for item in records())) == {2, 3, 4, 5, 6}


def test_fields_and_their_order_are_the_publishers(mmar: list[dict[str, Any]]) -> None:
    published = mmar[0]
    for item in records():
        assert list(item) == list(published)
        assert list(item["rubric"][0]) == list(published["rubric"][0])


def test_every_layer_and_sub_category_is_one_of_mmars_pairs(mmar: list[dict[str, Any]]) -> None:
    pairs = {(item["category"], item["sub-category"]) for item in mmar}
    assert {(item["category"], item["sub-category"]) for item in records()} == pairs
    assert {item["modality"] for item in records()} == {item["modality"] for item in mmar}


def test_no_question_or_rubric_is_taken_from_mmar(mmar: list[dict[str, Any]]) -> None:
    theirs = {item["question"].lower().rstrip("?. ") for item in mmar}
    assert not theirs & {item["question"].lower().rstrip("?. ") for item in records()}


def share(seed: int, choose: Any) -> float:
    items = records(seed)
    return sum(choose(item["choices"]) == item["answer"] for item in items) / len(items)


def chance(seed: int) -> tuple[float, float]:
    """Expected share of right answers when picking blindly, and its standard deviation."""
    rates = [1 / len(item["choices"]) for item in records(seed)]
    return sum(rates) / len(rates), math.sqrt(sum(rate * (1 - rate) for rate in rates)) / len(rates)


@pytest.mark.parametrize("slot", [0, 1, -1])
def test_taking_always_the_same_slot_is_worth_no_more_than_chance(slot: int) -> None:
    for seed in SEEDS:
        # Slots are dealt out evenly for each number of choices, so at most one item of each can be over.
        assert abs(share(seed, lambda choices: choices[slot]) - chance(seed)[0]) < 0.04


@pytest.mark.parametrize("pick", [max, min])
def test_the_length_of_a_choice_gives_nothing_away(pick: Any) -> None:
    for seed in SEEDS:
        expected, spread = chance(seed)
        assert abs(share(seed, lambda choices: pick(choices, key=len)) - expected) < 2.6 * spread
    mean = sum(share(seed, lambda choices: pick(choices, key=len)) for seed in SEEDS) / len(SEEDS)
    assert abs(mean - chance(0)[0]) < 0.04


def test_a_number_is_not_given_away_by_being_in_the_middle() -> None:
    below = above = 0
    for seed in range(40):
        for item in records(seed):
            if item["answer"].isdigit():
                others = [int(choice) for choice in item["choices"] if choice != item["answer"]]
                below += sum(other < int(item["answer"]) for other in others)
                above += sum(other > int(item["answer"]) for other in others)
    assert 0.7 < below / above < 1.4


def test_a_seed_fixes_every_word_and_another_seed_asks_otherwise() -> None:
    assert records(3) == records(3)
    changed = sum(one["answer"] != other["answer"] for one, other in zip(records(3), records(4), strict=True))
    assert changed > len(records()) // 3


def test_records_need_no_numerical_library() -> None:
    program = "import sys, mmar.benchmarks.demo as demo; demo.records(); print('numpy' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
