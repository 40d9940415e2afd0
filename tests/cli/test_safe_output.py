"""A file's own words move no cursor, whatever command prints them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mmar.cli import main, output
from mmar.errors import InputError

EVIL = "\x1b[2J\x1b]0;owned\x07\u202esdrawkcab"


def test_only_the_tables_own_marks_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []
    monkeypatch.setattr(output.click, "echo", lambda text, **_: printed.append(text))
    output.print_table(f"\x1b[1mname\x1b[0m {EVIL}\x1b[8mhidden")
    assert printed == ["\x1b[1mname\x1b[0m �[2J�]0;owned��sdrawkcab�[8mhidden"]


@pytest.mark.parametrize("command", [["describe"], ["audit", "--all"]])
def test_names_of_a_hostile_file_are_shown_and_not_obeyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    record = {
        "audio_path": "a.wav",
        "question": f"Which {EVIL}?",
        "choices": ["one", f"two {EVIL}"],
        "answer": "one",
        "modality": f"sound{EVIL}",
        "category": f"Layer{EVIL}",
        "sub-category": EVIL,
        "language": f"en{EVIL}",
        "source": EVIL,
        "url": f"https://example.org/{EVIL}",
    }
    path = tmp_path / "evil.jsonl"
    path.write_text("".join(json.dumps({"id": f"{index}{EVIL}", **record}) + "\n" for index in range(3)))
    with pytest.raises(SystemExit):
        main([command[0], str(path), *command[1:]])
    message = capsys.readouterr()
    assert "owned" in message.out
    for mark in ("\x1b", "\x07", "\u202e"):
        assert mark not in message.out + message.err


def test_at_most_20_skipped_records_are_listed_then_counted(capsys: pytest.CaptureFixture[str]) -> None:
    errors = [InputError(f"problem {number}", file="x.jsonl", line=number) for number in range(1, 31)]
    output.print_skipped(errors)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 21 and "30 records" in lines[-1]
    output.print_skipped(errors[:20])
    assert len(capsys.readouterr().err.splitlines()) == 20
