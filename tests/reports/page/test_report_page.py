"""Reports as files: the numbers and texts that a page holds."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mmar
from reports import blocks_of, write_predictions, write_questions


def test_the_same_inputs_give_the_same_bytes(three: tuple[Path, list[Path]], tmp_path: Path) -> None:
    questions, files = three
    first, second = (mmar.report(files, benchmark=questions, out=tmp_path / name) for name in ("a", "b"))
    assert first.path.read_bytes() == second.path.read_bytes()


def test_the_scores_are_those_of_the_score_command(three: tuple[Path, list[Path]], tmp_path: Path) -> None:
    questions, files = three
    blocks = blocks_of(mmar.report(files, benchmark=questions, out=tmp_path / "page").path.read_text("utf-8"))
    for run, file in zip(blocks["core"]["runs"], files, strict=True):
        expected = mmar.score(file, questions).to_dict()
        del expected["disagreements"]
        assert run["score"] == json.loads(json.dumps(expected))
        assert (
            run["verdicts"].count("1") + run["verdicts"].count("3")
            == expected["scores"]["official"]["correct"]
        )
        assert sum(digit in "23" for digit in run["verdicts"]) == expected["scores"]["choice"]["correct"]
        for letter, state in zip(
            "curfm", ("choice", "unresolved", "refused", "failed", "missing"), strict=True
        ):
            assert run["states"].count(letter) == expected["states"][state]
        assert run["cut"].count("1") == expected["cut_off"]


def test_the_differences_are_those_of_the_compare_command(
    three: tuple[Path, list[Path]], tmp_path: Path
) -> None:
    questions, files = three
    blocks = blocks_of(mmar.report(files, benchmark=questions, out=tmp_path / "page").path.read_text("utf-8"))
    expected = json.loads(json.dumps(mmar.compare(*files, benchmark=questions).to_dict()))
    for pair in expected["pairs"]:
        for name in ("only_first", "only_second"):
            del pair[name]
        del pair["groups"]["sub-category"]
    assert blocks["compare"] == expected


def test_a_run_has_one_name_in_addresses_wherever_it_stands(
    three: tuple[Path, list[Path]], tmp_path: Path
) -> None:
    questions, files = three

    def keys(order: list[Path], name: str) -> dict[str, str]:
        html = mmar.report(order, benchmark=questions, out=tmp_path / name).path.read_text("utf-8")
        return {run["file"]: run["key"] for run in blocks_of(html)["core"]["runs"]}

    before = keys(files[:2], "before")
    assert before.items() <= keys([files[2], files[1], files[0]], "after").items()
    twice = blocks_of(
        mmar.report([files[0]] * 2, benchmark=questions, out=tmp_path / "c").path.read_text("utf-8")
    )
    assert len({run["key"] for run in twice["core"]["runs"]}) == 2


def random_text(seed: int, length: int) -> str:
    rng = random.Random(seed)
    return "".join(rng.choices(string.ascii_letters + string.digits, k=length))


def test_texts_that_do_not_fit_lie_beside_the_page(tmp_path: Path) -> None:
    questions = write_questions(tmp_path / "meta.jsonl", 120)
    files = [tmp_path / f"{number}.jsonl" for number in range(4)]
    for number, file in enumerate(files):
        answers = [
            {
                "id": f"item-{index:04}",
                "answer_prediction": "A",
                "thinking_prediction": random_text(1000 * number + index, 15_000),
            }
            for index in range(120)
        ]
        file.write_text("".join(f"{json.dumps(each)}\n" for each in answers), "utf-8")
    written = mmar.report(files, benchmark=questions, out=tmp_path / "page", audio="none")
    beside = sorted((tmp_path / "page" / "texts").iterdir())
    assert written.text_files == len(beside) == 3
    assert written.size < 5_000_000
    assert blocks_of(written.path.read_text("utf-8"))["core"]["textMode"] == "files"
    # A later page that fits leaves no file of the earlier one.
    mmar.report(files[:1], benchmark=questions, out=tmp_path / "page", audio="none", texts="none")
    assert list((tmp_path / "page" / "texts").iterdir()) == []


@pytest.mark.parametrize(("texts", "blocks", "files"), [("inline", 2, 0), ("files", 0, 2), ("none", 0, 0)])
def test_where_the_texts_are_can_be_chosen(
    three: tuple[Path, list[Path]], tmp_path: Path, texts: Any, blocks: int, files: int
) -> None:
    questions, paths = three
    written = mmar.report(paths[:1], benchmark=questions, out=tmp_path / "page", texts=texts)
    inside = blocks_of(written.path.read_text("utf-8"))
    assert sum(name.startswith("t") for name in inside) == blocks
    assert written.text_files == files


def test_a_text_of_ten_megabytes_is_bounded(three: tuple[Path, list[Path]], tmp_path: Path) -> None:
    questions, _ = three
    item = json.loads(questions.read_text("utf-8").splitlines()[0])
    long = "word " * 2_000_000 + f"The answer is {item['answer']}."
    file = tmp_path / "long.jsonl"
    file.write_text(
        json.dumps({"id": item["id"], "answer_prediction": long, "thinking_prediction": long}) + "\n", "utf-8"
    )
    written = mmar.report(file, benchmark=questions, out=tmp_path / "page")
    assert written.size < 400_000
    core = blocks_of(written.path.read_text("utf-8"))["core"]
    assert core["texts"]["cut"] == 2


def test_a_file_of_whole_records_is_its_own_benchmark(tmp_path: Path) -> None:
    questions = write_questions(tmp_path / "meta.jsonl", 30)
    file = tmp_path / "whole.jsonl"
    records = [json.loads(line) for line in questions.read_text("utf-8").splitlines()]
    file.write_text(
        "".join(json.dumps(each | {"answer_prediction": each["answer"]}) + "\n" for each in records), "utf-8"
    )
    core = blocks_of(mmar.report(file, out=tmp_path / "page").path.read_text("utf-8"))["core"]
    assert core["runs"][0]["score"]["scores"]["choice"]["correct"] == 30
    assert core["items"]["id"] == [each["id"] for each in records]


def test_items_that_were_never_asked_are_marked_missing(tmp_path: Path) -> None:
    questions = write_questions(tmp_path / "meta.jsonl", 40)
    part = write_predictions(tmp_path / "part.jsonl", questions, 0.7, first=25)
    whole = write_predictions(tmp_path / "whole.jsonl", questions, 0.7, seed=1)
    blocks = blocks_of(
        mmar.report([part, whole], benchmark=questions, out=tmp_path / "page").path.read_text("utf-8")
    )
    assert blocks["core"]["runs"][0]["states"].count("m") == 15
    assert blocks["compare"]["asked"] == 25


def test_runs_without_a_common_item_are_shown_without_a_comparison(tmp_path: Path) -> None:
    questions = write_questions(tmp_path / "meta.jsonl", 20)
    lines = write_predictions(tmp_path / "all.jsonl", questions, 0.7).read_text("utf-8").splitlines()
    halves = [tmp_path / "first.jsonl", tmp_path / "second.jsonl"]
    halves[0].write_text("\n".join(lines[:10]), "utf-8")
    halves[1].write_text("\n".join(lines[10:]), "utf-8")
    written = mmar.report(halves, benchmark=questions, out=tmp_path / "page")
    assert len(written.notes) == 1
    assert blocks_of(written.path.read_text("utf-8"))["compare"] is None


def test_judgements_beside_a_run_are_shown_as_the_judge_command_scores_them(
    in_own_folder: None, tmp_path: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_judge.py").write_text(
        "import json\n"
        "import mmar\n"
        "ITEMS = mmar.load('demo')\n"
        "def ask(request):\n"
        "    rubric = ITEMS[request['id']].rubric\n"
        "    votes = [{'name': each.name, 'score': index % 2, 'justification': 'why'} for index, each in enumerate(rubric)]\n"
        "    return json.dumps(votes)\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    mmar.run("baseline/listener", "demo", out="run", limit=6)
    options = ("judge", "run", "--judge", "python:half_judge:ask", "--raters", "3", "--json")
    judged = json.loads(command(*options).out)
    blocks = blocks_of(mmar.report("run", out="page", audio="none").path.read_text("utf-8"))
    (run,) = blocks["core"]["runs"]
    (rubric,) = run["rubrics"]
    assert (rubric["score"], rubric["interval"]) == (judged["score"], judged["interval"])
    votes = [record["runs"][run["key"]] for record in blocks["t0"][:6]]
    assert {each["rubric"][0]["score"] for each in votes if each["rubric"][0]["passes"]} == {0.4}
