"""Known vulnerabilities of annotation tools, one test each."""

from __future__ import annotations

import io
import re
import socket
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from actions import Somebody
from sqlalchemy import select, text

from conftest import PASSWORD, Site, on_both
from mmar.errors import InputError
from mmar.studio.backup.postgres_copy import plain_tables
from mmar.studio.data.tables import Person
from mmar.studio.media.media_store import media_file
from mmar.studio.releases.project_releases import release_folder
from mmar.studio.store import projects
from mmar.studio.web.context import COOKIE

SOURCE = Path(__file__).parents[3] / "src/mmar/studio"


def wav(seconds: float = 1.0) -> bytes:
    out = io.BytesIO()
    soundfile.write(
        out, np.sin(np.arange(int(8000 * seconds)) / 9).astype(np.float32) * 0.3, 8000, format="WAV"
    )
    return out.getvalue()


def test_no_secret_is_in_the_code_or_the_database(site: Site) -> None:
    cookie = Somebody(site, "anna").client.cookies[COOKIE]
    for path in SOURCE.rglob("*.py"):
        assert not re.search(r"secret_key|SECRET\s*=\s*['\"]", path.read_text(encoding="utf-8")), path
    # The file too, where there is one: what was overwritten may still lie in it.
    raw = b"".join(path.read_bytes() for path in site.studio.config.data.glob("studio.db*"))
    with site.studio.database.read() as session:
        raw += repr([session.execute(select(table)).all() for table in plain_tables()]).encode()
    assert b"'anna'" in raw
    for planted in (cookie, PASSWORD, site.tokens["anna"]):
        assert planted.encode() not in raw


def test_cross_site_forms_are_refused(site: Site) -> None:
    anna = Somebody(site, "anna")
    assert anna.client.post("/p/demo/ideas", data={"title": "x"}).status_code == 403
    assert anna.post("/p/demo/ideas", {"title": "x", "csrf": "0" * 43}).status_code == 403
    ben = Somebody(site, "ben")
    assert anna.post("/p/demo/ideas", {"title": "x", "csrf": ben.csrf}).status_code == 403
    assert (
        anna.post("/p/demo/ideas", {"title": "x"}, headers={"sec-fetch-site": "cross-site"}).status_code
        == 403
    )
    assert anna.post("/p/demo/ideas", {"title": "x"}).status_code == 303
    forged = {"login": "anna", "password": PASSWORD}
    answer = anna.client.post("/login", data=forged, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


def test_every_response_has_strict_headers_and_its_own_nonce(site: Site) -> None:
    anna = Somebody(site, "anna")
    nonces = set()
    for path in ("/login", "/p/demo", "/p/demo/ideas", "/nothing", "/api/v1/projects", "/static/base.css"):
        answer = anna.client.get(path)
        rule = answer.headers["content-security-policy"]
        assert "unsafe" not in rule
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in answer.headers
        result = re.search(r"script-src 'nonce-([^']+)'", rule)
        assert result
        nonces.add(result[1])
        for tag in re.findall(
            r"<script[^>]*>", answer.text if "html" in answer.headers["content-type"] else ""
        ):
            assert f'nonce="{result[1]}"' in tag
    assert len(nonces) == 6


def test_templates_and_scripts_have_no_inline_code() -> None:
    for path in (SOURCE / "web/templates").glob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert not re.search(r"\son[a-z]+=|\sstyle=|javascript:|\|safe|<style", page), path.name
    for path in (SOURCE / "web/static").glob("*.js"):
        assert not re.search(r"\.(innerHTML|outerHTML|insertAdjacentHTML)|eval\(", path.read_text("utf-8")), (
            path.name
        )


def test_no_query_filters_by_password_hashes(site: Site) -> None:
    anna = Somebody(site, "anna")
    every = anna.client.get("/api/v1/p/demo/people").text
    for filters in ("password__startswith=$argon2", "author__password=x", "order_by=password", "q=$argon2"):
        for path in ("/api/v1/p/demo/items", "/api/v1/p/demo/people", "/p/demo/items", "/p/demo/people"):
            answer = anna.client.get(f"{path}?{filters}")
            assert "$argon2" not in answer.text.replace("q=$argon2", "").replace('value="$argon2"', "")
    assert anna.client.get("/api/v1/p/demo/people?password__startswith=zzz").text == every
    assert "token_hash" not in anna.client.get("/api/v1/openapi.json").text


def test_uploads_are_decoded_renamed_and_served_as_audio(site: Site) -> None:
    anna = Somebody(site, "anna")
    item = anna.item()
    for bad in (b"<html><script>alert(1)</script></html>", b"", b"RIFF" + b"\0" * 50, wav()[:200]):
        answer = anna.post(f"/p/demo/items/{item}/upload", files={"file": ("x.wav", bad, "audio/wav")})
        assert answer.status_code == 422, bad[:10]
        assert str(site.studio.config.data) not in answer.text
    name = "../../evil.html"
    answer = anna.post(f"/p/demo/items/{item}/upload", files={"file": (name, wav(), "text/html")})
    assert answer.status_code == 200
    served = anna.client.get(f"/p/demo/media/recording/{answer.json()['recording']}")
    assert served.headers["content-type"].startswith("audio/")
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "evil" not in str(served.headers)
    stored = sorted(path.name for path in site.studio.config.data.rglob("*") if path.is_file())
    assert not [one for one in stored if "evil" in one]
    assert not list((site.studio.config.media / "incoming").iterdir())


def test_paths_stay_inside_their_folder(site: Site, tmp_path: Path) -> None:
    media = tmp_path / "media"
    (tmp_path / "media-private").mkdir()
    media.mkdir()
    (tmp_path / "media-private/key").write_text("x")
    (media / "link").symlink_to(tmp_path / "media-private/key")
    for bad in ("../media-private/key", "/etc/passwd", "link", "..", "a/../../media-private/key"):
        with pytest.raises(InputError):
            media_file(media, bad)
    with site.studio.database.read() as session:
        project = projects.find_project(session, "demo")
        assert project
        for bad in ("..", "../x", "a/b", "", ".hidden", "1..2", "x" * 50, "a\x00"):
            with pytest.raises(InputError):
                release_folder(site.studio.config, project, bad)
    anna = Somebody(site, "anna")
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/p/demo/release/%2e%2e%2fstudio.db.zip"):
        assert anna.client.get(path).status_code in (404, 422)


def test_imported_markup_is_escaped(site: Site) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    record = {
        "id": "evil-1",
        "audio_path": "./audio/e.wav",
        "question": evil,
        "choices": [evil, "b"],
        "answer": "b",
        "modality": evil,
        "category": evil,
        "sub-category": evil,
        "language": evil,
        "source": evil,
        "url": "javascript:alert(1)",
        "timestamp": "0:01,0:02",
        "thinking": evil,
        "cue": [evil],
        "rubric": [{"name": evil, "scoring_point": evil, "note": evil, "choices": [0, 1]}],
    }
    answer = site.client("root").post("/api/v1/p/demo/import", json={"records": [record]})
    assert answer.json()["added"] == 1
    root = Somebody(site, "root")
    root.post("/p/demo/ideas", {"title": evil, "detail": evil, "tags": evil})
    for path in ("/items", "/items/1", "/items/1/edit", "/ideas", "/taxonomy", "/coverage", ""):
        page = root.client.get(f"/p/demo{path}")
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert 'href="javascript:' not in page.text


def test_other_projects_are_not_found(site: Site) -> None:
    with site.studio.database.write() as session:
        root = session.get_one(Person, 1)
        projects.add_project(session, "hidden", "Hidden", root, site.studio.clock())
    anna = Somebody(site, "anna")
    hidden, missing = anna.client.get("/p/hidden"), anna.client.get("/p/missing")
    assert hidden.status_code == missing.status_code == 404
    assert anna.client.get("/api/v1/p/hidden/items").status_code == 404
    assert anna.post("/p/demo/people", {"login": "eve", "role": "admin"}).status_code == 403
    assert anna.client.get("/p/demo/export.jsonl").status_code == 403


def test_requests_for_another_host_are_refused(site: Site) -> None:
    assert httpx.get(f"{site.url}/login", headers={"host": "evil.example"}).status_code == 400


def test_private_addresses_are_not_fetched(tmp_path: Path, site: Site) -> None:
    import msgspec

    from mmar.studio.data.tables import Job
    from mmar.studio.jobs.worker import Worker
    from mmar.studio.store.jobs import enqueue

    strict = msgspec.structs.replace(site.studio.config, fetch_loopback=False)
    addresses = [
        "http://127.0.0.1/x.wav",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "http://[::1]/",
    ]
    with site.studio.database.write() as session:
        for url in addresses:
            job = enqueue(
                session, 1, "fetch-strict", url, {"url": url, "source": f"url:{url}"}, site.studio.clock()
            )
            assert job.id
    from mmar.studio.jobs.audio import fetch_recording

    worker = Worker(strict, site.studio.database, site.studio.clock, {"fetch-strict": fetch_recording})
    while worker.run_next():
        pass
    with site.studio.database.read() as session:
        jobs = session.scalars(select(Job).where(Job.kind == "fetch-strict")).all()
    assert {job.state for job in jobs} == {"failed"}


@on_both
def test_whoever_saw_the_key_cannot_answer_blind(quiet_site: Site) -> None:
    record = {
        "id": "x", "audio_path": "a.wav", "question": "q", "choices": ["no", "the secret key"],
        "answer": "the secret key", "modality": "sound", "category": "Signal Layer", "thinking": "a secret thought",
    }  # fmt: skip
    root = quiet_site.client("root")
    assert (
        root.post("/api/v1/p/demo/import", json={"records": [record], "inspect": True}).json()["added"] == 1
    )
    ina, ivo, ben = (Somebody(quiet_site, login) for login in ("ina", "ivo", "ben"))
    for path in ("/items/1", "/items", "/preparation", "", "/coverage", "/items/1/edit"):
        answer = ina.client.get(f"/p/demo{path}")
        assert "a secret thought" not in answer.text
        assert 'class="key' not in answer.text
    assert ben.client.get("/p/demo/items/1").text.count("a secret thought") == 1  # he inspects nothing
    assert ina.post("/p/demo/inspection/next").headers["location"].endswith("/items/1/inspect")
    assert "a secret thought" not in ina.client.get("/p/demo/items/1/inspect").text
    ina.post("/p/demo/items/1/release")
    # Ivo looks without listening: possible, but noted.
    ivo.post("/p/demo/items/1/show-key")
    assert "a secret thought" in ivo.client.get("/p/demo/items/1").text
    assert ivo.post("/p/demo/inspection/next").headers["location"].endswith("/items/1/inspect")
    assert ivo.post("/p/demo/items/1/answer", {"choice": "1"}).status_code == 409
    # Ben becomes an inspector later; he saw it as an annotator.
    with quiet_site.studio.database.write() as session:
        session.execute(text("UPDATE membership SET role = 'inspector' WHERE person_id = 3"))
    ivo.post("/p/demo/items/1/release")
    assert ben.post("/p/demo/inspection/next").headers["location"].endswith("/items/1/inspect")
    assert ben.post("/p/demo/items/1/answer", {"choice": "1"}).status_code == 409


def test_large_bodies_without_a_login_are_refused(site: Site) -> None:
    def sent(path: str, kind: str, length: str, *more: str) -> int:
        # The head alone: what is refused is refused before a byte of the body has come.
        head = [f"POST {path} HTTP/1.1", f"host: {site.url[7:]}", f"content-type: {kind}", *more]
        head.append("transfer-encoding: chunked" if length == "chunked" else f"content-length: {length}")
        with socket.create_connection(("127.0.0.1", int(site.url.rsplit(":", 1)[1])), timeout=60) as line:
            line.sendall("\r\n".join([*head, "", ""]).encode())
            return int(line.recv(20).split()[1])

    large, form = str(2 << 20), "multipart/form-data; boundary=x"
    token, cookie = f"authorization: Bearer {site.tokens['anna']}", f"cookie: {COOKIE}={site.cookie('anna')}"
    for kind in ("application/json", "application/x-www-form-urlencoded", form):
        for path in ("/login", "/api/v1/p/demo/items", "/p/demo/items/1/upload"):
            assert sent(path, kind, large) == 401
            assert sent(path, kind, large, f"cookie: {COOKIE}=x", "authorization: Bearer mmar_x") == 401
            assert sent(path, kind, "chunked", token) == 411
    assert sent("/api/v1/p/demo/items", "application/json", str(33 << 20), token) == 413
    assert sent("/p/demo/ideas", "application/x-www-form-urlencoded", str(33 << 20), cookie) == 413
    assert (
        sent("/api/v1/p/demo/recordings", form, str(site.studio.config.max_upload + (2 << 20)), token) == 413
    )
    assert site.client("anna").get("/api/v1/p/demo/items").status_code == 200


def test_ids_that_are_too_large_are_client_errors(site: Site) -> None:
    anna = Somebody(site, "anna")
    for path in ("/items/{}", "/items/{}/edit", "/media/clip/{}", "/items?after={}"):
        for root in ("/p/demo", "/api/v1/p/demo"):
            answer = anna.client.get(root + path.format("9" * 25))
            assert 400 <= answer.status_code < 500, root + path
