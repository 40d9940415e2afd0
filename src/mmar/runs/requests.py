"""The requests of a run: how each is built, and which are still to be made.

`build_request` is the only place where a question becomes a request, for `mmar run` and for `mmar preview` alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import msgspec

from mmar.items import Item
from mmar.protocols import Request
from mmar.runs.conditions import shuffled_clips
from mmar.runs.ledger import Progress, RequestKey, answer_lookup, rotate
from mmar.runs.spec import RunSpec, draw_sample_indexes, item_filter


def build_request(
    spec: RunSpec,
    item: Item,
    key: RequestKey,
    *,
    uses_audio: bool = True,
    shuffled: Mapping[str, tuple[str, ...]] | None = None,
) -> Request:
    """Build one request.

    Under a condition that changes the clip, the request names the clip that it is made from; the clip itself is
    made just before the request is sent (`mmar.runs.conditions.make_control_clip`).

    Args:
        spec: of the run.
        item: the question.
        key: its rotation and sample.
        uses_audio: whether the model is given the clip.
        shuffled: what `shuffled_clips` returned, under the condition `shuffled`; drawn here where it is left out.

    Raises:
        UsageError: the benchmark has no audio folder.
        InputError: the record's audio path leads out of the folder.
    """
    clips = item.clips if uses_audio and spec.condition != "none" else ()
    if clips and spec.condition == "shuffled":
        clips = (shuffled or shuffled_clips(spec.benchmark, spec.seed))[item.id]
    paths = tuple(map(spec.benchmark.clip, clips))
    if key.rotation:
        item = msgspec.structs.replace(item, choices=rotate(item.choices, key.rotation))
    request = spec.protocol.request(item, paths[0] if paths else None, spec.settings, paths[1:])
    if key.rotation or key.repeat:
        request = msgspec.structs.replace(request, rotation=key.rotation, repeat=key.repeat)
    if key.repeat and spec.settings.seed is not None:
        # The same seed would give the same sample.
        settings = msgspec.structs.replace(spec.settings, seed=spec.settings.seed + key.repeat)
        request = msgspec.structs.replace(request, settings=settings)
    return request


def selected_items(spec: RunSpec) -> Iterator[Item]:
    """The items that sample, shard, filter and limit select, whether they have an answer or not.

    With `retry`, the limit counts requests that are retried instead, so that it is not applied here.
    """
    everything: Iterable[Item] = spec.benchmark
    if spec.sample is not None:
        everything = (
            spec.benchmark.items[index]
            for index in draw_sample_indexes(spec.benchmark, spec.sample, spec.seed)
        )
    items = filter(item_filter(spec.filter), everything)
    if spec.shard is not None:
        index, count = spec.shard
        items = filter(lambda item: shard_of(item.id, count) == index, items)
    return items if spec.retry is not None else islice(items, spec.limit)


def shard_of(item_id: str, count: int) -> int:
    """Which of `count` shards an item is in: by its id alone, so that every shard is known without the others."""
    return int.from_bytes(hashlib.sha256(item_id.encode()).digest()[:8]) % count


class Selection:
    """The requests that a session makes: those without an answer, or those that are retried.

    Iterating finds them anew each time, so that none is held in memory; it may be iterated while they are answered.

    Args:
        spec: of the run.
        ledger: path of the run's ledger; it need not exist.
        progress: of the ledger, kept up to date by its writer.
    """

    def __init__(self, spec: RunSpec, ledger: Path, progress: Progress) -> None:
        self._spec = spec
        self._progress = progress
        self._wanted: Callable[[RequestKey], bool]
        if spec.retry is None:
            self._wanted = lambda key: not progress.answered(key)
        elif spec.retry == "failed":
            self._wanted = progress.failed
        else:
            self._wanted = self._unresolved(ledger).__contains__
        self._count = sum(1 for _ in self)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[Item, RequestKey]]:
        limit, retry = self._spec.limit, self._spec.retry
        items = selected_items(self._spec)
        pairs = ((item, key) for item in items for key in self._spec.keys_of(item) if self._wanted(key))
        return pairs if retry is None else islice(pairs, limit)

    def count_states(self) -> tuple[int, int, int]:
        """How many of the selected requests there are, have an answer, and have only failed."""
        total = answered = failed = 0
        for item in selected_items(self._spec):
            for key in self._spec.keys_of(item):
                total += 1
                answered += self._progress.answered(key)
                failed += self._progress.failed(key)
        return total, answered, failed

    def _unresolved(self, ledger: Path) -> set[RequestKey]:
        """The requests whose answer names no choice."""
        unresolved: set[RequestKey] = set()
        with answer_lookup(ledger) as look_up:
            for item in selected_items(self._spec):
                for key in self._spec.keys_of(item):
                    answer = look_up(key)
                    if answer is not None:
                        choices = rotate(item.choices, key.rotation)
                        if self._spec.protocol.read(answer.text, choices).state != "choice":
                            unresolved.add(key)
        return unresolved
