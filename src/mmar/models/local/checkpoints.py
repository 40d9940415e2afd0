"""Files and identity of a checkpoint: a commit of the hub, or a digest of a folder.

Needs no torch, so that a hub id that does not exist, is gated or is not in the cache is reported before a server or a
worker is started.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from mmar.models.model import model_error

_PIECE = 1 << 22


def find_checkpoint(name: str) -> tuple[Path, str]:
    """Find the files of a checkpoint, downloading what is not in the hub's cache.

    Args:
        name: a folder, a hub id, or `ORG/NAME@REVISION`.

    Returns:
        The folder, and its identity: the first 12 digits of the commit, or `folder-` and those of `folder_digest`.

    Raises:
        UsageError: it is not there (code `no-such-folder`, `gated`, `not-found`, `not-in-cache` or `cannot-download`).
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return path, f"folder-{folder_digest(path)}"
    if name.startswith((".", "/", "~")):
        raise model_error(
            "no-such-folder", f"there is no folder {name}", "give the path of the checkpoint's folder"
        )
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    repository, _, revision = name.partition("@")
    try:
        folder = Path(snapshot_download(repository, revision=revision or None))
    except GatedRepoError:  # a subclass of RepositoryNotFoundError, so it is caught first
        message = f"{repository} is gated"
        hint = f"accept its terms at huggingface.co/{repository}, then: hf auth login"
        raise model_error("gated", message, hint) from None
    except RepositoryNotFoundError:
        message = f"the hub has no model {repository}, or you may not see it"
        hint = "check the name, or: hf auth login"
        raise model_error("not-found", message, hint) from None
    except RevisionNotFoundError:
        raise model_error("not-found", f"{repository} has no revision {revision}") from None
    except LocalEntryNotFoundError:
        message = f"{name} is not in the cache and the hub cannot be reached"
        hint = "check the connection and HF_HUB_OFFLINE, or give the folder of a copy"
        raise model_error("not-in-cache", message, hint) from None
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise model_error("cannot-download", f"{name}: {type(error).__name__}: {error}") from None
    return folder, folder.name[:12]


def folder_digest(folder: Path) -> str:
    """The first 12 digits of the SHA-256 of a folder's names and contents; hidden files and folders do not count."""
    digest = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        inside = path.relative_to(folder)
        if any(part.startswith(".") for part in inside.parts):
            continue
        digest.update(f"{inside.as_posix()}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
    return digest.hexdigest()[:12]
