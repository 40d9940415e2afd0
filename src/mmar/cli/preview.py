"""`mmar preview` and `mmar check`: the exact request for one item, and a model on generated clips, before a run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mmar.cli import shared
from mmar.cli.output import display, print_json, print_table
from mmar.cli.progress import run_progress
from mmar.errors import UsageError, did_you_mean
from mmar.inputs import find_benchmark
from mmar.models import RequestFailed
from mmar.models.model import uses_audio
from mmar.protocols import DEFAULT, Request
from mmar.reports.tables import facts, join_blocks
from mmar.runs.ledger import RequestKey, keys_of
from mmar.runs.spec import RunSpec

if TYPE_CHECKING:
    from mmar.items import Item

_MIN_DIGEST = 8
_ANY_MODEL = "command/PROGRAM"  # stands for the model where none is named


@click.command()
@click.argument("item")
@shared.benchmark(help="mmar, demo, or a metadata file.", required=True)
@shared.audio_dir
@shared.protocol(help=f"Prompt and answer-extraction rules. [default: {DEFAULT}]")
@click.option(
    "--model",
    "-m",
    metavar="MODEL",
    help="Show the body that this model's adapter would send, too.",
    shell_complete=shared.complete_model,
)
@shared.adapter(help="Option of the adapter.")
@shared.via
@shared.number("--rotate", least=0, default=0, metavar="K", help="Rotate the choices by K places.")
@shared.json
def preview(
    *,
    item: str,
    benchmark: str,
    audio_dir: Path | None,
    model: str | None,
    rotate: int,
    as_json: bool,
    **options: Any,
) -> None:
    """Show the exact request for one item, without sending it.

    ITEM is an item's id, its number counted from 1, or the first characters of a request's digest as in the
    answers.jsonl of a run (with the same protocol and its own settings).

    \b
    Example:
      mmar preview 1 --benchmark demo
      mmar preview 1 --benchmark demo --protocol r1-aqa
      mmar preview 1 --benchmark demo --model openai/gpt-4o-audio-preview
    """
    from mmar.models.cascade import with_caption
    from mmar.runs.requests import build_request

    loaded = find_benchmark(benchmark, audio_dir=audio_dir)
    if loaded.audio_dir is None:
        loaded = msgspec.structs.replace(loaded, audio_dir=Path())  # paths as the metadata has them
    spec = RunSpec.create(model or _ANY_MODEL, loaded, **options)
    audio = uses_audio(spec.model, spec.options)
    chosen, key = _find(spec, item, rotate, audio=audio)
    request = build_request(spec, chosen, key, uses_audio=audio)
    sent, is_cascade = request, spec.model.startswith("cascade/")
    if is_cascade:
        sent = with_caption(request, "<the captioner's caption>")
    record = _record(spec, sent, None if model is None else spec.model)
    if is_cascade:
        # The captioner gets the clip, which is what the digest is of; the reasoner gets a caption.
        record |= {"audio": _paths(request), "digest": request.digest()}
    if model is not None and (body := _body(spec, sent)) is not None:
        record["body"] = body
    if as_json:
        print_json(record)
    else:
        print_table(_page(record, spec))


def _find(spec: RunSpec, text: str, rotation: int, *, audio: bool) -> tuple[Item, RequestKey]:
    """The item and its request: that with the digest, or the one with the choices rotated."""
    from mmar.runs.requests import build_request

    benchmark, item = spec.benchmark, None
    if text in benchmark.by_id:
        item = benchmark[text]
    elif text.isdecimal() and len(text) < _MIN_DIGEST and 1 <= int(text) <= len(benchmark):
        item = benchmark.items[int(text) - 1]
    if item is not None:
        keys = list(keys_of(item, 0, 1))
        return item, keys[rotation % len(keys)]
    if len(text) >= _MIN_DIGEST and all(char in "0123456789abcdef" for char in text):
        for item in benchmark:
            for key in keys_of(item, 0, 1):
                if build_request(spec, item, key, uses_audio=audio).digest().startswith(text):
                    return item, key
    raise UsageError(
        f'no item or request "{text}" in {benchmark.name} under {spec.protocol.label}',
        code="unknown-item",
        hint=did_you_mean(text, benchmark.by_id, f"items are numbered 1 to {len(benchmark)}"),
    )


def _body(spec: RunSpec, request: Request) -> Any:
    from mmar.models.preview import preview_body

    try:
        return preview_body(spec.model, request, dict(spec.options))
    except RequestFailed as failure:
        click.echo(f"mmar: {failure.message}; the body is not shown without the clip", err=True)
        return None


def _record(spec: RunSpec, request: Request, model: str | None) -> dict[str, Any]:
    record = {
        "item": request.item_id,
        "benchmark": spec.benchmark.name,
        "protocol": spec.protocol.label,
        "source": spec.protocol.source,
        "model": model,
        "rotation": request.rotation,
        "audio": _paths(request),
        "settings": msgspec.to_builtins(request.settings),
        "digest": request.digest(),
        "messages": [msgspec.to_builtins(message) for message in request.messages],
    }
    return {name: value for name, value in record.items() if value is not None}


def _paths(request: Request) -> str | list[str] | None:
    paths = [str(path) for path in request.clips]
    return paths if len(paths) > 1 else paths[0] if paths else None


def _page(record: dict[str, Any], spec: RunSpec) -> str:
    settings = ", ".join(f"{name} {value}" for name, value in record["settings"].items())
    audio = record.get("audio")
    clips = [audio] if isinstance(audio, str) else audio or []
    missing = "" if all(Path(clip).is_file() for clip in clips) else " (not found)"
    pairs = [
        ("item", f"{record['item']} of {record['benchmark']}"),
        ("protocol", f"{spec.protocol.label}: {spec.protocol.source}"),
        ("model", record.get("model")),
        ("rotation", str(record["rotation"] or "")),
        ("audio", f"{', '.join(clips) or 'none'}{missing}"),
        ("settings", settings or "the model's own"),
        ("digest", record["digest"]),
    ]
    parts = []
    for message in record["messages"]:
        texts = {"before": f"[the clip]\n{message['text']}", "after": f"{message['text']}\n[the clip]"}
        parts.append(f"── {message['role']}\n{texts.get(message['audio'], message['text'])}")
    if "body" in record:
        parts.append(f"── body\n{json.dumps(record['body'], ensure_ascii=False, indent=2)}")
    lines = facts(((name, text) for name, text in pairs if text), display())
    return join_blocks(lines, *([part] for part in parts))


@click.command()
@click.argument("model", metavar="MODEL", shell_complete=shared.complete_model)
@shared.flag("--quick", help="Send only one request.")
@shared.json
@shared.protocol(help=f"Prompt and answer-extraction rules. [default: {DEFAULT}]")
@shared.temperature
@shared.top_p
@shared.max_tokens
@shared.base_url(help="Address of a server.")
@shared.adapter(help="Option of the adapter.")
@shared.via
@shared.gpus
@shared.worker
@shared.concurrency
@shared.timeout(help="Seconds to wait for one answer.")
def check(model: str, quick: bool, as_json: bool, **others: Any) -> None:
    """Check a model with generated clips, before a run: whether it answers and uses the audio.

    Sends 21 requests over clips of known content, with the same options as "mmar run", and shows a request, every
    reply with its reading, and a verdict for each property (see docs/check.md). Exit status 0: no check failed;
    1: a check failed.

    \b
    Example:
      mmar check baseline/listener --quick
      mmar check baseline/random --json

    A server is checked by mmar check openai/NAME --base-url http://localhost:8000/v1.
    """
    import mmar
    from mmar.reports.run_lines import check_lines

    with run_progress(f"checking {model}", sys.stderr) as progress:
        report = mmar.check(model, quick=quick, progress=progress, **others)
    if as_json:
        print_json({"passed": report.passed, **msgspec.to_builtins(report)})
    else:
        print_table("\n".join(check_lines(report, display())))
    if not report.passed:
        sys.exit(1)
