"""Models: anything that turns a request into an answer. One adapter a file, all behind `Model`."""

from __future__ import annotations

from mmar.models.answer import Answer, Failure, FailureKind, RequestFailed, SentAudio, Usage
from mmar.models.model import Model, ModelFacts, ModelOptions, open_model, prepare_model

__all__ = [
    "Answer",
    "Failure",
    "FailureKind",
    "Model",
    "ModelFacts",
    "ModelOptions",
    "RequestFailed",
    "SentAudio",
    "Usage",
    "open_model",
    "prepare_model",
]
