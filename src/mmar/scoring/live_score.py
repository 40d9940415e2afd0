"""The accuracy of a run while it goes on, read from its ledger as it grows.

Its interval is a confidence sequence (`mmar.stats.sequences`), which may be looked at as often as one likes.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

from mmar.errors import UsageError
from mmar.items import Benchmark
from mmar.items.source_video import item_video
from mmar.protocols import ReadingRule
from mmar.runs.ledger import LEDGER_NAME, decode_answer
from mmar.scoring.tally import score_answer
from mmar.stats.interval import Interval
from mmar.stats.sequences import share_sequence

__all__ = ["LiveScore"]


class LiveScore:
    """Counts the answers of a run that is going on. Only the plain requests count, without rotation and repeats.

    Args:
        folder: the run's folder; it need not exist yet.
        benchmark: the questions.
        rule: how to read the answers.
    """

    def __init__(self, folder: Path, benchmark: Benchmark, rule: ReadingRule) -> None:
        self._path, self._benchmark, self._rule = folder / LEDGER_NAME, benchmark, rule
        self._offset = 0
        self._right: dict[str, bool] = {}
        self._videos: Counter[str] = Counter()
        self._squares = 0
        try:
            benchmark.check_scorable()
        except UsageError:
            self._offset = -1  # nothing to compare answers with

    @property
    def answered(self) -> int:
        """Number of answers counted so far."""
        return len(self._right)

    def update(self, most: int = 1000) -> None:
        """Count answers that were written since the last call.

        Args:
            most: number of lines to read, so that a caller in an event loop is not held up.
        """
        if self._offset < 0 or not self._path.exists():
            return
        with self._path.open("rb") as stream:
            stream.seek(self._offset)
            for line in islice(stream, most):
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                self._count(line)

    def interval(self) -> tuple[float, Interval] | None:
        """Accuracy by the choice named, percent, with its running interval; `None` before the first answer."""
        n = self.answered
        if not n:
            return None
        right = sum(self._right.values())
        effect = self._squares / n
        return 100 * right / n, share_sequence(right / effect, n / effect)

    def _count(self, line: bytes) -> None:
        answer = decode_answer(line)
        item = self._benchmark.by_id.get(answer.id)
        if item is None or not item.choices or answer.failure is not None or answer.rotation or answer.repeat:
            return
        if item.id not in self._right:
            video = item_video(item) or f"item {item.id}"
            # The square of a size grows by twice the size and one.
            self._squares += 2 * self._videos[video] + 1
            self._videos[video] += 1
        self._right[item.id] = score_answer(item, answer.text, self._rule).choice
