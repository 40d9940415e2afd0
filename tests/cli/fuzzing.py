"""Damaged files and wrong command lines for every command: none may end in a traceback.

`test_fuzzing.py` runs some of them. The long run, 1,000 files and 200 command lines:

    python tests/cli/fuzzing.py
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from mmar.cli import COMMANDS, application, main

LIMIT_S = 20
STATUSES = (0, 1, 2)

ITEMS: list[dict[str, Any]] = [
    {
        "id": f"clip-{number}",
        "audio_path": f"audio/clip-{number}.wav",
        "question": "What is heard?",
        "choices": ["a bell", "a drum", "a horn"],
        "answer": "a drum",
        "modality": "sound",
        "category": "Signal Layer",
        "sub-category": "Anomaly Detection",
        "language": "en",
        "source": "youtube",
        "url": f"https://www.youtube.com/watch?v=abcdefghi{number:02d}",
        "timestamp": "00:01:00,00:01:10",
    }
    for number in range(5)
]
STRANGE: list[Any] = [
    None, True, 0, -1, 1e308, 10**40, "", " ", "\ud800", "\x00", "\u202e", "x" * 3000, [], [[]], {}, {"a": {"b": []}},
    "a" * 10 + "\n", "NaN", ["a bell", "a bell"], ["a"] * 100,
]  # fmt: skip
RAW = [
    b"NaN", b"Infinity", b"1e999", b"\xff\xfe", b"\xef\xbb\xbf", b"\x00", b"\xed\xa0\x80", b'"\\ud800"', b"[" * 5000,
    b"{" * 5000, b'{"a":' * 3000, b"\r", b"\r\n\r\n", b",", b"]", b"}", b"<html>", b"PK\x03\x04", b"\x1f\x8b\x08",
    b"=" * 50, b"[[" + b"x" * 50 + b"]]",
]  # fmt: skip


def jsonl(records: list[dict[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def originals() -> dict[str, tuple[str, bytes]]:
    """Valid files by kind: their name and content."""
    predictions = [{"id": item["id"], "answer_prediction": "a drum"} for item in ITEMS]
    whole = [{**item, "answer_prediction": "a bell", "thinking_prediction": "it rings"} for item in ITEMS]
    protocol = '[protocol]\nname = "mine"\ntemplate = "{q}\\n{choices}"\nchoices = "lines"\nsource = "mine"\n'
    return {
        "benchmark": ("set-meta.jsonl", jsonl(ITEMS)),
        "array": ("set.json", json.dumps(ITEMS).encode()),
        "predictions": ("predictions.jsonl", jsonl(predictions)),
        "whole": ("whole.json", json.dumps(whole).encode()),
        "table": ("published.csv", b"model_class,model,avg,sound\nLALM,A,60.0,60.0\nLALM,B,40.0,20.0\n"),
        "protocol": ("mine.toml", protocol.encode()),
        "prices": ("prices.toml", b'[[price]]\nmodel = "baseline/*"\ninput = 2.5\noutput = 10.0\n'),
        "baseline": ("accepted.json", b'{"version": 1, "accepted": []}'),
        "manifest": ("run/manifest.json", b""),
        "ledger": ("run/answers.jsonl", b""),
    }


def commands_for(kind: str, path: Path, benchmark: Path) -> list[tuple[object, ...]]:
    """Commands that read a file of a kind."""
    if kind in ("benchmark", "array"):
        return [
            ("describe", path),
            ("describe", path, "--lenient", "--json"),
            ("audit", path),
            ("preview", "1", "-b", path),
            ("score", benchmark.with_name("good.jsonl"), "-b", path, "--lenient"),
            ("run", "baseline/longest", "-b", path, "--out", path.with_name("out"), "--dry-run"),
        ]
    if kind in ("predictions", "whole"):
        return [
            ("score", path),
            ("score", path, "-b", benchmark),
            ("score", path, "-b", benchmark, "--lenient", "--items", "-"),
            ("score", path, "--format", "official"),
            ("compare", path, benchmark.with_name("good.jsonl"), "-b", benchmark, "--draws", "10"),
        ]
    if kind == "table":
        return [("audit", path, "--grim", "--n", "sound=5"), ("audit", path, "--grim", "-b", benchmark)]
    if kind == "protocol":
        return [("protocols", path), ("preview", "1", "-b", benchmark, "-p", path)]
    if kind == "prices":
        out = path.with_name("o")
        prices = ("--prices", path, "--budget", "1")
        return [("run", "openai/x", "-b", benchmark, "--out", out, *prices, "--dry-run")]
    if kind == "baseline":
        return [("audit", benchmark, "--baseline", path)]
    folder = path.parent
    return [
        ("score", folder, "--json"),
        ("compare", folder, folder, "--draws", "10"),
        ("reliance", folder, folder),
        ("run", "baseline/longest", "-b", benchmark, "--out", folder),
    ]


def damage(data: bytes, rng: random.Random) -> bytes:
    """A file with one to four faults."""
    for _ in range(rng.randint(1, 4)):
        index = rng.randint(0, len(data))
        kind = rng.randrange(9)
        if kind == 0:
            data = data[:index]
        elif kind == 1:
            data = data[:index] + bytes([rng.randrange(256)]) + data[index + 1 :]
        elif kind == 2:
            data = data[:index] + rng.choice(RAW) + data[index:]
        elif kind == 3:
            data = data[:index] + data[index : index + rng.randint(1, 200)] * 2 + data[index + 200 :]
        elif kind == 4:
            text = data.decode("utf-8", "replace")
            data = text.encode(rng.choice(["utf-16", "utf-8-sig", "cp1252", "utf-32"]), "replace")
        elif kind == 5:
            data = data.replace(b"\n", rng.choice([b"\r", b"\r\n", b"\n\n", b" "]))
        elif kind == 6:
            data = _strange_value(data, rng)
        elif kind == 7:
            data = rng.choice([b"", b"[]", b"{}", b"null", b"[\n]\n", b"5", b'"text"', bytes(200)])
        else:
            data = data.replace(b'"', rng.choice([b"'", b"", b'\\"']), rng.randint(1, 5))
    return data


def _strange_value(data: bytes, rng: random.Random) -> bytes:
    """One field of one record with a value of another kind."""
    try:
        text = data.decode()
        records = (
            json.loads(text)
            if text.lstrip().startswith("[")
            else [json.loads(line) for line in text.splitlines()]
        )
        record = rng.choice(records)
        record[rng.choice([*record, "new"])] = rng.choice(STRANGE)
    except (ValueError, IndexError, TypeError, AttributeError, RecursionError):
        return data
    return json.dumps(records).encode() if text.lstrip().startswith("[") else jsonl(records)


def file_cases(number: int, seed: int, folder: Path) -> Iterator[tuple[object, ...]]:
    """Command lines over damaged files, which are written before each is yielded."""
    rng = random.Random(seed)
    benchmark = folder / "set-meta.jsonl"
    benchmark.write_bytes(jsonl(ITEMS))
    (folder / "good.jsonl").write_bytes(originals()["predictions"][1])
    run = folder / "made"
    assert run_command(("run", "baseline/longest", "-b", benchmark, "--out", run))[0] == 0
    files = originals()
    files["manifest"] = (files["manifest"][0], (run / "manifest.json").read_bytes())
    files["ledger"] = (files["ledger"][0], (run / "answers.jsonl").read_bytes())
    for case in range(number):
        kind = rng.choice(list(files))
        case_folder = folder / f"case-{case}"
        (case_folder / "run").mkdir(parents=True)
        for other in ("manifest", "ledger"):
            (case_folder / files[other][0]).write_bytes(files[other][1])
        path = case_folder / files[kind][0]
        path.write_bytes(damage(files[kind][1], rng))
        yield rng.choice(commands_for(kind, path, benchmark))


def wrong_lines(number: int, seed: int) -> Iterator[tuple[object, ...]]:
    """Command lines with missing, unknown, repeated or impossible arguments."""
    rng = random.Random(seed)
    values = [
        "",
        "-1",
        "0",
        "x",
        "nan",
        "1e9",
        "../..",
        "/",
        "demo",
        "mmar2",
        "a=b",
        "=",
        "\u202e",
        "9" * 30,
        "none",
        "-",
    ]
    names = [name for name in COMMANDS if name not in ("studio", "demo")]
    for _ in range(number):
        name = rng.choice(names)
        command = application.get_command(click.Context(application), name)
        assert command is not None
        options = [
            option for parameter in command.params for option in parameter.opts if option.startswith("--")
        ]
        options = [option for option in options if option not in ("--online", "--from", "--base-url")]
        line: list[str] = [rng.choice([name, name, name, name[:-1], name.upper()])]
        line += rng.choices([*options, "--unknown", "-z", *values, *values], k=rng.randint(0, 5))
        if name == "get" and "mmar" in line:
            continue
        yield tuple(line)


def run_command(arguments: tuple[object, ...]) -> tuple[int | None, str]:
    """Exit status of a command line, and what is wrong with how it ended (empty if nothing is)."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    status: int | None = None
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _time_limit():
            try:
                main([str(argument) for argument in arguments])
            except SystemExit as ended:
                status = int(ended.code or 0)
    except BaseException:  # noqa: BLE001 - whatever comes through is the finding
        return None, traceback.format_exc(limit=-4)
    err.flush()
    text = err.buffer.getvalue().decode(errors="replace")  # type: ignore[attr-defined]
    if "Traceback" in text:
        return status, text
    if status not in STATUSES:
        return status, f"exit status {status}"
    if status == 2 and not text.strip():
        return status, "exit status 2 without a message"
    return status, ""


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(f"ran longer than {LIMIT_S} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def check(
    cases: Iterator[tuple[object, ...]], report: Callable[[str], None] = print
) -> tuple[Counter[object], list[str]]:
    """Run cases; the count of each exit status, and a description of each failure."""
    statuses: Counter[object] = Counter()
    failures = []
    for case in cases:
        status, problem = run_command(case)
        statuses[status] += 1
        if problem:
            failures.append(f"mmar {' '.join(map(str, case))}\n{problem}")
            report(failures[-1])
    return statuses, failures


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--commands", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["MMAR_CACHE_DIR"] = str(folder / "cache")
        os.chdir(folder)
        files, one = check(file_cases(arguments.files, arguments.seed, folder))
        lines, two = check(wrong_lines(arguments.commands, arguments.seed))
    print(f"files {dict(files)}, command lines {dict(lines)}, failures {len(one) + len(two)}")
    return 1 if one or two else 0


if __name__ == "__main__":
    sys.exit(_main())
