"""The benchmarks that are known by name: where each is published, at which revision, with which digest.

A digest here is final: a file with another one is refused, wherever it came from. Where a benchmark has several
editions (`mmar.items.editions`), `NAME@EDITION` names one and `NAME` the default.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mmar.errors import UsageError, did_you_mean
from mmar.items.editions import Edition, editions, find_edition

DEMO = "demo"
"""The benchmark that is generated instead of downloaded."""


class RemoteFile(msgspec.Struct, frozen=True):
    """One published file at a pinned revision.

    Attributes:
        url: address of this revision.
        filename: the publisher's name for it, also used in the cache; with its folder where names repeat.
        revision: the publisher's commit.
        size: bytes; 0 where it is not known.
        sha256: of the file, lower-case hexadecimal; empty where it is not known.
        git_blob: its object id in the publisher's Git repository, where its SHA-256 is not known.
        repo: the data set of the Hugging Face Hub that it belongs to; empty for other hosts.
    """

    url: str
    filename: str
    revision: str
    size: int = 0
    sha256: str = ""
    git_blob: str = ""
    repo: str = ""

    @property
    def pinned(self) -> bool:
        """Whether a digest of the file is known."""
        return bool(self.sha256 or self.git_blob)


class Archive(RemoteFile, frozen=True, kw_only=True):
    """An archive of clips, with the approximate size of its files in bytes, to check for free space."""

    unpacked_size: int


class CatalogueEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark of the catalogue.

    Attributes:
        items: number of questions; `None` where the program generates it.
        citation: one line that names the paper.
        bibtex: the publisher's own entry.
        metadata: the files of questions, which are read as one; none where they are generated.
        audio: the archive of clips, where one can be downloaded with a known digest.
        parquet: the data set of the Hugging Face Hub whose Parquet files hold the clips, at its newest revision; where
            there is no archive.
        audio_advice: what to do where neither was fetched.
        digest: content digest of the questions (`mmar.items.digest`).
        edition: name of the edition, where there are several.
        own_rule: how its publisher scores answers, where that needs a model or differs, and is not reproduced here.
    """

    name: str
    title: str
    licence: str
    items: int | None = None
    homepage: str = ""
    citation: str = ""
    bibtex: str = ""
    metadata: tuple[RemoteFile, ...] = ()
    audio: Archive | None = None
    parquet: str = ""
    audio_advice: str = ""
    digest: str = ""
    edition: str = ""
    own_rule: str = ""

    @property
    def label(self) -> str:
        """Name and edition, as signatures show it."""
        return f"{self.name}@{self.edition}" if self.edition else self.name


CATALOGUE: dict[str, CatalogueEntry] = {
    entry.name: entry
    for entry in msgspec.json.decode(
        Path(__file__).with_name("catalogue.json").read_bytes(), type=tuple[CatalogueEntry, ...]
    )
}
"""Every known benchmark by name, in its default edition (`catalogue.json`).

Size and digest of MMAR's archive are those of the Git LFS pointer with which it was added to the data set (commit
7f48b23c14291be0db2f882c8ecdb6540f64c643); no later commit up to the pinned revision changes it.
"""

_RAW = {
    "mmar": "https://raw.githubusercontent.com/ddlBoJack/MMAR",
    "mmau-mini": "https://raw.githubusercontent.com/Sakshi113/MMAU",
}


def catalogue_facts(name: str) -> CatalogueEntry:
    """The entry of a benchmark by its name with or without edition; for unknown benchmarks one with the name alone."""
    base = name.partition("@")[0]
    return CATALOGUE.get(base) or CatalogueEntry(name=base, title=name, licence="")


def find_entry(name: str) -> CatalogueEntry:
    """The entry of a benchmark, e.g. `mmar`, or of one of its editions, e.g. `mmar@2025-05`.

    Raises:
        UsageError: there is none; the message names similar ones.
    """
    base, _, edition = name.partition("@")
    entry = CATALOGUE.get(base)
    if entry is None:
        raise UsageError(
            f'unknown benchmark "{name}"', code="unknown-benchmark", hint=unknown_benchmark_hint(base)
        )
    if not edition or edition == entry.edition:
        return entry
    if (known := find_edition(base, edition)) is not None:
        return _edition_entry(entry, known)
    listed = ", ".join(each.name for each in editions().get(base, ())) or "none"
    raise UsageError(
        f'"{base}" has no edition "{edition}"', code="unknown-edition", hint=f"known editions: {listed}"
    )


def unknown_benchmark_hint(name: str) -> str:
    """The hint of an error about a name that is no benchmark's."""
    return did_you_mean(name, CATALOGUE, f"known ones are {', '.join(CATALOGUE)}")


def _edition_entry(entry: CatalogueEntry, edition: Edition) -> CatalogueEntry:
    newest = edition.files[0]
    remote = RemoteFile(
        url=f"{_RAW[entry.name]}/{newest.commit}/{newest.filename}",
        filename=newest.filename,
        revision=newest.commit,
        size=newest.size,
        sha256=newest.sha256,
    )
    return msgspec.structs.replace(
        entry, metadata=(remote,), digest=edition.digest, edition=edition.name, items=edition.items
    )
