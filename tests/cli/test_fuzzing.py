"""A few of the damaged files and wrong command lines of `fuzzing.py`, the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.fuzzing import check, file_cases, wrong_lines

pytestmark = pytest.mark.usefixtures("in_own_folder")


def test_damaged_files_end_in_a_message(tmp_path: Path) -> None:
    statuses, failures = check(file_cases(60, 3, tmp_path))
    assert not failures
    assert set(statuses) <= {0, 1, 2} and statuses[2] > 20


def test_wrong_command_lines_end_in_a_message() -> None:
    statuses, failures = check(wrong_lines(60, 3))
    assert not failures
    assert statuses[2] > 40
