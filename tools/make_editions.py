"""Write `src/mmar/items/editions.json`: what identifies each published edition of a benchmark.

    python tools/make_editions.py SHARED

SHARED is a folder with `mmar/` and `mmau/editions/` as their publishers' repositories have them at the commits named
here. The data files themselves are never copied into this repository: for each edition only its content digest and two
short hashes per item are written (see `mmar.items.editions`).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from mmar.items import Item, benchmark_digest
from mmar.items.editions import item_hash, key_hash
from mmar.items.layouts import Layout, find_layout


def main() -> None:
    """Write the file."""
    shared = Path(sys.argv[1])
    mmar = [
        (
            "2026-02",
            "3bce090a967db576c8ad433b290a8da582d6d2a0",
            shared / "mmar" / "MMAR-meta.jsonl",
            "MMAR-meta.jsonl",
        ),
        (
            "2025-05",
            "62497000c873c52d6700622d324cfa38aba75feb",
            shared / "mmar" / "MMAR-meta-2025-05.json",
            "MMAR-meta.json",
        ),
    ]
    states = sorted((shared / "mmau" / "editions").glob("*.json.gz"), reverse=True)
    mmau = [(path.name[:10], path.name[11:18], path, "mmau-test-mini.json") for path in states]
    mmsu = [("2025", "", shared / "mmsu" / "mmsu.jsonl.gz", "mmsu.jsonl")]
    editions = {"mmar": _described(mmar), "mmau-mini": _described(mmau), "mmsu": _described(mmsu)}
    target = Path(__file__).parents[1] / "src" / "mmar" / "items" / "editions.json"
    target.write_text(json.dumps(editions, indent=1) + "\n", "utf-8")


def _described(states: list[tuple[str, str, Path, str]]) -> list[dict[str, Any]]:
    editions: list[dict[str, Any]] = []
    base: dict[str, list[str]] = {}
    newest: dict[str, Item] = {}
    for name, commit, path, filename in states:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        layout = find_layout(path)
        items = [_item(record, layout) for record in _records(data)]
        digest = benchmark_digest(items)
        known = next((one for one in editions if one["digest"] == digest), None)
        if known is not None:  # the same questions, in another spelling of the file
            known["files"].append(_file(name, commit, filename, data))
            continue
        hashes = {
            "questions": [item_hash(item.id, item.question, item.choices) for item in items],
            "keys": [item_hash(item.id, item.question, item.choices, item.answer) for item in items],
        }
        edition: dict[str, Any] = {
            "name": name if all(one["name"] != name for one in editions) else f"{name}-{commit}",
            "digest": digest,
            "items": len(items),
            "files": [_file(name, commit, filename, data)],
            "faulty": [item.id for item in items if item.answer not in item.choices],
        }
        newest = newest or {item.id: item for item in items}
        if corrected := _corrected(items, newest):
            edition["corrected"] = corrected
        for kind, values in hashes.items():
            if kind not in base:
                base[kind] = values
                edition[kind] = {"all": "".join(values)}
            else:
                edition[kind] = {
                    "without": "".join(sorted(set(base[kind]) - set(values))),
                    "with": "".join(sorted(set(values) - set(base[kind]))),
                }
        editions.append(edition)
    return editions


def _corrected(items: list[Item], newest: dict[str, Item]) -> dict[str, list[str]]:
    return {
        item.id: [key_hash(item.answer), key_hash(now.answer)]
        for item in items
        if (now := newest.get(item.id)) is not None
        and item.answer is not None
        and now.answer is not None
        and item.answer != now.answer
        and item.question == now.question
        and [choice.strip() for choice in item.choices] == [choice.strip() for choice in now.choices]
    }


def _file(date: str, commit: str, filename: str, data: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    return {"date": date, "commit": commit, "filename": filename, "size": len(data), "sha256": digest}


def _records(data: bytes) -> list[dict[str, Any]]:
    text = data.decode("utf-8-sig")
    if text.lstrip().startswith("["):
        return list(json.loads(text))
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _item(record: dict[str, Any], layout: Layout | None) -> Item:
    if layout is not None:
        record = layout.fields.apply(record)
    item = Item.from_record({**record, "answer": None}, withheld=True)
    return msgspec.structs.replace(item, answer=record["answer"])


if __name__ == "__main__":
    main()
