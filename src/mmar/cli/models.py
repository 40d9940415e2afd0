"""`mmar models`: the published systems, and how each is run."""

from __future__ import annotations

import difflib

import click
import msgspec

from mmar.cli.options import complete_model, json_option
from mmar.cli.terminal import display, print_json, print_table
from mmar.errors import UsageError
from mmar.models.recipes import Recipe, recipes
from mmar.reports.tables import Column, Row, draw, facts

__all__ = ["models"]

_CLASSES = ("LALM", "LARM", "OLM", "LLM", "LRM")


@click.command()
@click.argument("name", required=False, shell_complete=complete_model)
@click.option(
    "--class",
    "model_class",
    type=click.Choice(_CLASSES, case_sensitive=False),
    metavar="|".join(_CLASSES),
    help="Only one class: audio language, audio reasoning, omni, text, text reasoning models.",
)
@json_option
def models(*, name: str | None, model_class: str | None, as_json: bool) -> None:
    """List the published systems, or show how to run one.

    Any other model is named by its adapter: openai/NAME, gemini/NAME, text/NAME, cascade/CAPTIONER+REASONER,
    command/PROGRAM, python:MODULE:FUNCTION (see docs/models.md).

    \b
    Example:
      mmar models
      mmar models --class OLM
      mmar models qwen2.5-omni-7b
    """
    if name is not None:
        recipe = recipes().get(name)
        if recipe is None:
            close = difflib.get_close_matches(name.casefold(), recipes(), n=1)
            raise UsageError(
                f'unknown published system "{name}"',
                code="unknown-model",
                hint=f'did you mean "{close[0]}"?' if close else "mmar models lists them",
            )
        if as_json:
            print_json(_record(recipe))
        else:
            print_table(_page(recipe))
        return
    chosen = [each for each in recipes().values() if model_class in (None, each.model_class)]
    if as_json:
        print_json([_record(each) for each in chosen])
        return
    columns = (
        Column("NAME"),
        Column("CLASS"),
        Column("SIZE", "right"),
        Column("OPEN"),
        Column("%", "right"),
        Column("SERVED BY"),
    )
    rows = [
        Row(
            (
                each.name,
                each.model_class,
                each.size,
                {True: "yes", False: "no", None: "-"}[each.open_weights],
                f"{each.accuracy:.1f}",
                each.serves,
            )
        )
        for each in chosen
    ]
    lines = draw(columns, rows, display())
    lines += ["", "%: published average on MMAR. mmar models NAME shows how to run a system."]
    print_table("\n".join(lines))


def _record(recipe: Recipe) -> dict[str, object]:
    return {**msgspec.to_builtins(recipe), "command": recipe.command}


def _page(recipe: Recipe) -> str:
    openness = {True: "open weights", False: "closed", None: ""}[recipe.open_weights]
    pairs = [
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
    parts = ["\n".join(facts(((name, value) for name, value in pairs if value), display()))]
    if recipe.needs:
        parts.append("needs\n" + "\n".join(f"  - {need}" for need in recipe.needs))
    parts.append(recipe.command)
    return "\n\n".join(parts)
