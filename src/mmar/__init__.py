"""Run, score and build benchmarks of deep reasoning about sound."""

from __future__ import annotations

__version__ = "0.1.0"
