"""Releases of a project are frozen, and rebuilt identically."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from expect import raises

pytest.importorskip("fastapi", reason="the studio's extra is not installed")

import numpy as np
import soundfile
from click.testing import CliRunner
from released_studio import LATER, NOW, change, opened, record, release_files, released_folder, tree
from sqlalchemy import select

from mmar.audit import audit
from mmar.audit.report import read_baseline, write_baseline
from mmar.audit.sounds import measure_clips
from mmar.cli.studio import studio as command
from mmar.items import load_benchmark
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database
from mmar.studio.data.item_tables import BlindAnswer, Item
from mmar.studio.data.tables import Clip, Person, Project, Takedown
from mmar.studio.exchange.imported_clips import store_clips
from mmar.studio.exchange.importing import import_items
from mmar.studio.exchange.item_files import project_items
from mmar.studio.jobs.worker import Worker
from mmar.studio.releases.project_releases import write_project_release
from mmar.studio.store import people, projects, revisions
from mmar.studio.web.context import Studio
from mmar.studio.workflow.content import Cue

__all__ = ["opened", "released_folder"]


def test_a_version_is_rebuilt_identically_after_changes(opened: Studio) -> None:
    release_files(opened, "0.9")
    change(opened.database, "tone-2", "Which pitch has the third?", "approved")
    first = release_files(opened, "1.0")
    assert "third" in first["CHANGES.md"].decode()
    # Since then: items rewritten, withdrawn, added to the list of takedowns; settings and team changed; the
    # release before and this very one deleted, and a later one written.
    change(opened.database, "tone-0", "Is this another question?", "approved")
    change(opened.database, "tone-1", "And this?", "withdrawn")
    with opened.database.write() as session:
        project = session.scalars(select(Project)).one()
        project.title = "Other tones"
        project.settings = msgspec.structs.replace(
            project.settings,
            withheld=(),
            licence="CC0",
            canary="another",
            targets={"language:en": 7},
            needs_audio=False,
        )
        people.add_person(session, "eve", "Eve", LATER, site_admin=True)
        session.add(
            Takedown(project_id=1, what="https://youtu.be/qx8hrhBZJ98", why="x", person_id=1, created=LATER)
        )
        for clip in session.scalars(select(Clip)):
            clip.key = f"cut anew {clip.id}"
    later = release_files(opened, "1.1", LATER)
    assert b"Is this another question?" in later["tones-meta.jsonl"]
    shutil.rmtree(opened.config.releases / "tones/0.9")
    shutil.rmtree(opened.config.releases / "tones/1.0")
    assert release_files(opened, "1.0", LATER) == first
    # And over itself.
    assert release_files(opened, "1.0", LATER) == first


def test_the_command_writes_a_version_again(opened: Studio) -> None:
    data = ["--data", str(opened.config.data), "release", "tones", "1.0"]
    text = CliRunner().invoke(command, data, catch_exceptions=False).output
    assert text.startswith("3 items, digest ")
    first = tree(opened.config.releases / "tones/1.0")
    change(opened.database, "tone-0", "Is this another question?", "approved")
    again = CliRunner().invoke(command, data, catch_exceptions=False)
    assert "written again unchanged" in again.output
    assert tree(opened.config.releases / "tones/1.0") == first


def test_a_release_with_a_later_takedown_is_not_written_again(opened: Studio) -> None:
    release_files(opened, "1.0")
    shutil.rmtree(opened.config.releases / "tones")
    change(opened.database, "tone-1", "Which?", "taken_down")
    with raises("taken-down"):
        release_files(opened, "1.0", LATER)
    change(opened.database, "tone-1", "Which?", "approved")
    with opened.database.write() as session:
        session.add(Takedown(project_id=1, what="tone-2", why="asked", person_id=1, created=LATER))
    with raises("taken-down"):
        release_files(opened, "1.0", LATER)
    assert not (opened.config.releases / "tones/1.0").exists()
    assert b"tone-2" not in release_files(opened, "1.1", LATER)["tones-meta.jsonl"]


def test_a_clip_that_is_not_the_frozen_one_is_refused(opened: Studio) -> None:
    release_files(opened, "1.0")
    shutil.rmtree(opened.config.releases / "tones")
    with opened.database.read() as session:
        clip = session.scalars(select(Clip)).first()
        assert clip is not None
    path = opened.config.media / clip.path
    path.write_bytes(path.read_bytes()[:-2] + b"\x11\x11")
    with raises("clip-changed"):
        release_files(opened, "1.0", LATER)


def faulty_clips(opened: Studio, folder: Path) -> None:
    """Three more approved items: one silent, one overdriven, one a copy of that."""
    noise = np.random.default_rng(5).standard_normal(32_000)
    sounds = {3: np.zeros(32_000), 4: np.clip(noise, -1, 1), 5: np.clip(noise, -1, 1) * 0.5}
    items = [record(index) for index in sounds]
    for index, samples in sounds.items():
        soundfile.write(folder / f"audio/tone-{index}.wav", samples, 16_000)
    clips = store_clips(opened.config.media, folder, items)
    with opened.database.write() as session:
        actor = people.actor_in(session, 1, session.get_one(Person, 1))
        import_items(session, session.get_one(Project, 1), actor, items, NOW, clips=clips)
    worker = Worker(opened.config, opened.database, opened.clock)
    while worker.run_next():
        pass
    with opened.database.write() as session:
        for item in session.scalars(select(Item)):
            item.state = "approved"


def test_the_data_sheet_has_the_findings_of_the_audit_of_the_released_file(
    opened: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty_clips(opened, tmp_path)
    # Nobody waits for a page while sounds are decoded: a release knows what was measured when they were cut.
    monkeypatch.setattr("mmar.audio.read.read_clip", lambda *_: pytest.fail("decoded"))
    with opened.database.write() as session:
        project = session.scalars(select(Project)).one()
        project.settings = msgspec.structs.replace(
            project.settings, targets={"Signal Layer|music": 5, "Semantic Layer|speech": 4, "language:zh": 2}
        )
    sheet = release_files(opened, "1.0")["DATASHEET.md"].decode()
    monkeypatch.undo()
    folder = opened.config.releases / "tones/1.0"
    benchmark = load_benchmark(folder / "tones-meta.jsonl")
    # The audit that a reader would run on what was released, every clip decoded anew.
    expected = audit(benchmark, sounds=measure_clips(benchmark, folder))
    with_findings = [each for each in expected.outcomes if each.findings]
    assert {each.code for each in with_findings} >= {"D003", "D004", "D006"}
    assert "is missing: the clips" not in sheet
    assert expected.findings, "an address says who shared it"
    for each in with_findings:
        assert f"| {each.code} | {each.severity} | {each.title} | {len(each.findings)} |" in sheet
    assert f": {expected.count('error')} errors, {expected.count('warning')} warnings," in sheet
    assert "| 3 | 1 | 5 | 0 | 2.0 |" in sheet  # answers: high, then low
    assert "A002: the answer alone is the longest choice in 0 of 6 items, 2.0 by chance" in sheet
    assert "| Signal Layer | music | all | 5 | 5 |" in sheet
    assert "| Signal Layer | sound | all | 1 | – |" in sheet
    assert "| Semantic Layer | speech | all | 0 | 4 |" in sheet
    assert "| en | 6 | – |\n| zh | 0 | 2 |" in sheet
    assert "SECRET" not in sheet
    # The same, with everything accepted.
    accepted = tmp_path / "accepted.json"
    count = write_baseline(accepted, expected.findings)
    made = write_project_release(
        opened.config, opened.database, "tones", "1.1", NOW, accepted=read_baseline(accepted)
    )
    second = (opened.config.releases / made.path / "DATASHEET.md").read_text(encoding="utf-8")
    assert f": 0 errors, 0 warnings, 0 notes; {count} accepted." in second


def test_a_released_clip_has_the_suffix_of_its_format(opened: Studio, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "audio/tone.x.flac", 0.3 * np.sin(np.arange(16_000) / 9), 16_000)
    item = msgspec.structs.replace(record(9), audio_path="./audio/tone.x.flac", url=None)
    clips = store_clips(opened.config.media, tmp_path, [item])
    with opened.database.write() as session:
        actor = people.actor_in(session, 1, session.get_one(Person, 1))
        import_items(session, session.get_one(Project, 1), actor, [item], NOW, clips=clips)
    worker = Worker(opened.config, opened.database, opened.clock)
    while worker.run_next():
        pass
    with opened.database.write() as session:
        for row in session.scalars(select(Item)):
            row.state = "approved"
    files = release_files(opened, "1.0")
    assert files["audio/tone.x.wav"].startswith(b"RIFF")
    benchmark = load_benchmark(opened.config.releases / "tones/1.0/tones-meta.jsonl")
    assert benchmark.by_id["tone-9"].audio_path == "./audio/tone.x.wav"
    shutil.rmtree(opened.config.releases / "tones/1.0")
    assert release_files(opened, "1.0") == files
    with opened.database.read() as session:
        project = session.get_one(Project, 1)
        plain = project_items(session, project).items[-1].audio_path
        along = project_items(session, project, with_clips=True).items[-1].audio_path
    assert (plain, along) == ("./audio/tone.x.flac", "./audio/tone.x.wav")


def test_times_of_cues_are_released_or_withheld_with_the_cues(opened: Studio) -> None:
    with opened.database.write() as session:
        project, item = session.scalars(select(Project)).one(), session.get_one(Item, 1)
        actor = people.actor_in(session, project.id, session.get_one(Person, 1))
        cues = (Cue("a hum", 0.25, 0.5), Cue("a click"))
        content = msgspec.structs.replace(revisions.content_of(session, item), cues=cues)
        revisions.add_revision(session, project, item, actor, content, "", NOW)
    files = release_files(opened, "1.0")
    assert b"cue_regions" not in files["tones-meta.jsonl"]
    assert b"`cue`, `cue_regions`, `rubric`, `thinking`" in files["DATASHEET.md"]
    with opened.database.write() as session:
        project = session.scalars(select(Project)).one()
        project.settings = msgspec.structs.replace(project.settings, withheld=("thinking",))
    first = load_benchmark(opened.config.releases / "tones/1.0/tones-meta.jsonl")
    release_files(opened, "1.1")
    second = load_benchmark(opened.config.releases / "tones/1.1/tones-meta.jsonl")
    assert second.items[0].extra["cue_regions"] == [[0.25, 0.5], None]
    assert first.digest == second.digest
    assert release_files(opened, "1.0") == files


def test_human_accuracy_counts_answers_to_the_released_questions(opened: Studio) -> None:
    with opened.database.write() as session:
        root = session.get_one(Person, 1)
        for name in ("ina", "ivo"):
            people.add_person(session, name, name.title(), NOW)
        for item, revision, person, choice in ((1, 1, 2, 0), (1, 1, 3, 0), (2, 1, 2, 0), (3, 1, 2, 1)):
            key = revisions.content_at(session, item, revision).answer
            session.add(
                BlindAnswer(
                    item_id=item,
                    revision=revision,
                    person_id=person,
                    choice=choice,
                    key=key,
                    played=True,
                    created=NOW,
                )
            )
        session.get_one(Item, 3).state = "withdrawn"
        assert root.login == "root"
    # Another question than the one that was heard, and the same one with another reasoning.
    change(opened.database, "tone-1", "Is this another question?", "approved")
    with opened.database.write() as session:
        item = session.get_one(Item, 1)
        actor = people.actor_in(session, 1, session.get_one(Person, 1))
        content = msgspec.structs.replace(revisions.content_of(session, item), thinking="Better.")
        revisions.add_revision(session, session.get_one(Project, 1), item, actor, content, "", LATER)
    sheet = release_files(opened, "1.0")["DATASHEET.md"].decode()
    assert "100.0 % of 2 blind answers" in sheet
    assert "over 1 question answered blind by two or more people" in sheet


def test_a_release_is_rebuilt_identically_on_both_databases(database: Database, tmp_path: Path) -> None:
    config = StudioConfig(data=tmp_path)
    with database.write() as session:
        root = people.add_person(session, "root", "Root", NOW, site_admin=True)
        project = projects.add_project(session, "tones", "Tones", root, NOW)
        project.settings = msgspec.structs.replace(project.settings, needs_audio=False)
        actor = people.actor_in(session, project.id, root)
        import_items(session, project, actor, [record(index) for index in range(3)], NOW)
        for item in session.scalars(select(Item)):
            item.state = "approved"
    made = write_project_release(config, database, "tones", "1.0", NOW)
    checksums = (config.releases / made.path / "SHA256SUMS").read_bytes()
    shutil.rmtree(config.releases / made.path)
    assert write_project_release(config, database, "tones", "1.0", LATER).digest == made.digest
    assert (config.releases / made.path / "SHA256SUMS").read_bytes() == checksums
    assert write_project_release(config, database, "tones", "1.1", LATER).created == LATER
