"""Configuration of a studio: its data folder, database, network access and models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

__all__ = ["StudioConfig"]


class StudioConfig(msgspec.Struct, frozen=True):
    """Configuration of one studio.

    Attributes:
        data: the data folder: the database by default, recordings, clips, waveforms, releases.
        database_url: SQLAlchemy's address of the database; empty for SQLite in the data folder.
        text_model: a text model such as `text/NAME` that may propose; empty for none.
        base_urls: servers of that model.
        environment: where its credentials are looked up.
        https: whether people reach the site by HTTPS.
        hosts: names under which the site is reached, beside the loopback names.
        media_hosts: hosts that recordings may be fetched from, beside the known video sites.
        media_ports: further ports that they may be fetched from.
        fetch_loopback: whether recordings may be fetched from this very machine; for tests.
        max_upload: largest upload, bytes.
    """

    data: Path
    database_url: str = ""
    text_model: str = ""
    base_urls: tuple[str, ...] = ()
    environment: Mapping[str, str] = msgspec.field(default_factory=dict)
    https: bool = False
    hosts: tuple[str, ...] = ()
    media_hosts: tuple[str, ...] = ()
    media_ports: tuple[int, ...] = ()
    fetch_loopback: bool = False
    max_upload: int = 1 << 30

    @property
    def url(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite:///{self.data / 'studio.db'}"

    @property
    def media(self) -> Path:
        """The folder of recordings, clips and waveforms."""
        return self.data / "media"

    @property
    def releases(self) -> Path:
        """The folder of releases."""
        return self.data / "releases"
