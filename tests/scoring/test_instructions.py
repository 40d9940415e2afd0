"""Verifiable instructions: what each published task wants, by its definition."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmar.scoring.instructions import TASKS, check_instruction

CASES: list[tuple[str, dict[str, Any], str, str]] = [
    # task, arguments, an answer that follows, one that does not
    ("Include Keywords", {"keywords": "rain, wind"}, "Rain and winds.", "Rain alone."),
    ("Keyword Frequency", {"keyword": "rain", "N": 2}, "Rain, rain, rainy.", "rain"),
    ("Forbidden Words", {"forbidden_words": "rain, wind"}, "Thunder.", "A windy day."),
    ("Number Paragraphs", {"N": 2}, "one *** two ***", "one"),
    ("Number Words (at least)", {"N": 3}, "a b c", "a b"),
    ("Number Words (at most)", {"N": "3"}, "a b c", "a b c d"),
    ("Number Words (range)", {"N1": 2.0, "N2": 3.0}, "a b", "a"),
    ("Number Sentences (at least)", {"N": 2}, "It rains. Dr. Who hears it!", "Dr. Who hears e.g. rain."),
    ("Number Sentences (at most)", {"N": 1}, "It rains at 3.5 m/s", "It rains. It stops."),
    ("Number Sentences (range)", {"N1": 2, "N2": 3}, 'He said "stop." Then silence.', "One."),
    ("Postscript", {"postscript_marker": "P.S."}, "Rain. P. S. Bring a coat.", "Rain."),
    ("Number Placeholder", {"N": 2}, "[name] and [place]", "[name]"),
    ("Number Bullets", {"N": 2}, "* one\n* two", "* one"),
    ("Title", {}, "<<Rain>> It rains.", "Rain. It rains."),
    ("Minimum Number Highlighted Section", {"N": 1}, "*loud* rain", "loud rain"),
    ("Multiple Sections", {"N": 2, "section_splitter": "SECTION"}, "SECTION a SECTION b", "SECTION a"),
    ("Two Responses", {}, "rain ****** wind", "rain ****** Rain"),
    ("All Uppercase", {}, "RAIN.", "Rain."),
    ("All Lowercase", {}, "rain.", "Rain."),
    ("All-capital Words (at least)", {"N": 1}, "LOUD rain", "loud rain"),
    ("All-capital Words (at most)", {"N": 0}, "loud rain", "LOUD rain"),
    ("All-capital Words (range)", {"N1": 1, "N2": 1}, "LOUD rain", "LOUD RAIN"),
    ("Start Checker", {"start_phrase": "I hear"}, "I hear, rain", "Rain is what I hear"),
    ("End Checker", {"end_phrase": "is all."}, "Rain is all!", "All is rain."),
    ("Quotation", {}, ' "Rain" ', "Rain"),
    ("No Commas", {}, "rain and wind", "rain, wind"),
    ("Repeat Prompt", {}, "what IS it? Rain.", "Rain."),
]


@pytest.mark.parametrize(("task", "arguments", "good", "bad"), CASES)
def test_each_task_checks_its_instruction(task: str, arguments: dict[str, Any], good: str, bad: str) -> None:
    assert check_instruction(task, arguments, good, "What is it?") is True
    assert check_instruction(task, arguments, bad, "What is it?") is False
    assert check_instruction(task, arguments, " ", "What is it?") is False


def test_every_task_has_a_case() -> None:
    assert {task for task, *_ in CASES} == set(TASKS)


def test_arguments_may_be_json_text() -> None:
    assert check_instruction("Number Words (at most)", '{"N": 1}', "rain") is True


@pytest.mark.parametrize(
    ("task", "arguments"),
    [
        ("Verse", {}),
        ("Number Bullets", {}),
        ("Number Bullets", None),
        ("Number Bullets", "{"),
        ("Number Bullets", {"N": "x"}),
    ],
)
def test_unknown_tasks_and_missing_arguments_are_not_scored(task: str, arguments: object) -> None:
    assert check_instruction(task, arguments, "* one") is None


@given(
    st.sampled_from(sorted(TASKS)),
    st.dictionaries(
        st.sampled_from(["N", "N1", "N2", "keyword", "section_splitter"]), st.text() | st.floats() | st.none()
    ),
    st.text(),
)
def test_no_arguments_and_no_text_break_it(task: str, arguments: dict[str, Any], text: str) -> None:
    assert check_instruction(task, arguments, text) in (True, False, None)
