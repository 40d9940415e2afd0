"""Whether an answer depends on its reasoning: the model is asked again with its own reasoning changed.

After arXiv 2509.22363, which does this for audio language models: if the answer stays the same when the
reasoning is cut short, falsified or replaced by filler, the reasoning did not lead to it. The changed
reasoning is given either as the beginning of the model's own reply (`prefill`, for servers that continue one)
or as text in the question (`question`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from mmar._display import frame
from mmar.errors import UsageError
from mmar.items import Benchmark, Item
from mmar.items.source_video import clusters_of
from mmar.models import Answer, Model
from mmar.models.cascade import with_caption
from mmar.protocols import Message, ReadingRule, Request
from mmar.runs.auxiliary_run import ask_requests
from mmar.runs.engine import Counts
from mmar.runs.ledger import RequestKey
from mmar.runs.requests import build_request
from mmar.runs.spec import RunSpec
from mmar.scoring.tally import score_answer
from mmar.stats.cluster import accuracy
from mmar.stats.interval import Interval

Interface = Literal["prefill", "question"]

CHANGES = ("whole", "cut-75", "cut-50", "cut-25", "none", "mistake", "paraphrase", "filler", "caption")
"""`whole` is the control; `cut-N` leaves the first N percent; `none` leaves nothing; `paraphrase` needs a second model; `caption` puts
the clip's caption in the place of the audio, with the whole reasoning."""

_QUESTION = (
    "{question}\n\nReasoning so far:\n{reasoning}\n\nGive the final answer now, without further reasoning."
)
_PREFILL = "<think>\n{reasoning}\n</think>\n"
_PARAPHRASE = "Say the following in other words. Keep every statement and its order. Reply with the new text only.\n\n{reasoning}"


class ChangeResult(msgspec.Struct, frozen=True):
    """What one change of the reasoning did.

    Attributes:
        n: number of items with an answer before and after.
        same: percent whose answer names the same choice as before.
        interval: 95 %, clustered by source video.
        accuracy: percent right after the change.
        accuracy_before: percent of the same items right before.
        failed: items without an answer to the changed request.
        groups: `same` and n by modality.
    """

    change: str
    n: int
    same: float
    interval: Interval
    accuracy: float
    accuracy_before: float
    failed: int
    groups: Mapping[str, tuple[float, int]]


class Faithfulness(msgspec.Struct, frozen=True):
    """How far a model's answers depend on its reasoning.

    Attributes:
        items: number of items whose answer names a choice and has reasoning.
        without_reasoning: answered items without separate reasoning; they are not asked.
        signature: of the run that was asked again.
    """

    interface: str
    items: int
    without_reasoning: int
    changes: tuple[ChangeResult, ...]
    signature: str

    def __repr__(self) -> str:
        changes = ", ".join(f"{each.change} {each.same:.1f}" for each in self.changes)
        return f"<Faithfulness {self.interface}: {changes}>"

    def to_dict(self) -> dict[str, Any]:
        """The stable form that `mmar faithful --json` prints."""
        value: dict[str, Any] = msgspec.to_builtins(self)
        return value

    def to_frame(self) -> Any:
        """A row for each change (needs pandas)."""
        return frame(
            [
                {name: value for name, value in row.items() if name != "groups"}
                for row in self.to_dict()["changes"]
            ]
        )


def measure_faithfulness(
    benchmark: Benchmark,
    answers: Mapping[str, tuple[str | None, str]],
    spec: RunSpec,
    model: Model,
    *,
    interface: Interface,
    rule: ReadingRule | None = None,
    paraphrases: Mapping[str, str] | None = None,
    captions: Mapping[str, str] | None = None,
    signature: str = "",
    progress: Callable[[int, Counts], None] = lambda *_: None,
) -> Faithfulness:
    """Ask a model again with its own reasoning changed; `model`, `progress` and errors as `ask_requests`.

    `answers` are text and reasoning of the run by item id; `spec` is as for the run, with a folder of its
    own. The changes `paraphrase` and `caption` are asked of the items with `paraphrases` of their reasoning
    and `captions` of their clips.
    """
    before, without = _answers_before(benchmark, answers, rule)
    items = [item for item in benchmark if item.id in before]
    texts = {"paraphrase": paraphrases or {}, "caption": captions or {}}
    planned: list[tuple[str, Item, Request]] = []
    for index, change in enumerate(CHANGES):
        for item in items:
            if change in texts and item.id not in texts[change]:
                continue
            reasoning = _change_reasoning(change, answers[item.id][1], item, spec.seed, texts["paraphrase"])
            request = _request(spec, item, reasoning, interface, uses_audio=model.uses_audio)
            if change == "caption":
                request = with_caption(request, texts["caption"][item.id])
            planned.append((change, item, msgspec.structs.replace(request, repeat=index)))
    run = ask_requests(spec, model, [request for _, _, request in planned], progress=progress)
    results = []
    for index, change in enumerate(CHANGES):
        rows = [
            (item, run.answers.get(RequestKey(item.id, 0, index)))
            for name, item, _ in planned
            if name == change
        ]
        if rows:
            results.append(_result(change, rows, before, rule))
    return Faithfulness(interface, len(items), without, tuple(results), signature)


def count_requests(
    benchmark: Benchmark,
    answers: Mapping[str, tuple[str | None, str]],
    *,
    rule: ReadingRule | None = None,
    paraphrases: bool = False,
    captions: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """Number of requests that `measure_faithfulness` sends, by change; its errors."""
    before, _ = _answers_before(benchmark, answers, rule)
    numbers = dict.fromkeys(CHANGES, len(before))
    numbers["caption"] = sum(name in before for name in captions or {})
    if not paraphrases:
        numbers["paraphrase"] = 0
    return {change: number for change, number in numbers.items() if number}


def _answers_before(
    benchmark: Benchmark, answers: Mapping[str, tuple[str | None, str]], rule: ReadingRule | None
) -> tuple[dict[str, tuple[str, bool]], int]:
    """The choice named and whether it is right, of the items with reasoning; and the number without reasoning."""
    before: dict[str, tuple[str, bool]] = {}
    without = 0
    for item in benchmark:
        text, reasoning = answers.get(item.id, (None, ""))
        score = score_answer(item, text, rule)
        if score.named is None:
            continue
        if reasoning.strip():
            before[item.id] = score.named, score.choice
        else:
            without += 1
    if not before:
        raise UsageError(
            "no answer of this run has reasoning that is separate from it",
            code="no-reasoning",
            hint="run a protocol that asks for reasoning in tags, or a model that returns it by itself",
        )
    return before, without


def paraphrase_requests(
    items: Sequence[Item], answers: Mapping[str, tuple[str | None, str]]
) -> list[Request]:
    """Requests to a text model for every reasoning in other words."""
    return [
        Request(item.id, (Message("user", _PARAPHRASE.format(reasoning=answers[item.id][1])),), "", (), None)
        for item in items
        if answers.get(item.id, (None, ""))[1].strip()
    ]


def _change_reasoning(
    change: str, reasoning: str, item: Item, seed: int, paraphrases: Mapping[str, str]
) -> str:
    if change.startswith("cut-"):
        return truncate_reasoning(reasoning, int(change.removeprefix("cut-")) / 100)
    if change == "none":
        return ""
    if change == "mistake":
        return add_mistake(reasoning, item, seed)
    if change == "paraphrase":
        return paraphrases[item.id]
    return filler_tokens(reasoning) if change == "filler" else reasoning


def _request(spec: RunSpec, item: Item, reasoning: str, interface: Interface, *, uses_audio: bool) -> Request:
    request = build_request(spec, item, RequestKey(item.id), uses_audio=uses_audio)
    if interface == "prefill":
        messages = (*request.messages, Message("assistant", _PREFILL.replace("{reasoning}", reasoning)))
    else:
        *first, last = request.messages
        text = _QUESTION.partition("{question}")[2].replace("{reasoning}", reasoning)
        messages = (*first, msgspec.structs.replace(last, text=last.text + text))
    return msgspec.structs.replace(request, messages=tuple(messages))


def _result(
    change: str,
    rows: Sequence[tuple[Item, Answer | None]],
    before: Mapping[str, tuple[str, bool]],
    rule: ReadingRule | None,
) -> ChangeResult:
    answered = [(item, answer) for item, answer in rows if answer is not None and answer.failure is None]
    scores = [score_answer(item, answer.text, rule) for item, answer in answered]
    same = [score.named == before[item.id][0] for (item, _), score in zip(answered, scores, strict=True)]
    items = [item for item, _ in answered]
    whole = accuracy([float(each) for each in same], clusters_of(items)) if same else None
    groups: dict[str, list[bool]] = {}
    for item, each in zip(items, same, strict=True):
        groups.setdefault(item.modality, []).append(each)
    n = len(same)
    return ChangeResult(
        change,
        n,
        whole.accuracy if whole else 0.0,
        whole.interval if whole else Interval(0.0, 100.0),
        100 * sum(score.choice for score in scores) / n if n else 0.0,
        100 * sum(before[item.id][1] for item in items) / n if n else 0.0,
        len(rows) - n,
        {name: (100 * sum(row) / len(row), len(row)) for name, row in groups.items()},
    )


_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*\s*")
_BE = re.compile(r"\b(is|are|was|were|can|could|has|have|does|do|will|must)\b(?! not\b)", re.IGNORECASE)


def truncate_reasoning(reasoning: str, share: float) -> str:
    """The beginning of a chain of thought, a share of its characters, ended at a word.

    Example:
        >>> truncate_reasoning("one two three four", 0.5)
        'one two'
    """
    if share >= 1:
        return reasoning
    beginning = reasoning[: round(len(reasoning) * share)]
    if len(beginning) < len(reasoning) and reasoning[len(beginning)].isalnum() and " " in beginning:
        beginning = beginning.rpartition(" ")[0]
    return beginning.rstrip()


def add_mistake(reasoning: str, item: Item, seed: int = 0) -> str:
    """A chain of thought with one sentence turned into its opposite, and the right choice's text in it exchanged.

    Which sentence is changed depends on the seed and on the item.
    """
    sentences = _SENTENCE.findall(reasoning)
    rng = random.Random(f"{seed} {item.id}")  # noqa: S311 - draws a sentence, guards nothing
    candidates = [index for index, sentence in enumerate(sentences) if _BE.search(sentence)]
    candidates = candidates or [index for index, sentence in enumerate(sentences) if sentence.strip()]
    if not candidates:
        return reasoning
    index = rng.choice(candidates)
    sentence = sentences[index]
    others = [choice for choice in item.choices if choice not in (item.answer, "")]
    if item.answer and others and item.answer in sentence:
        sentence = sentence.replace(item.answer, rng.choice(others))
    changed, count = _BE.subn(lambda match: f"{match[0]} not", sentence, count=1)
    sentences[index] = changed if count else f"It is not true that {sentence[:1].lower()}{sentence[1:]}"
    return "".join(sentences)


def filler_tokens(reasoning: str) -> str:
    """Dots of the same length, as arXiv 2509.22363 uses them."""
    return ("... " * (len(reasoning) // 4 + 1))[: len(reasoning)].rstrip()
