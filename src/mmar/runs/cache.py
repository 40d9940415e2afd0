"""The cache: answers of earlier runs, by a digest of everything that decided them.

The key is SHA-256 over model, addresses, options, messages, choices, settings, the clip's bytes and the number
of the sample. Failures are never cached. An SQLite file, so that several runs can share it.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from mmar.errors import ExternalError
from mmar.models import Answer
from mmar.protocols import Request

__all__ = ["Cache"]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Answer).decode


class Cache:
    """A file of answers. Use as a context manager.

    Args:
        path: made when it does not exist.
        context: what decides an answer besides the request: model, addresses, options.

    Raises:
        ExternalError: the file cannot be opened, or is not a cache.
    """

    def __init__(self, path: Path, context: object) -> None:
        self.path = path
        self._context = _encode(context)
        self._lock = threading.Lock()
        # One clip is asked about several times in a row: under other rotations, and for more samples.
        self._clip_digest = lru_cache(maxsize=256)(_clip_digest)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS answer (key BLOB PRIMARY KEY, answer BLOB) WITHOUT ROWID"
            )
        except (OSError, sqlite3.Error) as error:
            raise ExternalError(
                f"{path}: the cache cannot be opened ({error})",
                code="cache-unreadable",
                hint="name another file",
            ) from None

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def key(self, request: Request) -> bytes:
        """The digest of a request in this context, 32 bytes.

        Raises:
            OSError: the clip cannot be read.
        """
        whole = hashlib.sha256(self._context)
        whole.update(bytes.fromhex(request.digest()))
        whole.update(b"%d" % request.repeat)
        if request.audio is not None:
            whole.update(self._clip_digest(request.audio))
        return whole.digest()

    def get(self, key: bytes) -> Answer | None:
        """The cached answer, marked as such; `None` where there is none, or a damaged one."""
        try:
            with self._lock:
                row = self._database.execute("SELECT answer FROM answer WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            raise ExternalError(
                f"{self.path}: the cache cannot be read ({error})", code="cache-unreadable"
            ) from None
        if row is None:
            return None
        try:
            answer = _decode(row[0])
        except (msgspec.MsgspecError, UnicodeDecodeError, TypeError, ValueError):
            return None  # asked again, and then replaced
        return None if answer.failure is not None else msgspec.structs.replace(answer, cached=True)

    def put(self, answers: Sequence[tuple[bytes, Answer]]) -> None:
        """Cache answers in one transaction; failures and answers from the cache are skipped."""
        rows = [
            (key, _encode(answer)) for key, answer in answers if answer.failure is None and not answer.cached
        ]
        if not rows:
            return
        try:
            with self._lock:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany("INSERT OR REPLACE INTO answer VALUES (?, ?)", rows)
                self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise ExternalError(
                f"{self.path}: the cache cannot be written ({error})", code="cache-write"
            ) from None


def _clip_digest(clip: Path) -> bytes:
    with clip.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
