"""`mmar studio assign` and `accept-proposals`: commands for many items at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mmar.cli import shared
from mmar.cli.output import print_json
from mmar.cli.studio_data import acting, by_option, opened_studio, parse_state, print_left
from mmar.errors import UsageError

if TYPE_CHECKING:
    from mmar.studio.config import StudioConfig


@click.command()
@click.argument("project")
@shared.repeatable("--inspector", metavar="LOGIN", help="Inspector to assign items to.")
@shared.repeatable("--writer", metavar="LOGIN", help="Writer to assign items to.")
@shared.flag("--anybody", help="Remove the assignment: any inspector may take the items.")
@click.option("--state", default="", help="Only items in this state, such as inspection or draft.")
@click.option("--layer", default="", help="Only items of this layer.")
@click.option("--modality", default="", help="Only items of this modality.")
@click.option("--words", default="", help="Only items with these words in the question or the id.")
@shared.flag("--unassigned", help="Only items without an assignment.")
@by_option
@click.pass_obj
def assign(
    config: StudioConfig,
    /,
    project: str,
    inspector: tuple[str, ...],
    writer: tuple[str, ...],
    anybody: bool,
    state: str,
    unassigned: bool,
    by: str | None,
    **fields: Any,
) -> None:
    """Assign many items of PROJECT evenly to users. Nobody inspects items that they wrote.

    \b
    Example:
      mmar studio assign demo --state inspection --unassigned --inspector ina --inspector ivo
    """
    from mmar.studio.store.bulk import assign_items
    from mmar.studio.store.item_lists import NOBODY, ItemFilter, item_numbers
    from mmar.studio.workflow import Role

    if sum(map(bool, (inspector, writer, anybody))) != 1:
        raise UsageError(
            "expected one of --inspector LOGIN, --writer LOGIN and --anybody", code="incompatible-options"
        )
    nobody = NOBODY if unassigned else None
    unset: Any = {"author" if writer else "inspector": nobody}
    chosen = ItemFilter(parse_state(state), **fields, **unset)
    opened = opened_studio(config)
    with opened.database.read() as session:
        record, actor = acting(session, project, by)
        people = [acting(session, project, login)[1].person for login in inspector + writer]
        items = item_numbers(session, record.id, chosen)
    role = Role.ANNOTATOR if writer else Role.INSPECTOR
    result = assign_items(opened.database, record, items, actor, role, people, opened.clock)
    logins = dict(zip(people, inspector + writer, strict=True))
    shares = ", ".join(f"{logins[person]} {number}" for person, number in sorted(result.people.items()))
    click.echo(f"{result.done} of {len(items)} items" + (f": {shares}" if shares else ""))
    print_left(result.left)


@click.command("accept-proposals")
@click.argument("project")
@click.option("--by", metavar="LOGIN", required=True, help="User in whose name each is saved as a revision.")
@click.option(
    "--kind",
    type=click.Choice(["thinking", "distractors", "sub_category", "rubric"]),
    help="Only proposals of this kind.",
)
@shared.json
@click.pass_obj
def accept_proposals(config: StudioConfig, project: str, by: str, kind: str | None, as_json: bool) -> None:
    """Accept all waiting proposals of PROJECT unchanged.

    Proposals stay open if the question, the key or the field itself was changed since the model was asked.

    \b
    Example:
      mmar studio accept-proposals demo --by lea --kind rubric
    """
    from mmar.studio.store.proposals import accept_proposals as accept
    from mmar.studio.store.proposals import acceptable_proposals, count_waiting_proposals

    opened = opened_studio(config)
    with opened.database.read() as session:
        record, actor = acting(session, project, by)
        numbers = acceptable_proposals(session, record.id, actor, kind=kind or "")
        hidden = count_waiting_proposals(session, record.id, actor, kind=kind or "").hidden
    result = accept(opened.database, record, numbers, actor, opened.clock)
    if as_json:
        print_json({"done": result.done, "left": dict(result.left), "hidden": hidden})
        return
    click.echo(f"{result.done} of {len(numbers)} proposals accepted")
    print_left(result.left)
    if hidden:
        click.echo(
            f"  {hidden} hidden: {by} may still be asked to answer these items without seeing the key",
            err=True,
        )


ITEM_COMMANDS = (assign, accept_proposals)
