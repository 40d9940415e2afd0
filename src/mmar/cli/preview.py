"""`mmar preview`: the exact request for one item, without sending it."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mmar.cli.terminal import print_table
from mmar.errors import UsageError
from mmar.protocols import DEFAULT, Protocol, Request, load_protocol

if TYPE_CHECKING:
    from mmar.items import Benchmark, Item

__all__ = ["preview"]

_SHORTEST_DIGEST = 8


@click.command()
@click.argument("item")
@click.option(
    "--benchmark", "-b", metavar="NAME-OR-PATH", required=True, help="mmar, demo, or a metadata file."
)
@click.option("--audio-dir", type=click.Path(path_type=Path), metavar="DIR", help="Where the clips are.")
@click.option("--protocol", "-p", metavar="NAME-OR-FILE", help=f"How to put the question.  [{DEFAULT}]")
@click.option(
    "--model", "-m", metavar="MODEL", help="Show the body that this model's adapter would send, too."
)
@click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", help="An option of the adapter; repeatable."
)
@click.option(
    "--rotate", type=click.IntRange(0), default=0, metavar="K", help="Rotate the choices by K places."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def preview(*, item: str, benchmark: str, as_json: bool, **given: Any) -> None:
    """Show the exact request for one item, without sending it.

    ITEM is an item's id, its number counted from 1, or the first characters of a request's digest as in the
    answers.jsonl of a run (with the same protocol and its own settings).

    \b
    Example:
      mmar preview 1 --benchmark demo
      mmar preview 1 --benchmark demo --protocol r1-aqa
      mmar preview 1 --benchmark demo --model openai/gpt-4o-audio-preview
    """
    from mmar.api import load

    loaded = load(benchmark, audio_dir=given["audio_dir"])
    model, options, protocol = _model(given)
    found, rotation = _find(loaded, item, protocol, given["rotate"])
    request = _request(loaded, found, protocol, rotation)
    heard = request if model is None else _as_heard(model, request)
    record = _record(loaded, heard, protocol, model)
    if model is not None and model.startswith("cascade/"):
        # What a cascade is asked, and what its digest is of, is the question with the clip.
        record |= {"audio": str(request.audio), "digest": request.digest()}
    if model is not None and (body := _body(model, heard, options)) is not None:
        record["body"] = body
    print_table(json.dumps(record, ensure_ascii=False, indent=2) if as_json else _shown(record, protocol))


def _model(given: dict[str, Any]) -> tuple[str | None, dict[str, str], Protocol]:
    """The adapter's name, its options and the protocol; a published system brings its own."""
    options: dict[str, str] = {}
    for pair in given["options"]:
        name, equals, options[name] = pair.partition("=")
        if not equals:
            raise UsageError(f"“{pair}”: expected KEY=VALUE, such as --option audio_as=audio_url")
    if given["model"] is None:
        return None, options, load_protocol(given["protocol"] or DEFAULT)
    from mmar.models.recipes import recipes, resolve_recipe

    recipe = recipes().get(given["model"]) or resolve_recipe(given["model"])
    if recipe is None:
        return given["model"], options, load_protocol(given["protocol"] or DEFAULT)
    protocol = load_protocol(given["protocol"] or recipe.protocol)
    protocol = msgspec.structs.replace(protocol, settings=recipe.settings.over(protocol.settings))
    return recipe.adapter or recipe.name, {**recipe.options, **options}, protocol


def _find(benchmark: Benchmark, text: str, protocol: Protocol, rotation: int) -> tuple[Item, int]:
    """The item that is meant, and the rotation (that of the request, where a digest is given)."""
    if text in benchmark.by_id:
        return benchmark[text], rotation
    if text.isdigit() and len(text) < _SHORTEST_DIGEST and 1 <= int(text) <= len(benchmark):
        return benchmark.items[int(text) - 1], rotation
    if len(text) >= _SHORTEST_DIGEST and all(mark in "0123456789abcdef" for mark in text):
        for item in benchmark:
            for places in range(len(item.choices)):
                if _request(benchmark, item, protocol, places).digest().startswith(text):
                    return item, places
    close = difflib.get_close_matches(text, benchmark.by_id, n=1)
    meant = f"did you mean “{close[0]}”?" if close else f"its items are numbered 1 to {len(benchmark)}"
    raise UsageError(
        f"“{text}” is no item of {benchmark.name}, and no request of it under {protocol.label}; {meant}"
    )


def _request(benchmark: Benchmark, item: Item, protocol: Protocol, rotation: int) -> Request:
    from mmar.files.safe_paths import clip_path

    folder = benchmark.audio_dir
    clip = Path(item.audio_path) if folder is None else clip_path(folder, item.audio_path)
    places = rotation % len(item.choices)
    turned = msgspec.structs.replace(item, choices=item.choices[places:] + item.choices[:places])
    return msgspec.structs.replace(protocol.request(turned, clip), rotation=places)


def _as_heard(model: str, request: Request) -> Request:
    """The request as the model is given it: without the clip, or with a caption in its place."""
    adapter = model.partition("/")[0]
    if adapter == "cascade":
        from mmar.models.cascade import with_caption

        return with_caption(request, "<the captioner's caption>")
    if adapter == "text":
        silent = tuple(msgspec.structs.replace(message, audio=None) for message in request.messages)
        return msgspec.structs.replace(request, messages=silent, audio=None)
    return request


def _body(model: str, request: Request, options: dict[str, str]) -> Any:
    from mmar.models import RequestFailed
    from mmar.models.preview import preview_body

    try:
        return preview_body(model, request, options)
    except RequestFailed as failure:
        click.echo(f"mmar: {failure.message}; no body is shown without the clip", err=True)
        return None


def _record(benchmark: Benchmark, request: Request, protocol: Protocol, model: str | None) -> dict[str, Any]:
    record = {
        "item": request.item_id,
        "benchmark": benchmark.name,
        "protocol": protocol.label,
        "source": protocol.source,
        "model": model,
        "rotation": request.rotation,
        "audio": None if request.audio is None else str(request.audio),
        "settings": msgspec.to_builtins(request.settings),
        "digest": request.digest(),
        "messages": [msgspec.to_builtins(message) for message in request.messages],
    }
    return {name: value for name, value in record.items() if value is not None}


def _shown(record: dict[str, Any], protocol: Protocol) -> str:
    settings = ", ".join(f"{name} {value}" for name, value in record["settings"].items())
    clip = record.get("audio")
    here = "" if clip is None or Path(clip).is_file() else "  (not here)"
    facts = [
        ("item", f"{record['item']} of {record['benchmark']}"),
        ("protocol", f"{protocol.label}: {protocol.source}"),
        ("model", record.get("model")),
        ("rotation", record["rotation"] or None),
        ("audio", f"{clip or 'none'}{here}"),
        ("settings", settings or "the model's own"),
        ("digest", record["digest"]),
    ]
    parts = ["\n".join(f"{name:9} {value}" for name, value in facts if value)]
    for message in record["messages"]:
        said = {"before": f"[the clip]\n{message['text']}", "after": f"{message['text']}\n[the clip]"}
        parts.append(f"── {message['role']}\n{said.get(message['audio'], message['text'])}")
    if "body" in record:
        parts.append(f"── body\n{json.dumps(record['body'], ensure_ascii=False, indent=2)}")
    return "\n\n".join(parts)
