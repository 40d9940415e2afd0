"""Control conditions: what a model is given in place of the real clip (METHODS, "does the model listen?").

    full        the clip itself
    none        no audio at all, only the question
    silence     as long, as many channels, all zero
    noise       white noise at the clip's level
    shuffled    the clip of another item of the same modality
    spectrum    noise with the clip's own level and spectrum
    reversed    the clip backwards
    mono        all channels mixed into one

Everything drawn is drawn from the run's seed and the item's id, so that order and resuming change nothing.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from mmar.errors import UsageError
from mmar.items import Benchmark, Item
from mmar.runs.clips import clip_of
from mmar.runs.ledger import Slot

if TYPE_CHECKING:
    from mmar.audio import Clip

__all__ = ["CONDITIONS", "MADE", "Condition", "clip_under", "control_clip", "shuffled"]

Condition = Literal["full", "none", "silence", "noise", "shuffled", "spectrum", "reversed", "mono"]

CONDITIONS: tuple[Condition, ...] = get_args(Condition)
MADE: frozenset[Condition] = frozenset(("silence", "noise", "spectrum", "reversed", "mono"))
"""Those for which a clip is made."""


def clip_under(
    condition: Condition, benchmark: Benchmark, item: Item, others: Mapping[str, str]
) -> Path | None:
    """The file that a request starts from: `None` under `none`, another item's under `shuffled`.

    Args:
        condition: which one.
        benchmark: with its audio folder.
        item: what is asked.
        others: what `shuffled` gave.
    """
    if condition == "none":
        return None
    return clip_of(benchmark, others[item.id] if condition == "shuffled" else item.audio_path)


def shuffled(benchmark: Benchmark, seed: int) -> dict[str, str]:
    """For each item, by id, the `audio_path` of the clip that it is given: another of the same modality.

    Raises:
        UsageError: a modality has only one clip.
    """
    given: dict[str, str] = {}
    by_modality: dict[str, list[tuple[str, str]]] = {}
    for item in benchmark:
        by_modality.setdefault(item.modality, []).append((item.id, item.audio_path))
    for modality, pairs in by_modality.items():
        clips = sorted({clip for _, clip in pairs})
        if len(clips) < 2:
            raise UsageError(
                f"--condition shuffled: all items of modality “{modality}” have one clip; choose another condition"
            )
        random.Random(f"{seed}:{modality}").shuffle(clips)  # noqa: S311 - drawn to be repeated
        # The next clip of a shuffled ring: never one's own, and each is used once.
        following = {clip: clips[(at + 1) % len(clips)] for at, clip in enumerate(clips)}
        given |= {item_id: following[clip] for item_id, clip in pairs}
    return given


def control_clip(condition: Condition, source: Path, slot: Slot, seed: int, folder: Path) -> Path:
    """Make the clip that stands for the real one; the real one itself where nothing is to be made.

    Args:
        condition: which one.
        source: the real clip's file.
        slot: what is asked; the draw is by its item, so that rotations and repeats hear the same.
        seed: of the run.
        folder: where to write.

    Raises:
        InputError: the clip cannot be read.
    """
    if condition not in MADE:
        return source
    from mmar.audio import noise, read_clip, reverse, silence, surrogate, to_mono, write_wav

    drawn = int.from_bytes(hashlib.sha256(f"{seed}:{slot[0]}".encode()).digest()[:8])
    make: dict[str, Callable[[Clip], Clip]] = {
        "silence": silence,
        "noise": partial(noise, seed=drawn),
        "spectrum": partial(surrogate, seed=drawn),
        "reversed": reverse,
        "mono": to_mono,
    }
    name = hashlib.sha256(repr(slot).encode()).hexdigest()[:24]
    path = folder / f"{name}.wav"
    if not path.exists():
        write_wav(path, make[condition](read_clip(source)))
    return path
