"""The items of a benchmark as the columns and details that a page holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from mmar.benchmarks import catalogue_facts
from mmar.items import Benchmark, Item
from mmar.items.editions import errata
from mmar.items.item import published_rank
from mmar.items.source_video import addresses, canonical_url
from mmar.stats.chance import expected_guess_accuracy

_DIMENSIONS = {"modality": "modality", "category": "category", "sub": "sub_category", "language": "language"}


def benchmark_facts(benchmark: Benchmark, digest: str) -> dict[str, Any]:
    """Facts of the benchmark as a whole; the digest may cover more than the questions of the page."""
    entry = catalogue_facts(benchmark.name)
    lengths = [len(item.choices) for item in benchmark if item.choices]
    return {
        "name": benchmark.name,
        "title": entry.title,
        "revision": benchmark.revision,
        "digest": digest,
        "n": len(benchmark),
        "chance": expected_guess_accuracy(lengths) if lengths else None,
        "licence": entry.licence,
        "homepage": entry.homepage,
        "citation": entry.citation,
        "parents": _parents(benchmark.items),
    }


def item_columns(benchmark: Benchmark, clips: Sequence[Sequence[int]]) -> dict[str, Any]:
    """The items column by column, in the benchmark's order, with the positions of their clips among the page's."""
    items = benchmark.items
    names, columns = {}, {}
    for column, field in _DIMENSIONS.items():
        values = [getattr(item, field) or "" for item in items]
        names[column] = _names(values)
        positions = {name: index for index, name in enumerate(names[column])}
        columns[column] = [positions.get(value, -1) for value in values]
    return {
        "names": names,
        "id": [replace_surrogates(item.id) for item in items],
        "question": [replace_surrogates(item.question) for item in items],
        "choices": [[replace_surrogates(choice) for choice in item.choices] for item in items],
        "key": [item.answer_index if item.answer in item.choices else -1 for item in items],
        **columns,
        "clips": [list(each) for each in clips],
    }


def item_details(item: Item) -> dict[str, Any]:
    """The data of the view of one item besides its columns, without the parts that the record lacks."""
    urls = [url for each in addresses(item.url) if (url := _web_address(each))]
    dispute = errata().get(item.id)
    details = {
        "answer": item.answer if item.answer not in item.choices else None,
        "source": item.source,
        "urls": urls,
        "timestamp": item.timestamp,
        "thinking": item.thinking,
        "cue": list(item.cue or ()),
        "rubric": msgspec.to_builtins(item.rubric or ()),
        "dispute": None if dispute is None else dispute.reason,
    }
    return {name: replace_surrogates(value) for name, value in details.items() if value}


def replace_surrogates(value: Any) -> Any:
    """A value whose texts have no lone surrogates, which no file of UTF-8 can hold."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list | tuple):
        return [replace_surrogates(each) for each in value]
    if isinstance(value, dict):
        return {replace_surrogates(name): replace_surrogates(each) for name, each in value.items()}
    return value


def _web_address(url: str) -> str:
    """The canonical address if it is one of the web, else nothing: the page makes a link of it."""
    address = canonical_url(url)
    return address if address.lower().startswith(("https://", "http://")) else ""


def _names(values: Iterable[str]) -> list[str]:
    """The names in the published order; others follow, the commonest first."""
    counts = Counter(value for value in values if value)
    return sorted(counts, key=lambda name: (published_rank(name), -counts[name], name))


def _parents(items: Sequence[Item]) -> Mapping[str, str]:
    """The category of each sub-category that belongs to one alone."""
    categories: dict[str, set[str]] = {}
    for item in items:
        if item.sub_category:
            categories.setdefault(item.sub_category, set()).add(item.category)
    return {name: next(iter(parents)) for name, parents in categories.items() if len(parents) == 1}
