"""Runs: what one would do, and carrying it out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mmar.items import Benchmark
from mmar.library.loading import load
from mmar.protocols import DEFAULT, Protocol, Settings, load_protocol

if TYPE_CHECKING:
    from mmar.models import Model
    from mmar.runs.budget import Budget
    from mmar.runs.conditions import Condition
    from mmar.runs.engine import Counts
    from mmar.runs.limits import Limits
    from mmar.runs.plan import RunPlan
    from mmar.runs.run import Outcome

__all__ = ["open_for", "plan_run", "run"]


def run(
    model: str | Model,
    benchmark: str | Path | Benchmark,
    *,
    out: str | Path,
    protocol: str | Protocol = DEFAULT,
    seed: int = 0,
    limit: int | None = None,
    only: Mapping[str, Iterable[str]] | None = None,
    again: str | None = None,
    audio: Condition = "full",
    rotations: int = 1,
    repeats: int = 1,
    settings: Settings | None = None,
    limits: Limits | None = None,
    budget: Budget | None = None,
    cache: str | Path | None = None,
    base_urls: Iterable[str] = (),
    options: Mapping[str, str] | None = None,
    progress: Callable[[int, Counts], None] = lambda *_: None,
) -> Outcome:
    """Run a model on a benchmark, or go on with a run.

    Args:
        model: a name such as `baseline/listener`, or an object with `name`, `hears`, `ask` and `close`.
        benchmark: a name, a path, or what `load` gave.
        out: the run's folder.
        protocol: a name, a TOML file, or a `Protocol`.
        seed: of everything drawn at random.
        limit: ask at most so many items.
        only: ask only items whose field has one of these values.
        again: `failed` or `unresolved`: ask those again, and those alone.
        audio: `full`, or a control condition; see `mmar.runs.conditions`.
        rotations: ask under so many rotations of the choices, 0 for all.
        repeats: ask so many samples of each.
        settings: generation settings, over the protocol's own.
        limits: how hard to try; see `mmar.runs.limits.Limits`.
        budget: what may be spent.
        cache: a file of answers that were paid for before.
        base_urls: servers, for adapters that speak HTTP.
        options: further options of the adapter, by name.
        progress: called with the number of requests to put and the counts so far.

    Raises:
        UsageError: the folder holds another run, or there is no audio.
        ExternalError: the disk refuses, or the service will not serve this caller.
    """
    from mmar.runs.run import carry_out

    plan = plan_run(
        benchmark,
        out=out,
        protocol=protocol,
        seed=seed,
        limit=limit,
        only=only,
        again=again,
        audio=audio,
        rotations=rotations,
        repeats=repeats,
        settings=settings,
        limits=limits,
        budget=budget,
        cache=cache,
        base_urls=base_urls,
        options=options,
    )
    if isinstance(model, str):
        model = open_for(model, plan)
    return carry_out(plan, model, progress)


def plan_run(
    benchmark: str | Path | Benchmark,
    *,
    out: str | Path,
    protocol: str | Protocol = DEFAULT,
    seed: int = 0,
    limit: int | None = None,
    only: Mapping[str, Iterable[str]] | None = None,
    again: str | None = None,
    audio: Condition = "full",
    rotations: int = 1,
    repeats: int = 1,
    settings: Settings | None = None,
    limits: Limits | None = None,
    budget: Budget | None = None,
    cache: str | Path | None = None,
    base_urls: Iterable[str] = (),
    options: Mapping[str, str] | None = None,
) -> RunPlan:
    """What `run` would do; arguments as there."""
    from mmar.runs.asking import Asking
    from mmar.runs.budget import Budget
    from mmar.runs.limits import Limits
    from mmar.runs.plan import RunPlan

    if isinstance(protocol, str):
        protocol = load_protocol(protocol)
    limits = limits or Limits()
    chosen = {name: list(values) for name, values in (only or {}).items()}
    shown = {name: value for name, value in (options or {}).items() if not _changes_no_answer(name)}
    return RunPlan(
        benchmark=benchmark if isinstance(benchmark, Benchmark) else load(benchmark, stored=True),
        asking=Asking(protocol, (settings or Settings()).over(protocol.settings), audio, rotations, repeats),
        out=Path(out),
        seed=seed,
        limits=limits,
        limit=limit,
        only={name: tuple(values) for name, values in chosen.items()},
        again=again,
        model_options=shown,
        given_options=dict(options or {}),
        notes={
            "limit": limit,
            "only": chosen,
            "again": again,
            "rotations": rotations,
            "repeats": repeats,
            "concurrency": limits.concurrency,
            "base_urls": list(base_urls),
        },
        budget=budget or Budget(),
        cache=None if cache is None else Path(cache),
    )


def open_for(model: str, plan: RunPlan) -> Model:
    """Open a model by name for a plan; credentials come from this process's environment.

    Raises:
        UsageError: there is no such model, or it does not know an option.
    """
    from mmar.models import ModelOptions, open_model

    return open_model(
        model,
        ModelOptions(
            seed=plan.seed,
            base_urls=tuple(plan.notes["base_urls"]),
            timeout_s=plan.limits.timeout_s,
            concurrency=plan.limits.concurrency or plan.limits.most,
            environment=os.environ,
            extra=plan.given_options,
        ),
    )


def _changes_no_answer(option: str) -> bool:
    """Whether an option says where a key, a server or a file of captions lies, or how fast or patient to be."""
    name = option.rpartition(".")[2]
    return "key" in name or name in ("base_url", "captions", "threads", "start_s")
