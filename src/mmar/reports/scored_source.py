"""A scored run or predictions file with its questions: what reports, leaderboards and exports start from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import msgspec

from mmar.errors import UsageError
from mmar.items import Benchmark, Item, load_benchmark
from mmar.items.benchmark import benchmark_name
from mmar.models import Answer
from mmar.models.presets import preset_of
from mmar.runs.budget import price_of
from mmar.runs.manifest import Manifest
from mmar.scoring.align_runs import AlignedRuns, Scorer, align_scored
from mmar.scoring.error_labels import WrongItem, wrong_items
from mmar.scoring.inputs import Task
from mmar.scoring.result import Accuracy, GroupScore, ItemScore, Score
from mmar.scoring.score import ScoringResult, score_task

SCORERS: tuple[Scorer, ...] = ("official", "choice")


class ScoredSource(msgspec.Struct, frozen=True, dict=True):
    """A scored run or predictions file with the scores of its items, and its questions with the folder of their clips."""

    task: Task
    benchmark: Benchmark
    scored: ScoringResult

    @property
    def path(self) -> Path:
        """The run's folder, or the file."""
        return self.task.path

    @property
    def score(self) -> Score:
        """Its numbers."""
        return self.scored.score

    @property
    def bench(self) -> str:
        """The benchmark's name as in the signature, without the digest: `mmar@2026-02`."""
        return self.scored.parts.get("bench", "?").partition("#")[0]

    @property
    def condition(self) -> str:
        """The condition of its audio; `?` for a file."""
        return self.scored.parts.get("condition", "?")

    @property
    def protocol(self) -> str:
        """The label of its protocol."""
        return self.scored.parts.get("protocol", "?")

    @property
    def model(self) -> str:
        """The model's name; for a file without one, the file's."""
        model = self.scored.parts.get("model", "?")
        return model if model != "?" else benchmark_name(self.path)

    @property
    def hub_id(self) -> str:
        """Organization and model, as hubs write it: `Qwen/Qwen2.5-Omni-7B`; `unknown/NAME` without organization."""
        preset = preset_of(self.model)
        name = preset.id if preset is not None and "/" in preset.id else self.model
        parts = [re.sub(r"[^\w.+-]+", "-", part).strip("-.") for part in name.split("/")]
        parts = [part for part in parts if part] or ["model"]
        return "/".join(parts[-2:]) if len(parts) > 1 else f"unknown/{parts[0]}"

    @property
    def completed(self) -> datetime:
        """The end of the last session, else its start; for a file, the time of its last change."""
        if self.manifest is not None and self.manifest.sessions:
            last = self.manifest.sessions[-1]
            return datetime.fromisoformat(last.ended or last.started)
        return datetime.fromtimestamp(int(self.path.stat().st_mtime), UTC)

    @property
    def started(self) -> datetime:
        """The start of the first session; for a file, `completed`."""
        if self.manifest is not None and self.manifest.sessions:
            return datetime.fromisoformat(self.manifest.sessions[0].started)
        return self.completed

    @property
    def manifest(self) -> Manifest | None:
        """The manifest of a run; `None` for a file."""
        return self.scored.manifest

    @cached_property
    def scores(self) -> dict[str, ItemScore]:
        """The scores of the items by id."""
        return {row.id: row for row in self.scored.rows}

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """The first answer to each item of a run, by id; none for a file."""
        return {key.item_id: answer for key, (_, answer) in self.scored.answers.items() if not any(key[1:])}

    def rows(self) -> Iterator[tuple[Item, ItemScore, Answer]]:
        """Item, score and first answer (or an empty one) of each question with choices, in the benchmark's order."""
        for item in self.benchmark.closed:
            yield item, self.scores[item.id], self.answers.get(item.id, Answer(item.id, "", ""))

    def cost(self, prices: str | Path | None, *, first_answers: bool = False) -> float | None:
        """The cost of all answers, or of the first to each item, in the currency of a price table.

        `None` without a table, a price of this model or numbers of tokens.

        Raises:
            InputError: the table is not valid.
        """
        try:
            price = price_of(self.model, None if prices is None else Path(prices))
        except UsageError:  # the table has no price for this model; others it may have
            return None
        answers = (
            self.answers.values() if first_answers else (answer for _, answer in self.scored.answers.values())
        )
        usages = [answer.usage for answer in answers if answer.usage is not None]
        return sum(map(price.cost, usages)) if price is not None and usages else None

    def results(self) -> Iterator[tuple[str, Scorer, GroupScore]]:
        """Label, scorer and score of all items (`all`), then of every group that was asked (`modality/speech`)."""
        score = self.score
        groups = {"all": GroupScore(score.n, score.official, score.choice, score.chance, score.asked)}
        for dimension, members in score.groups.items():
            groups |= {f"{dimension}/{name}": group for name, group in members.items()}
        for label, group in groups.items():
            if (group.asked or group).n:
                yield from ((label, scorer, group) for scorer in SCORERS)

    def wrong_items(self, *, sample: int | None = None, seed: int = 0) -> tuple[WrongItem, ...]:
        """The answered items that are wrong by the choice named, or a random sample of so many."""
        thinking = {name: answer.thinking for name, answer in self.answers.items() if answer.thinking}
        return wrong_items(self.benchmark, self.scored.rows, thinking, sample=sample, seed=seed)

    def identifier(self, scheme: str) -> str:
        """A stable identifier for one purpose: 32 hexadecimal digits of the signature and all verdicts."""
        digest = hashlib.sha256(f"{scheme}\n{self.score.signature}\n".encode())
        for row in self.scored.rows:
            digest.update(msgspec.json.encode((row.id, row.official, row.choice, row.state, row.prediction)))
        return digest.hexdigest()[:32]


def score_source(task: Task, audio_dir: Path | None = None) -> ScoredSource:
    """Score a run or a file, keeping all items, and find its questions; a file of whole records is its own benchmark.

    The folder of the clips is by default the benchmark's, or the one that the run's manifest names.

    Raises:
        InputError: the input is not valid.
        UsageError: a benchmark is needed, or it is another than the run's.
    """
    scored = score_task(task)
    benchmark = task.benchmark
    if benchmark is None:
        name = scored.parts.get("bench", "file").partition("#")[0]
        benchmark = load_benchmark(task.path, name=name, lenient=task.lenient)
    named = "" if scored.manifest is None else scored.manifest.benchmark.audio_dir
    folder = audio_dir or benchmark.audio_dir or (Path(named) if named else None)
    if folder != benchmark.audio_dir:
        benchmark = msgspec.structs.replace(benchmark, audio_dir=folder)
    return ScoredSource(task, benchmark, scored)


def align_sources(sources: Sequence[ScoredSource], *, partial: bool = False) -> AlignedRuns:
    """Scored runs side by side on the items of their benchmark; arguments and errors as `align_scored`."""
    return align_scored([(each.task, each.benchmark, each.scored) for each in sources], partial=partial)


def interval_of(accuracy: Accuracy) -> tuple[float, float, str] | None:
    """Lower and upper end in percent, and the method; `None` where items were never asked."""
    if accuracy.clustered is not None:
        low, high = accuracy.clustered.interval
        return low, high, "clustered by source video (Miller, arXiv 2411.00640)"
    if accuracy.interval is None:
        return None
    low, high = accuracy.interval
    return low, high, "Wilson"


def provider_of(model: str) -> str:
    """The provider of a model, by the adapter in its name: `self_deployed`, `externally_managed` or `unknown`.

    An OpenAI-compatible server may be the service or one's own, so `openai/...` is unknown.
    """
    adapter = model.partition("/")[0]
    if adapter in ("hf", "command", "baseline", "vllm", "sglang") or model.startswith("python:"):
        return "self_deployed"
    return "externally_managed" if adapter == "gemini" else "unknown"
