"""A file of JSON values by key, shared by threads and processes: captions, and cached answers."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

from mmar.errors import ExternalError, InputError

# "mmar" in ASCII: tells the file from any other SQLite database.
_APPLICATION = 0x6D6D6172
_BUSY_S = 30.0


class SqliteStore:
    """An SQLite file with one table of values by key. Use as a context manager.

    Args:
        path: the file, made if it is missing, with its folder.
        kind: what it holds, in one word: `captions` or `answers`; a file of another kind is refused.

    Raises:
        InputError: the file is something else.
        ExternalError: it cannot be opened or written.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.path = path
        self._kind = kind
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                path, timeout=_BUSY_S, check_same_thread=False, isolation_level=None
            )
            self._database.text_factory = bytes  # the text of a damaged file cannot be decoded
        except (OSError, sqlite3.OperationalError) as error:
            raise self._failed("opened", error) from None
        try:
            self._prepare()
        except BaseException:
            self._database.close()
            raise

    def _prepare(self) -> None:
        try:
            (application,) = self._database.execute("PRAGMA application_id").fetchone()
            tables = {row[0] for row in self._database.execute("SELECT name FROM sqlite_master")}
            if tables and (application != _APPLICATION or self._kind.encode() not in tables):
                raise sqlite3.DatabaseError("another database")
            self._database.execute(f"PRAGMA application_id = {_APPLICATION}")
            self._database.execute(
                f"CREATE TABLE IF NOT EXISTS {self._kind} (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID"
            )
        except sqlite3.OperationalError as error:
            raise self._failed("written", error) from None
        except sqlite3.DatabaseError as error:
            message = f"is not a file of {self._kind} ({error})"
            hint = "name another file"
            raise InputError(message, file=str(self.path), code="not-a-store", hint=hint) from None

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, key: bytes) -> object:
        """The value of a key, `None` where there is none. It may be damaged, and so of any type."""
        try:
            with self._lock:
                row = self._database.execute(
                    f"SELECT value FROM {self._kind} WHERE key = ?",  # noqa: S608 - one of two words
                    (key,),
                ).fetchone()
        except sqlite3.Error as error:
            raise self._failed("read", error) from None
        return row[0] if row else None

    def put(self, rows: Sequence[tuple[bytes, bytes]], *, replace: bool) -> None:
        """Store values durably in one transaction; with `replace` false, a value that is there stays."""
        statement = f"INSERT OR {'REPLACE' if replace else 'IGNORE'} INTO {self._kind} VALUES (?, ?)"  # noqa: S608
        try:
            with self._lock:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany(statement, rows)
                self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._failed("written", error) from None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _failed(self, done: str, error: Exception) -> ExternalError:
        message = f"{self.path}: the file of {self._kind} cannot be {done} ({error})"
        hint = "name another file, or make room"
        return ExternalError(message, code="store-unusable", hint=hint)
