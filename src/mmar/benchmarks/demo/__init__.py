"""A benchmark that the program makes itself: short clips whose answers are true by construction.

It asks what MMAR asks, in MMAR's format: all seven modalities and four layers, two to six choices, with
thinking, cues and five rubric criteria an item. Tones, melodies, bells, knocks, textures and vowel-like
voices are synthesised from a seed; nothing is downloaded and nothing was recorded. It exists so that the
path from an audio file to a number can be walked, tested and shown on any machine, not to rank models.

    scenes/      one function a kind of question: a score of events, and the question that it settles
    plan         which kinds, how often, and the order of the choices
    wording      a scene as a record in the publisher's fields
    render       a score of events as samples, by way of timbres, hits, textures and voices
    assembly     all of it as files

The files are the same to the last bit on every machine: `signal` says how, and `METADATA_SHA256` and
`AUDIO_SHA256` say what they are.
"""

from __future__ import annotations

from mmar.benchmarks.demo.assembly import (
    AUDIO_SHA256,
    METADATA_NAME,
    METADATA_SHA256,
    VERSION,
    build,
    records,
    sheets,
)

__all__ = ["AUDIO_SHA256", "METADATA_NAME", "METADATA_SHA256", "VERSION", "build", "records", "sheets"]
