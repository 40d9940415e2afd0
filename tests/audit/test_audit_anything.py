"""Whatever stands in a record that can be read, the audit ends, and what it says can be written."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mmar.audit import Link, Unheard, audit
from mmar.items import Benchmark, Item
from mmar.reports.audit_table import audit_table

URL = "https://www.bilibili.com/video/BV1000000000"
odd = st.sampled_from(
    (
        "",
        " ",
        "?",
        "\u200d",
        "\x1b[31m",
        "1:00,1:10",
        "99:99,1",
        "3",
        "four",
        "kr",
        "en||",
        f"{URL}?p=2&vd_source=",
        "b23.tv",
        "https://b23.tv/x",
    )
)
texts = odd | st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
criteria = st.lists(
    st.fixed_dictionaries(
        {
            "name": texts,
            "scoring_point": texts,
            "note": texts,
            "choices": st.lists(st.integers(0, 5), max_size=3),
        }
    ),
    max_size=3,
)


@st.composite
def items(draw: st.DrawFn) -> Item:
    choices = draw(st.lists(texts, min_size=2, max_size=6))
    record: dict[str, Any] = {
        "id": draw(texts.filter(bool)),
        "audio_path": draw(texts),
        "question": draw(texts),
        "choices": choices,
        "answer": draw(st.sampled_from(choices)),
        "modality": draw(texts),
        "category": draw(texts),
    }
    for name in ("sub-category", "language", "source", "url", "timestamp", "thinking"):
        record[name] = draw(st.none() | texts)
    record["cue"] = draw(st.none() | st.lists(texts, max_size=2))
    record["rubric"] = draw(st.none() | criteria)
    return Item.from_record(record)


@settings(max_examples=60, deadline=None)
@given(st.lists(items(), max_size=6, unique_by=lambda item: item.id), st.booleans())
def test_any_readable_items_can_be_audited(items: list[Item], alive: bool) -> None:
    links = {item.url or "": Link(item.url or "", alive, "said") for item in items}
    unheard = (Unheard("run", {item.id: alive for item in items}),)
    result = audit(Benchmark(tuple(items), "set"), links=links, unheard=unheard)
    json.dumps(result.to_json(), ensure_ascii=False).encode()
    json.dumps(result.corrections())
    table = audit_table(result, examples=None)
    assert "\x1b" not in table
    # Every finding is about items that exist.
    known = {item.id for item in items} | {None}
    for _, finding in result.findings:
        assert finding.item in known
        assert set(finding.others) <= known
