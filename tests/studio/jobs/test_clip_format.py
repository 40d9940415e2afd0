"""The sample rate and channels of clips; inspected clips are not converted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from expect import raises

pytest.importorskip("fastapi", reason="the studio's extra is not installed")

import numpy as np
import soundfile
from click.testing import CliRunner
from sqlalchemy import select

from mmar.cli.studio import studio as command
from mmar.items import Item as PublicItem
from mmar.studio.config import ProjectSettings, StudioConfig
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Clip, Job, Project
from mmar.studio.exchange.imported_clips import store_clips
from mmar.studio.exchange.importing import import_items
from mmar.studio.jobs.audio import describe_clip_format, parse_clip_format
from mmar.studio.jobs.worker import Worker
from mmar.studio.releases.project_releases import write_project_release
from mmar.studio.store import people, projects
from mmar.studio.store.recordings import clip_of
from mmar.studio.web.app import open_studio
from mmar.studio.web.context import Studio

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RATE = 32_000


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Studio]:
    """Two items of two seconds in stereo, a tone on the left and nothing on the right, cut as recorded."""
    made = open_studio(StudioConfig(data=tmp_path / "data"))
    (tmp_path / "audio").mkdir()
    items = []
    for index in range(2):
        left = 0.5 * np.sin(2 * np.pi * (500 + 300 * index) * np.arange(2 * RATE) / RATE)
        sound = np.stack([left, np.zeros_like(left)], axis=1)
        soundfile.write(tmp_path / f"audio/t{index}.wav", sound, RATE)
        items.append(
            PublicItem(
                id=f"t{index}", audio_path=f"./audio/t{index}.wav", question="Left or right?", answer="left",
                choices=("left", "right"), modality="sound", category="Signal Layer",
            )
        )  # fmt: skip
    clips = store_clips(made.config.media, tmp_path, items)
    with made.database.write() as session:
        root = people.add_person(session, "root", "Root", NOW, site_admin=True)
        project = projects.add_project(session, "tones", "Tones", root, NOW)
        actor = people.actor_in(session, project.id, root)
        import_items(session, project, actor, items, NOW, clips=clips)
    worked(made)
    yield made
    made.database.close()


def worked(opened: Studio) -> None:
    worker = Worker(opened.config, opened.database, opened.clock)
    while worker.run_next():
        pass
    with opened.database.read() as session:
        assert session.scalars(select(Job.message).where(Job.state == "failed")).all() == []


def put_in(opened: Studio, state: str, *public_ids: str) -> None:
    with opened.database.write() as session:
        for item in session.scalars(select(Item).where(Item.public_id.in_(public_ids))):
            item.state = state


def clip(opened: Studio, public_id: str) -> Clip:
    with opened.database.read() as session:
        result = clip_of(session, session.scalars(select(Item).where(Item.public_id == public_id)).one())
    assert result is not None
    return result


def work(opened: Studio, *arguments: str) -> str:
    line = ["--data", str(opened.config.data), "work", "--project", "tones", *arguments]
    return CliRunner().invoke(command, line, catch_exceptions=False).output


def test_settings_without_a_clip_format_mean_as_recorded() -> None:
    old = json.loads(msgspec.json.encode(ProjectSettings(licence="CC0")))
    del old["clip_rate"], old["clip_channels"]
    read = msgspec.json.decode(json.dumps(old), type=ProjectSettings)
    assert (read.licence, read.clip_rate, read.clip_channels) == ("CC0", None, None)
    assert describe_clip_format(read) == "original sample rate and channels"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"clip_rate": 12_345}, ProjectSettings)


def test_as_recorded_keeps_every_sample(opened: Studio, tmp_path: Path) -> None:
    stored, rate = soundfile.read(opened.config.media / clip(opened, "t0").path, dtype="int16")
    recorded, _ = soundfile.read(tmp_path / "audio/t0.wav", dtype="int16")
    assert rate == RATE
    np.testing.assert_array_equal(stored, recorded)


def test_only_clips_that_nobody_inspected_are_cut_again(opened: Studio) -> None:
    put_in(opened, "preparation", "t0")
    put_in(opened, "inspection", "t1")
    before, inspected = clip(opened, "t0"), clip(opened, "t1")
    text = work(opened, "--sample-rate", "16000", "--channels", "1")
    assert "clip format: 16,000 Hz, mono; 1 clip queued" in text
    assert "1 job done" in text
    new = clip(opened, "t0")
    assert (new.rate, new.channels, new.duration) == (16_000, 1, 2.0)
    # Another number and another file: a release or a player may still hold the former.
    assert new.id != before.id
    assert (opened.config.media / before.path).is_file()
    assert clip(opened, "t1").id == inspected.id
    samples, rate = soundfile.read(opened.config.media / new.path)
    # The mean of a tone of 0.5 and of silence.
    middle = samples[rate // 2 : -rate // 2]
    assert np.abs(middle).max() == pytest.approx(0.25, abs=0.005)
    assert np.argmax(np.abs(np.fft.rfft(middle))) == pytest.approx(500 * len(middle) / rate, abs=1)
    # Asked again, nothing is left to do; and back again, the channels only.
    assert "0 clips queued" in work(opened, "--sample-rate", "16000")
    assert "16,000 Hz, original channels; 1 clip" in work(opened, "--channels", "recorded")
    assert (clip(opened, "t0").rate, clip(opened, "t0").channels) == (16_000, 2)


def test_the_data_sheet_states_the_clip_format(opened: Studio) -> None:
    put_in(opened, "approved", "t1")
    work(opened, "--sample-rate", "16000")
    put_in(opened, "approved", "t0")
    made = write_project_release(opened.config, opened.database, "tones", "1.0", NOW)
    folder = opened.config.releases / made.path
    first = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    sheet = first["DATASHEET.md"].decode()
    assert "Clip format: 16,000 Hz, original channels, 16 bits." in sheet
    assert "1 keep the format in which they were inspected." in sheet
    assert "16,000 Hz, 32,000 Hz, 2 channels" in sheet
    # Another format since does not reach into it.
    put_in(opened, "correction", "t0", "t1")
    assert "2 clips queued" in work(opened, "--sample-rate", "24000", "--channels", "1")
    put_in(opened, "approved", "t0", "t1")
    shutil.rmtree(folder)
    write_project_release(opened.config, opened.database, "tones", "1.0", NOW)
    assert {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == first


def test_unknown_formats_are_errors(opened: Studio) -> None:
    for rate, channels in (("12345", ""), ("", "3"), ("fast", "")):
        with raises("unknown-format"):
            parse_clip_format(rate, channels)
    with raises("unknown-format"):
        work(opened, "--channels", "6")
    with opened.database.read() as session:
        assert session.scalars(select(Project)).one().settings.clip_channels is None
