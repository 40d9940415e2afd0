"""Prediction logs of other programs: recognise, read, join to a benchmark, write in another format."""

from mmar.logs.folder import open_log
from mmar.logs.joining import JoinedLog, join_log
from mmar.logs.opening import LAYOUTS
from mmar.logs.record import LogRecord, PredictionLog
from mmar.logs.writing import FORMATS, write_log

__all__ = [
    "FORMATS",
    "LAYOUTS",
    "JoinedLog",
    "LogRecord",
    "PredictionLog",
    "join_log",
    "open_log",
    "write_log",
]
