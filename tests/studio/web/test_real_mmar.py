"""The thousand real items in the studio: imported, listed, released again to the same digest."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from actions import BASE
from sqlalchemy import update

from conftest import Site
from mmar.items import benchmark_digest, load_benchmark
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Person
from mmar.studio.exchange.importing import import_items
from mmar.studio.releases.project_releases import write_project_release
from mmar.studio.store import people, projects

MMAR = Path(__file__).parents[3] / "../shared/mmar/MMAR-meta.jsonl"
pytestmark = pytest.mark.skipif(not MMAR.exists(), reason="../shared/mmar is not there")


def imported(site: Site, inspect: bool = False) -> None:
    items = load_benchmark(MMAR).items
    with site.studio.database.write() as session:
        project = projects.find_project(session, "demo")
        assert project
        actor = people.actor_in(session, project.id, session.get_one(Person, 1))
        done = import_items(session, project, actor, items, site.studio.clock(), inspect=inspect)
        assert (done.added, done.known) == (1000, [])


def listed_and_exported(site: Site) -> None:
    root = site.client("root")
    exported = root.get("/p/demo/export.jsonl")
    assert exported.status_code == 200
    path = site.studio.config.data / "out.jsonl"
    path.write_bytes(exported.content)
    assert load_benchmark(path).digest == load_benchmark(MMAR).digest
    for form in ("csv", "label-studio.json"):
        assert root.get(f"/p/demo/export.{form}").status_code == 200
    result = root.get(f"{BASE}/items", params={"q": "food", "limit": 5}).json()
    assert 0 < len(result) <= 5
    assert root.get("/p/demo/coverage").status_code == 200


def test_the_real_mmar_is_imported_listed_exported_and_released_with_equal_digest(quiet_site: Site) -> None:
    imported(quiet_site, inspect=True)
    listed_and_exported(quiet_site)
    database, config = quiet_site.studio.database, quiet_site.studio.config
    with database.write() as session:
        project = projects.find_project(session, "demo")
        assert project
        project.settings = msgspec.structs.replace(project.settings, withheld=())
        # As if a thousand inspectors had approved: the journey's test goes the long way.
        session.execute(update(Item).values(state="approved"))
    made = write_project_release(config, database, "demo", "1.0", quiet_site.studio.clock())
    published = load_benchmark(MMAR)
    folder = config.releases / made.path
    released = load_benchmark(folder / "demo-meta.jsonl")
    assert made.digest == benchmark_digest(published) == released.digest
    for old, new in zip(published, released, strict=True):
        record = new.to_record()
        assert record.pop("canary")
        assert record == old.to_record()
    bytes_before = {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    write_project_release(config, database, "demo", "1.0", quiet_site.studio.clock())
    again = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert again == bytes_before
    # A takedown takes every item of that video with it, and the next release says so.
    root = quiet_site.client("root")
    url = published.items[0].url
    assert root.post(f"{BASE}/takedowns", json={"what": url, "why": "asked"}).status_code == 201
    second = root.post(f"{BASE}/releases", json={"version": "1.1"})
    assert second.status_code == 201, second.text
    later = load_benchmark(config.releases / "demo/1.1/demo-meta.jsonl")
    assert published.items[0].id not in later.by_id
    assert len(later) < 1000
