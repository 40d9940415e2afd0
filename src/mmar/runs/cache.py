"""The cache: answers of earlier runs, by a digest of everything that decided them.

The key is SHA-256 over model, addresses, options, messages, choices, settings, the clip's bytes and the number
of the sample. Failures are never cached. An SQLite file, so that several runs can share it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from mmar.models import Answer
from mmar.models.sqlite_store import SqliteStore
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
        InputError: the file is not a cache.
        ExternalError: it cannot be opened or written.
    """

    def __init__(self, path: Path, context: object) -> None:
        self._store = SqliteStore(path, "answers")
        self._context = _encode(context)
        # One clip is asked about several times in a row: under other rotations, and for more samples.
        self._clip_digest = lru_cache(maxsize=256)(_clip_digest)

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    def key(self, request: Request) -> bytes:
        """The digest of a request in this context, 32 bytes.

        Raises:
            OSError: the clip cannot be read.
        """
        whole = hashlib.sha256(self._context)
        whole.update(bytes.fromhex(request.digest()))
        whole.update(b"%d" % request.repeat)
        for clip in request.clips:
            whole.update(self._clip_digest(clip))
        return whole.digest()

    def get(self, key: bytes) -> Answer | None:
        """The cached answer, marked as such; `None` where there is none, or a damaged one."""
        value = self._store.get(key)
        try:
            answer = _decode(value) if isinstance(value, bytes) else None
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError):
            return None  # asked again, and then replaced
        if answer is None or answer.failure is not None:
            return None
        return msgspec.structs.replace(answer, cached=True)

    def put(self, answers: Sequence[tuple[bytes, Answer]]) -> None:
        """Cache answers in one transaction; failures and answers from the cache are skipped."""
        rows = [
            (key, _encode(answer)) for key, answer in answers if answer.failure is None and not answer.cached
        ]
        if rows:
            self._store.put(rows, replace=True)


def _clip_digest(clip: Path) -> bytes:
    with clip.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
