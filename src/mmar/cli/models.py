"""`mmar models` and `mmar protocols`: the presets of models and how each is run, and the obstacles_of to put a question."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from mmar.cli import shared
from mmar.cli.output import display, print_json, print_table
from mmar.errors import UsageError, did_you_mean
from mmar.models.hardware import find_machine, obstacles_of
from mmar.models.presets import Preset, presets
from mmar.protocols import DEFAULT, Protocol, load_protocol
from mmar.protocols import protocols as all_protocols
from mmar.reports.published import published_results
from mmar.reports.tables import draw, facts, join_blocks, wrap

if TYPE_CHECKING:
    from mmar.models.hardware import Machine
    from mmar.reports.published import PublishedResult

_CLASSES = ("LALM", "LARM", "OLM", "LLM", "LRM")
_CAN = ("hf", "vllm", "sglang", "api", "command", "cascade")


@click.command()
@click.argument("name", required=False, shell_complete=shared.complete_model)
@click.option(
    "--class",
    "model_class",
    type=click.Choice(_CLASSES, case_sensitive=False),
    metavar="|".join(_CLASSES),
    help="Only one class: audio language, audio reasoning, omni, text, text reasoning models.",
)
@click.option(
    "--can",
    type=click.Choice(_CAN),
    metavar="|".join(_CAN),
    help="Only presets with this backend.",
)
@shared.flag("--here", help="Show which presets this machine can run, and what the others lack.")
@shared.json
def models(*, name: str | None, model_class: str | None, can: str | None, here: bool, as_json: bool) -> None:
    """List the presets, or show how to run one.

    Any other model is named by its adapter: openai/NAME, gemini/NAME, text/NAME, cascade/CAPTIONER+REASONER,
    hf/ORG/NAME, command/PROGRAM, python:MODULE:FUNCTION (see docs/models.md).

    \b
    Example:
      mmar models
      mmar models --class OLM --can hf
      mmar models --here
      mmar models qwen2.5-omni-7b
    """
    if name is not None:
        if name not in presets():
            hint = did_you_mean(name, presets(), "mmar models lists them")
            raise UsageError(f'unknown preset "{name}"', code="unknown-model", hint=hint)
        preset = presets()[name]
        print_json(_record(preset)) if as_json else print_table(_page(preset))
        return
    chosen = [
        each
        for each in presets().values()
        if model_class in (None, each.model_class) and (can is None or can in each.served_by)
    ]
    if here:
        _print_here(chosen, as_json=as_json)
    elif as_json:
        print_json([_record(each) for each in chosen])
    else:
        _print_list(chosen)


def _print_list(chosen: Sequence[Preset]) -> None:
    rows = [
        (
            each.name,
            each.model_class,
            each.size,
            {True: "yes", False: "no", None: "-"}[each.open_weights],
            _span(_published(each)),
            " ".join(each.served_by),
        )
        for each in chosen
    ]
    lines = draw(("NAME", "CLASS", ">SIZE", "OPEN", ">%", "SERVED BY"), rows, display())
    notes = "%: published averages on MMAR, the lowest and the highest\nmmar models NAME shows how to run a preset"
    print_table(join_blocks(lines, [notes]))


def _print_here(chosen: Sequence[Preset], *, as_json: bool) -> None:
    """Print the hardware and software of this machine, and the presets that it can run."""
    machine = find_machine(os.environ)
    presets_here = [(each, obstacles_of(each, machine)) for each in chosen]
    if as_json:
        systems = [{"name": each.name, "obstacles": obstacles} for each, obstacles in presets_here]
        print_json({"machine": msgspec.to_builtins(machine), "systems": systems})
        return
    rows = [
        (
            each.name,
            " ".join(kind for kind, obstacle in obstacles.items() if not obstacle) or "-",
            _lacks(obstacles),
        )
        for each, obstacles in presets_here
    ]
    table = draw(("NAME", "RUNS BY", "LACKS"), rows, display())
    print_table(join_blocks(facts(_machine_facts(machine), display()), table))


def _machine_facts(machine: Machine) -> list[tuple[str, str]]:
    gpus = ", ".join(f"{gpu.name} ({gpu.gib:.0f} GiB)" for gpu in machine.gpus)
    return [
        ("GPUs", gpus or "none found by nvidia-smi"),
        ("programs", ", ".join(machine.programs) or "neither vllm nor sglang on the path"),
        ("packages", ", ".join(machine.packages) or "neither torch nor transformers"),
        ("keys", ", ".join(machine.keys) or "none"),
    ]


def _published(preset: Preset) -> list[PublishedResult]:
    """The published results of a preset, the benchmark's own first."""
    return [result for result in published_results() if result.id == preset.name]


def _span(results: Sequence[PublishedResult]) -> str:
    """The lowest and the highest average over all items."""
    values = [float(result.average) for result in results if result.is_whole and result.average]
    if not values:
        return "-"
    low, high = min(values), max(values)
    return f"{low:.1f}" if f"{low:.1f}" == f"{high:.1f}" else f"{low:.1f}-{high:.1f}"


def _record(preset: Preset) -> dict[str, object]:
    published = [msgspec.to_builtins(result) for result in _published(preset)]
    return {**msgspec.to_builtins(preset), "commands": list(preset.commands), "published": published}


def _page(preset: Preset) -> str:
    openness = {True: "open weights", False: "closed", None: ""}[preset.open_weights]
    parts = [preset.model, preset.model_class, preset.size, openness, preset.licence]
    settings = msgspec.to_builtins(preset.settings.over(load_protocol(preset.protocol).settings))
    pairs = [
        ("name", preset.name),
        ("system", ", ".join(part for part in parts if part not in ("", "-"))),
        ("served by", ", ".join(preset.served_by)),
        ("id", preset.id),
        ("adapter", preset.adapter),
        ("protocol", preset.protocol),
        ("settings", ", ".join(f"{name} {value}" for name, value in settings.items())),
        ("options", ", ".join(f"{name}={value}" for name, value in preset.options.items())),
        ("long clips", preset.long),
        ("code", preset.code),
        ("note", preset.note),
    ]
    results = _published(preset)
    needs = [line for need in preset.needs for line in wrap(need, "  - ", display())]
    return join_blocks(
        facts(((name, value) for name, value in pairs if value), display()),
        ["published (percent, by whom, read by)", *_results(results)] if results else [],
        ["needs", *needs] if needs else [],
        [_within(command, display().width) for command in preset.commands],
    )


def _results(results: Sequence[PublishedResult]) -> Iterator[str]:
    """Published results, each with its source in full."""
    for each in results:
        average = f"{'about ' if each.approximate else ''}{each.average}"
        part = "" if each.is_whole else f", {each.n} items"
        reader = f"; {each.reader}" if each.reader else ""
        yield from wrap(f"{each.by}: {each.source}{part}{reader}", f"  {average:>8}  ", display())


def _within(command: str, width: int) -> str:
    """A command, continued on further lines where it is too long for one."""
    first, *options = command.split(" --")
    lines = [first]
    for option in options:
        # With a space, two dashes and the mark of a continued line.
        if len(lines[-1]) + len(option) + 5 > width:
            lines.append(f"    --{option}")
        else:
            lines[-1] += f" --{option}"
    return " \\\n".join(lines)


def _lacks(obstacles: Mapping[str, str]) -> str:
    """Why a preset cannot run, by reason."""
    by_reason: dict[str, list[str]] = {}
    for kind, obstacle in obstacles.items():
        if obstacle:
            by_reason.setdefault(obstacle, []).append(kind)
    return "; ".join(f"{', '.join(kinds)}: {reason}" for reason, kinds in by_reason.items())


@click.command()
@click.argument("name", metavar="[NAME-OR-FILE]", required=False)
@shared.json
def protocols(*, name: str | None, as_json: bool) -> None:
    """List the protocols (how a question is put and its answer read), or show one.

    The protocol is part of a number: one system scored 49.1 and 58.5 under two of them. A file of your own
    (see docs/protocols.md) can be used wherever a name can.

    \b
    Example:
      mmar protocols
      mmar protocols r1-aqa
    """
    chosen = list(all_protocols().values()) if name is None else load_protocol(name)
    if as_json:
        print_json(msgspec.to_builtins(chosen))
        return
    if isinstance(chosen, Protocol):
        print_table(_protocol_page(chosen))
        return
    rows = [(each.name, each.choices, each.wording, each.source) for each in chosen]
    table = draw(("NAME", "CHOICES", "WORDING", "SOURCE"), rows, display())
    note = f"The default is {DEFAULT}. mmar protocols NAME shows a protocol in full."
    print_table(join_blocks(table, [note]))


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


def _protocol_page(protocol: Protocol) -> str:
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
    system = [f"system:\n{protocol.system}"] if protocol.system else []
    return join_blocks(facts(pairs, display()), system, [f"user:\n{protocol.template}"])
