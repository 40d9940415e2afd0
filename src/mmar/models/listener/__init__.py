"""The baseline listener: signal processing that answers from the sound alone.

It proves the way of the audio from a file to a number without any download, and marks what can be had without
understanding. It measures onsets, pitch, level, stereo balance and spectrum. Where no measurement applies, and where
the clip is silent, it guesses.
"""

from __future__ import annotations

from mmar.models.listener.rules import Finding, answer_from_audio

__all__ = ["Finding", "answer_from_audio"]
