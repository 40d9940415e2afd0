"""Croissant 1.1 metadata of a benchmark or of a studio release, with the responsible-AI fields of Croissant RAI 1.0.

Specifications: docs.mlcommons.org/croissant, "Croissant Format Specification 1.1" (2026-01-29) and "Croissant RAI
Specification 1.0" (2024-03-06). A release's own facts (`release.json`, `DATASHEET.md`) fill the fields; of a published
benchmark the catalogue's do. What nobody stated is left out.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from mmar.benchmarks import catalogue_facts
from mmar.errors import UsageError
from mmar.files.atomic import write_atomic
from mmar.files.hashing import sha256_file
from mmar.files.typed import decode_json
from mmar.items import Benchmark

_FIELDS = {
    "id": "Identifier of the item, unique in the data set.",
    "audio_path": "Path of the clip, relative to this folder.",
    "question": "The question.",
    "choices": "The choices in their published order.",
    "answer": "The text of the right choice.",
    "modality": "Kind of audio: sound, music, speech or a mix.",
    "category": "Layer of reasoning that the question needs.",
    "sub-category": "Finer category.",
    "language": "Language codes, joined by |.",
    "source": "Platform that the audio was taken from.",
    "url": "Address of the source video.",
    "timestamp": "Place of the clip in the source video.",
}
# Sections of a release's data sheet, by the RAI property that they answer.
_SECTIONS = {
    "rai:dataCollection": "How it was made",
    "rai:annotationProtocol": "Agreement of the inspectors",
    "rai:dataBiases": "Known biases",
    "rai:dataLimitations": "Audit",
    "rai:dataUseCases": "Use and distribution",
    "rai:dataReleaseMaintenancePlan": "Taken down",
}


def write_croissant(benchmark: Benchmark, path: Path, metadata: Path | None = None) -> Path:
    """Write the metadata of a benchmark, whose own file is by default the one it was loaded from.

    Raises:
        UsageError: the benchmark was not loaded from a JSONL file (code `no-metadata-file`).
        ExternalError: the file cannot be written.
    """
    record = croissant(benchmark, _metadata_file(benchmark, metadata))
    write_atomic(path, json.dumps(record, ensure_ascii=False, indent=2) + "\n")
    return path


def croissant(benchmark: Benchmark, metadata: Path) -> dict[str, Any]:
    """The metadata as JSON-LD, of the questions and the file that they were loaded from."""
    facts, sections = _release_facts(metadata.parent), _data_sheet(metadata.parent)
    entry = catalogue_facts(benchmark.name)
    published = entry.metadata[0].url if entry.metadata else ""
    title = str(facts.get("title") or entry.title)
    licence = str(facts.get("licence") or entry.licence)
    address = re.search(r"https?://[^\s)]+", licence)
    context = resources.files("mmar.reports.exchange").joinpath("croissant_context.json")
    record: dict[str, Any] = {
        "@context": json.loads(context.read_text("utf-8")),
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": title,
        "description": sections.get("What it is for") or _description(benchmark, title),
        "url": entry.homepage or f"urn:sha256:{benchmark.digest}",
        "version": _semantic(str(facts.get("version") or "1.0.0")),
        "distribution": _distribution(benchmark, metadata, published),
        "recordSet": [_record_set(benchmark, metadata)],
    }
    if licence:
        record["license"] = address[0] if address else licence
    if facts.get("date"):
        record["datePublished"] = facts["date"]
    if entry.bibtex:
        record["citeAs"] = entry.bibtex
    people = sections.get("Who made it", "").partition("\n")[0].strip("-* ")
    if creator := people or entry.citation.partition(",")[0]:
        record["creator"] = {"@type": "sc:Organization", "name": creator}
    return record | _rai(benchmark, sections)


def _metadata_file(benchmark: Benchmark, metadata: Path | None) -> Path:
    path = metadata or Path(benchmark.origin)
    if not path.is_file() or path.suffix not in (".jsonl", ".ndjson"):
        raise UsageError(
            f'"{benchmark.name}" does not lie here as a JSONL file, whose records could be described',
            code="no-metadata-file",
            argument="benchmark",
            hint="name the metadata file, or the folder of a release",
        )
    return path


def _release_facts(folder: Path) -> dict[str, Any]:
    path = folder / "release.json"
    if not path.is_file():
        return {}
    facts = decode_json(path.read_bytes(), file=str(path))
    return facts if isinstance(facts, dict) else {}


def _data_sheet(folder: Path) -> dict[str, str]:
    """The sections of a release's data sheet by heading; none where there is no data sheet."""
    path = folder / "DATASHEET.md"
    if not path.is_file():
        return {}
    parts = re.split(r"^## +(.+?) *$", path.read_text("utf-8"), flags=re.MULTILINE)
    return {title: text.strip() for title, text in zip(parts[1::2], parts[2::2], strict=True)}


def _description(benchmark: Benchmark, title: str) -> str:
    counts = Counter(item.modality for item in benchmark)
    kinds = ", ".join(f"{name} {n:,}" for name, n in counts.most_common())
    return f"{title}: {len(benchmark):,} multiple-choice questions about audio ({kinds})."


def _semantic(version: str) -> str:
    numbers = re.findall(r"\d+", version)[:3]
    return ".".join((*numbers, "0", "0", "0")[:3]) if numbers else "1.0.0"


def _distribution(benchmark: Benchmark, metadata: Path, url: str) -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = [
        {
            "@type": "cr:FileObject",
            "@id": "questions",
            "name": metadata.name,
            "description": "One question a line.",
            "contentUrl": url or metadata.name,
            "encodingFormat": "application/jsonlines",
            "sha256": sha256_file(metadata),
        }
    ]
    clips = sorted({Path(item.audio_path).suffix for item in benchmark} - {""})
    if benchmark.audio_dir is not None and clips:
        files.append(
            {
                "@type": "cr:FileSet",
                "@id": "clips",
                "name": "clips",
                "description": "The audio clips, under the paths in the questions.",
                "encodingFormat": "audio/wav" if clips == [".wav"] else "audio/mpeg",
                "includes": [f"**/*{suffix}" for suffix in clips],
            }
        )
    return files


def _record_set(benchmark: Benchmark, metadata: Path) -> dict[str, Any]:
    names = {name for item in benchmark for name in item.names}
    fields = []
    for name, description in _FIELDS.items():
        if name not in names or name in benchmark[0].extra:
            continue
        field: dict[str, Any] = {
            "@type": "cr:Field",
            "@id": f"questions/{name}",
            "name": name,
            "description": description,
            "dataType": "sc:Text",
            "source": {"fileObject": {"@id": "questions"}, "extract": {"column": name}},
        }
        if name == "choices":
            field |= {"isArray": True, "arrayShape": "-1"}
        fields.append(field)
    return {
        "@type": "cr:RecordSet",
        "@id": "items",
        "name": "items",
        "description": f"The {len(benchmark):,} items of {metadata.name}.",
        "key": {"@id": "questions/id"},
        "field": fields,
    }


def _rai(benchmark: Benchmark, sections: Mapping[str, str]) -> dict[str, Any]:
    record: dict[str, Any] = {
        name: sections[title] for name, title in _SECTIONS.items() if sections.get(title)
    }

    def add(name: str, text: str) -> None:
        record[name] = f"{record[name]}\n\n{text}" if name in record else text

    record.setdefault(
        "rai:dataUseCases",
        "Evaluation of reasoning about audio. Not for training: a model trained on it cannot be measured by it.",
    )
    small = [name for name, n in Counter(item.modality for item in benchmark).items() if n < 20]
    if small:
        groups = ", ".join(sorted(small))
        add("rai:dataLimitations", f"Fewer than 20 items: {groups}; accuracies of these groups say little.")
    languages = Counter(code for item in benchmark for code in (item.language or "").split("|") if code)
    if languages:
        numbers = ", ".join(f"{code} {n:,}" for code, n in languages.most_common(8))
        add("rai:dataBiases", f"Items by language: {numbers}.")
    if any(item.url for item in benchmark):
        record["rai:dataCollectionType"] = ["Manual Human Curation"]
        record["rai:personalSensitiveInformation"] = ["Voices of identifiable people from public videos"]
    return record
