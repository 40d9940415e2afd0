"""Captions on disk: one for each clip, captioner and prompt, shared by every reasoner that reads them.

One SQLite file. The first caption that is stored for a key stays, whichever process wrote it, so that all
reasoners read the same words.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from pathlib import Path
from typing import Any

import msgspec

from mmar.errors import ExternalError, InputError
from mmar.models.answer import Sent, Usage

__all__ = ["Caption", "CaptionKey", "CaptionStore"]

# "mmac" in ASCII: tells the file from any other SQLite database.
_APPLICATION = 0x6D6D6163
_VERSION = 1
_BUSY_S = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS captions (
    key TEXT PRIMARY KEY,
    clip_sha256 TEXT NOT NULL,
    captioner TEXT NOT NULL,
    how TEXT NOT NULL,
    text TEXT NOT NULL,
    caption TEXT NOT NULL
) WITHOUT ROWID
"""


class CaptionKey(msgspec.Struct, frozen=True):
    """What a caption depends on.

    Attributes:
        clip_sha256: of the clip's file.
        captioner: the model's name.
        how: everything else of its request: messages, settings, the adapter's options.
    """

    clip_sha256: str
    captioner: str
    how: str

    def digest(self) -> str:
        """SHA-256 over all of it."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


class Caption(msgspec.Struct, frozen=True, omit_defaults=True):
    """A caption and how it came about.

    Attributes:
        text: the caption; never empty.
        model: the model that the service said it used.
        finish_reason: as the service named it.
        usage: tokens that it cost.
        sent: the audio as the captioner was given it.
    """

    text: str
    model: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    sent: Sent | None = None


class CaptionStore:
    """The file of captions. May be used from several threads and several processes at once.

    Args:
        path: the file; made if it is missing, its folder too.

    Raises:
        InputError: the file is something else.
        ExternalError: the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_S, check_same_thread=False, isolation_level=None
            )
        except (OSError, sqlite3.OperationalError) as error:
            raise ExternalError(
                f"{path}: the captions cannot be opened ({error})", code="captions-unreadable"
            ) from None
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        try:
            (application,) = self._connection.execute("PRAGMA application_id").fetchone()
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if tables and (application, version) != (_APPLICATION, _VERSION):
                raise InputError(
                    f"expected a caption store of version {_VERSION}, found another database",
                    file=str(self.path),
                    code="not-a-caption-store",
                    hint="name another file with the option captions",
                )
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(_SCHEMA)
            self._connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            self._connection.execute(f"PRAGMA user_version = {_VERSION}")
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise ExternalError(
                f"{self.path}: the captions cannot be written ({error})", code="captions-write"
            ) from None
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"expected a caption store, found something else ({error})",
                file=str(self.path),
                code="not-a-caption-store",
                hint="name another file with the option captions",
            ) from None

    def find(self, key: CaptionKey) -> Caption | None:
        """The caption of a key, `None` where there is none."""
        rows = self._run("SELECT caption FROM captions WHERE key = ?", (key.digest(),))
        return msgspec.json.decode(rows[0][0], type=Caption) if rows else None

    def keep(self, key: CaptionKey, caption: Caption) -> Caption:
        """Store a caption durably, unless there is one already; returns the one that is stored."""
        row = (*(key.digest(), key.clip_sha256, key.captioner, key.how, caption.text),)
        self._run(
            "INSERT OR IGNORE INTO captions VALUES (?, ?, ?, ?, ?, ?)",
            (*row, msgspec.json.encode(caption).decode()),
        )
        return self.find(key) or caption

    def _run(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise ExternalError(
                f"{self.path}: the captions cannot be used ({error})", code="captions-unreadable"
            ) from None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
