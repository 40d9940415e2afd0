"""`mmar get` as a person meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from file_server import FileServer, Serve

from mmar.benchmarks import CATALOGUE, CatalogueEntry
from mmar.cli.get import get
from mmar.errors import MmarError

MMAR = Path(__file__).parents[3] / "shared" / "mmar" / "MMAR-meta.jsonl"
Run = Callable[..., "Result"]


@dataclass(frozen=True)
class Result:
    exit_code: int
    stdout: str
    stderr: str
    exception: MmarError | None = None


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def invoke(*arguments: str, **environment: str) -> Result:
        home = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": "", "MMAR_CACHE_DIR": "", **environment}
        for name, value in home.items():
            monkeypatch.setenv(name, value)
        code, error = 0, None
        try:
            get.main(arguments, prog_name="mmar get")
        except SystemExit as exit_:
            code = exit_.code if isinstance(exit_.code, int) else 1
        except MmarError as raised:
            error = raised
        return Result(code, *capsys.readouterr(), error)

    return invoke


@pytest.fixture
def little(
    monkeypatch: pytest.MonkeyPatch,
    make_entry: Callable[..., CatalogueEntry],
    metadata: bytes,
    archive: bytes,
) -> CatalogueEntry:
    entry = make_entry(metadata, archive)
    monkeypatch.setitem(CATALOGUE, "little", entry)
    return entry


def test_the_summary_names_content_licence_and_citation(
    run: Run, little: CatalogueEntry, tmp_path: Path
) -> None:
    result = run("little", "--cache-dir", str(tmp_path / "c"))
    assert result.exit_code == 0, result.stderr
    for words in (
        "Little, revision 0123456789ab",
        "digest verified",
        "5 of 5",
        str(tmp_path / "c" / "benchmarks" / "little" / "0123456789ab"),
        "Licence of the data: CC0",
        "Cite as: Nobody, 2026",
        "@misc{little}",
    ):
        assert words in result.stdout
    assert "metadata" in result.stderr
    assert "metadata" not in result.stdout
    again = run("little", "--cache-dir", str(tmp_path / "c"))
    assert "nothing was downloaded" in again.stdout
    assert again.stderr == ""


def test_the_cache_directory_comes_from_the_environment(
    run: Run, little: CatalogueEntry, tmp_path: Path
) -> None:
    assert run("little", "--no-audio", MMAR_CACHE_DIR=str(tmp_path / "own")).exit_code == 0
    assert (tmp_path / "own" / "benchmarks" / "little").is_dir()
    assert run("little", "--no-audio", XDG_CACHE_HOME=str(tmp_path / "xdg")).exit_code == 0


def test_json_is_the_receipt(run: Run, little: CatalogueEntry, tmp_path: Path) -> None:
    record: dict[str, Any] = json.loads(run("little", "--json", "--cache-dir", str(tmp_path)).stdout)
    assert record["metadata"][0]["verified"] is True
    assert record["audio"]["clips"] == 5
    assert Path(record["folder"], "receipt.json").is_file()


def test_the_list_shows_the_state_of_each_benchmark(run: Run, little: CatalogueEntry, tmp_path: Path) -> None:
    cache = ("--cache-dir", str(tmp_path))
    assert "not downloaded" in next(
        line for line in run("--list", *cache).stdout.splitlines() if "little" in line
    )
    run("little", "--no-audio", *cache)
    assert "without audio" in next(
        line for line in run("--list", *cache).stdout.splitlines() if "little" in line
    )
    records = {record["name"]: record for record in json.loads(run("--list", "--json", *cache).stdout)}
    assert records["mmar"]["audio"]["size"] == 2_983_578_514
    assert (records["mmar"]["state"], records["mmar"]["folder"]) == ("not downloaded", None)
    assert records["little"]["state"] == "without audio"
    assert records["demo"]["state"] == "generated"


def test_missing_clips_end_with_status_1(
    run: Run,
    make_entry: Callable[..., CatalogueEntry],
    metadata: bytes,
    clips: dict[str, bytes],
    pack: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setitem(CATALOGUE, "little", make_entry(metadata, pack(dict(list(clips.items())[:3]))))
    result = run("little", "--cache-dir", str(tmp_path))
    assert result.exit_code == 1
    assert "3 of 5" in result.stdout
    listed = json.loads(run("--list", "--json", "--cache-dir", str(tmp_path)).stdout)
    assert next(one for one in listed if one["name"] == "little")["state"] == "clips missing"


def test_errors_are_raised_to_the_top_level(
    run: Run, little: CatalogueEntry, server: FileServer, tmp_path: Path
) -> None:
    assert isinstance(run("nope").exception, MmarError)
    assert 'did you mean "mmar"?' in str(run("mmr").exception)
    server.pages["/little-meta.jsonl"].script[:] = [Serve(status=404)]
    error = run("little", "--cache-dir", str(tmp_path)).exception
    assert isinstance(error, MmarError)
    assert "404" in str(error)
    assert "--list" in str(run().exception)


def test_the_demonstration_set_is_not_downloaded(run: Run, demo_cache: Path) -> None:
    result = run("demo", "--cache-dir", str(demo_cache))
    assert result.exit_code == 0
    assert "nothing is downloaded" in result.stdout


def test_an_interrupt_names_the_command_that_continues(
    run: Run, little: CatalogueEntry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mmar.benchmarks.get.download", interrupted)
    result = run("little", "--cache-dir", str(tmp_path))
    assert result.exit_code == 130
    assert "same command" in result.stderr


def test_help_keeps_its_examples_in_lines(run: Run) -> None:
    lines = run("--help").stdout.splitlines()
    assert any(line.strip().startswith("mmar get demo") for line in lines)


@pytest.mark.skipif(not MMAR.exists(), reason="the real metadata is not here (../shared)")
def test_the_published_metadata_is_accepted_from_a_file_and_a_mirror(
    run: Run, server: FileServer, tmp_path: Path
) -> None:
    url = server.add("/mirror/MMAR-meta.jsonl", MMAR.read_bytes(), Serve(cut=1_000_000), Serve())
    for number, source in enumerate((str(MMAR), url)):
        result = run("mmar", "--no-audio", "--from", source, "--cache-dir", str(tmp_path / str(number)))
        assert result.exit_code == 0, result.stderr
        assert "CC BY-NC 4.0" in result.stdout
        assert "@article{ma2025mmar" in result.stdout
        file = tmp_path / str(number) / "benchmarks" / "mmar" / "3bce090a967d" / "MMAR-meta.jsonl"
        assert file.read_bytes() == MMAR.read_bytes()
