"""What a dry run says of tokens that nobody can know yet."""

from pathlib import Path

import pytest

from mmar.models.answer import Usage
from mmar.reports.run_lines import dry_run_lines
from mmar.runs.dry_run import Estimate


@pytest.mark.parametrize(("out", "message"), [(None, "unknown out"), (0, "0 out"), (1200, "1,200 out")])
def test_an_unknown_length_of_answers_is_printed_as_unknown(out: int | None, message: str) -> None:
    estimate = Estimate(5, 5, 0, 10.0, 1000, Usage(153, out, 0, None), "a basis", None)
    lines = list(dry_run_lines(estimate, "openai/x", Path("run")))
    assert lines[-1] == f"tokens      about 153 in, {message} (a basis)"


@pytest.mark.parametrize(
    ("out", "audio", "message"),
    [
        (900, 50, "about 1.25 by the price table, retries aside"),
        (None, 50, "at least 1.25 by the price table, without the answers, retries aside"),
        (None, None, "at least 1.25 by the price table, without the answers and the audio, retries aside"),
    ],
)
def test_the_cost_names_the_parts_that_it_leaves_out(
    out: int | None, audio: int | None, message: str
) -> None:
    estimate = Estimate(5, 5, 0, 10.0, 1000, Usage(153, out, audio, None), "a basis", 1.25)
    assert list(dry_run_lines(estimate, "openai/x", Path("run")))[-1] == f"cost        {message}"
