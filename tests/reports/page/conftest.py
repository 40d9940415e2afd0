"""Reports that several modules look at; built once, also where several workers run the tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

import mmar
from reports import crowd


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], None]) -> Path:
    """A folder that the first worker builds and all read."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with FileLock(f"{folder}.lock"):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build(folder)
            (folder / "complete").touch()
    return folder


def _demo(folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMAR_CACHE_DIR", str(folder / "cache"))
        runs = []
        for name, options in (
            ("listener-full", {}),
            ("listener-letters-full", {}),
            ("listener-letters-silence", {"condition": "silence"}),
            ("random-full", {"rotations": 2, "repeats": 2}),
        ):
            runs.append(folder / "runs" / name)
            mmar.run(f"baseline/{name.rpartition('-')[0]}", "demo", out=runs[-1], **options)  # type: ignore[arg-type]
        mmar.report(runs, out=folder / "page")
        mmar.report(runs[0], out=folder / "single", audio="none")
        mmar.browse("demo", out=folder / "browser")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports with sound on the demonstration set: `page` of four runs, `single` of one, `browser` of none."""
    return built_once(tmp_path_factory, "demo-report", _demo)


def _many(folder: Path) -> None:
    questions, files = crowd(folder, 12, 1000, characters=1000)
    mmar.report(files, benchmark=questions, out=folder / "page")


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[Path]]:
    """A report of twelve models on 1,000 items, 1,000 characters an answer; its questions and predictions files."""
    folder = built_once(tmp_path_factory, "many-report", _many)
    files = [folder / f"model-{number:02}.jsonl" for number in range(12)]
    return folder / "page" / "index.html", folder / "meta.jsonl", files


@pytest.fixture(scope="session")
def three(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    """A metadata file of 60 items and the predictions of three models."""
    questions, files = crowd(tmp_path_factory.mktemp("three"), 3, 60)
    return questions, list(files)
