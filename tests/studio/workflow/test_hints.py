"""Hints: problems of an item and findings of the audit."""

from __future__ import annotations

import msgspec

from mmar.studio.workflow import ItemContent
from mmar.studio.workflow.problems import hints

CONTENT = ItemContent(
    question="What comes last?",
    choices=("a bell", "a drum"),
    answer=1,
    modality="speech",
    category="Signal Layer",
    language="kr",
    url="https://youtu.be/qx8hrhBZJ98?si=abc",
    thinking="The drum.",
)


def test_hints_have_findings_about_the_item_only() -> None:
    assert {hint.code for hint in hints(ItemContent())} >= {"question-missing", "key-missing"}
    result = {hint.code: hint for hint in hints(CONTENT)}
    # U002 is the audit's code for personal parameters in an address, of which MMAR has 125.
    assert result["U002"].field == "url"
    assert result["U002"].severity == "warning"
    clean = msgspec.structs.replace(CONTENT, url="https://www.youtube.com/watch?v=qx8hrhBZJ98", language="ko")
    assert "U002" not in {hint.code for hint in hints(clean)}
    assert not [code for code in result if code[0] in "IV" and code[1:].isdigit()]
    several = msgspec.structs.replace(CONTENT, timestamp="00:00:01,00:00:03;00:00:08,00:00:10")
    assert "T003" not in {hint.code for hint in hints(several)}
