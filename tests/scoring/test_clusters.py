"""The interval by source video: which items belong together, and when it is said."""

from __future__ import annotations

import msgspec
import pytest

from mmar.api import score
from mmar.items import Benchmark, Item, load_benchmark
from mmar.items.source_video import clusters_of
from mmar.reports.score_table import score_table
from real_data import MMAR, needs_real_data


def item(index: int, url: str | None) -> Item:
    return Item(f"id-{index}", "./a.wav", "Which?", ("one", "two"), "one", "sound", "Signal Layer", url=url)


def video(name: str) -> str:
    return f"https://www.youtube.com/watch?v={name:_<11}"


def test_spellings_of_one_video_are_one_cluster_and_items_without_one_stand_alone() -> None:
    urls = [video("a"), f"https://youtu.be/{'a':_<11}?si=x", video("b"), None, None]
    clusters = clusters_of(item(index, url) for index, url in enumerate(urls))
    assert len(set(clusters)) == 4
    assert clusters[0] == clusters[1]


def test_an_item_that_is_called_like_a_video_is_not_in_it() -> None:
    named = msgspec.structs.replace(item(1, None), id=f"{'a':_<11}")
    one, two = clusters_of((item(0, video("a")), named))
    assert one != two


def test_the_error_is_that_of_the_definition() -> None:
    # Mean 1/2; cluster sums of deviations 1, -1/2, -1/2; sqrt(3/2 · 3/2)/4 = 3/8.
    items = tuple(item(index, video(name)) for index, name in enumerate("aabc"))
    answers = zip(items, ("one", "one", "two", "two"), strict=True)
    result = score({each.id: answer for each, answer in answers}, Benchmark(items, "x")).choice.clustered
    assert result is not None
    assert result.standard_error == pytest.approx(37.5)
    assert result.clusters == 3


def test_a_benchmark_with_videos_has_both_intervals() -> None:
    items = tuple(item(index, video("ab"[index // 10])) for index in range(20))
    texts = [
        {"id": each.id, "answer_prediction": "one" if index < 10 else "two"}
        for index, each in enumerate(items)
    ]
    result = score(texts, Benchmark(items, "made-up"))
    assert result.choice.clustered is not None
    assert result.choice.clustered.clusters == 2
    # One video all right, the other all wrong: twenty items say no more than two.
    low, high = result.choice.clustered.interval
    assert (low, high) == pytest.approx((50 - (high - low) / 2, 50 + (high - low) / 2))
    assert low < 5 < result.choice.interval[0]
    assert "by 2 source videos" in score_table(result)
    written = result.to_dict()["scores"]["choice"]["clustered"]
    assert set(written) == {"interval", "clusters", "standard_error"}
    assert written["standard_error"] == pytest.approx(50)
    assert "clustered" not in result.to_dict()["groups"]["modality"]["sound"]["choice"]


def test_without_videos_there_is_no_clustered_interval() -> None:
    items = tuple(item(index, None) for index in range(4))
    result = score([{"id": each.id, "answer_prediction": "one"} for each in items], Benchmark(items, "x"))
    assert result.choice.clustered is None
    assert "clustered" not in score_table(result)
    assert "clustered" not in result.to_dict()["scores"]["official"]


@needs_real_data
def test_the_thousand_items_come_from_911_videos() -> None:
    known = load_benchmark(MMAR)
    result = score(
        ({"id": each.id, "answer_prediction": each.choices[0]} for each in known), known
    ).official.clustered
    assert result is not None
    assert result.clusters == 911
