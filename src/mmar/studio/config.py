"""Configuration of a studio (its data folder, database, network access and models), and settings of its projects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

import msgspec

from mmar.items.item import MODALITIES


class StudioConfig(msgspec.Struct, frozen=True):
    """Configuration of one studio.

    Attributes:
        data: the data folder: the database by default, recordings, clips, waveforms, releases.
        database_url: SQLAlchemy's address of the database; empty for SQLite in the data folder.
        text_model: a text model such as `text/NAME` that may propose; empty for none.
        base_urls: servers of that model.
        environment: where its credentials are looked up.
        https: whether people reach the site by HTTPS.
        hosts: names under which the site is reached, in addition to the loopback names.
        media_hosts: hosts that recordings may be fetched from, in addition to the known video sites.
        media_ports: further ports that they may be fetched from.
        fetch_loopback: whether recordings may be fetched from this machine; for tests.
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


ClipRate = Literal[8000, 16000, 22050, 24000, 32000, 44100, 48000]
ClipChannels = Literal[1, 2]

CLIP_RATES: tuple[int, ...] = get_args(ClipRate)
"""Sample rates that clips may be converted to, Hz."""

CLIP_CHANNELS: tuple[int, ...] = get_args(ClipChannels)
"""Numbers of channels that clips may be converted to."""

LONGEST_CLIP_S = 600.0
"""Longest clip of joined segments, in seconds."""


class ProjectSettings(msgspec.Struct, frozen=True):
    """Settings of one project.

    Attributes:
        inspections: approvals that an item needs.
        needs_audio: whether an item may only be inspected once its clip can be heard.
        modalities: offered in the form.
        languages: offered in the form; any other code may be typed.
        targets: numbers of items to collect, by `layer|modality`, `layer|modality|CODE` and `language:CODE`.
        withheld: fields left out of a release, as MMAR first did.
        licence: name of the release's licence.
        licence_text: its text.
        how_made: for the data sheet.
        contact: for the data sheet.
        clip_rate: sample rate that clips are converted to, Hz; `None` for the recording's.
        clip_channels: 1 mixes clips down, 2 doubles a mono one; `None` for the recording's.
        canary: the string that marks this benchmark in training data; made once.
    """

    inspections: int = 1
    needs_audio: bool = True
    modalities: tuple[str, ...] = MODALITIES
    languages: tuple[str, ...] = ("en", "zh")
    targets: Mapping[str, int] = msgspec.field(default_factory=dict)
    withheld: tuple[str, ...] = ("thinking", "cue", "rubric")
    licence: str = "CC BY-NC 4.0"
    licence_text: str = ""
    how_made: str = ""
    contact: str = ""
    clip_rate: ClipRate | None = None
    clip_channels: ClipChannels | None = None
    canary: str = ""
