"""RunSpec: the validated record of the requests of a run, and of its limits and retries.

The command line and the library both make it with `RunSpec.create`, so that both check the same things. Each
option of the command line has the name of its argument (`--max-attempts` is `max_attempts`); an error names the
argument in `UsageError.argument`, and the command line shows it as the option.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack, get_args

import msgspec

from mmar.errors import UsageError, did_you_mean
from mmar.items import Benchmark, Item
from mmar.models import Model, ModelOptions
from mmar.models.credentials import redact_options
from mmar.models.presets import resolve_preset
from mmar.protocols import DEFAULT, Protocol, Settings, load_protocol
from mmar.runs.budget import Budget, parse_budget, price_of
from mmar.runs.conditions import CONDITIONS, Condition
from mmar.runs.ledger import RequestKey, keys_of
from mmar.runs.validation import (
    check_int,
    check_number,
    check_positive,
    check_shard,
    check_text_values,
    check_texts,
    check_word,
    invalid,
)

Retry = Literal["failed", "unresolved"]

# Options that say where a key, a server or a file lies, or how many threads to use: they change no answer.
_NEUTRAL_OPTIONS = ("base_url", "captions", "program", "python", "start_s", "threads")

# What other programs, and the command line, call an option of a run.
_OTHER_NAMES = {
    "again": "retry",
    "audio": "condition",
    "base_url": "base_urls",
    "batch_size": "concurrency",
    "control": "condition",
    "only": "filter",
    "option": "options",
    "parallel": "concurrency",
    "retries": "max_attempts",
    "rotate": "rotations",
    "samples": "repeats",
    "tries": "max_attempts",
    "worker": "workers",
    "workdir": "out",
}


class RunOptions(TypedDict, total=False):
    """The options of `RunSpec.create`, and so of `mmar.run`.

    Attributes:
        protocol: name, path of a TOML file, or a `Protocol`.
        condition: `full` for the real clips, or a control condition (`mmar.runs.conditions`).
        rotations: number of rotations of the choices, 0 or "all" for as many as an item has choices.
        repeats: number of samples of each request.
        seed: random seed.
        limit: ask at most this many of the selected items.
        shard: ask one of n equal parts of the items, "0/8" to "7/8", for `mmar merge`.
        sample: ask this many items, drawn from all modalities and categories in proportion, by `seed`.
        filter: ask only items whose field has one of these values: `{"modality": ["speech", "music"]}`.
        retry: `failed` or `unresolved`: ask those requests again, and no others.
        temperature: sampling temperature.
        top_p: nucleus mass, 0 to 1.
        max_tokens: most tokens of an answer.
        concurrency: most requests in flight; `None` to find a good number.
        max_attempts: most requests sent for one answer.
        timeout: longest wait for one answer, in seconds.
        deadline: longest time for the whole session, in seconds.
        rate: most requests a second.
        token_rate: most tokens a minute.
        budget: most that may be spent: tokens ("500000tokens", "2Mtokens") or money (3.5), which needs `prices`.
        prices: path of a price table (TOML).
        cache: path of a file of answers shared by several runs.
        captions: where a cascade keeps its captions, unless its option `captions` says otherwise.
        base_urls: one or several servers, for adapters that speak HTTP.
        gpus: GPUs of this machine ("0,1,2"), one worker each, for adapters that start programs.
        workers: command lines of workers, such as `ssh gpu1 python my_model.py`, for the same adapters.
        options: further options of the adapter, by name.
        via: what serves a system of `mmar models`, where there are several: hf, vllm, sglang, command.
        backoff: first wait before another attempt, in seconds; doubled each time, with jitter.
        max_backoff: longest such wait, in seconds, unless the service asks for more.
        stop_after: number of failures without any answer after which the run stops, see `mmar.runs.stop_rules`.
    """

    protocol: str | Protocol | None
    condition: Condition
    rotations: int | Literal["all"]
    repeats: int
    seed: int
    limit: int | None
    shard: str | None
    sample: int | None
    filter: Mapping[str, str | Iterable[str]] | None
    retry: Retry | None
    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    concurrency: int | None
    max_attempts: int
    timeout: float
    deadline: float | None
    rate: float | None
    token_rate: float | None
    budget: str | float | None
    prices: str | Path | None
    cache: str | Path | None
    captions: str | Path | None
    base_urls: str | Iterable[str]
    gpus: str | Iterable[str]
    workers: str | Iterable[str]
    options: Mapping[str, str] | None
    via: str | None
    backoff: float
    max_backoff: float
    stop_after: int


class RunSpec(msgspec.Struct, frozen=True, kw_only=True):
    """The requests of a run, the model, limits and retries. Make it with `create`.

    Attributes are those of `RunOptions` after validation, and:

    Attributes:
        model: name of the adapter and its model, e.g. `openai/gpt-4o-audio-preview`.
        settings: generation settings as they are sent.
        preset: the preset that names the model; empty for the name of an adapter.
    """

    model: str
    benchmark: Benchmark
    out: Path | None
    protocol: Protocol
    settings: Settings
    preset: str = ""
    condition: Condition = "full"
    rotations: int = 1
    repeats: int = 1
    seed: int = 0
    limit: int | None = None
    shard: tuple[int, int] | None = None
    sample: int | None = None
    filter: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    retry: Retry | None = None
    concurrency: int | None = None
    max_attempts: int = 5
    timeout: float = 300.0
    deadline: float | None = None
    rate: float | None = None
    token_rate: float | None = None
    budget: Budget = Budget()
    cache: Path | None = None
    base_urls: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    options: Mapping[str, str] = msgspec.field(default_factory=dict)
    backoff: float = 1.0
    max_backoff: float = 60.0
    stop_after: int = 3

    @classmethod
    def create(
        cls,
        model: str | Model,
        benchmark: Benchmark,
        *,
        out: str | Path | None = None,
        **options: Unpack[RunOptions],
    ) -> RunSpec:
        """Validate the options of a run.

        Args:
            model: a name, or an opened model. The name of a published system stands for its adapter, protocol,
                settings and options, where none are given.
            benchmark: the questions.
            out: the run's folder; `None` where nothing is written.
            options: see `RunOptions`; `None` is the default.

        Raises:
            UsageError: naming the argument that is not valid.
            InputError: the protocol's or the price table's file is not valid.
        """
        known = sorted(RunOptions.__annotations__)
        for name in sorted(set(options).difference(known)):
            hint = did_you_mean(_OTHER_NAMES.get(name, name), known, f"the options are {', '.join(known)}")
            raise UsageError(f'unknown option "{name}"', code="unknown-option", argument=name, hint=hint)
        named: dict[str, Any] = {
            name: value for name, value in options.items() if value is not None or name in _NEVER_NONE
        }
        values = {name: check(named[name], name) for name, check in _CHECKS.items() if name in named}
        settings = Settings(*(values.pop(name, None) for name in ("temperature", "top_p", "max_tokens")))
        adapter_options = values.pop("options", {})
        protocol = named.get("protocol")
        name, preset = model if isinstance(model, str) else model.name, None
        if isinstance(model, str):
            preset = resolve_preset(
                model,
                values.get("base_urls", ()),
                adapter_options,
                workers=values.get("workers", ()),
                via=named.get("via"),
            )
        if preset is not None:
            name, adapter_options = preset.adapter, dict(preset.options)
            settings = settings.over(preset.settings)
            protocol = protocol or preset.protocol
        if name.startswith("cascade/") and "captions" in named:
            adapter_options.setdefault("captions", str(named["captions"]))
        if protocol is None or isinstance(protocol, str):
            protocol = load_protocol(protocol or DEFAULT)
        tokens, money = parse_budget(named.get("budget"))
        return cls(
            model=name,
            benchmark=benchmark,
            out=None if out is None else Path(out),
            protocol=protocol,
            settings=settings.over(protocol.settings),
            preset="" if preset is None else preset.name,
            sample=_sample(benchmark, named),
            filter=_checked_filter(benchmark, named.get("filter")),
            budget=Budget(tokens, money, price_of(name, named.get("prices"))),
            options=adapter_options,
            **values,
        )

    @property
    def recorded_options(self) -> dict[str, str]:
        """The adapter's options that can change an answer, without credentials: for manifest and signature."""
        relevant = {
            name: value
            for name, value in self.options.items()
            if "key" not in (last := name.rpartition(".")[2]) and last not in _NEUTRAL_OPTIONS
        }
        return redact_options(relevant)

    def model_options(self, environment: Mapping[str, str]) -> ModelOptions:
        """How to open the model; credentials and proxies are looked up in `environment`."""
        return ModelOptions(
            seed=self.seed,
            base_urls=self.base_urls,
            timeout_s=self.timeout,
            gpus=self.gpus,
            workers=self.workers,
            # Without items, as in `mmar check`, there may be two.
            clips=max((len(item.clips) for item in self.benchmark), default=2),
            environment=environment,
            extra=self.options,
        )

    def keys_of(self, item: Item) -> Iterator[RequestKey]:
        """The requests made of an item."""
        return keys_of(item, self.rotations, self.repeats)

    def backoff_s(self, attempt: int, retry_after_s: float | None, rng: random.Random) -> float:
        """Seconds to wait after so many attempts: what the service asked for and little more, or longer each time.

        Jitter spreads requests that failed together.
        """
        if retry_after_s:
            return retry_after_s + self.backoff * rng.random()
        wait = min(self.max_backoff, self.backoff * 2.0 ** (attempt - 1))
        return wait * rng.uniform(0.5, 1.5)


def draw_sample_indexes(benchmark: Benchmark, sample: int, seed: int) -> list[int]:
    """Indexes of the items of a sample, ascending; drawn by modality and category in proportion."""
    from mmar.stats.sampling import draw_sample

    return draw_sample([(item.modality, item.category) for item in benchmark], sample, seed)


def item_filter(values: Mapping[str, tuple[str, ...]]) -> Callable[[Item], bool]:
    """A filter for items: each named field, by the publisher's name, has one of the values."""

    def matches(item: Item) -> bool:
        record = item.to_record()
        return all(str(record.get(field)) in texts for field, texts in values.items())

    return matches if values else lambda _: True


def _rotations(value: Any, argument: str) -> int:
    return 0 if value == "all" else check_int(value, argument, 0)


def _gpus(value: str | Iterable[str], argument: str) -> tuple[str, ...]:
    return check_texts(value.split(",") if isinstance(value, str) else value, argument)


# Options whose value is checked by itself, each with its check.
_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "condition": partial(check_word, words=CONDITIONS),
    "rotations": _rotations,
    "repeats": partial(check_int, least=1, most=1000),
    "seed": check_int,
    "limit": partial(check_int, least=1),
    "shard": check_shard,
    "retry": partial(check_word, words=get_args(Retry)),
    "concurrency": partial(check_int, least=1, most=4096),
    "max_attempts": partial(check_int, least=1, most=100),
    "timeout": check_positive,
    "deadline": check_positive,
    "rate": check_positive,
    "token_rate": check_positive,
    "cache": lambda path, _: Path(path),
    "base_urls": check_texts,
    "gpus": _gpus,
    "workers": check_texts,
    "options": check_text_values,
    "backoff": partial(check_number, least=0),
    "max_backoff": partial(check_number, least=0),
    "stop_after": partial(check_int, least=1),
    "temperature": partial(check_number, least=0),
    "top_p": partial(check_number, least=0, most=1),
    "max_tokens": partial(check_int, least=1),
}
_NEVER_NONE = ("condition", "rotations", "repeats", "seed", "max_attempts", "stop_after")


def _sample(benchmark: Benchmark, options: Mapping[str, Any]) -> int | None:
    if "sample" not in options:
        return None
    sample = check_int(options["sample"], "sample", 1, len(benchmark))
    if options.get("filter"):
        raise UsageError(
            "a sample is drawn from the whole benchmark, so it cannot be combined with filter",
            code="incompatible-options",
            argument="sample",
        )
    return sample


def _checked_filter(
    benchmark: Benchmark, values: Mapping[str, str | Iterable[str]] | None
) -> dict[str, tuple[str, ...]]:
    if not values:
        return {}
    if not isinstance(values, Mapping):
        raise invalid("filter", 'a mapping of fields to values, such as {"modality": "speech"}', values)
    selected_values = {
        field: (each,) if isinstance(each, str) else tuple(str(value) for value in each)
        for field, each in values.items()
    }
    for field, selected in selected_values.items():
        known = {str(value) for item in benchmark if (value := item.to_record().get(field)) is not None}
        if not known:
            names = sorted({name for item in benchmark for name in item.names})
            raise UsageError(
                f'no item has the field "{field}"; fields: {", ".join(names)}',
                code="unknown-field",
                argument="filter",
            )
        for text in selected:
            if text not in known:
                some = ", ".join(sorted(known)[:20])
                raise UsageError(
                    f'no item has {field} "{text}"; values: {some}',
                    code="unknown-value",
                    argument="filter",
                )
    return selected_values
