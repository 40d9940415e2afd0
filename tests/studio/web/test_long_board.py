"""A board of many ideas is loaded in steps, and a vote replaces only the vote."""

from __future__ import annotations

import re

from actions import paged

from conftest import Site
from mmar.studio.data.tables import Person, Project
from mmar.studio.store import ideas, people

HX = {"hx-request": "true"}
MANY = 150


def fill(site: Site, many: int = MANY) -> None:
    with site.studio.database.write() as session:
        project = session.get_one(Project, 1)
        admin = people.actor_in(session, 1, session.get_one(Person, 1))
        for n in range(many):
            tag = "odd" if n % 2 else "even"
            ideas.add_idea(session, project, admin, f"Idea {n}", "Why?", [tag], site.studio.clock())


def idea_ids(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<article[^>]* id="idea-(\d+)"', page)]


def test_a_long_board_is_loaded_in_steps(site: Site) -> None:
    fill(site)
    anna = paged(site, "anna")
    page = anna.get("/p/demo/ideas").text
    result, step = idea_ids(page), len(idea_ids(page))
    assert 0 < step < MANY
    assert f"{step} of {MANY} shown" in page
    link = re.search(r'hx-get="([^"]+/further[^"]*)"', page)
    while link:
        part = anna.get(link[1].replace("&amp;", "&"), headers=HX).text
        result += idea_ids(part)
        assert 'id="shown"' in part, "the board remembers how many are shown"
        link = re.search(r'hx-get="([^"]+/further[^"]*)"', part)
    assert result == list(range(MANY, 0, -1))
    # Without a script the same link is a page.
    second = anna.get(f"/p/demo/ideas?from={step}").text
    assert idea_ids(second) == result[step : 2 * step]
    assert idea_ids(anna.get("/p/demo/ideas?from=x").text) == result[:step]
    assert len(idea_ids(anna.get(f"/p/demo/ideas/further?from={step}&tag=odd", headers=HX).text)) == 75 - step


def test_a_vote_and_an_edit_replace_only_what_changed(site: Site) -> None:
    fill(site)
    anna = paged(site, "anna")
    voted = anna.post("/p/demo/ideas/3/vote", headers=HX).text
    assert 'aria-pressed="true"' in voted
    assert "▲ 1" in voted
    assert not idea_ids(voted)
    assert len(voted) < 1200
    new = {"title": "Nearer or louder?", "detail": "", "tags": "space", "version": "0"}
    changed = anna.post("/p/demo/ideas/3", data=new, headers=HX).text
    assert idea_ids(changed) == [3]
    assert "Nearer or louder?" in changed
    # Without a script both lead back to the board.
    assert anna.post("/p/demo/ideas/3/vote").headers["location"] == "/p/demo/ideas"


def test_deleting_a_card_leaves_the_others_in_place(site: Site) -> None:
    fill(site)
    root = paged(site, "root")
    second = root.get("/p/demo/ideas?from=60").text
    view = dict(
        re.findall(r'<input type="hidden"[^>]* name="(tag|order|from|shown)" value="([^"]*)"', second)
    )
    before = idea_ids(second)
    board = idea_ids(root.post(f"/p/demo/ideas/{before[3]}/drop", data=view, headers=HX).text)
    assert board == [number for number in before if number != before[3]] + [before[-1] - 1]
    # A new card is first, wherever one was looking.
    assert idea_ids(root.post("/p/demo/ideas", data={"title": "New", **view}, headers=HX).text)[0] == MANY + 1


def test_a_new_card_comes_first(site: Site) -> None:
    fill(site)
    anna = paged(site, "anna")
    for n in range(1, 71):
        anna.post(f"/p/demo/ideas/{n}/vote", headers=HX)
    board = anna.post("/p/demo/ideas", data={"title": "Quite new", "shown": "120"}, headers=HX).text
    assert idea_ids(board)[0] == MANY + 1
    assert len(idea_ids(board)) == 120, "as many cards as were shown before"


def test_a_vote_for_a_merged_card_shows_the_board(site: Site) -> None:
    fill(site, 3)
    anna, ben = paged(site, "anna"), paged(site, "ben")
    ben.post("/p/demo/ideas/1/merge", data={"into": "2"})
    answer = anna.post("/p/demo/ideas/1/vote", headers=HX)
    assert answer.headers["hx-retarget"] == "#board"
    assert idea_ids(answer.text) == [3, 2]
