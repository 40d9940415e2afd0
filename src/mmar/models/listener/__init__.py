"""The baseline listener: plain signal processing that answers from the sound, and says why.

    question, choices ─► words ─► rules ─► measurement on the Ear ─► scores of the choices ─► Heard

It proves the path of the audio from file to number without any download, and marks what can be had without
understanding: a model should beat it. It measures onsets, pitch, level, the difference of the channels and
the shape of the spectrum, knows nothing of words, and picks blindly, saying so, where no measurement answers.
"""

from __future__ import annotations

from mmar.models.listener.answering import listen
from mmar.models.listener.heard import Heard

__all__ = ["Heard", "listen"]
