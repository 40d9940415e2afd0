"""Folders, receipts and locks."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from expect import raises
from mmar.benchmarks import CATALOGUE, Store, default_cache_dir
from mmar.files.atomic import write_atomic

HOME = Path("/home/ada")


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({}, "linux", "/home/ada/.cache/mmar"),
        ({"XDG_CACHE_HOME": "/var/xdg"}, "linux", "/var/xdg/mmar"),
        ({"XDG_CACHE_HOME": "relative"}, "linux", "/home/ada/.cache/mmar"),
        ({"XDG_CACHE_HOME": ""}, "freebsd14", "/home/ada/.cache/mmar"),
        ({"XDG_CACHE_HOME": "/var/xdg"}, "darwin", "/home/ada/Library/Caches/mmar"),
        ({"LOCALAPPDATA": "/local"}, "win32", "/local/mmar/Cache"),
        ({}, "win32", "/home/ada/AppData/Local/mmar/Cache"),
        ({"MMAR_CACHE_DIR": "/data/m", "XDG_CACHE_HOME": "/var/xdg"}, "linux", "/data/m"),
    ],
)
def test_the_cache_lies_where_the_platform_keeps_caches(
    environ: dict[str, str], platform: str, expected: str
) -> None:
    assert default_cache_dir(environ, platform, HOME) == Path(expected)


def test_a_receipt_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    store = Store(tmp_path, CATALOGUE["mmar"])
    assert store.receipt() is None
    for text in (b"", b"{", b"[]", b'{"benchmark": 3}', b"\xff"):
        write_atomic(store.folder / "receipt.json", text)
        assert store.receipt() is None


def test_one_process_at_a_time_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from mmar.benchmarks import CATALOGUE, Store\n"
        f"with Store(Path({str(tmp_path)!r}), CATALOGUE['mmar']).locked(lambda: None):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    waited = []
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"

        def wait() -> None:
            waited.append(time.monotonic())
            child.kill()

        with Store(tmp_path, CATALOGUE["mmar"]).locked(wait):
            pass
    assert len(waited) == 1
    with Store(tmp_path, CATALOGUE["mmar"]).locked(lambda: pytest.fail("nobody holds it")):
        pass


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with (
        raises("not-lockable"),
        Store(tmp_path / "file", CATALOGUE["mmar"]).locked(lambda: None),
    ):
        pass
