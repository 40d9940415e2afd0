"""The demonstration set: questions whose answers are known because the program makes the clips.

It asks what MMAR asks, in MMAR's format: seven modalities, four layers, 2 to 6 choices, with thinking, cues and a
rubric. Nothing is downloaded. It tests the whole program on this machine; its scores do not rank models. Clips of one
kind count as cut from one recording, so that errors are clustered as in MMAR.

    sounds            instruments, everyday sounds, ambiences, a voice
    single, mixes     the questions
    build             records and files
"""

from __future__ import annotations

from mmar.benchmarks.demo.build import METADATA_NAME, build, records

__all__ = ["METADATA_NAME", "build", "records"]
