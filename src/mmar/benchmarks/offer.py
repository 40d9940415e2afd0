"""What a server offers, held against what is known of the file that is wanted.

Each check says no as early as something is known: of the host's own claim, of the size in the headers, of the
first bytes, of the bytes so far. Whatever came of a file that is not wanted is worth nothing.
"""

from __future__ import annotations

import msgspec

from mmar.benchmarks.part import Claim
from mmar.errors import ExternalError
from mmar.files.progress import format_bytes
from mmar.files.sniff import is_html

__all__ = ["NotWanted", "Wanted", "check_beginning", "check_claim", "check_held", "check_size"]


class NotWanted(ExternalError):  # noqa: N818
    """The server offers another file."""


class Wanted(msgspec.Struct, frozen=True):
    """What is known of a file beforehand; a server that offers another is turned down before the transfer.

    Attributes:
        size: bytes, if known.
        sha256: digest, if known.
        at_most: bytes that may be written where the size is not known.
        afterwards: bytes of disk space that the caller needs once the file is there.
    """

    size: int | None = None
    sha256: str | None = None
    at_most: int = 64 << 30
    afterwards: int = 0


def check_claim(claim: Claim | None, wanted: Wanted, shown: str) -> None:
    """Check what the host says of the file before it sends it.

    Args:
        claim: of the host, if it makes one.
        wanted: what is known.
        shown: the address as it may be shown.

    Raises:
        NotWanted: it is of another file.
    """
    if claim is None:
        return
    if wanted.sha256 not in (None, claim.sha256):
        raise NotWanted(
            f"{shown}: the host now keeps another file there, with SHA-256 {claim.sha256}; "
            f"expected {wanted.sha256}. A newer version of this program may know it"
        )
    check_size(claim.size, wanted, shown)


def check_size(size: int | None, wanted: Wanted, shown: str) -> None:
    """Check the size that a server announces.

    Raises:
        NotWanted: it is another one.
    """
    if size is not None and wanted.size not in (None, size):
        raise NotWanted(
            f"{shown}: the server offers {size:,} bytes where {wanted.size:,} are expected; "
            "this is not the file wanted"
        )


def check_beginning(content_type: str, data: bytes, shown: str) -> None:
    """Check that a reply is no web page, by its type and its first bytes.

    Raises:
        NotWanted: it is one.
    """
    if content_type == "text/html" or is_html(data):
        raise NotWanted(f"{shown}: the server sent a web page instead of the file (a login? an error?)")


def check_held(held: int, most: int, shown: str) -> None:
    """Check that no more comes than was announced, or is wanted.

    Raises:
        NotWanted: it does.
    """
    if held > most:
        raise NotWanted(f"{shown}: sends more than {format_bytes(most)}; this is not the file wanted")
