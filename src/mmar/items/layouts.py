"""Files of other benchmarks in the layout in which they are published.

There are MMSU, MMAU-Pro, MMAU's first state, SAKURA, MuChoMusic and RUL-MuChoMusic; JSON, JSONL, CSV or Parquet. Each is
turned into records with this program's field names, beside which the published record remains. A layout is recognised by
its field names, never by the file's name.

- MMAU-Pro (arXiv 2508.13992): one file with closed, open and instruction-following questions, and several clips.
- SAKURA (arXiv 2505.13237): an object with a clip's path for each key; two questions of each clip, one that asks for an
  attribute (single-hop) and one that needs a fact about it (multi-hop). The options stand in the question's text.
- MuChoMusic (arXiv 2408.01337): a CSV with the answer and three distractors in columns of their own, or the prompts
  that its script writes. RUL-MuChoMusic (arXiv 2504.00369): an object with an answer and four distractors for each id.
  Both leave the order of the choices to the program; here it is drawn from the item's id alone, and always the same.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from mmar.files.open import open_file
from mmar.files.parquet import is_parquet, parquet_rows
from mmar.files.tables import read_delimited
from mmar.files.typed import decode_json
from mmar.items.mapping import FieldMap
from mmar.items.records import first_records, raw_records

Rows = Callable[[Path], Iterator[tuple[int, Any]]]
"""Line and record of each item of a file; a record is decoded, or JSON text."""

_HEAD = 1 << 14


class Layout(msgspec.Struct, frozen=True):
    """How a published file of a benchmark is read, and how its records are mapped."""

    name: str
    fields: FieldMap
    rows: Rows


_SAME = ("id", "audio_path", "question", "choices", "answer", "category", "sub-category")
_FIELDS: dict[str, str | list[str]] = {name: name for name in _SAME}
_WITH_MODALITY = {**_FIELDS, "modality": "modality"}
_MMSU = FieldMap(
    file="",
    audio_prefix="/",
    fields={
        **_FIELDS,
        "choices": ["choice_a", "choice_b", "choice_c", "choice_d"],
        "answer": "answer_gt",
    },
    values={"modality": "speech"},
    groups=("sub-sub-category", "linguistics_sub_discipline", "task_name"),
)
_MMAU_PRO = FieldMap(
    file="",
    fields={**_FIELDS, "modality": "category", "category": "length_type", "sub-category": "sub-cat"},
    values={"category": "any length"},
    groups=("perceptual_skills", "reasoning_skills"),
    key_may_differ=True,
)
_MMAU_FIRST = FieldMap(
    file="",
    fields={**_FIELDS, "id": "audio_id", "audio_path": "audio_id", "modality": "task"},
    id_is_path=True,
)
_SAKURA = FieldMap(file="", fields=_WITH_MODALITY)
_MUSIC = FieldMap(file="", fields=_WITH_MODALITY, groups=("music_knowledge", "music_reasoning"))


def find_layout(path: Path, names: Collection[str] = ()) -> Layout | None:
    """The layout of a file, or of the folder with SAKURA's tracks; `None` for a file in MMAR's or MMAU's own layout.

    `names` are the field names of its first records, where the caller has read them.

    Raises:
        InputError: the file cannot be read.
        UsageError: it is Parquet and pyarrow is not installed (code `missing-extra`).
    """
    if names:
        return _layout_of_names(path, set(names), raw_records)
    if path.is_dir():
        return Layout("sakura", _SAKURA, _sakura)
    with open_file(path) as stream:
        head = stream.read(_HEAD)
    if is_parquet(head):
        own = Layout("", FieldMap(file="", fields=_WITH_MODALITY), parquet_rows)
        return _layout_of_records(path, parquet_rows) or own
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"{" and b'"single_instruction"' in text and b'"multi_instruction"' in text:
        return Layout("sakura", _SAKURA, _sakura)
    if text[:1] == b"{" and b'"distractors"' in text and b'"correct_answer"' in text and b'"id"' not in text:
        return Layout("rul-muchomusic", _MUSIC, _rul)
    return _layout_of_records(path, read_delimited if path.suffix.casefold() == ".csv" else raw_records)


def _layout_of_records(path: Path, rows: Rows) -> Layout | None:
    """The layout of a file of one record an item, by the field names of its first records."""
    return _layout_of_names(path, {name for record in first_records(rows(path)) for name in record}, rows)


def _layout_of_names(path: Path, names: set[str], rows: Rows) -> Layout | None:
    if "choices" not in names and {"question", "choice_a", "answer_gt"} <= names:
        return Layout("mmsu", _MMSU, rows)
    if "id" not in names and {"audio_id", "choices", "task"} <= names:
        return Layout("mmau-mini", _MMAU_FIRST, rows)
    expand = None
    if "modality" not in names and "task" not in names:
        if {"length_type", "perceptual_skills"} & names and {"audio_path", "category"} <= names:
            return Layout("mmau-pro", _MMAU_PRO, rows)
        if {"prompt", "answers", "answer_orders"} <= names:
            expand = _muchomusic_prompts
    if {"dataset_identifier", "correct_answer", "distractor_1_answer"} <= names:
        expand = _muchomusic
    if {"file", "single_instruction", "multi_instruction"} <= names:
        track = path.parent.name
        return Layout("sakura", _SAKURA, lambda path: _sakura_table(_decode_rows(path, rows), track))
    if expand is None:
        return None
    return Layout("muchomusic", _MUSIC, lambda path: expand(_decode_rows(path, rows)))


def _decode_rows(path: Path, rows: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, row in rows(path):
        record = decode_json(row, file=str(path), line=line) if isinstance(row, bytes) else row
        if isinstance(record, dict):
            yield line, record


_OPTION = r"(?is)\(([a-z])\)\s*(.*?)\s*(?=\([a-z]\)|$)"


def _sakura(path: Path) -> Iterator[tuple[int, Any]]:
    """Two questions of each clip, of one track or of a folder with a folder for each track."""
    files = sorted(path.glob("*/metadata.json")) if path.is_dir() else [path]
    for file in files:
        whole = decode_json(file.read_bytes(), file=str(file))
        for line, (clip, record) in enumerate(whole.items() if isinstance(whole, dict) else (), 1):
            if not isinstance(record, dict):
                yield line, record
                continue
            # Published as `data/TRACK/audio/NAME`; here relative to what was named.
            parts = PurePosixPath(clip).parts
            track = parts[-3] if len(parts) > 2 else file.parent.name
            audio_path = "/".join(parts[-3:] if path.is_dir() else parts[-2:])
            for hop in ("single", "multi"):
                yield line, _sakura_record(record, hop, track, audio_path)


def _sakura_table(rows: Iterator[tuple[int, Any]], track: str) -> Iterator[tuple[int, Any]]:
    """The same of a track's CSV."""
    for line, row in rows:
        for hop in ("single", "multi"):
            yield line, _sakura_record(row, hop, track, f"audio/{row.get('file')}")


def _sakura_record(record: dict[str, Any], hop: str, track: str, audio_path: str) -> dict[str, Any]:
    text = str(record.get(f"{hop}_instruction", ""))
    options = list(re.finditer(_OPTION, text))
    choices = [option[2] for option in options]
    pair = f"{track}/{PurePosixPath(audio_path).stem}"
    return {
        **record,
        "id": f"{pair}/{hop}",
        "audio_path": audio_path,
        "question": (text[: options[0].start()] if options else text).strip(),
        "choices": choices,
        "answer": _answer_of(str(record.get(f"{hop}_answer", "")), choices),
        "modality": track.casefold(),
        "category": f"{hop}-hop",
        "sub-category": record.get("attribute_label"),
        "hop": hop,
        "pair": pair,
    }


def _answer_of(text: str, choices: list[str]) -> str:
    """The choice of an answer such as `(c) Claws`; the text itself where its letter is none."""
    match = re.match(_OPTION, text.strip())
    index = ord(match[1].lower()) - ord("a") if match else len(choices)
    return choices[index] if index < len(choices) else text.strip()


def _muchomusic(rows: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    """The published CSV."""
    seen: Counter[str] = Counter()
    for line, row in rows:
        source = str(row.get("dataset_identifier", "")).removesuffix(".json")
        seen[source] += 1
        if row.get("dataset") == "sdd":
            number = int(source) if source.isdecimal() else 0
            clip = f"sdd/audio/{number % 100:02d}/{source}.2min.mp3"
        else:
            clip = f"musiccaps/audio/{source.rpartition('_')[0] or source}.wav"
        distractors = [row.get(f"distractor_{number}_answer") for number in (1, 2, 3)]
        yield line, _music_record(row, f"{source}-{seen[source]}", clip, distractors, row.get("genre"))


def _muchomusic_prompts(rows: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    """The prompts that MuChoMusic's script writes, with or without answers, in the order of its own draw."""
    seen: Counter[str] = Counter()
    for line, row in rows:
        source = str(row.get("id", ""))
        seen[source] += 1
        # A worked example may stand before the question.
        question = str(row.get("prompt", "")).rpartition("Question:")[2].partition("Options:")[0].strip()
        answers, order = row.get("answers"), row.get("answer_orders")
        right = order.index(0) if isinstance(order, list) and 0 in order else -1
        labels = _read_labels(row.get("knowledge")), _read_labels(row.get("reasoning"))
        record = {name: value for name, value in row.items() if name not in ("id", "answers")}
        record |= {
            "id": f"{source}-{seen[source]}",
            "question": question,
            "choices": answers,
            "answer": answers[right] if isinstance(answers, list) and 0 <= right < len(answers) else None,
        }
        yield line, record | _music_groups(*labels, row.get("genre"))


def _rul(path: Path) -> Iterator[tuple[int, Any]]:
    """RUL-MuChoMusic: `{id: {question, correct_answer, distractors}}`; the clip is `ID.mp3`, as in its example."""
    whole = decode_json(path.read_bytes(), file=str(path))
    for line, (name, row) in enumerate(whole.items() if isinstance(whole, dict) else (), 1):
        if isinstance(row, dict):
            distractors = row.get("distractors")
            choices = distractors if isinstance(distractors, list) else []
            yield line, _music_record(row, name, f"{name}.mp3", choices, None)
        else:
            yield line, row


def _music_record(
    row: dict[str, Any], item_id: str, clip: str, distractors: list[Any], genre: Any
) -> dict[str, Any]:
    choices = [row.get("correct_answer"), *(each for each in distractors if each)]
    import random  # slow to import, and only this benchmark needs it

    random.Random(f"muchomusic:{item_id}").shuffle(choices)  # noqa: S311 - must be reproducible, guards nothing
    return {
        **row,
        "id": item_id,
        "audio_path": clip,
        "choices": choices,
        "answer": row.get("correct_answer"),
        **_music_groups(
            _read_labels(row.get("music_knowledge")), _read_labels(row.get("music_reasoning")), genre
        ),
    }


def _music_groups(knowledge: list[str], reasoning: list[str], genre: Any) -> dict[str, Any]:
    kinds = [name for name, labels in (("knowledge", knowledge), ("reasoning", reasoning)) if labels]
    return {
        "modality": "music",
        "category": " and ".join(kinds) or "music",
        "sub-category": genre or None,
        "music_knowledge": knowledge,
        "music_reasoning": reasoning,
    }


def _read_labels(value: Any) -> list[str]:
    """A list of labels, also where a CSV has it as the text of a Python list."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return []
    return [str(each) for each in value] if isinstance(value, list) else []
