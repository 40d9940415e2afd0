"""The taxonomy: layers with sub-categories, and the effect of its changes on items.

The template is MMAR's: four layers, sixteen sub-categories (arXiv 2505.13032).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from mmar.errors import InputError
from mmar.studio.workflow.content import LONGEST_NAME, LONGEST_TEXT, ItemContent, check_length

_MAX_CATEGORIES = 1_000


class Layer(msgspec.Struct, frozen=True):
    """A layer with its sub-categories, and a description for annotators. Names are unique."""

    name: str
    subs: tuple[str, ...] = ()
    about: str = ""


class Move(msgspec.Struct, frozen=True):
    """Where the items of a category go in a new version; the sub-category may be empty."""

    layer: str
    sub: str
    to_layer: str
    to_sub: str


class Taxonomy(msgspec.Struct, frozen=True):
    """A taxonomy: layers in the order of the pages."""

    layers: tuple[Layer, ...] = ()

    def checked(self) -> Taxonomy:
        """The same tree; an `InputError` if a name is empty or occurs twice, or there are too many."""
        if sum(1 + len(branch.subs) for branch in self.layers) > _MAX_CATEGORIES:
            raise InputError(
                f"more than {_MAX_CATEGORIES} layers and sub-categories",
                field="taxonomy",
                code="too-many-entries",
            )
        for branch in self.layers:
            check_length(branch.about, "about", LONGEST_TEXT)
        _unique((branch.name for branch in self.layers), "layer")
        for branch in self.layers:
            _unique(branch.subs, f"sub-category of {branch.name}")
        return self


MMAR_TEMPLATE = Taxonomy(
    (
        Layer(
            "Signal Layer",
            ("Acoustic Quality Analysis", "Anomaly Detection", "Audio Difference Analysis"),
            "The waveform itself: quality, faults, differences.",
        ),
        Layer(
            "Perception Layer",
            (
                "Correlation Analysis",
                "Counting and Statistics",
                "Environmental Perception and Reasoning",
                "Music Theory",
                "Spatial Analysis",
                "Temporal Analysis",
            ),
            "What is heard: sources, space, order, number, pitch.",
        ),
        Layer(
            "Semantic Layer",
            ("Content Analysis", "Emotion and Intention", "Speaker Analysis"),
            "What it means: content, feeling, who speaks.",
        ),
        Layer(
            "Cultural Layer",
            (
                "Aesthetic Evaluation",
                "Culture of Speaker",
                "Imagination",
                "Professional Knowledge and Reasoning",
            ),
            "What one must know of the world to understand it.",
        ),
    )
)


def layer_map(taxonomy: Taxonomy) -> dict[str, tuple[str, ...]]:
    """Sub-categories by layer."""
    return {branch.name: branch.subs for branch in taxonomy.layers}


def removed_categories(old: Taxonomy, new: Taxonomy) -> tuple[tuple[str, str], ...]:
    """The (layer, sub-category) pairs of the old tree that the new one does not have.

    An item may have a layer and no sub-category yet: a removed layer is such a category too.
    """
    remaining, layers = set(_categories(new)), {branch.name for branch in new.layers}
    removed = dict.fromkeys(category for category in _categories(old) if category not in remaining)
    removed |= dict.fromkeys((branch.name, "") for branch in old.layers if branch.name not in layers)
    return tuple(removed)


def moved_category(category: str, moves: Iterable[Move]) -> str:
    """Where an idea's category, `Layer / Sub-category` or `Layer`, is in a new version of the tree."""
    for move in moves:
        if category == (f"{move.layer} / {move.sub}" if move.sub else move.layer):
            return f"{move.to_layer} / {move.to_sub}" if move.to_sub else move.to_layer
    return category


def moved_targets(targets: Mapping[str, int], moves: Iterable[Move]) -> dict[str, int]:
    """Targets (`Layer|modality…`) under the new names of layers; those of merged layers are added up."""
    renamed = {move.layer: move.to_layer for move in moves if not move.sub}
    result: dict[str, int] = {}
    for name, target in targets.items():
        layer, mark, rest = name.partition("|")
        new = f"{renamed.get(layer, layer)}{mark}{rest}" if mark else name
        result[new] = result.get(new, 0) + target
    return result


def remap(content: ItemContent, moves: Iterable[Move]) -> ItemContent:
    """The content in a new version of the tree; the same object where no move names its category."""
    for move in moves:
        if (content.category, content.sub_category) == (move.layer, move.sub):
            return msgspec.structs.replace(content, category=move.to_layer, sub_category=move.to_sub)
    return content


def _categories(taxonomy: Taxonomy) -> list[tuple[str, str]]:
    return [(branch.name, sub) for branch in taxonomy.layers for sub in branch.subs or ("",)]


def _unique(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        check_length(name, "taxonomy", LONGEST_NAME, label=what)
        if not name.strip():
            raise InputError(
                f"a {what} has no name", field="taxonomy", code="name-missing", hint="name it or remove it"
            )
        if name in seen:
            raise InputError(
                f'two entries are named "{name}" ({what})',
                field="taxonomy",
                code="duplicate-name",
                hint="rename one",
            )
        seen.add(name)
