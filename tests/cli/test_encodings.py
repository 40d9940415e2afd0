"""Output in any encoding, in 80 columns, with and without colours."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmar.cli import main
from mmar.reports.tables import text_width

NAMES = ("钟声 – 雨", "naïve → “quoted” …", "\U0001f3b5 emoji", "a \ud83d surrogate")


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def benchmark(tmp_path: Path) -> Path:
    records = [
        {
            "id": f"{number}-{NAMES[number % 3]}",
            "audio_path": "a.wav",
            "question": f"What, {NAMES[number % 3]}?",
            "choices": ["一", "two “2”", "trois…"],
            "answer": "一",
            "modality": NAMES[number % 3],
            "category": f"Layer of a name that is too long for any table {NAMES[number % 2]}",
            "sub-category": NAMES[1],
            "language": "zh",
            "source": "bilibili",
        }
        for number in range(6)
    ]
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    predictions = [{"id": record["id"], "answer_prediction": "一 is it"} for record in records]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(record) + "\n" for record in predictions))
    return path


def lines_of(benchmark: Path) -> list[tuple[object, ...]]:
    run = benchmark.with_name("run")
    return [
        ("run", "baseline/longest", "-b", benchmark, "--out", run),
        ("describe", benchmark),
        ("audit", benchmark, "--all"),
        ("audit", "--list"),
        ("models",),
        ("models", "qwen2.5-omni-7b"),
        ("protocols",),
        ("protocols", "af3-think"),
        ("get", "--list"),
        ("preview", "1", "-b", benchmark),
        ("score", run),
        ("score", "p.jsonl", "-b", benchmark),
        ("score", "p.jsonl", "-b", benchmark, "--items", "-"),
        ("compare", run, "p.jsonl", "-b", benchmark, "--draws", "10"),
        ("compare", run, "p.jsonl", "p.jsonl", "-b", benchmark, "--draws", "10"),
        ("score", "钟.jsonl"),
        ("钟",),
    ]


@pytest.mark.parametrize("encoding", ["cp1252", "gbk", "latin-1", "ascii", "utf-8"])
def test_no_command_fails_on_an_encoding(
    encoding: str, benchmark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in lines_of(benchmark):
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding, write_through=True) for _ in range(2))
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        assert ended.value.code in (None, 0, 1, 2), arguments
        assert out.buffer.getvalue() or err.buffer.getvalue(), arguments  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoding", ["cp1252", "gbk", "utf-8"])
def test_json_stays_json(encoding: str, benchmark: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding, write_through=True)
    monkeypatch.setattr(sys, "stdout", out)
    with pytest.raises(SystemExit):
        main(["describe", str(benchmark), "--json"])
    record = json.loads(out.buffer.getvalue().decode(encoding))  # type: ignore[attr-defined]
    assert set(record["modality"]) == set(NAMES[:3])


def test_a_real_pipe_in_another_encoding(benchmark: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "mmar", "describe", str(benchmark)],
        capture_output=True,
        check=False,
        env={"PYTHONIOENCODING": "cp1252", "PATH": "", "MMAR_CACHE_DIR": "cache"},
    )
    assert (result.returncode, b"Traceback" in result.stderr) == (0, False)
    assert "??" in result.stdout.decode("cp1252")


def test_no_table_is_wider_than_80_columns(benchmark: Path, command: Callable[..., Any]) -> None:
    for arguments in lines_of(benchmark):
        result = command(*arguments)
        if arguments[0] in ("run", "preview") or "-" in arguments:
            continue  # no tables: a path in a command, a prompt as it is sent, JSON
        for line in result.out.splitlines():
            # A signature or a path stays in one piece, so that it can be copied.
            assert text_width(line) <= 80 or " " not in line[12:].strip(), (arguments, line)


def test_no_color_means_none(benchmark: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mmar.cli.output import display

    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    for variable in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(variable, raising=False)
    assert display(Terminal()).colour
    monkeypatch.setenv("NO_COLOR", "1")
    assert not display(Terminal()).colour
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not display(Terminal()).colour


def test_the_replacement_of_the_published_script_takes_any_encoding(tmp_path: Path) -> None:
    record = {
        "id": "a",
        "audio_path": "a.wav",
        "question": "What?",
        "choices": ["一", "二"],
        "answer": "一",
        "modality": "sound",
        "category": "Signal Layer",
        "sub-category": "钟声",
        "answer_prediction": "一",
    }
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps(record) + "\n")
    for encoding in ("cp1252", "utf-8"):
        result = subprocess.run(
            [sys.executable, "-m", "mmar.evaluation", "--input", str(path)],
            capture_output=True,
            check=False,
            env={"PYTHONIOENCODING": encoding, "PATH": ""},
        )
        assert (result.returncode, result.stderr) == (0, b"")
        assert b"1" in result.stdout


@pytest.mark.parametrize(("columns", "width"), [("72", 72), ("20", 60), ("0", 80), ("wide", 80), ("", 80)])
def test_tables_are_as_wide_as_the_variable_says(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mmar.cli.output import display

    monkeypatch.setenv("COLUMNS", columns)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "__stdout__", None)  # no terminal to ask
        assert display(io.TextIOWrapper(io.BytesIO(), "utf-8")).width == width
