"""Models: anything that turns a request into an answer. One adapter a file, all behind `Model`."""

from __future__ import annotations

from mmar.models.answer import Answer, Failure, FailureKind, RequestFailed, Sent, Usage
from mmar.models.model import Model, ModelFacts, ModelOptions, open_model, prepared

__all__ = [
    "Answer",
    "Failure",
    "FailureKind",
    "Model",
    "ModelFacts",
    "ModelOptions",
    "RequestFailed",
    "Sent",
    "Usage",
    "open_model",
    "prepared",
]
