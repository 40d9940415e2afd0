"""Models: anything that turns a request into an answer. One adapter a file, all behind `Model`."""

from __future__ import annotations

from mmar.models.answer import Answer, AskFailed, Failure, FailureKind, Sent, Usage
from mmar.models.model import Model, ModelOptions
from mmar.models.registry import open_model

__all__ = [
    "Answer",
    "AskFailed",
    "Failure",
    "FailureKind",
    "Model",
    "ModelOptions",
    "Sent",
    "Usage",
    "open_model",
]
