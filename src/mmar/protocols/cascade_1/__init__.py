"""Version 1 of the reading (`cascade@1`), frozen so that numbers published with it can be made again."""

from __future__ import annotations

from mmar.protocols.cascade_1.cascade import read_version_1

__all__ = ["read_version_1"]
