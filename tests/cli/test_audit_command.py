"""`mmar audit` as a person meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmar.cli import main
from real_data import MMAR, SHARED, needs_real_data

PLAIN = "00:01:00,00:01:10"


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def mmar(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command; its exit status, output and messages."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def record(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"clip-{number}",
        "audio_path": f"audio/clip-{number}.wav",
        "question": f"What is heard at {number} o'clock?",
        "choices": ["A bell", "A drum", "A horn", "A whistle"],
        "answer": ["A bell", "A drum", "A horn", "A whistle"][number % 4],
        "modality": "sound",
        "category": "Perception Layer",
        "timestamp": PLAIN,
        **changes,
    }


def written(path: Path, *records: Any) -> Path:
    lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture
def spoiled(tmp_path: Path) -> Path:
    return written(
        tmp_path / "set.jsonl",
        record(0, timestamp="1:00,1:10"),
        record(1, question="What is heard? "),
        record(2),
        "{broken",
        record(2, question="Which?"),
        record(3, answer="A piano"),
    )


def test_a_clean_benchmark_ends_with_status_0(mmar: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "set.jsonl", *(record(index) for index in range(4)))
    status, out, _ = mmar("audit", path)
    assert status == 0
    assert out.startswith("set: 4 items, digest ")
    assert "result      0 errors, 0 warnings, 0 notes; 49 of 49 checks found nothing" in out
    assert "skipped     D001 to D006: " in out


def test_errors_end_with_status_1_and_are_shown_by_code(mmar: Any, spoiled: Path) -> None:
    status, out, _ = mmar("audit", spoiled)
    assert status == 1
    lines = out.splitlines()
    assert lines[0].startswith("set: 3 items and 3 unreadable records, digest ")
    assert "S001  error: records that cannot be read (1 finding)" in lines
    assert "S002  error: ids that are missing or occur twice (1 finding)" in lines
    assert any("id  line 5: " in line for line in lines)
    assert any("answer  line 6: " in line and "A piano" in line for line in lines)
    assert "T001  warning: timestamps not written HH:MM:SS,HH:MM:SS (1 finding on 1 item)" in lines
    assert any("clip-0  timestamp" in line and "1:00,1:10" in line for line in lines)
    assert lines[-1] == "result      3 errors, 2 warnings, 0 notes; 44 of 49 checks found nothing"


def test_warnings_alone_are_status_0_unless_strict(mmar: Any, spoiled: Path) -> None:
    assert mmar("audit", spoiled, "--select", "T,S007")[0] == 0
    assert mmar("audit", spoiled, "--select", "T", "--select", "s007", "--strict")[0] == 1
    assert mmar("audit", spoiled, "--ignore", "S001,S002,S003")[0] == 0


def test_a_benchmark_of_which_nothing_can_be_read_is_still_audited(mmar: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "worst-meta.jsonl", "{broken", {"id": "x"})
    status, out, _ = mmar("audit", path)
    assert status == 1
    assert out.startswith("worst: 0 items and 2 unreadable records")
    assert "line 2: " in out


@pytest.mark.parametrize(
    ("arguments", "mention"),
    [
        (("nothing.jsonl",), "nothing.jsonl"),
        (("set.jsonl", "--select", "Q"), "Q"),
        (("set.jsonl", "--ignore", "C999"), "C999"),
        (("table.csv",), "--grim"),
        (("set.jsonl", "--n", "speech=3"), "--grim"),
        (("set.jsonl", "--benchmark", "mmar"), "--grim"),
        (("set.jsonl", "--baseline", "none.json"), "none.json"),
        (("set.jsonl", "--audio-dir", "none"), "--audio-dir"),
        (("table.csv", "--grim", "--n", "speech"), "COLUMN=VALUE"),
        (("table.csv", "--grim", "--n", "speech=many"), "many"),
        (("table.csv", "--grim", "--select", "C001", "--n", "speech=3"), "C001"),
        (("table.csv", "--grim"), "--benchmark"),
    ],
)
def test_invalid_input_ends_with_status_2(
    arguments: tuple[str, ...], mention: str, command: Any, spoiled: Path, tmp_path: Path
) -> None:
    (tmp_path / "table.csv").write_text("model,speech\nA,33.3\n", "utf-8")
    result = command("audit", *arguments)
    assert (result.status, result.out) == (2, "")
    assert mention in result.err


def test_json(mmar: Any, spoiled: Path) -> None:
    status, out, _ = mmar("audit", spoiled, "--json")
    results = json.loads(out)
    assert status == 1
    assert results["summary"] == {"error": 3, "warning": 2, "note": 0}
    assert [each["code"] for each in results["findings"]] == ["S001", "S002", "S003", "S007", "T001"]
    assert results["subject"]["unreadable_records"] == 3


def test_a_fix_report_proposes_and_changes_nothing(mmar: Any, spoiled: Path, tmp_path: Path) -> None:
    before = spoiled.read_bytes()
    report = tmp_path / "fixes.json"
    status, _, err = mmar("audit", spoiled, "--fix-report", report)
    assert status == 1
    assert "5 findings, 2 with a proposed value" in err
    records = json.loads(report.read_text("utf-8"))["corrections"]
    assert [
        (each["code"], each["current"], each.get("proposed")) for each in records if "proposed" in each
    ] == [
        ("S007", "What is heard? ", "What is heard?"),
        ("T001", "1:00,1:10", PLAIN),
    ]
    assert spoiled.read_bytes() == before


def test_a_baseline_leaves_out_what_was_accepted(mmar: Any, spoiled: Path, tmp_path: Path) -> None:
    accepted = tmp_path / "accepted.json"
    status, out, err = mmar("audit", spoiled, "--write-baseline", accepted)
    assert (status, out) == (0, "")
    assert "accepts 5 findings" in err
    status, out, _ = mmar("audit", spoiled, "--baseline", accepted)
    assert status == 0
    assert "5 accepted by the baseline" in " ".join(out.split())
    written(spoiled, record(0, timestamp="1:00,1:10"), record(1, timestamp="1:00,1:10"))
    status, out, _ = mmar("audit", spoiled, "--baseline", accepted, "--strict")
    assert status == 1
    assert "clip-1  timestamp" in out
    assert "4 baseline entries no longer found" in " ".join(out.split())
    # Accepting anew takes what is found now, whatever was accepted before.
    assert (
        "accepts 2 findings"
        in mmar("audit", spoiled, "--baseline", accepted, "--write-baseline", accepted)[2]
    )


def test_number_of_examples_in_the_output(mmar: Any, tmp_path: Path) -> None:
    path = written(
        tmp_path / "set.jsonl", *(record(index, timestamp=f"{index}:00,{index}:10") for index in range(6))
    )

    def text(*options: str) -> int:
        return sum("  clip-" in line for line in mmar("audit", path, *options)[1].splitlines())

    assert [text(), text("--examples", "1"), text("--examples", "0"), text("--all")] == [3, 1, 0, 6]
    assert "… and 3 more" in mmar("audit", path)[1]


def test_the_clips_are_heard_where_they_are(mmar: Any, tone: Callable[..., Path], tmp_path: Path) -> None:
    path = written(tmp_path / "set.jsonl", *(record(index) for index in range(4)))
    (tmp_path / "clips").mkdir()
    for index in range(3):
        tone(f"clips/clip-{index}.wav", 440.0 + 97 * index, seconds=10 if index else 8)
    status, out, _ = mmar("audit", path, "--audio-dir", "clips")
    assert status == 1
    assert "clip-3  audio_path  " in out
    assert "clip-0  timestamp  8.0 s" in out
    assert "clips by format: 16000 Hz 1 ch 3" in out
    assert mmar("audit", path, "--audio-dir", "clips", "--no-audio")[0] == 0
    status, _, err = mmar("audit", path, "--audio-dir", "cache" if (tmp_path / "cache").is_dir() else ".")
    assert status == 2
    assert "--audio-dir" in err


def test_runs_without_audio_are_read(mmar: Any, tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = written(tmp_path / "set.jsonl", *(record(index, answer="A horn") for index in range(12)))
    (tmp_path / "audio").mkdir()
    for index in range(12):
        tone(f"audio/clip-{index}.wav")
    knowing = written(
        tmp_path / "knowing.jsonl",
        *(
            {"id": f"clip-{index}", "answer_prediction": "A horn" if index else "A bell"}
            for index in range(12)
        ),
    )
    status, out, _ = mmar("audit", path, "--without-audio", knowing, "--no-audio", "--select", "N")
    assert status == 0
    assert "N001  note: " in out and "(11 findings on 11 items)" in " ".join(out.split())
    assert "knowing.jsonl: 11 of 12 right without the audio, 91.7 % [64.6, 98.5]" in " ".join(out.split())

    for model, folder in (("baseline/random", "deaf"), ("baseline/listener", "hearing")):
        assert mmar("run", model, "--benchmark", path, "--out", folder)[0] == 0
    status, out, _ = mmar(
        "audit", path, "--no-audio", "--select", "N001", "--without-audio", "deaf", "--without-audio", knowing
    )
    assert status == 0
    assert "by all 2 runs" in out
    status, _, err = mmar("audit", path, "--without-audio", "hearing")
    assert status == 2
    assert "--condition none" in err


def test_a_published_table(mmar: Any, tmp_path: Path) -> None:
    benchmark = written(tmp_path / "set.jsonl", *(record(index) for index in range(11)))
    table = tmp_path / "published.csv"
    table.write_text("model_class,model,sound\nLALM,A,63.6\nbaseline,Guess,29.3\n", "utf-8")
    status, out, _ = mmar("audit", table, "--grim", "--benchmark", benchmark)
    assert status == 0
    assert out.startswith("published.csv: 1 row, 1 percentage\n")
    assert "left out: Guess" in out
    status, out, _ = mmar("audit", table, "--grim", "--n", "sound=11", "--leave-out", "model=A")
    assert status == 1
    assert "Guess sound 29.3 is impossible on 11 items: 3 of 11 is 27.3 and 4 of 11 is 36.4" in " ".join(
        out.split()
    )


@needs_real_data
def test_the_real_ones(mmar: Any) -> None:
    status, out, _ = mmar("audit", MMAR)
    assert status == 1
    assert "result      32 errors, 380 warnings, 855 notes; 28 of 49 checks found nothing" in out
    status, out, _ = mmar("audit", SHARED / "published" / "mmar_accuracy.csv", "--grim", "--benchmark", MMAR)
    assert status == 1
    assert "63.4 is impossible on 11 items" in out
