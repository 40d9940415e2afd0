"""The clips of an imported benchmark: its own, or cut from its videos."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from actions import BASE
from sqlalchemy import select

from conftest import MediaServer, Site
from mmar.items import Item as PublicItem
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Job, Project
from mmar.studio.exchange.imported_clips import store_clips
from mmar.studio.exchange.importing import import_items
from mmar.studio.store.recordings import clip_of
from mmar.studio.workflow import Actor, Role
from waiting import until

LEAD = Actor(1, frozenset({Role.ADMIN}))


def published(number: int, url: str, timestamp: str) -> PublicItem:
    return PublicItem(
        id=f"p{number}", audio_path=f"./audio/p{number}.wav", question="Which is higher?", choices=("x", "y"),
        answer="y", modality="sound", category="Signal Layer", sub_category="Anomaly Detection", url=url,
        timestamp=timestamp,
    )  # fmt: skip


def bring_in(site: Site, items: list[PublicItem], folder: Path | None = None) -> None:
    clips = store_clips(site.studio.config.media, folder, items) if folder else {}
    with site.studio.database.write() as session:
        project = session.get_one(Project, 1)
        import_items(session, project, LEAD, items, site.studio.clock(), clips=clips)


def duration(site: Site, public_id: str) -> float:
    """How long its clip is, once all jobs are done."""

    def idle() -> bool:
        with site.studio.database.read() as session:
            waiting = select(Job.id).where(Job.state.in_(["queued", "running"]))
            return not session.scalars(waiting).all()

    until(idle)
    with site.studio.database.read() as session:
        assert session.scalars(select(Job.message).where(Job.state == "failed")).all() == []
        clip = clip_of(session, session.scalars(select(Item).where(Item.public_id == public_id)).one())
        return round(clip.duration, 2) if clip else 0.0


def test_items_that_came_without_clips_are_cut_from_their_videos_each_fetched_once(
    site: Site, recording: Path, media_server: MediaServer
) -> None:
    media_server.files["/bare.wav"] = recording.read_bytes()
    url = f"http://127.0.0.1:{media_server.port}/bare.wav"
    bring_in(site, [published(1, url, "0:01,0:03"), published(2, url, "0:02,0:04;0:08,0:09")])
    root = site.client("root")
    reply = root.post(f"{BASE}/items/fetch", json={"matching": {}}).json()
    assert reply["done"] == 2
    assert (duration(site, "p1"), duration(site, "p2")) == (2.0, 3.0)
    assert media_server.served.count("/bare.wav") == 1
    again = root.post(f"{BASE}/items/fetch", json={"matching": {}}).json()
    assert again["left"] == {"they have a clip already": 2}


def test_a_corrected_cut_of_an_imported_clip_is_taken_from_the_video(
    site: Site, recording: Path, tmp_path: Path, media_server: MediaServer
) -> None:
    (tmp_path / "clips/audio").mkdir(parents=True)
    sound, rate = soundfile.read(recording)
    soundfile.write(tmp_path / "clips/audio/p3.wav", sound[:rate], rate)
    media_server.files["/whole.wav"] = recording.read_bytes()
    url = f"http://127.0.0.1:{media_server.port}/whole.wav"
    bring_in(site, [published(3, url, "0:01,0:02")], tmp_path / "clips")
    assert duration(site, "p3") == 1.0
    assert "/whole.wav" not in media_server.served
    root = site.client("root")
    number = root.get(f"{BASE}/items").json()[0]["id"]
    now = root.post(f"{BASE}/items/{number}/show-key") and root.get(f"{BASE}/items/{number}").json()
    for spelled, expected in (("00:00:01,00:00:02", 1.0), ("0:01,0:05", 4.0)):
        content = {**now["content"], "timestamp": spelled}
        saved = root.put(
            f"{BASE}/items/{number}",
            json={"version": now["version"], "revision": now["revision"], "content": content},
        )
        assert saved.is_success, saved.text
        now = root.get(f"{BASE}/items/{number}").json()
        root.post(f"{BASE}/items/fetch", json={"items": [number]})
        assert duration(site, "p3") == pytest.approx(expected)
    assert media_server.served.count("/whole.wav") == 1
