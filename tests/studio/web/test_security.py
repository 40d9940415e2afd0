"""Known vulnerabilities of annotation tools, one test each."""

from __future__ import annotations

import io
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from actions import after, code_of
from sqlalchemy import select, text

from conftest import PASSWORD, Site, free_port, on_both, serve
from mmar.errors import InputError
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database
from mmar.studio.data.tables import AuditLogEntry, LoginAttempt, LoginSession, Person
from mmar.studio.data.transfer import plain_tables
from mmar.studio.exchange.releases import release_folder
from mmar.studio.media.media_store import media_file
from mmar.studio.security.login_limits import BY_LOGIN_AND_ADDRESS, WINDOW, clear_login_attempts, login_delay
from mmar.studio.start import open_studio, setup_link
from mmar.studio.store import projects
from mmar.studio.web.context import COOKIE

SOURCE = Path(__file__).parents[3] / "src/mmar/studio"


class Somebody:
    """Somebody with a session, as a browser would keep it."""

    def __init__(self, site: Site, login: str) -> None:
        self.client = site.client()
        self.client.cookies.set(COOKIE, site.cookie(login))
        found = re.search(r'name="csrf" value="([^"]+)"', self.client.get("/p/demo").text)
        assert found
        self.csrf = found[1]

    def post(self, path: str, data: dict[str, str] | None = None, **more: object) -> httpx.Response:
        return self.client.post(path, data={"csrf": self.csrf, **(data or {})}, **more)  # type: ignore[arg-type]

    def item(self) -> int:
        answer = self.post("/p/demo/items")
        return int(answer.headers["location"].split("/")[-2])


def wav(seconds: float = 1.0) -> bytes:
    out = io.BytesIO()
    soundfile.write(
        out, np.sin(np.arange(int(8000 * seconds)) / 9).astype(np.float32) * 0.3, 8000, format="WAV"
    )
    return out.getvalue()


def test_nobody_can_log_in_before_the_first_link_was_used_and_it_works_once(tmp_path: Path) -> None:
    studio = open_studio(StudioConfig(data=tmp_path / "data"))
    first = setup_link(studio, "http://x")
    link = setup_link(studio, "http://x")
    assert first and link and first != link
    with studio.database.read() as session:
        assert session.scalars(select(Person.password)).all() == [None]
    port = free_port()
    stop = serve(studio, port, work=False)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for guess in ("", "admin", "password", "mmar"):
            assert client.post("/login", data={"login": "admin", "password": guess}).status_code == 401
        choose = {"password": PASSWORD, "again": PASSWORD}
        assert client.post(first.removeprefix("http://x"), data=choose).status_code == 410
        path = link.removeprefix("http://x")
        assert client.post(path, data={"password": "short", "again": "short"}).status_code == 422
        assert client.post(path, data=choose).status_code == 303
        assert client.post(path, data=choose).status_code == 410
    assert setup_link(studio, "http://x") is None
    stop()


def test_no_secret_stands_in_the_code_or_in_the_database(site: Site) -> None:
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


def test_a_form_of_another_site_is_refused(site: Site) -> None:
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


def test_every_answer_has_the_strict_headers_and_each_page_its_own_nonce(site: Site) -> None:
    anna = Somebody(site, "anna")
    nonces = set()
    for path in ("/login", "/p/demo", "/p/demo/ideas", "/nothing", "/api/v1/projects", "/static/base.css"):
        answer = anna.client.get(path)
        rule = answer.headers["content-security-policy"]
        assert "unsafe" not in rule
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in answer.headers
        found = re.search(r"script-src 'nonce-([^']+)'", rule)
        assert found
        nonces.add(found[1])
        for tag in re.findall(
            r"<script[^>]*>", answer.text if "html" in answer.headers["content-type"] else ""
        ):
            assert f'nonce="{found[1]}"' in tag
    assert len(nonces) == 6


def test_a_page_of_ours_holds_no_inline_script_or_style() -> None:
    for path in (SOURCE / "web/templates").glob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert not re.search(r"\son[a-z]+=|\sstyle=|javascript:|\|safe|<style", page), path.name
    for path in (SOURCE / "web/static").glob("*.js"):
        assert not re.search(r"\.(innerHTML|outerHTML|insertAdjacentHTML)|eval\(", path.read_text("utf-8")), (
            path.name
        )


def test_guessing_passwords_is_slowed_down_and_written_down(site: Site) -> None:
    client = site.client()
    codes = [
        client.post("/login", data={"login": "anna", "password": f"guess {n}"}).status_code for n in range(12)
    ]
    assert codes == [401] * 10 + [429] * 2
    # Even the right password has to wait now; somebody else need not.
    assert client.post("/login", data={"login": "anna", "password": PASSWORD}).status_code == 429
    assert Somebody(site, "ben").csrf
    with site.studio.database.read() as session:
        actions = session.scalars(select(AuditLogEntry.action)).all()
    # However often it is limited, a stranger writes a line a minute.
    assert (actions.count("login failed"), actions.count("login limited")) == (10, 1)
    later = site.studio.clock() + timedelta(seconds=61)
    site.studio.clock = lambda: later
    assert client.post("/login", data={"login": "anna", "password": PASSWORD}).status_code == 429
    with site.studio.database.read() as session:
        assert list(session.scalars(select(AuditLogEntry.action))).count("login limited") == 2


def test_ones_own_password_is_changed_by_whoever_knows_it_and_ends_the_other_sessions(site: Site) -> None:
    anna, elsewhere = Somebody(site, "anna"), Somebody(site, "anna")
    fresh = {"password": "five new words for today", "again": "five new words for today"}
    wrong = anna.post("/me/password", {"old": "not this one", **fresh})
    assert code_of(after(anna.client, wrong)) == "wrong-password"
    for bad in ({**fresh, "again": "other"}, {"password": "short", "again": "short"}):
        refused = anna.post("/me/password", {"old": PASSWORD, **bad})
        assert 'class="note bad"' in after(anna.client, refused).text
    before = anna.client.cookies[COOKIE]
    done = anna.post("/me/password", {"old": PASSWORD, **fresh})
    assert code_of(after(anna.client, done)) == "password-changed"
    assert done.cookies[COOKIE] != before  # a new session: the old one's cookie is worth nothing
    assert elsewhere.client.get("/me").status_code == 303
    login = {"login": "anna", "password": PASSWORD}
    assert site.client().post("/login", data=login).status_code == 401
    assert site.client().post("/login", data=login | {"password": fresh["password"]}).status_code == 303
    # A token acts for its person, and is not its person.
    assert (
        site.client("anna").post("/me/password", data={"old": fresh["password"], **fresh}).status_code == 403
    )
    with site.studio.database.read() as session:
        assert list(session.scalars(select(AuditLogEntry.action))).count("password set") == 1


def test_a_password_is_guessed_at_no_faster_where_it_is_changed(site: Site) -> None:
    anna = Somebody(site, "anna")
    fresh = {"password": "five new words for today", "again": "five new words for today"}
    codes = [
        code_of(after(anna.client, anna.post("/me/password", {"old": f"guess {n}", **fresh})))
        for n in range(11)
    ]
    assert codes == ["wrong-password"] * 10 + ["too-many-attempts"]


def test_a_restart_forgets_no_try_and_two_servers_count_together(site: Site) -> None:
    port = free_port()
    second = open_studio(site.studio.config)
    stop = serve(second, port, work=False)
    guess = {"login": "anna", "password": "a guess of many words"}
    try:
        codes = [
            httpx.post(f"{base}/login", data=guess).status_code
            for base in (site.url, f"http://127.0.0.1:{port}") * 6
        ]
        assert codes == [401] * 10 + [429] * 2
    finally:
        stop()
    # Time passes for whoever was limited; what is over is cleared away.
    later = site.studio.clock() + WINDOW + timedelta(seconds=1)
    site.studio.clock = lambda: later
    right = {"login": "anna", "password": PASSWORD}
    assert site.client().post("/login", data=right).status_code == 303
    with site.studio.database.read() as session:
        assert [row.key for row in session.scalars(select(LoginAttempt))] == ["address 127.0.0.1"]


def test_attempts_are_counted_exactly_however_many_come_at_once(database: Database) -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)

    def tried(_: int) -> bool:
        with database.write() as session:
            return not login_delay(session, "anna", "10.0.0.1", now)

    with ThreadPoolExecutor(8) as many:
        assert sum(many.map(tried, range(40))) == BY_LOGIN_AND_ADDRESS
    with database.write() as session:
        assert login_delay(session, "anna", "10.0.0.1", now + WINDOW / 2) == WINDOW / 2
        assert not login_delay(session, "anna", "10.0.0.2", now)
        assert not login_delay(session, "ben", "10.0.0.1", now)
        clear_login_attempts(session, "anna", "10.0.0.1")
        assert not login_delay(session, "anna", "10.0.0.1", now)


def test_who_exists_does_not_show_in_the_time_or_words_of_an_answer(site: Site) -> None:
    client = site.client()

    def tried(login: str) -> tuple[float, str]:
        start = time.perf_counter()
        answer = client.post("/login", data={"login": login, "password": "wrong words here"})
        page = re.sub(r'nonce[="-]+[^"\';]+', "", answer.text)
        return time.perf_counter() - start, page.replace(f'value="{login}"', 'value="what was typed"')

    tried("warm")
    known, unknown = tried("anna"), tried("nobody")
    assert known[1] == unknown[1]
    assert unknown[0] > known[0] / 3  # a hash is computed for both


def test_a_login_never_leads_to_another_site(site: Site) -> None:
    for target in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\nb",
    ):
        client = site.client()
        answer = client.post("/login", data={"login": "anna", "password": PASSWORD, "next": target})
        assert answer.headers["location"] == "/", target


def test_a_session_ends_by_logout_by_time_and_with_its_person(site: Site) -> None:
    anna = Somebody(site, "anna")
    jar = dict(anna.client.cookies)
    anna.post("/logout")
    assert httpx.get(f"{site.url}/p/demo", cookies=jar).status_code == 303
    ben = Somebody(site, "ben")
    with site.studio.database.write() as session:
        session.execute(text("UPDATE login_session SET expires = '2020-01-01 00:00:00'"))
    assert ben.client.get("/p/demo").status_code == 303
    ina = Somebody(site, "ina")
    with site.studio.database.write() as session:
        person = session.scalar(select(Person).where(Person.login == "ina"))
        assert person
        person.active = False
    assert ina.client.get("/p/demo").status_code == 303
    fresh = site.client().post("/login", data={"login": "ivo", "password": PASSWORD})
    assert fresh.status_code == 303
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(fresh.headers["set-cookie"].split("; "))


def test_no_query_reaches_a_password_hash(site: Site) -> None:
    anna = Somebody(site, "anna")
    every = anna.client.get("/api/v1/p/demo/people").text
    for filters in ("password__startswith=$argon2", "author__password=x", "order_by=password", "q=$argon2"):
        for path in ("/api/v1/p/demo/items", "/api/v1/p/demo/people", "/p/demo/items", "/p/demo/people"):
            answer = anna.client.get(f"{path}?{filters}")
            assert "$argon2" not in answer.text.replace("q=$argon2", "").replace('value="$argon2"', "")
    assert anna.client.get("/api/v1/p/demo/people?password__startswith=zzz").text == every
    assert "token_hash" not in anna.client.get("/api/v1/openapi.json").text


def test_an_upload_is_decoded_named_by_us_and_served_as_sound(site: Site) -> None:
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
    kept = sorted(path.name for path in site.studio.config.data.rglob("*") if path.is_file())
    assert not [one for one in kept if "evil" in one]
    assert not list((site.studio.config.media / "incoming").iterdir())


def test_no_path_leads_out_of_its_folder(site: Site, tmp_path: Path) -> None:
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


def test_imported_text_is_never_markup(site: Site) -> None:
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


def test_another_project_is_as_if_it_were_not_there(site: Site) -> None:
    with site.studio.database.write() as session:
        root = session.get_one(Person, 1)
        projects.add_project(session, "hidden", "Hidden", root, site.studio.clock())
    anna = Somebody(site, "anna")
    hidden, missing = anna.client.get("/p/hidden"), anna.client.get("/p/missing")
    assert hidden.status_code == missing.status_code == 404
    assert anna.client.get("/api/v1/p/hidden/items").status_code == 404
    assert anna.post("/p/demo/people", {"login": "eve", "role": "admin"}).status_code == 403
    assert anna.client.get("/p/demo/export.jsonl").status_code == 403


def test_a_name_that_was_pointed_at_this_machine_gets_nothing(site: Site) -> None:
    assert httpx.get(f"{site.url}/login", headers={"host": "evil.example"}).status_code == 400


def test_a_fetch_of_an_address_inside_is_refused(tmp_path: Path, site: Site) -> None:
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
    from mmar.studio.jobs.fetch import fetch_recording

    worker = Worker(strict, site.studio.database, site.studio.clock, {"fetch-strict": fetch_recording})
    while worker.do_one():
        pass
    with site.studio.database.read() as session:
        jobs = session.scalars(select(Job).where(Job.kind == "fetch-strict")).all()
    assert {job.state for job in jobs} == {"failed"}


def test_a_session_lives_in_the_database_only_as_its_hash(site: Site) -> None:
    anna = Somebody(site, "anna")
    with site.studio.database.read() as session:
        kept = session.scalars(select(LoginSession.token_hash)).all()
    assert kept
    assert anna.client.cookies[COOKIE] not in kept


def test_the_admin_of_one_project_cannot_become_somebody_of_another(site: Site) -> None:
    from mmar.studio.data.tables import Membership
    from mmar.studio.workflow import Role

    site.add("pia", Role.ADMIN)
    with site.studio.database.write() as session:
        root = session.get_one(Person, 1)
        other = projects.add_project(session, "other", "Other", root, site.studio.clock())
        ben = session.scalar(select(Person.id).where(Person.login == "ben"))
        ina = session.scalar(select(Person.id).where(Person.login == "ina"))
        session.add(Membership(project_id=other.id, person_id=ben, role="lead"))
    pia = Somebody(site, "pia")
    assert pia.post(f"/p/demo/people/{ben}/link").status_code == 403
    assert pia.post("/p/demo/people/1/link").status_code == 403
    assert "/welcome/" in after(pia.client, pia.post(f"/p/demo/people/{ina}/link")).text


@on_both
def test_a_key_that_was_shown_anywhere_is_never_answered_blind(quiet_site: Site) -> None:
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
    ina.post("/p/demo/items/1/let-go")
    # Ivo looks without listening: possible, but noted.
    ivo.post("/p/demo/items/1/show-key")
    assert "a secret thought" in ivo.client.get("/p/demo/items/1").text
    assert ivo.post("/p/demo/inspection/next").headers["location"].endswith("/items/1/inspect")
    assert ivo.post("/p/demo/items/1/answer", {"choice": "1"}).status_code == 409
    # Ben becomes an inspector later; he saw it as an annotator.
    with quiet_site.studio.database.write() as session:
        session.execute(text("UPDATE membership SET role = 'inspector' WHERE person_id = 3"))
    ivo.post("/p/demo/items/1/let-go")
    assert ben.post("/p/demo/inspection/next").headers["location"].endswith("/items/1/inspect")
    assert ben.post("/p/demo/items/1/answer", {"choice": "1"}).status_code == 409


def test_a_stranger_cannot_fill_the_memory_or_the_disk(site: Site) -> None:
    def sent(path: str, kind: str, length: str, *more: str) -> int:
        # The head alone: what is refused is refused before a byte of the body has come.
        head = [f"POST {path} HTTP/1.1", f"host: {site.url[7:]}", f"content-type: {kind}", *more]
        head.append("transfer-encoding: chunked" if length == "chunked" else f"content-length: {length}")
        with socket.create_connection(("127.0.0.1", int(site.url.rsplit(":", 1)[1])), timeout=10) as line:
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


def test_a_number_that_no_row_can_have_is_said_in_words(site: Site) -> None:
    anna = Somebody(site, "anna")
    for path in ("/items/{}", "/items/{}/edit", "/media/clip/{}", "/items?after={}"):
        for root in ("/p/demo", "/api/v1/p/demo"):
            answer = anna.client.get(root + path.format("9" * 25))
            assert 400 <= answer.status_code < 500, root + path


def test_a_login_that_failed_keeps_the_name_and_not_the_password(site: Site) -> None:
    answer = site.client().post(
        "/login", data={"login": "anna", "password": "not hers at all"}, headers={"origin": site.url}
    )
    assert answer.status_code == 401
    assert 'value="anna"' in answer.text
    assert "not hers" not in answer.text
