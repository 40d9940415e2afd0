"""`mmar protocols`: list the ways to put a question, or show one."""

from __future__ import annotations

import json

import click
import msgspec

from mmar.cli.terminal import columns
from mmar.protocols import DEFAULT, Protocol, load_protocol
from mmar.protocols import protocols as all_protocols

__all__ = ["protocols"]


@click.command()
@click.argument("name", metavar="[NAME-OR-FILE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def protocols(*, name: str | None, as_json: bool) -> None:
    """List the ways to put a question and read its answer, or show one.

    Prompt and reading are part of a number: the same system scored 49.1 and 58.5 under two of them. A file of
    your own (docs/protocols.md) takes a name's place everywhere.

    \b
    Example:
      mmar protocols
      mmar protocols r1-aqa
      mmar run openai/NAME --benchmark mmar --protocol mine.toml
    """
    if name is not None:
        protocol = load_protocol(name)
        click.echo(
            json.dumps(_record(protocol), ensure_ascii=False, indent=2) if as_json else _shown(protocol)
        )
    elif as_json:
        click.echo(
            json.dumps([_record(each) for each in all_protocols().values()], ensure_ascii=False, indent=2)
        )
    else:
        rows = [("NAME", "CHOICES", "READS", "WORDING", "SOURCE")]
        rows += [
            (each.name, each.choices, _reads(each), each.wording, each.source)
            for each in all_protocols().values()
        ]
        click.echo(columns(rows))
        click.echo(f"\nThe default is {DEFAULT}. mmar protocols NAME shows one.")


def _record(protocol: Protocol) -> dict[str, object]:
    record: dict[str, object] = msgspec.to_builtins(protocol)
    return record


def _reads(protocol: Protocol) -> str:
    """What is looked for in an answer, in a few words."""
    rule = protocol.reading
    marks = [f"<{rule.part}>"] if rule.part else []
    marks += [
        {"tag": f"<{each.name}>", "json": f'"{each.name}":'}.get(
            each.kind, each.name or each.kind.replace("_", " ")
        )
        for each in rule.markers
    ]
    return ", ".join((rule.expects, *marks))


def _shown(protocol: Protocol) -> str:
    wording = {
        "published": "the published wording",
        "described": "worded to the published description",
        "own": "a wording of your own",
    }[protocol.wording]
    settings = msgspec.to_builtins(protocol.settings) or {}
    facts = [
        ("protocol", protocol.label),
        ("source", protocol.source),
        ("wording", wording),
        ("choices", protocol.choices),
        ("audio", f"{protocol.audio} the text"),
        ("settings", ", ".join(f"{name} {value}" for name, value in settings.items()) or "the model's own"),
        ("reads", _reads(protocol)),
    ]
    parts = ["\n".join(f"{name:9} {value}" for name, value in facts)]
    if protocol.system:
        parts.append(f"system:\n{protocol.system}")
    parts.append(f"user:\n{protocol.template}")
    return "\n\n".join(parts)
