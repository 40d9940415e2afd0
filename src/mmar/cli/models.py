"""`mmar models`: the published systems, and how each is run."""

from __future__ import annotations

import difflib
import json

import click
import msgspec

from mmar.cli.terminal import columns
from mmar.errors import UsageError
from mmar.models.recipes import Recipe, recipes

__all__ = ["models"]

_CLASSES = ("LALM", "LARM", "OLM", "LLM", "LRM")


@click.command()
@click.argument("name", required=False)
@click.option(
    "--class",
    "model_class",
    type=click.Choice(_CLASSES, case_sensitive=False),
    metavar="|".join(_CLASSES),
    help="Only one class: audio language, audio reasoning, omni, text, reasoning.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def models(*, name: str | None, model_class: str | None, as_json: bool) -> None:
    """List the published systems with their accuracy, or show how one is run.

    Every other model is named by its adapter: openai/NAME, gemini/NAME, text/NAME, cascade/CAPTIONER+REASONER,
    command/PROGRAM, python:MODULE:FUNCTION (docs/models.md).

    \b
    Example:
      mmar models --class OLM
      mmar models qwen2.5-omni-7b
      mmar run qwen2.5-omni-7b --benchmark mmar --base-url http://localhost:8000/v1
    """
    if name is not None:
        found = recipes().get(name)
        if found is None:
            close = difflib.get_close_matches(name.casefold(), recipes(), n=1)
            meant = f"did you mean “{close[0]}”?" if close else "mmar models lists them"
            raise UsageError(f"no published system “{name}”; {meant}")
        click.echo(_json(_record(found)) if as_json else _shown(found))
        return
    chosen = [each for each in recipes().values() if model_class in (None, each.model_class)]
    if as_json:
        click.echo(_json([_record(each) for each in chosen]))
        return
    rows = [("NAME", "CLASS", "SIZE", "OPEN", "PUBLISHED", "SERVED BY", "PROTOCOL", "ID")]
    rows += [
        (
            each.name,
            each.model_class,
            each.size,
            {True: "yes", False: "no", None: "-"}[each.open_weights],
            f"{each.accuracy:.1f}",
            each.serves,
            each.protocol,
            each.id or "-",
        )
        for each in chosen
    ]
    click.echo(columns(rows, right=(4,)))
    click.echo("\nPUBLISHED is the average over MMAR, percent. mmar models NAME says what a system needs.")


def _record(recipe: Recipe) -> dict[str, object]:
    return {**msgspec.to_builtins(recipe), "command": recipe.command}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _shown(recipe: Recipe) -> str:
    openness = {True: "open weights", False: "closed", None: ""}[recipe.open_weights]
    facts = [
        ("name", recipe.name),
        (
            "system",
            " · ".join(
                part
                for part in (recipe.model, recipe.model_class, recipe.size, openness)
                if part not in ("", "-")
            ),
        ),
        ("published", f"{recipe.accuracy} % ({recipe.source})"),
        ("served by", recipe.serves),
        ("id", recipe.id),
        ("adapter", recipe.adapter),
        ("protocol", recipe.protocol),
        ("options", ", ".join(f"{name}={value}" for name, value in recipe.options.items())),
        ("code", recipe.code),
    ]
    parts = ["\n".join(f"{name:10} {value}" for name, value in facts if value)]
    if recipe.needs:
        parts.append("needs\n" + "\n".join(f"  - {need}" for need in recipe.needs))
    parts.append(recipe.command)
    return "\n\n".join(parts)
