"""`mmar protocols`: list the ways to put a question, or show one."""

from __future__ import annotations

import click
import msgspec

from mmar.cli.options import json_option
from mmar.cli.terminal import display, print_json, print_table
from mmar.protocols import DEFAULT, Protocol, load_protocol
from mmar.protocols import protocols as all_protocols
from mmar.reports.tables import Column, Row, draw, facts

__all__ = ["protocols"]


@click.command()
@click.argument("name", metavar="[NAME-OR-FILE]", required=False)
@json_option
def protocols(*, name: str | None, as_json: bool) -> None:
    """List the protocols (how a question is put and its answer read), or show one.

    The protocol is part of a number: one system scored 49.1 and 58.5 under two of them. A file of your own
    (see docs/protocols.md) can be used wherever a name can.

    \b
    Example:
      mmar protocols
      mmar protocols r1-aqa
    """
    if name is not None:
        protocol = load_protocol(name)
        if as_json:
            print_json(_record(protocol))
        else:
            print_table(_page(protocol))
        return
    if as_json:
        print_json([_record(each) for each in all_protocols().values()])
        return
    columns = [Column(heading) for heading in ("NAME", "CHOICES", "WORDING", "SOURCE")]
    rows = [Row((each.name, each.choices, each.wording, each.source)) for each in all_protocols().values()]
    lines = draw(columns, rows, display())
    lines += ["", f"The default is {DEFAULT}. mmar protocols NAME shows a protocol in full."]
    print_table("\n".join(lines))


def _record(protocol: Protocol) -> dict[str, object]:
    record: dict[str, object] = msgspec.to_builtins(protocol)
    return record


def _reads(protocol: Protocol) -> str:
    """A short description of what is read from an answer."""
    rule = protocol.reading
    marks = [f"<{rule.part}>"] if rule.part else []
    marks += [
        {"tag": f"<{each.name}>", "json": f'"{each.name}":'}.get(
            each.kind, each.name or each.kind.replace("_", " ")
        )
        for each in rule.markers
    ]
    return ", ".join((rule.expects, *marks))


def _page(protocol: Protocol) -> str:
    wording = {
        "published": "the published wording",
        "described": "worded to the published description",
        "own": "a wording of the user",
    }[protocol.wording]
    settings = msgspec.to_builtins(protocol.settings) or {}
    pairs = [
        ("protocol", protocol.label),
        ("source", protocol.source),
        ("wording", wording),
        ("choices", protocol.choices),
        ("audio", f"{protocol.audio} the text"),
        ("settings", ", ".join(f"{name} {value}" for name, value in settings.items()) or "the model's own"),
        ("reads", _reads(protocol)),
    ]
    parts = ["\n".join(facts(pairs, display()))]
    if protocol.system:
        parts.append(f"system:\n{protocol.system}")
    parts.append(f"user:\n{protocol.template}")
    return "\n\n".join(parts)
