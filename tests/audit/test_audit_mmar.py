"""The audit of the real MMAR: every count, and why some differ from counts made in another way.

The records are read here once more, with nothing but json and regular expressions, so that a count does not
stand on the code that it checks.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from itertools import combinations
from typing import Any

import pytest

from mmar.audit import Audit, Finding, Outcome, audit
from mmar.items import load_benchmark
from real_data import MMAR, needs_real_data

pytestmark = needs_real_data

COUNTS = {
    "S007": 8,
    "C001": 28,
    "C002": 4,
    "C006": 10,
    "A003": 1,
    "A004": 2,
    "A005": 5,
    "I001": 46,
    "I002": 7,
    "T001": 45,
    "T003": 18,
    "U002": 136,
    "U003": 26,
    "U004": 32,
    "U005": 6,
    "L002": 1,
    "L003": 29,
    "V001": 59,
    "V002": 29,
    "R001": 752,
    "R003": 23,
}


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    return [json.loads(line) for line in MMAR.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def result() -> Audit:
    return audit(load_benchmark(MMAR, lenient=True))


def of(result: Audit, code: str) -> Outcome:
    return next(each for each in result.outcomes if each.code == code)


def findings(result: Audit, code: str) -> tuple[Finding, ...]:
    return of(result, code).findings


def items(result: Audit, code: str) -> set[str | None]:
    return {finding.item for finding in findings(result, code)}


def seconds(clock: str) -> int:
    return sum(int(part) * 60**power for power, part in enumerate(reversed(clock.split(":"))))


def spans(record: dict[str, Any]) -> list[tuple[int, int]]:
    parts = re.findall(r"([\d:]+),([\d:]+)", record["timestamp"])
    return [(seconds(start), seconds(end)) for start, end in parts]


def video_of(record: dict[str, Any]) -> str:
    """The source by the item's id, whose first part is the video's."""
    match = re.match(r"BV\w{10}|.{11}", record["id"])
    assert match
    return match[0]


def test_every_count(result: Audit) -> None:
    assert {each.code: len(each.findings) for each in result.outcomes if each.findings} == COUNTS
    assert (result.count("error"), result.count("warning"), result.count("note")) == (32, 380, 855)


def test_choices_that_the_published_rule_takes_for_the_answer(result: Audit, records: list[Any]) -> None:
    def words(text: str) -> set[str]:
        return set(re.findall(r"\w+", text.lower()))

    expected = [
        (record["id"], choice)
        for record in records
        for choice in record["choices"]
        if choice != record["answer"] and words(choice) == words(record["answer"])
    ]
    assert [(finding.item, finding.current) for finding in findings(result, "C001")] == expected
    assert (len(expected), of(result, "C001").items) == (28, 20)


def test_empty_choices_and_stray_white_space(result: Audit, records: list[Any]) -> None:
    assert items(result, "C002") == {record["id"] for record in records if "" in record["choices"]}
    untidy = {
        record["id"]
        for record in records
        if any(choice and choice != " ".join(choice.split()) for choice in record["choices"])
    }
    assert items(result, "C006") == untidy
    questions = {r["id"] for r in records if r["question"] != " ".join(r["question"].split())}
    assert items(result, "S007") == questions


def test_the_key(result: Audit, records: list[Any]) -> None:
    (measure,) = of(result, "A001").measures
    slots = Counter((len(r["choices"]), r["choices"].index(r["answer"])) for r in records)
    assert measure.values["answers_by_slot"] == {
        "2": [slots[2, index] for index in range(2)],
        "4": [slots[4, index] for index in range(4)],
    }
    assert measure.values["p"] > 0.5
    longest, shortest = of(result, "A002").measures
    assert (longest.values["longest"], longest.values["n"]) == (232, 762)
    assert (shortest.values["shortest"], shortest.values["n"]) == (225, 712)
    # Numbers alone, as 80 of the 122 items have them: the answer is inner in 65, by chance it would be in 40.
    bare = [r for r in records if len(r["choices"]) > 2 and all(c.strip().isdigit() for c in r["choices"])]
    inner = 0
    for record in bare:
        numbers = [int(choice) for choice in record["choices"]]
        inner += min(numbers) < int(record["answer"]) < max(numbers)
    assert (inner, len(bare)) == (65, 80)
    (middle,) = of(result, "A003").measures
    assert (middle.values["inner"], middle.values["n"], middle.values["expected"]) == (94, 122, 61.0)
    polar = Counter(
        r["answer"].strip().lower()
        for r in records
        if sorted(c.strip().lower() for c in r["choices"]) == ["no", "yes"]
    )
    yes_no, numbers_2_to_5 = findings(result, "A004")
    assert yes_no.kind == "No / Yes"
    assert polar == {"no": 57, "yes": 30}
    assert len(yes_no.others) == 87
    assert numbers_2_to_5.kind == "3 / 4 / 2 / 5"


def test_ids_and_file_names(result: Audit, records: list[Any]) -> None:
    differ = {r["id"] for r in records if r["audio_path"] != f"./audio/{r['id']}.wav"}
    assert items(result, "I001") == differ
    assert len(differ) == 46
    assert of(result, "I001").kinds == {
        "times written otherwise": 20,
        "no times in the name": 19,
        "other times": 7,
    }
    wrong = set()
    for record in records:
        clocks = re.search(r"_([\d-]+)_([\d-]+)$", record["id"])
        assert clocks
        times = tuple(seconds(clock.replace("-", ":")) for clock in clocks.groups())
        if times != spans(record)[0]:
            wrong.add(record["id"])
    assert items(result, "I002") == wrong
    assert wrong < differ


def test_timestamps(result: Audit, records: list[Any]) -> None:
    clock = r"\d\d:\d\d:\d\d"
    odd = {r["id"] for r in records if not re.fullmatch(f"{clock},{clock}", r["timestamp"])}
    assert items(result, "T001") == odd
    assert of(result, "T001").kinds == {"one part": 27, "several parts": 18}
    assert items(result, "T003") == {r["id"] for r in records if len(spans(r)) > 1}
    for finding in findings(result, "T001"):
        assert spans({"timestamp": finding.proposed}) == spans({"timestamp": finding.current})


def test_addresses(result: Audit, records: list[Any]) -> None:
    shared = {r["id"] for r in records if "vd_source=" in r["url"]}
    assert len(shared) == 125
    assert {f.item for f in findings(result, "U002") if f.kind == "vd_source"} == shared
    # Eleven more name who copied them without it: YouTube's `si`, and five of the Bilibili app's own links.
    assert of(result, "U002").kinds == {"vd_source": 125, "si": 6, "buvid": 5}
    for finding in (*findings(result, "U002"), *findings(result, "U003")):
        assert not re.search(r"vd_source|spm_id|buvid|share_|[?&]si=|feature=", finding.proposed)
        assert video_of({"id": finding.item}) in finding.proposed or "b23.tv" in finding.proposed
    assert items(result, "U004") == {r["id"] for r in records if "b23.tv/" in r["url"]}
    # Three end in a line break; three hold two addresses, which others count as white space too.
    assert of(result, "U005").kinds == {"several addresses": 3, "white space around": 3}
    assert items(result, "U005") == {r["id"] for r in records if re.search(r"\s", r["url"])}


def test_languages(result: Audit, records: list[Any]) -> None:
    (korean,) = findings(result, "L002")
    assert (korean.current, korean.proposed) == ("kr", "ko")
    silent = {r["id"] for r in records if "speech" in r["modality"] and not r["language"]}
    assert items(result, "L003") == silent
    assert len(silent) == 29


def test_videos(result: Audit, records: list[Any]) -> None:
    videos = Counter(map(video_of, records))
    shared = [count for count in videos.values() if count > 1]
    assert (len(videos), len(shared), sum(shared)) == (911, 59, 148)
    assert of(result, "V001").measures[0].values == {"sources": 911}
    assert (len(findings(result, "V001")), of(result, "V001").items) == (59, 148)


def pairs(records: list[Any], key: Any) -> set[frozenset[str]]:
    """Pairs of items of one source that share a second, with a source's name as `key` tells it."""
    groups = defaultdict(list)
    for record in records:
        if (name := key(record)) is not None:
            groups[name].append(record)
    return {
        frozenset((one["id"], other["id"]))
        for group in groups.values()
        for one, other in combinations(group, 2)
        if any(max(a, c) < min(b, d) for a, b in spans(one) for c, d in spans(other))
    }


def test_overlaps_are_29_and_why_others_count_26_or_27(result: Audit, records: list[Any]) -> None:
    audited = {frozenset((f.item, *f.others)) for f in findings(result, "V002")}
    assert audited == pairs(records, video_of)
    assert len(audited) == 29

    # 26: a video is known by the letters of its address.
    by_address = pairs(records, lambda record: record["url"])
    assert len(by_address) == 26
    assert by_address < audited

    # 27: by the id within its address. One pair is of one Short with and without `?feature=share`.
    def linked(record: dict[str, Any]) -> str | None:
        match = re.search(r"(?:v=|shorts/|youtu\.be/|video/)(BV\w{10}|[\w-]{11})", record["url"])
        return match[1] if match else None

    by_linked_id = pairs(records, linked)
    assert len(by_linked_id) == 27
    (short,) = by_linked_id - by_address
    assert {video_of({"id": each}) for each in short} == {"SYplnnyOCi4"}

    # 29: two more, of which one item has a b23.tv link, and only its own id names the video.
    by_id = {each["id"]: each for each in records}
    for pair in audited - by_linked_id:
        assert sum("b23.tv" in by_id[each]["url"] for each in pair) == 1

    # 26 is also what comes of comparing each clip with the next one of its video only: of one video there
    # are four clips, each of which overlaps every other, which makes three neighbours and six pairs.
    clips = defaultdict(list)
    for record in records:
        clips[video_of(record)] += [(start, end, record["id"]) for start, end in spans(record)]
    neighbours = {
        frozenset((one[2], other[2]))
        for group in clips.values()
        for one, other in zip(sorted(group), sorted(group)[1:], strict=False)
        if one[2] != other[2] and other[0] < one[1]
    }
    assert len(neighbours) == 26
    assert {video_of({"id": each}) for pair in audited - neighbours for each in pair} == {"6lSseRcPSMY"}


def test_rubrics_that_name_the_answer_are_752_and_why_others_count_762_or_763(
    result: Audit, records: list[Any]
) -> None:
    def holding(strip: bool) -> set[str]:
        """Items whose answer's letters stand in a scoring point, small or capital."""
        return {
            r["id"]
            for r in records
            if any(
                (r["answer"].strip() if strip else r["answer"]).lower() in each["scoring_point"].lower()
                for each in r["rubric"]
            )
        }

    as_published, stripped = holding(False), holding(True)
    assert (len(as_published), len(stripped)) == (762, 763)
    by_id = {each["id"]: each for each in records}
    # The one is an answer with a blank at its end.
    assert [by_id[each]["answer"] for each in stripped - as_published] == ["Connor "]

    points = {f.item for f in findings(result, "R001") if f.kind == "scoring point"}
    assert len(points) == 748
    # Letters within other words name nothing: “No” in “not”, “South Africa” in “South African”.
    inside = Counter(by_id[each]["answer"] for each in stripped - points)
    assert set(inside) == {"No", "South Africa", "Bullet"}
    assert inside.total() == 22
    # And a full stop or quotation marks around an answer do not hide it.
    dressed = {by_id[each or ""]["answer"] for each in points - stripped}
    assert all(answer[-1] in ".”" for answer in dressed)
    assert len(points - stripped) == 7
    assert of(result, "R001").kinds == {"scoring point": 748, "name or note": 4}
