"""The accuracy of a run while it goes on, read from its ledger as it grows, and whether it is better than another.

Its interval is a confidence sequence (`mmar.stats.sequences`), which may be looked at as often as one likes.
"""

from __future__ import annotations

import sys
from collections import Counter
from itertools import islice
from pathlib import Path

from mmar.errors import UsageError
from mmar.items import Benchmark
from mmar.items.source_video import clusters_of
from mmar.protocols import ReadingRule
from mmar.runs.ledger import LEDGER_NAME, decode_answer
from mmar.scoring.tally import score_answer
from mmar.stats.interval import Interval
from mmar.stats.sequences import compare_sequence, share_sequence


class LiveScore:
    """Counts the answers of a run that is going on. Only the plain requests count, without rotation and repeats.

    The run's folder need not exist yet. `right` is whether the answer to each item is right, so far.
    """

    def __init__(self, folder: Path, benchmark: Benchmark, rule: ReadingRule) -> None:
        self._path, self._benchmark, self._rule = folder / LEDGER_NAME, benchmark, rule
        self._offset = 0
        self.right: dict[str, bool] = {}
        self._videos: Counter[str] = Counter()
        self._squares = 0
        try:
            benchmark.check_scorable()
        except UsageError:
            self._offset = -1  # nothing to compare answers with

    @property
    def answered(self) -> int:
        """Number of answers counted so far."""
        return len(self.right)

    def update(self, limit: int = 1000) -> None:
        """Count new answers, at most `limit`, so that an event loop is not held up."""
        if self._offset < 0 or not self._path.exists():
            return
        with self._path.open("rb") as stream:
            stream.seek(self._offset)
            for line in islice(stream, limit):
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                self._count(line)

    def interval(self) -> tuple[float, Interval] | None:
        """Accuracy by the choice named, percent, with its running interval; `None` before the first answer."""
        n = self.answered
        if not n:
            return None
        right = sum(self.right.values())
        effect = self._squares / n
        return 100 * right / n, share_sequence(right / effect, n / effect)

    def _count(self, line: bytes) -> None:
        answer = decode_answer(line)
        item = self._benchmark.by_id.get(answer.id)
        if item is None or not item.choices or answer.failure is not None or answer.rotation or answer.repeat:
            return
        if item.id not in self.right:
            (video,) = clusters_of([item])
            # The square of a size grows by twice the size and one.
            self._squares += 2 * self._videos[video] + 1
            self._videos[video] += 1
        self.right[item.id] = score_answer(item, answer.text, self._rule).choice


# A comparison is looked at after so many new answers: each look counts all of them.
_LOOK = 10


class LiveComparison:
    """Compares a run that goes on with an earlier one, until it is decided which of the two is better.

    `rule` is how the other run's answers are read.
    """

    def __init__(self, live: LiveScore, other: Path, benchmark: Benchmark, rule: ReadingRule) -> None:
        earlier = LiveScore(other, benchmark, rule)
        earlier.update(sys.maxsize)
        if not earlier.right:
            raise UsageError(
                f"{other} holds no answers to compare with",
                code="no-answers",
                hint="name the folder of a run on the same benchmark",
            )
        self._live, self._earlier, self._name = live, earlier.right, str(other)
        self._videos = dict(zip((item.id for item in benchmark), clusters_of(benchmark), strict=True))
        self._looked = 0

    def reason_to_stop(self) -> str | None:
        """The reason to stop the run; `None` while the comparison is undecided."""
        self._live.update()
        if self._live.answered < self._looked + _LOOK:
            return None
        self._looked = self._live.answered
        common = [name for name in self._live.right if name in self._earlier]
        result = compare_sequence(
            [self._live.right[name] for name in common],
            [self._earlier[name] for name in common],
            [self._videos[name] for name in common],
        )
        if not result.decided:
            return None
        better = "better" if result.only_first > result.only_second else "worse"
        return (
            f"decided: {better} than {self._name} (e-value {result.e_value:.3g}; of {len(common):,} items, "
            f"{result.only_first:,} right here alone and {result.only_second:,} right there alone)"
        )
