"""`mmar studio work`, `jobs` and `assign`: preparing and handing out thousands of items."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import click

from mmar.cli.studio_data import acting, opened_studio
from mmar.cli.studio_queueing import (
    known_state,
    queue_conversion,
    queue_failed,
    queue_questions,
    queue_sounds,
    tell_what_waits_for_a_model,
)
from mmar.errors import UsageError

if TYPE_CHECKING:
    from mmar.studio.config import StudioConfig
    from mmar.studio.jobs.worker import JobOutcome

__all__ = ["WORK_COMMANDS"]


@click.command()
@click.option("--project", metavar="SLUG", help="The project for all that is asked for first.")
@click.option("--fetch", is_flag=True, help="First ask for the sound of every item that cannot be heard.")
@click.option(
    "--ask",
    multiple=True,
    metavar="KIND",
    help="First ask the model for this of every item: thinking, distractors, sub_category, rubric, guess.",
)
@click.option(
    "--state", default="preparation", show_default=True, help="In which state the items for --ask are."
)
@click.option("--ask-again", is_flag=True, help="With --ask: also where there is such a proposal already.")
@click.option("--retry", is_flag=True, help="First queue every failed job again.")
@click.option(
    "--rate",
    metavar="HZ",
    help="First have clips that nobody judged converted to this sample rate; `recorded` for none.",
)
@click.option("--channels", metavar="N", help="The same for channels: 1, 2 or `recorded`.")
@click.option("--text-model", default="", metavar="text/NAME", help="A text model that may propose.")
@click.option("--base-url", multiple=True, metavar="URL", help="The text model's server.")
@click.option("--media-host", multiple=True, metavar="HOST", help="A further host to fetch recordings from.")
@click.option(
    "--jobs", "at_once", type=click.IntRange(1, 64), default=1, show_default=True, help="How many at once."
)
@click.option("--stay", is_flag=True, help="Wait for further jobs instead of ending when none is left.")
@click.option(
    "--json", "as_json", is_flag=True, help="For programs: say as JSON how many were done and failed."
)
@click.pass_obj
def work(
    config: StudioConfig,
    project: str | None,
    fetch: bool,
    ask: tuple[str, ...],
    state: str,
    ask_again: bool,
    retry: bool,
    rate: str | None,
    channels: str | None,
    text_model: str,
    base_url: tuple[str, ...],
    media_host: tuple[str, ...],
    at_once: int,
    stay: bool,
    as_json: bool,
) -> None:
    """Do background jobs here: fetch, cut, ask the model. Several may run at once, beside the server.

    Ends when no job is left, with status 1 if some failed; they can be queued again with --retry.

    \b
    Example:
      mmar studio --data my-benchmark work --project demo --fetch --jobs 4
    """
    import msgspec

    from mmar.studio.jobs.worker import JobOutcome, run_queue

    if project is None and (fetch or ask or retry or rate is not None or channels is not None):
        raise UsageError("--fetch, --ask, --retry, --rate and --channels need --project")
    if ask and not text_model:
        raise UsageError("--ask needs --text-model")
    config = msgspec.structs.replace(
        config, text_model=text_model, base_urls=base_url, media_hosts=media_host
    )
    opened = opened_studio(config)
    if project is not None:
        if retry:
            queue_failed(opened, project)
        if rate is not None or channels is not None:
            queue_conversion(opened, project, rate, channels)
        if fetch:
            queue_sounds(opened, project)
        if ask:
            queue_questions(opened, project, ask, known_state(state), again=ask_again)
    ended: Counter[JobOutcome] = Counter()
    shown = _Shown()
    try:
        run_queue(config, opened.database, opened.clock, at_once=at_once, stay=stay, told=shown, ended=ended)
        stopped = False
    except KeyboardInterrupt:
        stopped = True
        shown.close()
        click.echo("stopped; what was at hand is queued again", err=True)
    shown.close()
    if not text_model:
        tell_what_waits_for_a_model(opened)
    failed = ended[JobOutcome.FAILED]
    if as_json:
        click.echo(json.dumps({"done": ended[JobOutcome.DONE], "failed": failed, "stopped": stopped}))
    else:
        click.echo(f"{ended[JobOutcome.DONE]} jobs done" + (f", {failed} failed" if failed else ""))
    if failed:
        click.echo(
            "`mmar studio jobs PROJECT` says why; `work --project PROJECT --retry` tries again", err=True
        )
        sys.exit(1)


@click.command()
@click.argument("project")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def jobs(config: StudioConfig, project: str, as_json: bool) -> None:
    """Say how many jobs of PROJECT wait, run, are done or failed, and why those failed."""
    from mmar.studio.store.jobs import failures, job_counts

    opened = opened_studio(config)
    with opened.database.read() as session:
        found, _ = acting(session, project, None)
        counts = job_counts(session, found.id)
        why = failures(session, found.id)
    if as_json:
        rows = [{"kind": kind, "message": message, "jobs": number} for kind, message, number in why]
        click.echo(json.dumps({"counts": counts, "failures": rows}, ensure_ascii=False, indent=2))
        return
    for state in ("queued", "running", "done", "failed"):
        click.echo(f"{state:8} {counts.get(state, 0):8,}")
    for kind, message, number in why:
        click.echo(f"  {number:,} × {kind}: {' '.join(message.split())}")


@click.command()
@click.argument("project")
@click.option("--inspector", multiple=True, metavar="LOGIN", help="Among whom to share for inspection.")
@click.option("--writer", multiple=True, metavar="LOGIN", help="Among whom to share for writing.")
@click.option("--anybody", is_flag=True, help="Let any inspector take them again.")
@click.option("--state", default="", help="Only items in this state, e.g. inspection or draft.")
@click.option("--layer", default="", help="Only items of this layer.")
@click.option("--modality", default="", help="Only items of this modality.")
@click.option("--words", default="", help="Only items with these words in the question or the id.")
@click.option("--unassigned", is_flag=True, help="Only items for which nobody was named yet.")
@click.option("--by", metavar="LOGIN", help="In whose name; the project's first admin when not given.")
@click.pass_obj
def assign(
    config: StudioConfig,
    project: str,
    inspector: tuple[str, ...],
    writer: tuple[str, ...],
    anybody: bool,
    state: str,
    layer: str,
    modality: str,
    words: str,
    unassigned: bool,
    by: str | None,
) -> None:
    """Share many items of PROJECT out among people, as evenly as the rules let: nobody inspects what they wrote.

    \b
    Example:
      mmar studio assign demo --state inspection --unassigned --inspector ina --inspector ivo
    """
    from mmar.studio.store.bulk import assign_items
    from mmar.studio.store.item_search import NOBODY, ItemFilter, item_numbers
    from mmar.studio.workflow import Role

    if sum(map(bool, (inspector, writer, anybody))) != 1:
        raise UsageError(
            "say one of --inspector LOGIN, --writer LOGIN (each may stand several times), --anybody"
        )
    nobody = NOBODY if unassigned else None
    chosen = ItemFilter(
        known_state(state),
        layer,
        modality,
        words,
        author=nobody if writer else None,
        inspector=None if writer else nobody,
    )
    opened = opened_studio(config)
    with opened.database.read() as session:
        found, actor = acting(session, project, by)
        people = [acting(session, project, login)[1].person for login in inspector + writer]
        items = item_numbers(session, found.id, chosen)
    role = Role.ANNOTATOR if writer else Role.INSPECTOR
    outcome = assign_items(opened.database, found, items, actor, role, people, opened.clock)
    logins = dict(zip(people, inspector + writer, strict=True))
    shares = ", ".join(f"{logins[person]} {number}" for person, number in sorted(outcome.people.items()))
    click.echo(f"{outcome.done} of {len(items)} items" + (f": {shares}" if shares else ""))
    for why, number in outcome.left.items():
        click.echo(f"  {number} left as they are: {why}", err=True)


class _Shown:
    """Progress on standard error: a line that is written over on a terminal, elsewhere one every half minute."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._last, self._drawn = time.monotonic(), False

    def __call__(self, ended: Counter[JobOutcome], left: int) -> None:
        words = ", ".join([f"{left:,} left", *(f"{number:,} {how}" for how, number in ended.items())])
        if self._live:
            click.echo(f"\r\x1b[K{words}", err=True, nl=False)
            self._drawn = True
        elif time.monotonic() - self._last >= 30:
            click.echo(words, err=True)
            self._last = time.monotonic()

    def close(self) -> None:
        """End the line."""
        if self._drawn:
            click.echo("", err=True)
            self._drawn = False


WORK_COMMANDS = (work, jobs, assign)
