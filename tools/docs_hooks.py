"""Reference pages that are generated from the program when the documentation is built (a mkdocs hook)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click
import msgspec
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from mmar.audit.checks import CHECKS, FAMILIES, PUBLISHED_CHECKS
from mmar.cli import application
from mmar.items import Item
from mmar.models.answer import Answer
from mmar.models.presets import presets
from mmar.protocols.protocol import protocols
from mmar.reports.published import published_results
from mmar.runs.manifest import Manifest

SCHEMAS: dict[str, tuple[type, str]] = {
    "Item": (Item, "One line of a benchmark's metadata file."),
    "Answer": (Answer, "What a model returns; the fields of one line of `answers.jsonl`."),
    "Manifest": (Manifest, "`manifest.json` of a run's folder."),
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    pages = {
        "commands": commands_page,
        "protocols": protocols_page,
        "presets": presets_page,
        "checks": checks_page,
        "schemas": schemas_page,
    }
    for name, make in pages.items():
        content = "\n".join(make()) + "\n"
        files.append(File.generated(config, f"reference/{name}.md", content=content))
    return files


def commands_page() -> Iterator[str]:
    """Every command with its help."""
    yield from ("# Commands", "", "Generated from the program.", "")
    yield from _command(application, click.Context(application, info_name="mmar"), 2)


def _command(command: click.Command, context: click.Context, depth: int) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield from (
            f"{'#' * depth} {context.command_path}",
            "",
            "```text",
            command.get_help(context),
            "```",
            "",
        )
        return
    if context.parent is not None:
        yield from (
            f"{'#' * depth} {context.command_path}",
            "",
            "```text",
            command.get_help(context),
            "```",
            "",
        )
        depth += 1
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if child is not None and not child.hidden:
            yield from _command(child, click.Context(child, info_name=name, parent=context), depth)


def protocols_page() -> Iterator[str]:
    """Every protocol in full."""
    yield from (
        "# Protocols",
        "",
        "Generated from the program. See [Protocols](../protocols.md) for their use.",
        "",
    )
    for name, protocol in protocols().items():
        yield from (f"## {name}", "", "```json", _json(msgspec.to_builtins(protocol)), "```", "")


def presets_page() -> Iterator[str]:
    """Every preset with its published values."""
    yield from (
        "# Presets",
        "",
        "Generated from the program. See [Presets](../presets.md) for their use.",
        "",
        "| preset | class | size | served by | id | prompt | published averages |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    )
    for name, preset in presets().items():
        values = [each.average for each in published_results() if each.id == name and each.average]
        served_by = ", ".join(preset.served_by)
        yield (
            f"| [{name}](#{name.replace('.', '').replace('+', '')}) | {preset.model_class} | {preset.size} | {served_by} "
            f"| {preset.id} | {preset.protocol} | {', '.join(values) or 'none found'} |"
        )
    for name, preset in presets().items():
        rows = [each for each in published_results() if each.id == name and each.average]
        notes = (preset.note, preset.long and f"Long clips: {preset.long}.", *preset.needs)
        yield from ("", f"## {name}", "", preset.model, "", *(f"- {each}" for each in notes if each), "")
        yield from ("```text", *preset.commands, "```", "")
        if rows:
            yield from ("| average | items | by | read by | source |", "| ---: | ---: | --- | --- | --- |")
        for each in rows:
            yield f"| {each.average} | {each.n} | {each.by} | {_cell(each.reader)} | {_cell(each.source)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def checks_page() -> Iterator[str]:
    """Every check of `mmar audit`."""
    checks: list[Any] = [*CHECKS, *PUBLISHED_CHECKS]
    yield from (
        "# Audit checks",
        "",
        "Generated from the program. See [Audits](../audit.md) for their use.",
        "",
    )
    yield from ("| code | severity | finds |", "| --- | --- | --- |")
    yield from (
        f"| [{each.code}](#{each.code.lower()}) | {each.severity} | {each.title} |" for each in checks
    )
    for letter, title in FAMILIES.items():
        yield from ("", f"## {letter}: {title}")
        for each in checks:
            if each.family == letter:
                yield from (
                    "",
                    f"### {each.code}",
                    "",
                    f"*{each.severity}*: {each.title}.",
                    "",
                    each.explanation,
                )


def schemas_page() -> Iterator[str]:
    """JSON schemas of the files that the program reads and writes."""
    yield from ("# JSON schemas", "", "Generated from the program's types.", "")
    for name, (kind, text) in SCHEMAS.items():
        yield from (f"## {name}", "", text, "", "```json", _json(_schema(kind)), "```", "")


def _schema(kind: type) -> dict[str, Any]:
    return msgspec.json.schema(kind, schema_hook=lambda _: {})


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
