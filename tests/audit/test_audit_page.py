"""The handbook's list of checks is the registry's."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmar.audit import CHECKS, PUBLISHED_CHECKS
from mmar.audit.page import BEGIN, END, checks_as_markdown, with_checks
from mmar.errors import InputError

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text("utf-8")
    assert with_checks(page) == page, "run: python -m mmar.audit.page docs/audit.md"


def test_every_check_is_listed_and_explained() -> None:
    text = checks_as_markdown()
    for check in (*CHECKS, *PUBLISHED_CHECKS):
        assert f"| [{check.code}](#{check.code.lower()}) | {check.severity} | {check.title} |" in text
        assert f"#### {check.code}\n\n*{check.severity}*: {check.title}.\n\n{check.explanation}" in text


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    page = with_checks(f"before\n{BEGIN}\nobsolete\n{END}\nafter\n")
    assert page.startswith(f"before\n{BEGIN}\n")
    assert page.endswith(f"{END}\nafter\n")
    assert "obsolete" not in page
    assert with_checks(page) == page
    with pytest.raises(InputError, match="expected the marks"):
        with_checks("no marks")
