"""What a project's lead may set."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

__all__ = ["MODALITIES", "ProjectSettings"]

MODALITIES = (
    "sound",
    "music",
    "speech",
    "mix-sound-music",
    "mix-sound-speech",
    "mix-music-speech",
    "mix-sound-music-speech",
)
"""MMAR's seven."""


class ProjectSettings(msgspec.Struct, frozen=True):
    """One project's choices.

    Attributes:
        inspections: approvals that an item needs.
        needs_audio: whether an item may only be inspected once its clip can be heard.
        modalities: offered in the form.
        languages: offered in the form; any other code may be typed.
        targets: items aimed at, by `layer|modality` and `language:CODE`.
        withheld: fields left out of a release, as MMAR first did.
        licence: name of the release's licence.
        licence_text: its text.
        how_made: for the data sheet.
        contact: for the data sheet.
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
    canary: str = ""
