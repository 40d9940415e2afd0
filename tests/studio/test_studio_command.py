"""`mmar studio` on the command line."""

from __future__ import annotations

import re
import socket
import sqlite3
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the studio's extra is not installed")

from click.testing import CliRunner

from mmar.cli.studio import studio
from mmar.errors import InputError, UsageError, WorldError
from mmar.studio.config import StudioConfig
from mmar.studio.start import open_studio
from mmar.studio.store import people, projects

LINE = (
    '{"id": "a", "audio_path": "./audio/a.wav", "question": "Which?", "choices": ["x", "y"], "answer": "y", '
    '"modality": "sound", "category": "Signal Layer", "sub-category": "Anomaly Detection", "timestamp": "0:01,0:02"}\n'
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    opened = open_studio(StudioConfig(data=folder))
    with opened.database.write() as session:
        root = people.add_person(session, "root", "Root", opened.clock(), site_admin=True)
        projects.add_project(session, "demo", "Demo", root, opened.clock())
    opened.database.close()
    return folder


def run(data: Path, *arguments: str) -> str:
    result = CliRunner().invoke(studio, ["--data", str(data), *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_import_export_work_backup_and_restore(data: Path, tmp_path: Path) -> None:
    source = tmp_path / "small.jsonl"
    source.write_text(LINE, encoding="utf-8")
    assert "1 items added" in run(data, "import", "demo", str(source))
    assert "0 items added, 1 known" in run(data, "import", "demo", str(source))
    out = tmp_path / "out.jsonl"
    run(data, "export", "demo", str(out))
    assert out.read_text(encoding="utf-8").replace('":', '": ').replace(',"', ', "') == LINE
    for name in ("out.csv", "out.label-studio.json"):
        run(data, "export", "demo", str(tmp_path / name))
        fresh = tmp_path / name.split(".")[1]
        assert "0 items added, 1 known" in run(data, "import", "demo", str(tmp_path / name)), fresh
    assert run(data, "work") == "0 jobs done\n"
    backup = tmp_path / "backup"
    run(data, "backup", str(backup))
    again = tmp_path / "again"
    run(again, "restore", str(backup))
    with sqlite3.connect(again / "studio.db") as connection:
        assert connection.execute("SELECT public_id FROM item").fetchall() == [("a",)]
    connection.close()


def test_a_link_for_somebody_new_and_words_for_what_cannot_be(data: Path, tmp_path: Path) -> None:
    assert re.match(r"http://127\.0\.0\.1:8500/welcome/[\w-]{43}\n", run(data, "user", "anna"))
    with pytest.raises(UsageError, match="no project"):
        run(data, "release", "nothing", "1.0")
    with pytest.raises(UsageError, match="no approved item"):
        run(data, "release", "demo", "1.0")
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.jsonl"):
        run(data, "import", "demo", str(broken))
    with pytest.raises(UsageError, match="ends in"):
        run(data, "export", "demo", str(tmp_path / "x.xml"))


def test_every_subcommand_says_what_it_does() -> None:
    assert set(studio.commands) == {
        "serve", "release", "import", "export", "backup", "restore", "work", "user",
    }  # fmt: skip
    for name, command in studio.commands.items():
        assert command.help, name
    guide = Path(__file__).parents[2] / "docs/studio.md"
    words = guide.read_text(encoding="utf-8")
    for name in studio.commands:
        assert f"`mmar studio {name}" in words or f"`{name} DIR`" in words, name


def test_a_port_that_is_taken_is_said_in_words_and_leaves_the_first_link_alone(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WorldError, match=f"port {port}: .*in use.*another --port"):
            run(data, "serve", "--port", str(port))
    with sqlite3.connect(data / "studio.db") as connection:
        assert connection.execute("SELECT count(*) FROM link").fetchone() == (0,)
    connection.close()
