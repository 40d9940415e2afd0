"""What bytes were these? Digests that stand in ledgers and manifests."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mmar.errors import InputError

__all__ = ["sha256_file"]


def sha256_file(path: str | Path) -> str:
    """The SHA-256 of a file's bytes, read as a stream.

    Args:
        path: any file; its size does not matter, memory stays flat.

    Returns:
        64 lower-case hexadecimal digits.

    Raises:
        InputError: if the file is missing, is a folder or cannot be read.
    """
    try:
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        raise InputError(
            "found no such file, expected one to fingerprint", file=str(path), hint="check the path"
        ) from None
    except OSError as error:
        raise InputError(
            f"could not be read ({error.strerror or error})",
            file=str(path),
            hint="give a readable file, not a folder",
        ) from None
