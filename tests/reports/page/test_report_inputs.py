"""What a report is made of: inputs, folders, clips, and fields that would do harm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mmar
from expect import raises
from reports import blocks_of, write_predictions, write_questions


def test_clips_of_a_path_that_leaves_the_folder_are_not_copied(
    tmp_path: Path, tone: Callable[..., Path]
) -> None:
    tone("secret.wav")
    (tmp_path / "set" / "audio").mkdir(parents=True)
    tone("inside.wav").rename(tmp_path / "set" / "audio" / "0.wav")

    def plant(record: dict[str, Any], index: int) -> None:
        record["audio_path"] = ("audio/0.wav", "../secret.wav", "/etc/passwd", "audio/1.wav")[index]

    questions = write_questions(tmp_path / "set" / "meta.jsonl", 4, plant)
    written = mmar.browse(questions, out=tmp_path / "page", audio_dir=tmp_path / "set")
    assert written.clips == 1
    assert written.missing == 1
    assert len(list((tmp_path / "page" / "audio").iterdir())) == 2


@pytest.mark.parametrize("audio", ["link", "none"])
def test_clips_stay_where_they_are(tmp_path: Path, tone: Callable[..., Path], audio: Any) -> None:
    tone("0.wav")
    questions = write_questions(tmp_path / "meta.jsonl", 2)
    mmar.browse(questions, out=tmp_path / "page", audio=audio, audio_dir=tmp_path)
    assert [path.name for path in (tmp_path / "page").iterdir()] == ["index.html"]


def test_a_folder_with_other_things_is_refused(three: tuple[Path, list[Path]], tmp_path: Path) -> None:
    questions, files = three
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    with raises("not-empty", argument="out"):
        mmar.report(files, benchmark=questions, out=tmp_path)
    with raises("not-a-folder", argument="out"):
        mmar.browse(questions, out=tmp_path / "notes.txt")
    mmar.browse(questions, out=tmp_path / "page")
    mmar.report(files, benchmark=questions, out=tmp_path / "page")


@pytest.mark.parametrize(
    ("argument", "value", "code"),
    [
        ("audio", "all", "invalid-value"),
        ("texts", "some", "invalid-value"),
        ("language", "fr", "invalid-value"),
        ("audio_dir", "nowhere", "no-such-folder"),
    ],
)
def test_arguments_are_checked(
    three: tuple[Path, list[Path]], tmp_path: Path, argument: str, value: str, code: str
) -> None:
    questions, files = three
    with raises(code, argument=argument):
        mmar.report(files, benchmark=questions, out=tmp_path / "page", **{argument: value})
    assert not (tmp_path / "page").exists()


def test_inputs_are_checked(three: tuple[Path, list[Path]], tmp_path: Path) -> None:
    _, files = three
    with raises("too-few-runs"):
        mmar.report([], out=tmp_path / "page")
    with raises("benchmark-needed"):
        mmar.report(files[0], out=tmp_path / "page")
    other = write_questions(
        tmp_path / "other.jsonl", 5, lambda record, _: record.update(id=f"o{record['id']}")
    )
    with raises("unknown-id"):
        mmar.report(files[0], benchmark=other, out=tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_the_command_writes_a_page(
    three: tuple[Path, list[Path]], tmp_path: Path, command: Callable[..., Any]
) -> None:
    questions, files = three
    result = command("report", *files, "--benchmark", questions, "--out", tmp_path / "page")
    assert result.status == 0
    assert str(tmp_path / "page" / "index.html") in result.words
    assert command("browse", questions, "--out", tmp_path / "browser").status == 0
    refused = command("report", *files, "--benchmark", questions, "--out", files[0])
    assert (refused.status, bool(refused.err)) == (2, True)
    assert (
        command("report", *files, "-b", questions, "-o", tmp_path / "x", "--audio-dir", tmp_path / "no").code
        == "no-such-folder"
    )
    assert command("report", files[0], "-b", questions, "-o", questions.parent).code == "not-empty"


def test_hostile_fields_stand_nowhere_as_markup(tmp_path: Path) -> None:
    hostile = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"

    def plant(record: dict[str, Any], index: int) -> None:
        for field in ("id", "question", "modality", "category", "sub-category", "language", "source", "url"):
            record[field] = f"{hostile}{index}"
        record["choices"] = [f"{hostile}{choice}" for choice in record["choices"]]
        record["answer"] = f"{hostile}{record['answer']}"

    questions = write_questions(tmp_path / "<b>meta.jsonl", 12, plant)
    file = write_predictions(tmp_path / "<b>model.jsonl", questions, 0.5)
    written = mmar.report([file, file], benchmark=questions, out=tmp_path / "page")
    html = written.path.read_text("utf-8")
    assert "<img" not in html
    assert html.count("</script>") == html.count("<script")
    assert blocks_of(html)["core"]["items"]["question"][3] == f"{hostile}3"


def test_only_web_addresses_become_links(tmp_path: Path) -> None:
    def plant(record: dict[str, Any], index: int) -> None:
        record["url"] = (
            "javascript:alert(1)",
            "https://example.org/a",
            "data:text/html,x",
            "HTTP://example.org",
        )[index % 4]

    questions = write_questions(tmp_path / "meta.jsonl", 4, plant)
    blocks = blocks_of(mmar.browse(questions, out=tmp_path / "page").path.read_text("utf-8"))
    urls = [record["about"].get("urls", []) for record in blocks["t0"]]
    assert [len(each) for each in urls] == [0, 1, 0, 1]
