"""A benchmark with its clips, as one archive through the page or the API."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from actions import BASE, after, code_of, paged
from test_imported_sound import duration, published

from conftest import Site


def archive(recording: Path, *, clips: tuple[int, ...] = (1,), more: dict[str, bytes] | None = None) -> bytes:
    """Two items, and clips for some of them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        lines = [json.dumps(published(index, "", "").to_record()) for index in (1, 2)]
        packed.writestr("set/meta.jsonl", "\n".join(lines))
        for index in clips:
            packed.write(recording, f"set/audio/p{index}.wav")
        for name, data in (more or {}).items():
            packed.writestr(name, data)
    return out.getvalue()


def incoming(site: Site) -> list[Path]:
    return list((site.studio.config.media / "incoming").iterdir())


def test_an_archive_is_imported_and_a_missing_clip_can_be_added_later(site: Site, recording: Path) -> None:
    root = paged(site, "root")
    sent = {"file": ("set.zip", archive(recording), "application/zip")}
    page = after(root, root.post("/p/demo/import", data={"inspect": "on"}, files=sent))
    assert code_of(page) == "imported"
    assert len(site.client("root").get(f"{BASE}/items").json()) == 2
    assert (duration(site, "p1"), duration(site, "p2")) == (12.0, 0.0)
    # The same benchmark with the clip that was lacking: nothing else of it changes.
    sent = {"file": ("set.zip", archive(recording, clips=(1, 2)), "application/zip")}
    done = site.client("root").post(f"{BASE}/import/file", files=sent).json()
    assert (done["added"], done["known"], done["differing"]) == (0, ["p1", "p2"], [])
    assert (done["clips"], done["clips_left"], done["clips_absent"]) == (1, {}, 0)
    assert duration(site, "p2") == 12.0
    assert incoming(site) == []
    log = site.client("root").get(f"{BASE}/audit").json()
    assert [one["subject"] for one in log if one["action"] == "import"] == ["set.zip", "set.zip"]


def test_an_archive_without_clips_is_imported(site: Site, recording: Path) -> None:
    root = site.client("root")
    for clips, absent in (((), 0), ((1,), 1)):
        sent = {"file": ("set.zip", archive(recording, clips=clips))}
        done = root.post(f"{BASE}/import/file", files=sent).json()
        assert done["clips_absent"] == absent
    assert duration(site, "p1") == 12.0
    # Only the other one is wanted now, and it is not there.
    done = root.post(f"{BASE}/import/file", files=sent).json()
    assert (done["clips"], done["clips_absent"]) == (0, 1)


@pytest.mark.parametrize(
    ("more", "cut"),
    [
        ({"../evil.wav": b"x"}, 0),
        ({"set/other.jsonl": b"{}"}, 0),
        ({"set/audio/p2.wav": b"no sound"}, 0),
        ({}, 40),
    ],
)
def test_a_bad_archive_leaves_nothing_behind(
    site: Site, recording: Path, more: dict[str, bytes], cut: int
) -> None:
    data = archive(recording, more=more)
    root = paged(site, "root")
    page = after(root, root.post("/p/demo/import", files={"file": ("set.zip", data[: len(data) - cut])}))
    assert 'class="note bad" role="alert"' in page.text
    assert "incoming" not in page.text, "a path of the server is shown"
    assert site.client("root").get(f"{BASE}/items").json() == []
    assert incoming(site) == []


def test_an_archive_that_unpacks_to_too_much_is_refused(
    quiet_site: Site, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(quiet_site.studio.config), "max_upload", 2 << 20, raising=False)
    bomb = archive(recording, more={f"set/audio/{index}.wav": bytes(1_500_000) for index in range(6)})
    assert len(bomb) < 2 << 20
    text = quiet_site.client("root").post(f"{BASE}/import/file", files={"file": ("set.zip", bomb)})
    assert text.status_code == 422
    assert incoming(quiet_site) == []


def test_only_leads_can_import(site: Site, recording: Path) -> None:
    sent = {"file": ("set.zip", archive(recording))}
    assert site.client("anna").post(f"{BASE}/import/file", files=sent).status_code == 403
    assert paged(site, "anna").post("/p/demo/import", files=sent).status_code == 403
    assert site.client("root").get(f"{BASE}/items").json() == []
