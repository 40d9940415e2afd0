"""`mmar studio` on the command line."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
import sqlite3
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the studio's extra is not installed")

import msgspec
from click.testing import CliRunner
from sqlalchemy import select

from expect import raises
from mmar.cli.studio import _listen, studio
from mmar.errors import ExternalError, UsageError
from mmar.studio.config import StudioConfig
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Person
from mmar.studio.store import people, projects
from mmar.studio.store.jobs import enqueue
from mmar.studio.web.app import open_studio
from mmar.studio.workflow import Role, State

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
    assert "1 added" in run(data, "import", "demo", str(source))
    assert "0 added, 1 in the project already" in run(data, "import", "demo", str(source))
    out = tmp_path / "out.jsonl"
    run(data, "export", "demo", str(out))
    assert out.read_text(encoding="utf-8").replace('":', '": ').replace(',"', ', "') == LINE
    for name in ("out.csv", "out.label-studio.json"):
        run(data, "export", "demo", str(tmp_path / name))
        fresh = tmp_path / name.split(".")[1]
        assert "0 added, 1 in the project already" in run(data, "import", "demo", str(tmp_path / name)), fresh
    assert run(data, "work") == "0 jobs done\n"
    assert json.loads(run(data, "work", "--json")) == {"done": 0, "failed": 0, "stopped": False}
    backup = tmp_path / "backup"
    run(data, "backup", str(backup))
    again = tmp_path / "again"
    run(again, "restore", str(backup))
    with sqlite3.connect(again / "studio.db") as connection:
        assert connection.execute("SELECT public_id FROM item").fetchall() == [("a",)]
    connection.close()


def test_an_export_with_clips_is_imported_unchanged_from_a_folder_and_an_archive(
    data: Path, tmp_path: Path
) -> None:
    import numpy as np
    import soundfile

    (tmp_path / "in/audio").mkdir(parents=True)
    tone = 0.3 * np.sin(np.arange(8_000) / 9)
    soundfile.write(tmp_path / "in/audio/a.wav", tone, 8_000)
    (tmp_path / "in/m.jsonl").write_text(LINE, encoding="utf-8")
    source = str(tmp_path / "in/m.jsonl")
    text = run(data, "import", "demo", source, "--audio-dir", str(tmp_path / "in"))
    assert text == "1 added, 0 in the project already; 1 clip stored\n"
    run(data, "work")
    out = tmp_path / "out"
    text = run(data, "export", "demo", str(out / "items.jsonl"), "--audio-dir", str(out))
    assert text == f"1 items in {out}/items.jsonl; 1 clips below {out}\n"
    assert np.allclose(soundfile.read(out / "audio/a.wav")[0], tone, atol=1e-4)
    run(data, "export", "demo", str(tmp_path / "t.label-studio.json"), "--audio-url", "https://x.test/")
    (task,) = json.loads((tmp_path / "t.label-studio.json").read_text(encoding="utf-8"))
    assert task["data"]["audio"] == "https://x.test/audio/a.wav"
    archive = shutil.make_archive(str(tmp_path / "whole"), "zip", out)
    opened = open_studio(StudioConfig(data=data))
    with opened.database.write() as session:
        projects.add_project(session, "second", "Second", session.get_one(Person, 1), opened.clock())
    opened.database.close()
    assert "1 added, 0 in the project already; 1 clip stored" in run(data, "import", "second", archive)
    run(data, "work")
    run(data, "export", "second", str(tmp_path / "two/items.jsonl"), "--audio-dir", str(tmp_path / "two"))
    for name in ("items.jsonl", "audio/a.wav"):
        assert (tmp_path / "two" / name).read_bytes() == (out / name).read_bytes()
    assert list((data / "media/incoming").iterdir()) == []
    broken = tmp_path / "broken.zip"
    broken.write_bytes(Path(archive).read_bytes()[:-40])
    with raises("archive-damaged"):
        run(data, "import", "second", str(broken))


def test_a_link_for_a_new_user_and_errors(data: Path, tmp_path: Path) -> None:
    assert re.match(r"http://127\.0\.0\.1:8500/welcome/[\w-]{43}\n", run(data, "user", "anna"))
    with raises("unknown-project"):
        run(data, "release", "nothing", "1.0")
    with raises("nothing-to-release"):
        run(data, "release", "demo", "1.0")
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{", encoding="utf-8")
    with raises("invalid-json"):
        run(data, "import", "demo", str(broken))
    with raises("unknown-format"):
        run(data, "export", "demo", str(tmp_path / "x.xml"))


def test_every_subcommand_has_a_help_text() -> None:
    assert set(studio.commands) == {
        "serve", "release", "import", "export", "backup", "restore", "work", "jobs", "assign", "accept-proposals",
        "user", "takedown",
    }  # fmt: skip
    for name, command in studio.commands.items():
        assert command.help, name
    guide = Path(__file__).parents[2] / "docs/studio.md"
    words = guide.read_text(encoding="utf-8")
    for name in studio.commands:
        assert f"`mmar studio {name}" in words or f"`{name} DIR`" in words, name


def test_a_port_in_use_is_an_error_and_the_first_link_stays_valid(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with raises("port-in-use", ExternalError):
            run(data, "serve", "--port", str(port))
    with sqlite3.connect(data / "studio.db") as connection:
        assert connection.execute("SELECT count(*) FROM link").fetchone() == (0,)
    connection.close()


def test_the_listening_socket_does_not_delay_small_responses() -> None:
    async def sees() -> int:
        seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.set_result(
                writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            )
            writer.close()

        with _listen("127.0.0.1", 0) as listening:
            async with await asyncio.start_server(answer, sock=listening):
                _, writer = await asyncio.open_connection(*listening.getsockname())
                result = await asyncio.wait_for(seen, 60)
                writer.close()
        return result

    # Else each page waits some 40 ms for the browser to acknowledge its head.
    assert asyncio.run(sees()) != 0


def test_many_items_are_assigned_and_requested_and_failures_are_listed(data: Path, tmp_path: Path) -> None:
    source = tmp_path / "many.jsonl"
    lines = [LINE.replace('"a"', f'"a{index}"').replace("a.wav", f"a{index}.wav") for index in range(6)]
    source.write_text("".join(lines), encoding="utf-8")
    text = run(data, "import", "demo", str(source), "--inspect")
    assert "6 wait in preparation" in text
    opened = open_studio(StudioConfig(data=data))
    with opened.database.write() as session:
        project = projects.find_project(session, "demo")
        assert project is not None
        root = people.actor_in(session, project.id, session.get_one(Person, 1))
        project.settings = msgspec.structs.replace(project.settings, needs_audio=False)
        for item in session.scalars(select(Item)):
            item.state = State.INSPECTION.value
        for login in ("ina", "ivo"):
            person = people.add_person(session, login, login.title(), opened.clock())
            people.set_roles(session, project, person, frozenset({Role.INSPECTOR}), root)
    opened.database.close()
    shared = run(
        data, "assign", "demo", "--state", "inspection", "--unassigned", "--inspector", "ina", "--inspector", "ivo"
    )  # fmt: skip
    assert shared == "6 of 6 items: ina 3, ivo 3\n"
    assert run(data, "assign", "demo", "--unassigned", "--inspector", "ina") == "0 of 0 items\n"
    for wrong, code in (
        (["--inspector", "eve"], "unknown-user"),
        (["--writer", "ina"], "role"),
        (["--anybody", "--state", "lost"], "unknown-state"),
        ([], "incompatible-options"),
    ):
        with raises(code):
            run(data, "assign", "demo", *wrong)
    for wrong, code in (
        (["--fetch"], "missing-argument"),
        (["--project", "demo", "--ask", "rubric"], "missing-argument"),
        (["--project", "demo", "--text-model", "text/x", "--ask", "poem"], "unknown-kind"),
    ):
        with raises(code):
            run(data, "work", *wrong)
    assert "6 skipped: they have no URL to fetch from" in run(data, "work", "--project", "demo", "--fetch")


def test_failed_jobs_end_with_status_1_are_listed_and_tried_again(data: Path) -> None:
    opened = open_studio(StudioConfig(data=data))
    with opened.database.write() as session:
        for index in range(3):
            enqueue(session, 1, "clip", f"k{index}", {"item": 99}, opened.clock())
    opened.database.close()
    result = CliRunner().invoke(studio, ["--data", str(data), "work", "--jobs", "2"])
    assert (result.exit_code, result.stdout) == (1, "0 jobs done, 3 failed\n")
    assert "--retry" in result.stderr
    listed = json.loads(run(data, "jobs", "demo", "--json"))
    assert listed == {
        "counts": {"failed": 3},
        "failures": [{"kind": "clip", "message": "the item does not exist any more", "jobs": 3}],
    }
    assert "3 x clip: the item does not exist any more" in run(data, "jobs", "demo")
    again = CliRunner().invoke(studio, ["--data", str(data), "work", "--project", "demo", "--retry"])
    assert "3 failed jobs queued again" in again.stderr


def test_accepting_proposals_by_command(data: Path) -> None:
    assert CliRunner().invoke(studio, ["--data", str(data), "accept-proposals", "demo"]).exit_code == 2
    with raises("unknown-user", UsageError):
        run(data, "accept-proposals", "demo", "--by", "nobody")
    assert run(data, "accept-proposals", "demo", "--by", "root") == "0 of 0 proposals accepted\n"
    text = json.loads(run(data, "accept-proposals", "demo", "--by", "root", "--json"))
    assert text == {"done": 0, "left": {}, "hidden": 0}
