"""`mmar studio work` and `jobs`: background jobs."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from mmar.cli import shared
from mmar.cli.output import print_json, status_line
from mmar.cli.studio_data import acting, opened_studio, parse_state, print_left, service_options
from mmar.errors import UsageError
from mmar.reports.tables import count

if TYPE_CHECKING:
    from mmar.studio.config import StudioConfig
    from mmar.studio.web.context import Studio


@click.command()
@click.option("--project", metavar="SLUG", help="Project of the jobs to queue first.")
@shared.flag("--fetch", help="First queue the audio of every item without it.")
@shared.repeatable(
    "--ask",
    metavar="KIND",
    help="First queue model requests: thinking, distractors, sub_category, rubric or guess.",
)
@click.option("--state", default="preparation", show_default=True, help="State of the items for --ask.")
@shared.flag("--ask-again", help="With --ask: also for items with such a proposal.")
@shared.flag("--retry", help="First queue the failed jobs again.")
@click.option(
    "--sample-rate",
    "rate",
    metavar="HZ",
    help='First convert clips without judgements to this sample rate, or "recorded".',
)
@click.option("--channels", metavar="N", help='The same for channels: 1, 2 or "recorded".')
@service_options
@shared.number("--jobs", "at_once", most=64, default=1, help="Number of jobs at a time.")
@shared.flag("--stay", help="Wait for further jobs instead of exiting.")
@shared.json
@click.pass_obj
def work(
    config: StudioConfig,
    /,
    project: str | None,
    fetch: bool,
    ask: tuple[str, ...],
    state: str,
    ask_again: bool,
    retry: bool,
    rate: str | None,
    channels: str | None,
    at_once: int,
    stay: bool,
    as_json: bool,
    **services: Any,
) -> None:
    """Run background jobs: fetch recordings, cut clips, ask the text model.

    Exits when no job is left, with status 1 if some failed; --retry queues those again. Several workers may run at
    once, beside the server.

    \b
    Example:
      mmar studio --data my-benchmark work --project demo --fetch --jobs 4
    """
    import msgspec

    from mmar.studio.jobs.worker import run_queue

    if project is None and (fetch or ask or retry or rate is not None or channels is not None):
        raise UsageError(
            "--fetch, --ask, --retry, --sample-rate and --channels need --project", code="missing-argument"
        )
    if ask and not services["text_model"]:
        raise UsageError("--ask needs --text-model", code="missing-argument")
    config = msgspec.structs.replace(config, **services)
    opened = opened_studio(config)
    if project is not None:
        if retry:
            _queue_failed(opened, project)
        if rate is not None or channels is not None:
            _queue_conversion(opened, project, rate, channels)
        if fetch:
            _queue_audio(opened, project)
        if ask:
            _queue_requests(opened, project, ask, parse_state(state), again=ask_again)
    ended: Counter[str] = Counter()
    stopped = True
    with status_line() as show, suppress(KeyboardInterrupt):
        run_queue(
            config,
            opened.database,
            opened.clock,
            at_once=at_once,
            stay=stay,
            report=lambda *counts: show(_count_jobs(*counts)),
            ended=ended,
        )
        stopped = False
    if stopped:
        click.echo("stopped; the jobs that were running are queued again", err=True)
    if not config.text_model:
        _print_waiting(opened)
    failed = ended["failed"]
    if as_json:
        print_json({"done": ended["done"], "failed": failed, "stopped": stopped})
    else:
        click.echo(f"{count(ended['done'], 'job')} done" + (f", {failed} failed" if failed else ""))
    if failed:
        click.echo("mmar studio jobs PROJECT shows why; work --project PROJECT --retry tries again", err=True)
        sys.exit(1)


@click.command()
@click.argument("project")
@shared.json
@click.pass_obj
def jobs(config: StudioConfig, project: str, as_json: bool) -> None:
    """Count the jobs of PROJECT by state, and list the reasons of failures."""
    from mmar.studio.store.jobs import failures, job_counts

    opened = opened_studio(config)
    with opened.database.read() as session:
        record, _ = acting(session, project, None)
        counts = job_counts(session, record.id)
        why = failures(session, record.id)
    if as_json:
        rows = [{"kind": kind, "message": message, "jobs": number} for kind, message, number in why]
        print_json({"counts": counts, "failures": rows})
        return
    for state in ("queued", "running", "done", "failed"):
        click.echo(f"{state:8} {counts.get(state, 0):8,}")
    for kind, message, number in why:
        click.echo(f"  {number:,} x {kind}: {' '.join(message.split())}")


def _queue_failed(opened: Studio, slug: str) -> None:
    """Queue the failed jobs of a project again."""
    from mmar.studio.store.jobs import retry_all

    with opened.database.write() as session:
        project, _ = acting(session, slug, None)
        queued = retry_all(session, project.id)
    click.echo(f"{count(queued, 'failed job')} queued again", err=True)


def _queue_audio(opened: Studio, slug: str) -> None:
    """Queue what the items of a project need to have audio."""
    from mmar.studio.store.bulk import request_audio_for_items
    from mmar.studio.store.item_lists import ItemFilter, item_numbers
    from mmar.studio.workflow import State

    with opened.database.read() as session:
        project, actor = acting(session, slug, None)
        items = [
            number
            for state in (State.DRAFT, State.PREPARATION, State.INSPECTION, State.CORRECTION, State.APPROVED)
            for number in item_numbers(session, project.id, ItemFilter(state))
        ]
    result = request_audio_for_items(opened.database, project, items, actor.person, opened.clock)
    click.echo(f"audio of {count(result.done, 'item')} queued", err=True)
    print_left(result.left)


def _queue_requests(opened: Studio, slug: str, kinds: tuple[str, ...], state: str, *, again: bool) -> None:
    """Queue model requests for every item in a state."""
    from mmar.studio.jobs.model_requests import request_proposals
    from mmar.studio.store.item_lists import ItemFilter, item_numbers

    with opened.database.read() as session:
        project, actor = acting(session, slug, None)
        items = item_numbers(session, project.id, ItemFilter(state))
    queued, known = request_proposals(
        opened.database, project, items, kinds, actor, opened.clock, include_answered=again
    )
    left = f"; {known} have such a proposal already (--ask-again asks again)" if known else ""
    click.echo(f"{count(queued, 'request')} queued{left}", err=True)


def _queue_conversion(opened: Studio, slug: str, rate: str | None, channels: str | None) -> None:
    """Set the format of a project's clips, where given, and queue the clips of another format."""
    from mmar.studio.jobs.audio import describe_clip_format, parse_clip_format, request_conversion
    from mmar.studio.store.people import log_action
    from mmar.studio.store.projects import change_settings

    with opened.database.write() as session:
        project, actor = acting(session, slug, None)
        now = (project.settings.clip_rate, project.settings.clip_channels)
        rate, channels = (
            ("" if new == "recorded" else new) if new is not None else str(old or "")
            for new, old in zip((rate, channels), now, strict=True)
        )
        change_settings(project, actor, **parse_clip_format(rate, channels))
        queued = request_conversion(session, project, opened.clock(), person_id=actor.person)
        words = describe_clip_format(project.settings)
        log_action(session, opened.clock(), actor.person, "clip format", words, project_id=project.id)
    click.echo(f"clip format: {words}; {count(queued, 'clip')} queued", err=True)


def _print_waiting(opened: Studio) -> None:
    """Print how many model requests a worker without a text model leaves."""
    from mmar.studio.store.jobs import count_unfinished

    with opened.database.read() as session:
        waiting = count_unfinished(session, ["propose"])
    if waiting:
        click.echo(f"{count(waiting, 'request')} waiting for a worker with --text-model", err=True)


def _count_jobs(ended: Counter[str], left: int) -> str:
    """The jobs that are left, and those that ended, by how."""
    counts = [f"{number:,} {'queued again' if how == 'queued' else how}" for how, number in ended.items()]
    return ", ".join([f"{left:,} left", *counts])


JOB_COMMANDS = (work, jobs)
