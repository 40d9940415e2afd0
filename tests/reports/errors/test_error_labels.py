"""Error analysis: which answers are labelled, labels on disk, their numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from labelled_run import WRONG, label, wrong_of

import mmar
from expect import raises
from mmar.items import load_benchmark
from mmar.models import Answer
from mmar.reports.errors_table import errors_table
from mmar.reports.systems_figures import write_errors_figure
from mmar.runs.spec import RunSpec
from mmar.scoring.error_labels import (
    ErrorLabel,
    add_label,
    labels_path,
    propose_labels,
    read_labels,
    wrong_items,
)
from mmar.scoring.text_model import replies_folder
from mmar.stats.interval import wilson
from runs.made_up import Scripted


def test_wrong_answers_are_those_that_do_not_name_the_right_choice(run: Path) -> None:
    wrong = wrong_of(run)
    assert [one.item.id for one in wrong] == WRONG
    assert wrong[0].score.state == "unresolved"
    benchmark, items = load_benchmark(run.parent / "made-up-meta.jsonl"), mmar.score(run).items
    drawn = [one.item.id for one in wrong_items(benchmark, items, {}, sample=3, seed=1)]
    assert len(drawn) == 3
    assert drawn == [one.item.id for one in wrong_items(benchmark, items, {}, sample=3, seed=1)]


def test_shares_have_wilsons_intervals_and_only_settled_items_count(run: Path) -> None:
    for index, item in enumerate(WRONG):
        label(run, item, "Ada", "perception" if index < 5 else "reasoning")
    for index, item in enumerate(WRONG[:6]):
        label(run, item, "Bo", "perception" if index < 4 else "knowledge")
    result = mmar.error_analysis(run)
    assert (result.wrong, result.labelled, result.settled) == (8, 8, 6)
    assert result.disputed == ("id-4", "id-5")
    perception = result.kinds["perception"]
    assert (perception.count, perception.share) == (4, pytest.approx(400 / 6))
    assert perception.interval == wilson(4, 6)
    assert sum(one.count for one in result.kinds.values()) == 6
    assert result.by_labeller["Bo"]["knowledge"].count == 2
    assert result.by_modality["sound"]["perception"] == 2
    (agreement,) = result.agreement
    assert agreement.kappa.n == 6
    assert agreement.kappa.agreement == pytest.approx(400 / 6)
    assert agreement.kappa.kappa == pytest.approx((4 / 6 - 20 / 36) / (1 - 20 / 36))
    assert result.alpha is not None
    text = errors_table(result)
    assert "perception" in text
    assert "Ada and Bo: kappa 0.25" in text


def test_the_last_label_counts_and_labels_of_other_answers_do_not(run: Path) -> None:
    label(run, "id-1", "Ada", "other")
    label(run, "id-1", "Ada", "knowledge", note="names the wrong city")
    add_label(labels_path(run), ErrorLabel("id-2", "Ada", "other", "0123456789abcdef", "2026"))
    result = mmar.error_analysis(run)
    assert (result.settled, result.kinds["knowledge"].count) == (1, 1)
    assert result.agreement == ()


def test_a_torn_line_is_ignored_and_cut_off_before_the_next_label(run: Path) -> None:
    label(run, "id-1", "Ada", "other")
    path = labels_path(run)
    with path.open("ab") as stream:
        stream.write(b'{"item": "id-2", "label')
    assert len(read_labels(path)) == 1
    label(run, "id-3", "Ada", "reasoning")
    assert [one.item for one in read_labels(path)] == ["id-1", "id-3"]
    path.write_bytes(b"no label\n" + path.read_bytes())
    with raises("invalid-json", line=1):
        read_labels(path)


@pytest.mark.parametrize(
    ("labeller", "kind", "code"), [("", "other", "invalid-value"), ("Ada", "luck", "unknown-kind")]
)
def test_invalid_labels_are_not_written(run: Path, labeller: str, kind: Any, code: str) -> None:
    with raises(code):
        add_label(labels_path(run), ErrorLabel("id-1", labeller, kind, "x", "2026"))
    assert not labels_path(run).exists()


def test_proposals_of_a_model_do_not_count_as_labels(run: Path) -> None:
    replies = {"id-3": "I cannot.", "id-4": '{"kind": "luck"}'}

    def say(request: Any, _: int) -> Answer:
        text = replies.get(request.item_id, 'Sure: {"kind": "perception", "note": "misheard"}')
        assert "I think" not in request.messages[0].text
        return Answer(request.item_id, text, "")

    benchmark = load_benchmark(run.parent / "made-up-meta.jsonl")
    spec = RunSpec.create(
        "command/x", benchmark, out=replies_folder(run, "command/x", "errors"), max_attempts=1
    )
    wrong = wrong_of(run)
    assert propose_labels(wrong, labels_path(run), spec, Scripted(say)) == 6
    assert propose_labels(wrong, labels_path(run), spec, Scripted(say)) == 0
    label(run, "id-1", "Ada", "perception")
    label(run, "id-2", "Ada", "reasoning")
    result = mmar.error_analysis(run)
    assert (result.labelled, result.settled) == (2, 2)
    assert result.proposals["command/x"]["perception"].count == 6
    (agreement,) = result.proposal_agreement
    assert (agreement.first, agreement.kappa.n, agreement.kappa.agreement) == ("people", 2, 50.0)
    assert result.by_labeller.keys() == {"Ada"}


def test_the_figure_is_drawn_and_the_command_prints_it_all(
    command: Callable[..., Any], run: Path, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    label(run, "id-1", "Ada", "reasoning")
    assert [path.suffix for path in write_errors_figure(mmar.error_analysis(run), tmp_path / "f")] == [
        ".svg",
        ".pdf",
        ".png",
    ]
    printed = json.loads(command("errors", run, "--json").out)
    assert printed["kinds"]["reasoning"]["count"] == 1
    assert printed["wrong"] == 8
    assert "reasoning" in command("errors", run, "--summary").words
    assert command("errors", run, "--summary", "--figures", tmp_path / "g").status == 0
    assert command("errors", tmp_path / "none", "--summary").status == 2
