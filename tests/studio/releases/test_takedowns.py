"""Takedowns apply to releases, exports and archives, by id, video or clip."""

from __future__ import annotations

from datetime import timedelta

import pytest

from expect import raises

pytest.importorskip("fastapi", reason="the studio's extra is not installed")

from click.testing import CliRunner
from released_studio import LATER, NOW, change, opened, release_files, released_folder
from sqlalchemy import select

from mmar.cli.studio import studio as command
from mmar.items import load_benchmark
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import AuditLogEntry, Clip, Person, Project, Release
from mmar.studio.exchange.item_files import project_items
from mmar.studio.releases.project_releases import write_project_release
from mmar.studio.store import people
from mmar.studio.store.takedowns import add_takedown, is_taken_down, lift_takedown, taken_down_since
from mmar.studio.web.context import Studio

__all__ = ["opened", "released_folder"]


def take_down(opened: Studio, what: str) -> list[str]:
    with opened.database.write() as session:
        actor = people.actor_in(session, 1, session.get_one(Person, 1))
        return add_takedown(session, session.get_one(Project, 1), actor, what, "asked", LATER)


def sha_of(opened: Studio, public_id: str) -> str:
    with opened.database.read() as session:
        item = session.scalars(select(Item).where(Item.public_id == public_id)).one()
        return session.scalars(select(Clip.sha256).where(Clip.key == item.clip_key)).one()


@pytest.mark.parametrize(
    "what", ["tone-1", " tone-1 ", "https://www.youtube.com/watch?v=abcdefghij1&t=9", "abcdefghij1", "SHA"]
)
def test_takedowns_by_id_video_or_clip_apply_to_all_exports(opened: Studio, what: str) -> None:
    release_files(opened, "1.0")
    assert take_down(opened, sha_of(opened, "tone-1") if what == "SHA" else what) == ["tone-1"]
    files = release_files(opened, "1.1", LATER)
    made = write_project_release(opened.config, opened.database, "tones", "1.1", LATER)
    # What the database and the release itself say is the same.
    benchmark = load_benchmark(opened.config.releases / made.path / "tones-meta.jsonl")
    assert [item.id for item in benchmark] == ["tone-0", "tone-2"]
    assert (made.digest, len(made.items)) == (benchmark.digest, 2)
    assert not [name for name in files if "tone-1" in name]
    assert b"audio/tone-1" not in files["SHA256SUMS"]
    assert (
        "- 1 removed: tone-1\n- Taken down, to be deleted from every copy of earlier releases: tone-1\n"
        in files["CHANGES.md"].decode()
    )
    assert "## Taken down\n\n- 1: asked\n" in files["DATASHEET.md"].decode()
    with opened.database.read() as session:
        exported = project_items(session, session.get_one(Project, 1))
        gone = [taken_down_since(session, one) for one in session.scalars(select(Release))]
    assert ([item.id for item in exported.items], exported.taken_down) == (["tone-0", "tone-2"], 1)
    assert gone == [["tone-1"], []]
    with raises("taken-down"):
        write_project_release(opened.config, opened.database, "tones", "1.0", LATER)


def test_later_releases_state_the_takedown_of_an_item(opened: Studio) -> None:
    release_files(opened, "1.0")
    change(opened.database, "tone-1", "Its owner is N. N.", "taken_down")
    for version in ("1.1", "1.2"):
        files = release_files(opened, version, LATER)
        assert "## Taken down\n\n- 1: an item, by its makers\n" in files["DATASHEET.md"].decode()
        assert b"N. N." not in b"".join(files.values())


def test_the_history_does_not_quote_what_was_taken_down(opened: Studio) -> None:
    release_files(opened, "1.0")
    change(opened.database, "tone-1", "What does N. N. sing?", "approved")
    change(opened.database, "tone-2", "What else?", "approved")
    assert b"N. N." in release_files(opened, "1.1")["CHANGES.md"]
    take_down(opened, "tone-1")
    changes = release_files(opened, "1.2", LATER)["CHANGES.md"].decode()
    assert "N. N." not in changes
    assert "What else?" in changes


def test_changes_are_listed_without_the_folder_of_the_previous_release(opened: Studio) -> None:
    import shutil

    release_files(opened, "1.0")
    shutil.rmtree(opened.config.releases / "tones/1.0")
    change(opened.database, "tone-2", "What else?", "approved")
    changes = release_files(opened, "1.1", LATER)["CHANGES.md"].decode()
    assert changes.startswith("# Changes\n\n## 1.1 (2026-11-29)\n\n- question of tone-2: ")
    assert changes.endswith("## 1.0 (2026-11-20)\n\nFirst release: 3 items.\n")
    assert NOW + timedelta(days=9) == LATER


def test_the_command_lists_matching_items_and_releases(opened: Studio) -> None:
    release_files(opened, "1.0")
    base = ["--data", str(opened.config.data), "takedown", "tones"]
    text = CliRunner().invoke(command, [*base, "tone-1", "--why", "asked"], catch_exceptions=False)
    assert text.stdout == "excludes 1 item: tone-1\n"
    assert "contained in the releases 1.0;" in text.stderr
    other = CliRunner().invoke(command, [*base, "tone-9", "--why", "asked"], catch_exceptions=False)
    assert (other.stdout, other.stderr) == (
        "excludes no present item; items that match later are excluded, too\n",
        "",
    )
    listed = CliRunner().invoke(command, base, catch_exceptions=False).stdout.splitlines()
    assert [line.split("  ")[1:] for line in listed] == [["tone-1", "asked"], ["tone-9", "asked"]]


def test_a_takedown_is_lifted(opened: Studio) -> None:
    first = release_files(opened, "1.0")
    assert take_down(opened, "abcdefghij1") == ["tone-1"]
    without = release_files(opened, "1.1", LATER)
    base = ["--data", str(opened.config.data), "takedown", "tones"]
    for arguments, code in (
        (["--lift"], "missing-argument"),
        (["abcdefghij2", "--lift", "--why", "x"], "unknown-takedown"),
        (["abcdefghij1", "--lift"], "reason-missing"),
    ):
        refused = CliRunner().invoke(command, [*base, *arguments])
        assert getattr(refused.exception, "code", None) == code
    lifted = CliRunner().invoke(command, [*base, "abcdefghij1", "--lift", "--why", "another video"])
    assert lifted.output == "removed from the list; releases may contain 1 item again\n"
    assert CliRunner().invoke(command, base).output == ""
    # What was released stays as it was; what was not handed out is handed out again; the next one has it.
    assert release_files(opened, "1.1", LATER) == without
    assert release_files(opened, "1.0", LATER) == first
    assert b"tone-1" in release_files(opened, "1.2", LATER)["tones-meta.jsonl"]
    with opened.database.read() as session:
        log = session.execute(
            select(AuditLogEntry.action, AuditLogEntry.subject, AuditLogEntry.detail).order_by(
                AuditLogEntry.id
            )
        ).all()
    assert [tuple(line) for line in log if line.subject == "abcdefghij1"] == [
        ("takedown", "abcdefghij1", "asked"),
        ("lifted a takedown", "abcdefghij1", "another video"),
    ]


def test_an_item_of_two_takedowns_stays_taken_down(opened: Studio) -> None:
    take_down(opened, "abcdefghij1")
    take_down(opened, "tone-1")
    with opened.database.write() as session:
        actor = people.actor_in(session, 1, session.get_one(Person, 1))
        project = session.get_one(Project, 1)
        assert lift_takedown(session, project, actor, 1, "a mistake", LATER) == ("abcdefghij1", [])
        with raises("not-found"):
            lift_takedown(session, project, actor, 1, "a mistake", LATER)
    assert "tone-1" not in release_files(opened, "1.0")["tones-meta.jsonl"].decode()


def test_an_item_of_two_videos_is_matched_by_either() -> None:
    both = "https://www.bilibili.com/video/BV1ibZSYJEAa\nhttps://www.bilibili.com/video/BV1eg411q7iS?p=2"
    for name in ("BV1ibZSYJEAa", "BV1eg411q7iS", "bilibili-BV1eg411q7iS-p2", "x", "SHA"):
        assert is_taken_down({name}, "x", both, "SHA")
    assert not is_taken_down({"BV1xX4y1y721", "y"}, "x", both, "SHA")
