"""Protocols: how a question is put, and how an answer is read back."""

from __future__ import annotations

from mmar.protocols.protocol import DEFAULT, Message, Protocol, Request, Settings, load_protocol, protocols
from mmar.protocols.reading import CURRENT_VERSION, Marker, Reading, ReadingRule, State, read, split_thinking

__all__ = [
    "CURRENT_VERSION",
    "DEFAULT",
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
