"""A recording is downloaded once for all projects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the studio's extra is not installed")

import numpy as np
import soundfile
from sqlalchemy import select

from mmar.studio.config import StudioConfig
from mmar.studio.data.tables import Job, Recording
from mmar.studio.jobs import audio
from mmar.studio.jobs.worker import Worker
from mmar.studio.media.ytdlp import Download
from mmar.studio.store import people, projects
from mmar.studio.store.jobs import enqueue
from mmar.studio.web.app import open_studio


def test_two_projects_share_a_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    downloads: list[str] = []

    async def download(url: str, folder: Path, *_: Any, **__: Any) -> Download:
        downloads.append(url)
        soundfile.write(folder / "audio.wav", np.zeros(8000), 8000)
        return Download(folder / "audio.wav", "A title", "CC BY")

    monkeypatch.setattr(audio, "download_recording", download)
    studio = open_studio(StudioConfig(data=tmp_path / "data"))
    url = "https://youtu.be/qx8hrhBZJ98"
    with studio.database.write() as session:
        root = people.add_person(session, "root", "Root", studio.clock(), site_admin=True)
        for number, slug in enumerate(("one", "two"), start=1):
            projects.add_project(session, slug, slug, root, studio.clock())
            payload = {"url": url, "source": "video:youtube-qx8hrhBZJ98"}
            enqueue(session, number, "fetch", "key", payload, studio.clock())
    worker = Worker(studio.config, studio.database, studio.clock)
    try:
        assert [worker.run_next(), worker.run_next(), worker.run_next()] == ["done", "done", None]
    finally:
        worker.close()
    with studio.database.read() as session:
        rows = session.scalars(select(Recording).order_by(Recording.project_id)).all()
        assert [(row.project_id, row.title, row.licence) for row in rows] == [
            (1, "A title", "CC BY"),
            (2, "A title", "CC BY"),
        ]
        assert rows[0].path == rows[1].path
        assert {job.state for job in session.scalars(select(Job))} == {"done"}
    assert downloads == [url]
    assert list((studio.config.media / "incoming").iterdir()) == []
    studio.database.close()
