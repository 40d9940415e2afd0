"""Protocols: how a question is put, and how an answer is read back."""

from __future__ import annotations

from mmar.protocols.markers import Marker, ReadingRule
from mmar.protocols.protocol import DEFAULT, Protocol, load_protocol, protocols
from mmar.protocols.reading import READING_VERSION, Reading, State, read
from mmar.protocols.request import Message, Request, Settings
from mmar.protocols.thinking import split_thinking

__all__ = [
    "DEFAULT",
    "READING_VERSION",
    "Marker",
    "Message",
    "Protocol",
    "Reading",
    "ReadingRule",
    "Request",
    "Settings",
    "State",
    "load_protocol",
    "protocols",
    "read",
    "split_thinking",
]
