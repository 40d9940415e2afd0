"""Folders, receipts and locks."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmar.benchmarks import CATALOGUE, Store, default_cache_dir
from mmar.benchmarks.store import require_space, sha256_of, write_file
from mmar.errors import ExternalError

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


def test_the_digest_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")  # the example of FIPS 180-4
    assert sha256_of(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(ExternalError, match="cannot be read"):
        sha256_of(tmp_path / "nothing")


def test_a_receipt_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    store = Store(tmp_path, CATALOGUE["mmar"])
    assert store.receipt() is None
    for text in (b"", b"{", b"[]", b'{"benchmark": 3}', b"\xff"):
        write_file(store.folder / "receipt.json", text)
        assert store.receipt() is None


def test_a_file_is_replaced_in_one_step_or_not_at_all(tmp_path: Path) -> None:
    write_file(tmp_path / "a", b"old")
    write_file(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    (tmp_path / "b").mkdir()
    with pytest.raises(ExternalError, match="cannot be written"):
        write_file(tmp_path / "b", b"new")
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def test_too_little_space_is_said_with_both_sizes(tmp_path: Path) -> None:
    require_space(tmp_path, 1)
    with pytest.raises(ExternalError, match=r"needs about 2\.31e\+09 GB of free space, and .* are free"):
        require_space(tmp_path, 1 << 61)


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
        pytest.raises(ExternalError, match="cannot be written"),
        Store(tmp_path / "file", CATALOGUE["mmar"]).locked(lambda: None),
    ):
        pass
