"""Croissant 1.1 metadata of a benchmark or of a studio release, with the responsible-AI fields of Croissant RAI 1.0.

Specifications: docs.mlcommons.org/croissant, "Croissant Format Specification 1.1" (2026-01-29) and "Croissant RAI
Specification 1.0" (2024-03-06). A release's own facts (`release.json`, `DATASHEET.md`) fill the fields; of a published
benchmark the catalogue's do. What nobody stated is left out.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Any

from mmar.benchmarks import CATALOGUE
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
    """Write the metadata of a benchmark.

    Args:
        benchmark: the questions.
        path: the file, usually `croissant.json` beside the questions.
        metadata: the benchmark's file; by default the one it was loaded from.

    Raises:
        UsageError: the benchmark was not loaded from a JSONL file (code `no-metadata-file`).
        ExternalError: the file cannot be written.
    """
    record = croissant(benchmark, _metadata_file(benchmark, metadata))
    write_atomic(path, json.dumps(record, ensure_ascii=False, indent=2) + "\n")
    return path


def croissant(benchmark: Benchmark, metadata: Path) -> dict[str, Any]:
    """The metadata as JSON-LD.

    Args:
        benchmark: the questions.
        metadata: their file.
    """
    folder = metadata.parent
    facts = _release_facts(folder)
    entry = CATALOGUE.get(benchmark.name.partition("@")[0])
    published = entry.metadata[0].url if entry is not None and entry.metadata else ""
    title = str(facts.get("title") or (entry.title if entry is not None else benchmark.name))
    licence = str(facts.get("licence") or (entry.licence if entry is not None else ""))
    address = re.search(r"https?://[^\s)]+", licence)
    record: dict[str, Any] = {
        "@context": _context(),
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": title,
        "description": _description(benchmark, folder, title),
        "url": entry.homepage if entry is not None and entry.homepage else f"urn:sha256:{benchmark.digest}",
        "version": _semantic(str(facts.get("version") or "1.0.0")),
        "distribution": _distribution(benchmark, metadata, published),
        "recordSet": [_record_set(benchmark, metadata)],
    }
    if licence:
        record["license"] = address[0] if address else licence
    if facts.get("date"):
        record["datePublished"] = facts["date"]
    if entry is not None and entry.bibtex:
        record["citeAs"] = entry.bibtex
    people = _section(folder, "Who made it")
    if people:
        record["creator"] = {"@type": "sc:Organization", "name": people.splitlines()[0].strip("-* ")}
    elif entry is not None:
        record["creator"] = {"@type": "sc:Organization", "name": entry.citation.partition(",")[0]}
    return record | _rai(benchmark, folder)


def _context() -> dict[str, Any]:
    """The context of the specification, whose names the metadata use."""
    text = resources.files("mmar.reports.exchange").joinpath("croissant_context.json").read_text("utf-8")
    return dict(json.loads(text))


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


def _section(folder: Path, title: str) -> str:
    """The text below a heading of the data sheet; empty where there is none."""
    path = folder / "DATASHEET.md"
    if not path.is_file():
        return ""
    parts = re.split(r"^## +(.+?) *$", path.read_text("utf-8"), flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=False))
    return sections.get(title, "").strip()


def _description(benchmark: Benchmark, folder: Path, title: str) -> str:
    own = _section(folder, "What it is for")
    counts = Counter(item.modality for item in benchmark)
    kinds = ", ".join(f"{name} {n:,}" for name, n in counts.most_common())
    return own or f"{title}: {len(benchmark):,} multiple-choice questions about audio ({kinds})."


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


def _rai(benchmark: Benchmark, folder: Path) -> dict[str, Any]:
    record: dict[str, Any] = {
        name: text for name, title in _SECTIONS.items() if (text := _section(folder, title))
    }
    record.setdefault(
        "rai:dataUseCases",
        "Evaluation of reasoning about audio. Not for training: a model trained on it cannot be measured by it.",
    )
    small = [name for name, n in Counter(item.modality for item in benchmark).items() if n < 20]
    if small:
        limits = f"Fewer than 20 items: {', '.join(sorted(small))}; accuracies of these groups say little."
        record["rai:dataLimitations"] = "\n\n".join(filter(None, (record.get("rai:dataLimitations"), limits)))
    languages = Counter(code for item in benchmark for code in (item.language or "").split("|") if code)
    if languages:
        shares = ", ".join(f"{code} {n:,}" for code, n in languages.most_common(8))
        record["rai:dataBiases"] = "\n\n".join(
            filter(None, (record.get("rai:dataBiases"), f"Items by language: {shares}."))
        )
    if any(item.url for item in benchmark):
        record["rai:dataCollectionType"] = ["Manual Human Curation"]
        record["rai:personalSensitiveInformation"] = ["Voices of identifiable people from public videos"]
    return record
