"""What every export of a run starts from: the run, its questions, its answers and its scores."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from mmar.items import Benchmark, Item
from mmar.items.benchmark import benchmark_name
from mmar.models import Answer
from mmar.models.recipes import recipe_of
from mmar.scoring.result import Accuracy, GroupScore, ItemScore, Score
from mmar.scoring.score import Scored

if TYPE_CHECKING:
    from mmar.scoring.error_labels import WrongItem

__all__ = ["SCORERS", "ExportSource", "Scorer", "interval_of", "provider_of"]

Scorer = Literal["official", "choice"]
SCORERS: tuple[Scorer, ...] = ("official", "choice")


class ExportSource(msgspec.Struct, frozen=True, dict=True):
    """A scored run or predictions file, with its questions.

    Attributes:
        path: the run's folder, or the file.
        benchmark: the questions.
        scored: its score, with every item's.
    """

    path: Path
    benchmark: Benchmark
    scored: Scored

    @property
    def score(self) -> Score:
        """Its numbers."""
        return self.scored.score

    @property
    def bench(self) -> str:
        """The benchmark's name as in the signature, without the digest: `mmar@2026-02`."""
        return self.scored.parts.get("bench", "?").partition("#")[0]

    @property
    def model(self) -> str:
        """The model's name; that of the file where there is no run."""
        manifest = self.scored.manifest
        return manifest.model if manifest is not None else benchmark_name(self.path)

    @property
    def hub_id(self) -> str:
        """Organization and model, as hubs write it: `Qwen/Qwen2.5-Omni-7B`; `unknown/NAME` without organization."""
        recipe = recipe_of(self.model)
        name = recipe.id if recipe is not None and "/" in recipe.id else self.model
        parts = [re.sub(r"[^\w.+-]+", "-", part).strip("-.") for part in name.split("/")]
        parts = [part for part in parts if part] or ["model"]
        return "/".join(parts[-2:]) if len(parts) > 1 else f"unknown/{parts[0]}"

    @property
    def completed(self) -> datetime:
        """When the last session ended, else started; for a file, when it was changed."""
        manifest = self.scored.manifest
        if manifest is not None and manifest.sessions:
            last = manifest.sessions[-1]
            return datetime.fromisoformat(last.ended or last.started)
        return datetime.fromtimestamp(int(self.path.stat().st_mtime), UTC)

    @property
    def started(self) -> datetime:
        """When the first session started; for a file, `completed`."""
        manifest = self.scored.manifest
        if manifest is not None and manifest.sessions:
            return datetime.fromisoformat(manifest.sessions[0].started)
        return self.completed

    def rows(self) -> Iterator[tuple[Item, ItemScore, Answer | None]]:
        """Item, score and answer, in the benchmark's order; the answer is `None` for files and items not asked."""
        answers = {
            key.item_id: answer for key, (_, answer) in self.scored.answers.items() if not any(key[1:])
        }
        for item, row in zip(self.benchmark, self.scored.rows, strict=True):
            yield item, row, answers.get(item.id)

    def groups(self) -> Iterator[tuple[str, str, GroupScore]]:
        """Dimension, name and score: of all items first, then of every group that has items."""
        score = self.score
        yield "", "all", GroupScore(score.n, score.official, score.choice, score.chance, score.asked)
        for dimension, groups in score.groups.items():
            for name, group in groups.items():
                if group.n:
                    yield dimension, name, group

    def wrong_items(self, *, sample: int | None = None, seed: int = 0) -> tuple[WrongItem, ...]:
        """The answered items that are wrong by the choice named; `sample` of them where it is given."""
        from mmar.scoring.error_labels import wrong_items

        thinking = {
            item.id: answer.thinking
            for item, _, answer in self.rows()
            if answer is not None and answer.thinking
        }
        return wrong_items(self.benchmark, self.scored.rows, thinking, sample=sample, seed=seed)

    def identifier(self, scheme: str) -> str:
        """A stable identifier: 32 hexadecimal digits of the signature and all verdicts.

        Args:
            scheme: what it identifies, so that two things about one run have different ones.
        """
        digest = hashlib.sha256(f"{scheme}\n{self.score.signature}\n".encode())
        for row in self.scored.rows:
            digest.update(msgspec.json.encode((row.id, row.official, row.choice, row.state, row.prediction)))
        return digest.hexdigest()[:32]


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
    """Who ran the weights, by the adapter in the model's name: `self_deployed`, `externally_managed` or `unknown`.

    An OpenAI-compatible server may be the service or one's own, so `openai/...` is unknown.
    """
    adapter = model.partition("/")[0]
    if adapter in ("hf", "command", "baseline", "vllm", "sglang") or model.startswith("python:"):
        return "self_deployed"
    return "externally_managed" if adapter == "gemini" else "unknown"
