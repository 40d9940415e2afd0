"""Decisions of leads and admins: assignments, deactivated accounts, targets, the audit log."""

from __future__ import annotations

import re

from actions import BASE, begun, marks, paged

from conftest import PASSWORD, Site
from mmar.studio.store import people
from mmar.studio.workflow import Role

ANNA, BEN, INA, IVO = 2, 3, 4, 5


def test_a_lead_assigns_an_inspector_and_an_author(quiet_site: Site) -> None:
    item = begun(quiet_site)
    root, anna, ina, ivo = (quiet_site.client(login) for login in ("root", "anna", "ina", "ivo"))
    for action in ("submit", "forward"):
        assert anna.post(f"{BASE}/items/{item}/{action}", json={}).is_success
    named = {"role": "inspector", "person": IVO}
    assert ina.put(f"{BASE}/items/{item}/assignment", json=named).status_code == 403
    assert root.put(f"{BASE}/items/{item}/assignment", json=named).json()["inspector"] == IVO
    wrong = root.put(f"{BASE}/items/{item}/assignment", json={"role": "inspector", "person": ANNA})
    assert wrong.status_code == 403
    assert ina.post(f"{BASE}/queue/inspection/next").json() is None
    lead = paged(quiet_site, "root")
    visible = lead.get(f"/p/demo/items/{item}").text
    assert f'<option value="{IVO}" selected' in visible
    form = {"role": "inspector", "person": str(INA)}
    assert lead.post(f"/p/demo/items/{item}/assign", data=form).status_code == 303
    assert ivo.post(f"{BASE}/queue/inspection/next").json() is None
    assert ina.post(f"{BASE}/queue/inspection/next").json()["id"] == item
    assert 'id="assignment"' not in paged(quiet_site, "anna").get(f"/p/demo/items/{item}").text
    second = begun(quiet_site)
    moved = root.put(f"{BASE}/items/{second}/assignment", json={"role": "annotator", "person": BEN})
    assert moved.json()["author"] == BEN
    log = root.get(f"{BASE}/audit").json()[:3]
    assert {one["action"] for one in log} == {"assigned"}
    for row, name in zip(log, ("Ben", "Ina", "Ivo"), strict=True):
        assert name in row["detail"]


def test_an_admin_deactivates_and_reactivates_an_account(quiet_site: Site) -> None:
    item = begun(quiet_site)
    anna, ina, root = (quiet_site.client(login) for login in ("anna", "ina", "root"))
    for action in ("submit", "forward"):
        assert anna.post(f"{BASE}/items/{item}/{action}", json={}).is_success
    assert ina.post(f"{BASE}/queue/inspection/next").json()["id"] == item
    browser = paged(quiet_site, "ina")
    assert browser.get("/p/demo").status_code == 200
    assert anna.put(f"{BASE}/people/{INA}/active", json={"active": False}).status_code == 403
    assert root.put(f"{BASE}/people/1/active", json={"active": False}).status_code == 409
    admin = paged(quiet_site, "root")
    assert admin.post(f"/p/demo/people/{INA}/active", data={"active": "no"}).status_code == 303
    assert browser.get("/p/demo").status_code == 303
    assert ina.get("/api/v1/projects").status_code == 401
    assert quiet_site.client("ivo").post(f"{BASE}/queue/inspection/next").json()["id"] == item
    tried = quiet_site.client().post("/login", data={"login": "ina", "password": PASSWORD})
    assert tried.status_code == 401
    assert root.post(f"{BASE}/people/{INA}/link").status_code == 409
    assert 'data-person="ina" data-active="no"' in admin.get("/p/demo/people").text
    back = root.put(f"{BASE}/people/{INA}/active", json={"active": True}).json()
    assert back == {"id": INA, "login": "ina", "active": True}
    assert browser.get("/p/demo").status_code == 303  # the old session does not come back
    assert ina.get("/api/v1/projects").status_code == 401  # nor the old token
    again = quiet_site.client().post("/login", data={"login": "ina", "password": PASSWORD})
    assert again.headers["location"] == "/"
    log = [(one["action"], one["subject"]) for one in root.get(f"{BASE}/audit").json()]
    assert ("deactivated", "ina") in log
    assert ("reactivated", "ina") in log


def test_the_admin_of_one_project_cannot_deactivate_members_of_others(site: Site) -> None:
    site.add("pia", Role.ADMIN)
    root, pia = site.client("root"), site.client("pia")
    assert root.post("/api/v1/projects", json={"slug": "other", "title": "Other"}).is_success
    assert root.post(
        "/api/v1/p/other/people", json={"login": "ben", "roles": ["annotator"], "existing": True}
    ).is_success
    assert pia.put(f"{BASE}/people/{BEN}/active", json={"active": False}).status_code == 403
    assert pia.put(f"{BASE}/people/1/active", json={"active": False}).status_code == 403
    assert pia.put(f"{BASE}/people/{INA}/active", json={"active": False}).is_success


def test_targets_of_one_language_are_set_without_losing_the_others(site: Site) -> None:
    root, lead = site.client("root"), paged(site, "root")
    assert root.put(
        f"{BASE}/settings", json={"targets": {"Signal Layer|sound": 3, "language:en": 9}}
    ).is_success
    edit = lead.get("/p/demo/coverage", params={"edit": "true", "language": "zh"}).text
    assert 'name="target:Signal Layer|speech|zh"' in edit
    form = {"language": "zh", "target:Signal Layer|speech|zh": "4", "target:Signal Layer|sound|zh": ""}
    done = lead.post("/p/demo/coverage", data=form)
    assert done.headers["location"].startswith("/p/demo/coverage?language=zh&")
    targets = {"Signal Layer|sound": 3, "language:en": 9, "Signal Layer|speech|zh": 4}
    assert root.get(BASE).json()["settings"]["targets"] == targets
    wanted = root.get(f"{BASE}/coverage").json()["next"]
    assert [(one["modality"], one["language"], one["short"]) for one in wanted] == [
        ("speech", "zh", 4),
        ("sound", "", 3),
    ]
    assert marks(lead.get("/p/demo/coverage", params={"language": "zh"}), "missing") == ["4"]
    begun_for = lead.post(
        "/p/demo/items", data={"layer": "Signal Layer", "modality": "speech", "language": "zh"}
    ).headers["location"]
    number = begun_for.split("/")[-2]
    assert root.get(f"{BASE}/items/{number}/draft").json()["content"]["language"] == "zh"
    cleared = {"target:Signal Layer|speech|zh": "", "language": "zh"}
    assert lead.post("/p/demo/coverage", data=cleared).status_code == 303
    assert "Signal Layer|speech|zh" not in root.get(BASE).json()["settings"]["targets"]


def test_a_language_below_its_target_is_a_gap(site: Site) -> None:
    root = paged(site, "root")
    assert root.post("/p/demo/coverage", data={"target:language:en": "5"}).is_redirect
    assert marks(root.get("/p/demo/coverage"), "missing") == ["5"]


def test_exports_are_offered_to_leads(site: Site) -> None:
    assert "/p/demo/export.jsonl" in paged(site, "root").get("/p/demo/release").text
    assert "/p/demo/export.jsonl" not in paged(site, "anna").get("/p/demo/release").text


def test_the_audit_log_is_read_to_its_beginning(site: Site) -> None:
    root = paged(site, "root")
    with site.studio.database.write() as session:
        for line in range(70):
            people.log_action(session, site.studio.clock(), 1, "noted", f"line-{line:02d}.", project_id=1)
    newest = root.get("/p/demo/people").text
    assert ("line-69." in newest, "line-09." in newest) == (True, False)
    older = re.search(r'href="(/p/demo/people\?before=\d+)#audit">Older', newest)
    assert older is not None
    rest = root.get(older.group(1)).text
    assert ("line-69." in rest, "line-09." in rest, "line-00." in rest) == (False, True, True)
    assert ">Older<" not in rest
    assert "line-09." not in paged(site, "anna").get(older.group(1)).text


def test_targets_are_offered_for_every_language_of_an_item(quiet_site: Site) -> None:
    number, anna = begun(quiet_site), quiet_site.client("anna")
    content = anna.get(f"{BASE}/items/{number}").json()["content"]
    spoken = {"version": 1, "revision": 1, "content": {**content, "language": "sw"}}
    assert anna.put(f"{BASE}/items/{number}", json=spoken).is_success
    assert anna.post(f"{BASE}/items/{number}/submit", json={}).is_success
    edit = paged(quiet_site, "root").get("/p/demo/coverage?edit=true").text
    assert 'name="target:language:sw"' in edit
    assert 'sw <span class="muted">1 collected' in edit
    assert "<title>Coverage · Deep listening · mmar</title>" in edit
