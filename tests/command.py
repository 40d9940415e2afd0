"""A fixture that runs the command line in this process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import mmar.cli
from mmar.errors import MmarError


class Result(NamedTuple):
    """What a command did."""

    status: int
    out: str
    err: str
    error: MmarError | None

    @property
    def code(self) -> str | None:
        """The code of the error that ended the command."""
        return None if self.error is None else self.error.code

    @property
    def words(self) -> str:
        """The output with all white space as single spaces."""
        return " ".join(self.out.split())


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `mmar` with arguments."""
    errors: list[MmarError] = []
    print_error = mmar.cli.print_error

    def record(error: MmarError) -> None:
        errors.append(error)
        print_error(error)

    monkeypatch.setattr(mmar.cli, "print_error", record)

    def run(*arguments: object) -> Result:
        errors.clear()
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            mmar.cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Result(int(ended.value.code or 0), out, err, errors[-1] if errors else None)

    return run


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache directory for all tests of a session, so that the demonstration set is generated once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def in_own_folder(shared_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, with the shared cache."""
    monkeypatch.setenv("MMAR_CACHE_DIR", str(shared_cache))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def demo_folder(shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `mmar demo` ran; its output is in `demo.txt`."""
    folder = tmp_path_factory.mktemp("demo")
    environment = {**os.environ, "MMAR_CACHE_DIR": str(shared_cache)}
    words = (sys.executable, "-m", "mmar", "demo")
    with (folder / "demo.txt").open("wb") as output:
        subprocess.run(words, cwd=folder, env=environment, stdout=output, check=True)
    return folder


@pytest.fixture
def after_demo(demo_folder: Path, in_own_folder: None, tmp_path: Path) -> str:
    """Work in a copy of the folder in which `mmar demo` ran; the value is its output."""
    shutil.copytree(demo_folder / "runs", tmp_path / "runs")
    return (demo_folder / "demo.txt").read_text("utf-8")
