"""Changes to a chain of thought: cut short, one sentence falsified, replaced by filler. Deterministic by item and seed."""

from __future__ import annotations

import random
import re

from mmar.items import Item

__all__ = ["cut", "falsified", "filler"]

_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*\s*")
_BE = re.compile(r"\b(is|are|was|were|can|could|has|have|does|do|will|must)\b(?! not\b)", re.IGNORECASE)


def cut(reasoning: str, share: float) -> str:
    """The beginning of a chain of thought, ended at a word.

    Args:
        reasoning: the whole.
        share: of its characters, 0 to 1.

    Example:
        >>> cut("one two three four", 0.5)
        'one two'
    """
    if share >= 1:
        return reasoning
    kept = reasoning[: round(len(reasoning) * share)]
    if len(kept) < len(reasoning) and reasoning[len(kept)].isalnum() and " " in kept:
        kept = kept.rpartition(" ")[0]
    return kept.rstrip()


def falsified(reasoning: str, item: Item, seed: int = 0) -> str:
    """A chain of thought with one sentence turned into its opposite, and the right choice's text in it exchanged.

    Args:
        reasoning: the whole.
        item: whose choices are exchanged.
        seed: random seed; which sentence is changed depends on it and on the item.
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


def filler(reasoning: str) -> str:
    """Dots of the same length, as arXiv 2509.22363 uses them."""
    return ("... " * (len(reasoning) // 4 + 1))[: len(reasoning)].rstrip()
