"""Presets: named systems, what serves each, and how `mmar run NAME` runs it.

`presets.toml` beside this file holds them as data: the rows of MMAR's published table (MMAR README and
arXiv 2505.13032), then the field of 2026. Their published values are in `mmar.reports.published`, under the same names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import msgspec

from mmar.errors import UsageError, did_you_mean
from mmar.models.model import ADAPTERS, incompatible, model_error
from mmar.protocols import DEFAULT, Settings

ModelClass = Literal["baseline", "LALM", "LARM", "OLM", "LLM", "LRM"]
ServedBy = Literal["builtin", "api", "hf", "vllm", "sglang", "command", "cascade"]

_WEIGHTS: tuple[ServedBy, ...] = ("hf", "vllm", "sglang")


class Preset(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"model_class": "class"}):
    """One preset.

    Attributes:
        name: as given to `mmar run`; the id of its published results.
        model: what its authors call it.
        model_class: large audio language model, audio reasoning model, omni model, or a text or reasoning model
            that is given a caption.
        size: number of parameters; `-` where it is not given.
        served_by: what answers for it, in order of preference: local weights, a vLLM or SGLang server, a service's
            API, a program in an environment of its own, a cascade, or this program.
        open_weights: whether the weights are public; `None` where the question has no meaning.
        id: the service's or the hub's name of the weights; empty where none is known.
        adapter: the name that opens it; empty for weights, where it follows from what serves them.
        protocol: how its questions are put.
        settings: generation settings over the protocol's own.
        options: of the adapter, where it speaks HTTP.
        example: the program in `examples/` that speaks to the authors' code.
        code: where the system itself comes from.
        licence: of the weights, where it is known.
        long: what happens to long clips, where it is known.
        needs: what else has to be at hand.
        note: what to know about its prompt and its published values.
    """

    name: str
    model: str
    model_class: ModelClass
    size: str
    served_by: tuple[ServedBy, ...]
    open_weights: bool | None = None
    id: str = ""
    adapter: str = ""
    protocol: str = DEFAULT
    settings: Settings = Settings()
    options: dict[str, str] = {}
    example: str = ""
    code: str = ""
    licence: str = ""
    long: str = ""
    needs: tuple[str, ...] = ()
    note: str = ""

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands that run it on MMAR, by what serves it, with capitals for what the person puts in."""
        run = f"mmar run {self.name} --benchmark mmar"
        commands = []
        for kind in self.served_by:
            if kind in ("builtin", "api"):
                commands.append(run)
            elif kind == "cascade":
                own = "" if "reasoner.base_url" in self.options else " --option reasoner.base_url=URL"
                commands.append(f"{run} --base-url URL --option captions=FILE{own}")
            elif kind == "command":
                program = f"python examples/{self.example}" if self.example else "PROGRAM"
                commands.append(f"{run} --worker '{program}'")
            elif self.id:
                commands.append(run if kind == self.served_by[0] else f"{run} --via {kind}")
        if any(kind in self.served_by for kind in _WEIGHTS):
            protocol = "" if self.id or self.protocol == DEFAULT else f" --protocol {self.protocol}"
            model = run if self.id else f"mmar run openai/NAME --benchmark mmar{protocol}"
            commands.append(f"{model} --base-url URL")
        return tuple(commands)


@cache
def presets() -> dict[str, Preset]:
    """All presets by name, those of the published table first."""
    import tomllib  # slow to import, and a model named by its adapter needs no preset

    text = Path(__file__).with_name("presets.toml").read_text("utf-8")
    parsed = msgspec.convert(tomllib.loads(text)["preset"], list[Preset])
    return {preset.name: preset for preset in parsed}


def preset_of(model: str) -> Preset | None:
    """The preset of a run's model, by a name with its adapter or without; `None` if there is none.

    Example:
        >>> preset_of("vllm/Qwen/Qwen2.5-Omni-7B@main").name, preset_of("command/salmonn-7b").name
        ('qwen2.5-omni-7b', 'salmonn-7b')
    """
    name = model.partition("/")[2].partition("@")[0]
    known = presets()
    if preset := known.get(model) or (known.get(name) if model.startswith("command/") else None):
        return preset
    matches = (each for each in known.values() if model == each.adapter or (name and name == each.id))
    return next(matches, None)


def resolve_preset(
    name: str,
    base_urls: Sequence[str] = (),
    options: Mapping[str, str] | None = None,
    *,
    workers: Sequence[str] = (),
    via: str | None = None,
) -> Preset | None:
    """Find the preset that a model's name means, with the adapter that opens it.

    Weights are asked for at `base_urls` where any are given; `via` chooses what serves it.

    Returns:
        The preset with the given options over its own: its `adapter` is the name to open, its `protocol` and
        `settings` hold where none were given. `None` for the name of an adapter (`openai/…`), which is no preset.

    Raises:
        UsageError: there is no such preset, or `via` does not serve it.
    """
    if "/" in name or ":" in name:
        if via is not None:
            raise incompatible(f'"{name}" names its adapter, so it cannot be served by another', "via")
        return None
    preset = presets().get(name)
    if preset is None:
        raise _unknown(name)
    if via is not None and via not in preset.served_by:
        code = "not-served" if via in get_args(ServedBy) else "invalid-value"
        known = " or ".join(preset.served_by)
        raise UsageError(f'"{name}" is served by {known}, not by "{via}"', code=code, argument="via")
    adapter = preset.adapter or _adapter(preset, base_urls, workers, via)
    own = {} if adapter.startswith(("hf/", "command/")) else preset.options
    return msgspec.structs.replace(preset, adapter=adapter, options={**own, **(options or {})})


def _adapter(preset: Preset, base_urls: Sequence[str], workers: Sequence[str], via: str | None) -> str:
    if base_urls and via in (None, "vllm", "sglang"):
        return f"openai/{preset.id or preset.name}"
    kinds = (via,) if via is not None else preset.served_by
    if workers and via is None and "command" in kinds:
        kinds = ("command",)
    for kind in kinds:
        if kind in ADAPTERS and kind != "command" and preset.id:
            return f"{kind}/{preset.id}"
        if kind == "command":
            return f"command/{preset.name}"  # a label: the programs are given as workers
    return f"openai/{preset.id or preset.name}"


def check_requirements(
    name: str, adapter: str, base_urls: Sequence[str], options: Mapping[str, str], workers: Sequence[str]
) -> None:
    """Check that what a preset needs was given, before its model is opened by the adapter that `resolve_preset` chose.

    Raises:
        UsageError: it was not (code `missing-requirement`); the hint has the commands that run the system.
    """
    preset = presets()[name]
    kind = adapter.partition("/")[0]
    if kind == "command":
        missing = not workers
        what = f"a program in the environment of {preset.code}, by --worker"
    elif kind == "cascade":
        halves = ("captioner.base_url", "reasoner.base_url")
        missing = not base_urls and any(option not in options for option in halves)
        what = "a server for its captioner, by --base-url"
    elif kind == "openai" and "api" not in preset.served_by:
        missing = not base_urls or not preset.id
        what = f"a server that holds {preset.id}, by --base-url" if preset.id else ""
    else:
        return
    if missing:
        needs = "\n".join(f"  - {need}" for need in (what, *preset.needs) if need)
        problem = f'"{name}" ({preset.model}) needs\n{needs}'
        raise model_error("missing-requirement", problem, "\n".join(preset.commands))


def _unknown(name: str) -> UsageError:
    suggestion = did_you_mean(name, presets())
    message = f'unknown model "{name}"' + (f"; {suggestion}" if suggestion else "")
    hint = (
        "mmar models lists the presets; any other model is ADAPTER/NAME, such as openai/gpt-4o-audio-preview"
    )
    return model_error("unknown-model", message, hint)
