"""Logs of Inspect: `.eval` (a ZIP archive with a member a sample) and `.json`, read one sample at a time.

Written against inspect_ai 0.3.285, which compresses members with Zstandard; earlier releases used deflate. Python reads
Zstandard by itself from 3.14; before, the package `zstandard` does.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mmar.errors import InputError, UsageError
from mmar.files.open import name_errors, open_decompressed, open_file
from mmar.files.typed import decode_json, text_or_none
from mmar.logs.fields import Fields, read_fields
from mmar.logs.record import LogRecord, Row, lookup, message_clip, message_text, options_in_prompt

_ZSTANDARD = 93
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_LARGEST_SAMPLE = 1 << 28
_PIECE = 1 << 20


def is_eval_archive(path: Path) -> bool:
    """Whether a ZIP archive is a log of Inspect."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False
    return "_journal/start.json" in names or (
        "header.json" in names and any(name.startswith("samples/") for name in names)
    )


def read_eval(path: Path) -> Iterator[LogRecord]:
    """The samples of an `.eval` archive, one at a time.

    Raises:
        InputError: the archive or a member is damaged, or larger than 256 MiB (codes `damaged-archive`, `too-large`).
        UsageError: it is compressed with Zstandard and no decoder is installed (code `missing-extra`).
    """
    try:
        with name_errors(path), zipfile.ZipFile(path) as archive, open_file(path) as stream:
            members = [
                each for each in archive.infolist() if re.fullmatch(r"samples/.+\.json", each.filename)
            ]
            for index, member in enumerate(members, 1):
                data = _member(archive, stream, member, path)
                sample = decode_json(data, file=f"{path}/{member.filename}")
                if isinstance(sample, Mapping):
                    yield _record(sample, index)
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError) as error:
        problem = f"the archive is damaged ({type(error).__name__})"
        hint = "copy it again from where the evaluation ran"
        raise InputError(problem, file=str(path), code="damaged-archive", hint=hint) from None


def read_json(path: Path) -> Iterator[LogRecord]:
    """The samples of a `.json` log, one at a time, so that a large log is never held whole."""
    with name_errors(path):
        for index, text in enumerate(_array_elements(path, b"samples"), 1):
            sample = decode_json(text, line=index)
            if isinstance(sample, Mapping):
                yield _record(sample, index)


_FIELDS = Fields(
    text=("output.choices.0.message", "output.completion"),
    audio=("clip", "metadata.audio_path"),
    question=("input",),
    choices=("choices",),
    finish_reason=("output.choices.0.stop_reason",),
    error=("error.message",),
    verdict=("score.value",),
    extracted=("score.answer",),
    repeat=("epoch",),
)


def _record(sample: Row, line: int) -> LogRecord:
    """One sample as a record. The epoch is its place among the answers to its item."""
    attachments = sample.get("attachments") or {}
    names = ("id", "epoch", "input", "choices", "metadata", "output", "error")
    row = {name: _resolve(sample.get(name), attachments) for name in names}
    row["clip"] = message_clip(row["input"])
    scores = sample.get("scores")
    row["score"] = next(iter(scores.values()), None) if isinstance(scores, Mapping) else None
    record = read_fields(row, line, _FIELDS)
    prompt = message_text(_resolve(sample.get("messages"), attachments))
    failed = row["error"] is not None and record.failure is None
    return msgspec.structs.replace(
        record,
        text=None if failed else record.text,
        failure=text_or_none(lookup(row, "error.message")) if failed else record.failure,
        choices=options_in_prompt(prompt) or record.choices,
    )


def _resolve(value: Any, attachments: Any) -> Any:
    """Replace `attachment://HASH` texts, which Inspect stores once a sample."""
    if isinstance(value, str) and value.startswith("attachment://") and isinstance(attachments, Mapping):
        return attachments.get(value.removeprefix("attachment://"), value)
    if isinstance(value, list):
        return [_resolve(each, attachments) for each in value]
    if isinstance(value, Mapping):
        return {name: _resolve(each, attachments) for name, each in value.items()}
    return value


def _member(archive: zipfile.ZipFile, stream: Any, member: zipfile.ZipInfo, path: Path) -> bytes:
    if member.file_size > _LARGEST_SAMPLE:
        problem = f"the sample {member.filename} is larger than {_LARGEST_SAMPLE >> 20} MiB"
        raise InputError(problem, code="too-large")
    if member.compress_type != _ZSTANDARD:
        return archive.read(member)
    stream.seek(member.header_offset)
    header = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
    stream.seek(header[-2] + header[-1], 1)
    data = stream.read(member.compress_size)
    content = _zstandard(data, member.file_size, path)
    if zlib.crc32(content) != member.CRC:
        raise zipfile.BadZipFile(member.filename)
    return content


def _zstandard(data: bytes, size: int, path: Path) -> bytes:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]  # Python 3.14
    except ImportError:
        pass
    else:
        try:
            return bytes(zstd.decompress(data))
        except zstd.ZstdError as error:
            raise zipfile.BadZipFile(str(path)) from error
    try:
        import zstandard
    except ImportError:
        raise UsageError(
            f"{path} is compressed with Zstandard, which this Python cannot read by itself",
            code="missing-extra",
            hint="pip install 'mmar[logs]'",
        ) from None
    try:
        return bytes(zstandard.ZstdDecompressor().decompressobj().decompress(data)[: size + 1])
    except zstandard.ZstdError as error:
        raise zipfile.BadZipFile(str(path)) from error


# A whole string (skipped), or a bracket; a string whose end was not read yet ends the piece.
# Possessive, since a string that has no end yet must not be tried again at each of its characters.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]|"', re.DOTALL)


def _array_elements(path: Path, key: bytes) -> Iterator[bytes]:
    """The objects of the array at a key of the file's outermost object, one at a time."""
    depth, start, inside, last = 0, 0, False, b""
    with open_decompressed(path) as stream:
        text = b""
        position = 0
        while True:
            piece = stream.read(_PIECE)
            text += piece
            end = len(text)
            for token in _TOKEN.finditer(text, position):
                mark = token[0]
                if mark == b'"':
                    end = token.start()
                    break
                position = token.end()
                if mark in (b"{", b"["):
                    depth += 1
                    if depth == 2 and mark == b"[" and last == key:
                        inside = True
                    elif inside and depth == 3 and mark == b"{":
                        start = token.start()
                elif mark in (b"}", b"]"):
                    depth -= 1
                    if inside and depth == 2 and mark == b"}":
                        yield text[start : token.end()]
                    elif inside and depth == 1:
                        return
                elif depth == 1:
                    last = mark[1:-1]
            if not piece:
                if inside:
                    raise InputError("the file ends inside the samples", file=str(path), code="invalid-json")
                return
            # What lies before the element that is being read is not needed again.
            keep = start if inside and depth >= 3 else min(position, end)
            text, position, start = text[keep:], position - keep, start - keep
