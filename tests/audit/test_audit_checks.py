"""Every code: a benchmark without that fault, and one with it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET
from scipy import stats
from single_check import Maker, many, run_check, spoiled

from mmar.audit import CHECKS, Link, Outcome, SystemRun, Unheard
from mmar.errors import InputError
from mmar.items import Item


def rubric(point: str = "Give a point.", *, count: int = 5, scores: Any = (0, 1)) -> list[dict[str, Any]]:
    return [
        {"name": f"Criterion {index}", "scoring_point": point, "note": "", "choices": list(scores)}
        for index in range(count)
    ]


URL = "https://www.bilibili.com/video/BV1000000000/"
TENTH = "BV1000000009_00-01-00_00-01-10"

# By code: what to change in the first items, and what the findings are about.
SPOILED: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "S005": ([{"question": "  "}], ["question"]),
    "S006": ([{"question": "What is “A\u200bB”?"}, {"thinking": "donâ€™t"}], ["question", "thinking"]),
    "S007": ([{"question": "What is it?\n"}, {"question": "What  is it?"}], ["question", "question"]),
    "S008": ([{"modality": "Sound"}, {"source": " "}], ["modality", "source"]),
    "S009": ([{}, {"category": "Perception Layer"}], ["category"]),
    "C001": ([{"choices": ["near to far", "far to near", "still"], "answer": "near to far"}], ["choices"]),
    "C002": ([{"choices": ["Nine", "Two", ""], "answer": "Two"}], ["choices"]),
    "C003": ([{"choices": ["Nine", "Two", "“two”."], "answer": "Nine"}], ["choices"]),
    "C004": ([{"choices": ["**", "Two"], "answer": "Two"}], ["choices"]),
    "C005": ([{"choices": ["?", "Two"], "answer": "?"}], ["answer"]),
    "C006": ([{"choices": ["Nine ", "Two"], "answer": "Nine "}], ["choices", "answer"]),
    "C007": ([{"choices": ["D", "G", "C", "F"], "answer": "G"}], ["choices"]),
    "C008": ([{"choices": ["Nine", "None of the above"], "answer": "Nine"}], ["choices"]),
    "A005": ([{"question": "Is it the flute? Which?", "choices": ["Flute", "Horn"], "answer": "Flute"}], ["question"]),
    "I001": ([{"audio_path": "audio/other_take.wav"}], ["id"]),
    "I002": ([{"timestamp": "00:02:00,00:02:10"}], ["id"]),
    "I003": ([{"id": TENTH.lower()}], ["id"]),
    "I004": ([{"audio_path": "../secret.wav"}], ["audio_path"]),
    "I005": ([{}, {"audio_path": "./audio/BV1000000000_00-01-00_00-01-10.wav"}], ["audio_path"]),
    "T001": ([{"timestamp": "1:00,1:10"}, {"timestamp": "1:00,1:05;1:08,1:13"}], ["timestamp", "timestamp"]),
    "T002": ([{"timestamp": "00:01:10,00:01:00"}, {"timestamp": "later"}], ["timestamp", "timestamp"]),
    "T003": ([{"timestamp": "00:01:00,00:01:05;00:01:08,00:01:13"}], ["timestamp"]),
    "T004": ([{"timestamp": None}, {"timestamp": " "}], ["timestamp", "timestamp"]),
    "T005": ([{"url": f"{URL}\nhttps://youtu.be/abcdefghijk"}], ["timestamp"]),
    "U001": ([{"url": "https://example.org/a"}, {"url": None}], ["url", "url"]),
    "U002": ([{"url": f"{URL}?vd_source=1"}], ["url"]),
    "U003": ([{"url": f"{URL}?spm_id_from=333"}], ["url"]),
    "U004": ([{"url": "https://b23.tv/abc"}], ["url"]),
    "U005": ([{"url": f" {URL}"}, {"url": f"{URL}\nhttps://youtu.be/abcdefghijk"}], ["url", "url"]),
    "U006": ([{"url": "https://www.bilibili.com/video/BV1999999999/"}], ["url"]),
    "U007": ([{"source": "YouTube"}], ["source"]),
    "L001": ([{"language": "english"}, {"language": "eng"}, {"language": "zh-CN"}], ["language"] * 3),
    "L002": ([{"language": "jp"}], ["language"]),
    "L003": ([{"language": "en"}, {"language": None}], ["language"]),
    "L004": ([{"language": "en,ja"}, {"language": "en|en"}], ["language", "language"]),
    "V001": ([{}, {"url": URL}], ["url"]),
    "V002": ([{}, {"url": URL, "timestamp": "00:01:05,00:01:15"}], ["timestamp"]),
    "V003": (
        [{}, {"url": URL, "question": "How many bells ring", "choices": ["One", "Two"], "answer": "Two"}],
        ["question"],
    ),
    "R001": ([{"rubric": rubric("Award a point for “two”.")}], ["rubric"]),
    "R002": ([{"rubric": rubric(count=4)}, {"rubric": rubric(scores=(0, 2))}], ["rubric", "rubric"]),
    "R003": ([{"rubric": None}, {"cue": []}], ["rubric", "cue"]),
}  # fmt: skip
# Made in tests of their own: they need more than a changed field.
ELSEWHERE = {
    "S001",
    "S002",
    "S003",
    "S004",
    "A001",
    "A002",
    "A003",
    "A004",
    "U008",
    "N001",
    "N002",
    "M001",
    "M002",
    "M003",
} | {f"D00{index}" for index in range(1, 7)}


def systems(items: list[Item], *rows: str) -> tuple[SystemRun, ...]:
    """Runs of systems; a letter for each item is the choice that it names, the first being right."""
    return tuple(
        SystemRun(
            f"run {index}",
            {item.id: letter == "a" for item, letter in zip(items, row, strict=True)},
            {item.id: "abcd".index(letter) for item, letter in zip(items, row, strict=True)},
        )
        for index, row in enumerate(rows)
    )


def test_items_over_several_systems(item: Maker) -> None:
    items = many(item, 6, choices=lambda _: ["One", "Two", "Three", "Four"], answer=lambda _: "One")
    # The last item is missed by the stronger systems, all with the second choice.
    runs = systems(items, "aaaaab", "aaaaab", "aaaabb", "bbaaba", "bbbbba", "bbbbba")
    assert [finding.item for finding in run_check("M001", items, systems=runs).findings] == [items[5].id]
    assert [finding.item for finding in run_check("M002", items, systems=runs).findings] == [items[5].id]
    assert run_check("M003", items, systems=runs).findings == ()  # too few wrong answers
    many_wrong = systems(items, *["bbbbbb"] * 8, *["cccccc"] * 8)
    result = run_check("M003", items, systems=many_wrong).findings
    assert [(finding.item, finding.current) for finding in result] == [(each.id, "Four") for each in items]
    assert run_check("M001", items, systems=runs[:1]).skipped == "systems"


def test_every_check_of_a_benchmark_is_tried() -> None:
    assert set(SPOILED) | ELSEWHERE == {check.code for check in CHECKS}


@pytest.mark.parametrize("code", [check.code for check in CHECKS if check.needs == "records"])
def test_a_clean_benchmark_has_no_findings(code: str, item: Maker) -> None:
    assert run_check(code, spoiled(item)).findings == ()


@pytest.mark.parametrize("code", SPOILED)
def test_each_fault_is_found(code: str, item: Maker) -> None:
    changes, fields = SPOILED[code]
    items = spoiled(item, *changes)
    result = run_check(code, items)
    assert [finding.field for finding in result.findings] == fields
    changed = {each.id for each, change in zip(items, changes, strict=False) if change}
    for finding in result.findings:
        assert finding.message
        assert changed & {finding.item, *finding.others} or finding.item == TENTH
    # And no more than the items that were spoiled, with those they are compared with.
    assert result.items <= 2 * len(changes)


@pytest.mark.parametrize(
    ("code", "field"),
    [("S001", None), ("S001", "question"), ("S002", "id"), ("S003", "answer"), ("S004", "choices[2]")],
)
def test_records_that_cannot_be_read_are_findings(code: str, field: str | None, item: Maker) -> None:
    fault = InputError("is not what it should be", file="set.jsonl", line=7, field=field)
    (finding,) = run_check(code, spoiled(item), faults=(fault,)).findings
    assert finding.message == "line 7: is not what it should be"
    assert finding.field == field
    others = {"S001", "S002", "S003", "S004"} - {code}
    assert not any(run_check(other, spoiled(item), faults=(fault,)).findings for other in others)


def test_videos_that_are_gone(item: Maker) -> None:
    items = spoiled(item)
    urls = [each.url or "" for each in items]
    links = {
        urls[0]: Link(urls[0], True, "code 0"),
        urls[1]: Link(urls[1], False, "code -404"),
        urls[2]: Link(urls[2], None, "HTTP 429"),
    }
    result = run_check("U008", items, links=links)
    assert [finding.item for finding in result.findings] == [items[1].id]
    assert result.measures[0].values == {"asked": 3, "open": 1}
    assert run_check("U008", items).skipped == "network"


def test_a_short_link_that_was_followed_is_proposed_by_its_video(item: Maker) -> None:
    short = "https://b23.tv/abc"
    items = [item(url=f"{short}\nhttps://www.bilibili.com/video/BV1999999999?p=2&vd_source=1")]
    (unknown,) = run_check("U004", items).findings
    assert unknown.proposed is UNSET
    assert "BV1999999999" in unknown.message
    links = {short: Link(short, True, "code 0", "https://www.bilibili.com/video/BV1888888888/")}
    (finding,) = run_check("U004", items, links=links).findings
    assert finding.proposed == (
        "https://www.bilibili.com/video/BV1888888888/\nhttps://www.bilibili.com/video/BV1999999999/?p=2"
    )


def test_items_solved_without_audio(item: Maker) -> None:
    items = many(item, 40, choices=lambda _: ["North", "East", "South", "West"], answer=lambda index: "East")
    lucky = Unheard("lucky", {each.id: index % 4 == 0 for index, each in enumerate(items)})
    knowing = Unheard("knowing", {each.id: index % 2 == 0 for index, each in enumerate(items)})
    assert len(run_check("N001", items, unheard=(lucky,)).findings) == 10
    both = run_check("N001", items, unheard=(lucky, knowing))
    assert [finding.item for finding in both.findings] == [each.id for each in items[::4]]
    result = run_check("N002", items, unheard=(lucky, knowing))
    assert [finding.kind for finding in result.findings] == ["knowing"]
    assert result.measures[1].values["p"] == pytest.approx(stats.binom.sf(19, 40, 1 / 4))
    assert run_check("N001", items).skipped == "unheard"


def test_country_codes_that_are_languages_too(item: Maker) -> None:
    def languages(*codes: str) -> Outcome:
        return run_check("L002", [item(index, language=code) for index, code in enumerate(codes)])

    assert languages("kr", "kr").findings == ()  # Kanuri, for all that is known
    (finding,) = languages("kr", "ko", "en|ko").findings
    assert finding.proposed == "ko"
    (finding,) = languages("en|jp", "en").findings
    assert finding.proposed == "en|ja"


@pytest.mark.parametrize(
    ("code", "change", "proposed"),
    [
        ("S006", {"question": "Itâ€™s what?"}, "It’s what?"),
        ("S007", {"question": " What  is\tit?\n"}, "What is it?"),
        ("C002", {"choices": ["Two", "", "Nine"]}, ["Two", "Nine"]),
        ("C006", {"choices": ["Two", " Nine"]}, ["Two", "Nine"]),
        ("T001", {"timestamp": "1:00-1:05\n10:08,10:13"}, "00:01:00,00:01:05;00:10:08,00:10:13"),
        ("U002", {"url": f"{URL}?p=2&vd_source=1&spm_id_from=3"}, f"{URL}?p=2"),
        ("U005", {"url": f"{URL}\n"}, URL),
        ("L001", {"language": "ZH-CN|en"}, "zh|en"),
        ("L004", {"language": "en / ja|en"}, "en|ja"),
    ],
)
def test_a_correction_that_is_certain_is_proposed(
    code: str, change: dict[str, Any], proposed: Any, item: Maker
) -> None:
    (finding,) = run_check(code, spoiled(item, change)).findings
    assert finding.current == next(iter(change.values()))
    assert finding.proposed == proposed
    # What is proposed has no such fault any more.
    name = "choices" if code.startswith("C") else finding.field or ""
    assert run_check(code, spoiled(item, {**change, name: proposed})).findings == ()


def test_an_emoji_may_be_joined_but_not_a_word(item: Maker) -> None:
    assert run_check("S006", [item(question="What is 🧑\u200d🤝\u200d🧑 or 🏴\u200d☠️?")]).findings == ()
    assert len(run_check("S006", [item(question="wo\u200drd")]).findings) == 1


def test_ids_of_another_scheme_are_no_fault(item: Maker) -> None:
    items = many(item, 4, id=lambda index: f"question-{index}")
    assert run_check("I001", items).findings == ()
