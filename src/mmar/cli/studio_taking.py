"""`mmar studio take-over`: what a model proposed for many items, taken over in somebody's name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from mmar.cli.studio_data import acting, opened_studio

if TYPE_CHECKING:
    from mmar.studio.config import StudioConfig

__all__ = ["take_over"]


@click.command("take-over")
@click.argument("project")
@click.option("--by", metavar="LOGIN", required=True, help="In whose name: each is saved as their revision.")
@click.option(
    "--kind",
    type=click.Choice(["thinking", "distractors", "sub_category", "rubric"]),
    help="Only proposals of this kind.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def take_over(config: StudioConfig, project: str, by: str, kind: str | None, as_json: bool) -> None:
    """Take over all proposals of PROJECT that wait, as the model wrote them, in somebody's name.

    Those stay open whose question, key or own field was changed since the model was asked.

    \b
    Example:
      mmar studio take-over demo --by lea --kind rubric
    """
    from mmar.studio.store.proposals import acceptable_proposals, count_waiting_proposals
    from mmar.studio.store.review import accept_proposals

    opened = opened_studio(config)
    with opened.database.read() as session:
        found, actor = acting(session, project, by)
        numbers = acceptable_proposals(session, found.id, actor, kind=kind or "")
        hidden = count_waiting_proposals(session, found.id, actor, kind=kind or "").hidden
    outcome = accept_proposals(opened.database, found, numbers, actor, opened.clock)
    if as_json:
        said = {"done": outcome.done, "left": dict(outcome.left), "hidden": hidden}
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    click.echo(f"{outcome.done} of {len(numbers)} proposals taken over")
    for why, number in outcome.left.items():
        click.echo(f"  {number} left: {why}", err=True)
    if hidden:
        click.echo(f"  {hidden} are for items that {by} may still be asked to answer by ear", err=True)
