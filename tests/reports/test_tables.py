"""The renderer of console tables."""

from __future__ import annotations

from mmar.reports.tables import Display, Row, count, cut, draw, facts, group_rows, text_width

COLUMNS = ("NAME", ">N", "WHAT")


def test_columns_are_aligned_and_the_last_is_not_padded() -> None:
    rows = [("a", "10", "x"), ("bcdef", "2", "")]
    assert draw(COLUMNS, rows) == ["NAME    N  WHAT", "a      10  x", "bcdef   2"]


def test_wide_characters_take_two_columns() -> None:
    assert text_width("音a\u0301") == 3
    lines = draw(("", ""), [("音楽", "x"), ("abcd", "y")])
    assert lines == ["音楽  x", "abcd  y"]


def test_a_title_takes_no_part_in_the_widths() -> None:
    lines = draw(("", ""), [("a long title of a section",), ("a", "b")])
    assert lines == ["a long title of a section", "a  b"]


def test_no_line_is_wider_than_the_display() -> None:
    rows = [("a name that is much too long for a narrow terminal", "10", "and a long text at the end of it")]
    lines = draw(COLUMNS, rows, Display(width=60))
    assert max(map(text_width, lines)) <= 60
    assert "…" in lines[1]


def test_titles_over_columns_stand_above_their_first_column() -> None:
    columns = ("a", ">%", "ci", ">%")
    lines = draw(columns, [("x", "100.0", "[0, 1]", "50.0")], groups=("", "one", "one", "two"))
    assert lines[0].index("one") == lines[2].index("100.0")
    assert lines[0].index("two") == lines[2].index("50.0")


def test_colours_only_where_the_display_has_them() -> None:
    row = [Row(("x", "y"), "bold")]
    assert draw(("", ""), row) == ["x  y"]
    assert draw(("", ""), row, Display(colour=True)) == ["\033[1mx  y\033[0m"]


def test_control_characters_of_a_file_are_replaced() -> None:
    assert draw(("", ""), [("\x1b[2Jx\ny", "z")]) == ["\ufffd[2Jx y  z"]


def test_facts_are_wrapped_with_a_hanging_indent_and_signatures_are_not() -> None:
    text = " ".join(["word"] * 20)
    lines = facts([("note", text), ("signature", "x" * 200)], Display(width=60))
    assert lines[0].startswith("note        word") and lines[1].startswith("            word")
    assert max(map(len, lines[:-1])) <= 60
    assert lines[-1].split() == ["signature", "x" * 200] or lines[-1].endswith("x" * 200)


def test_sub_categories_stand_below_their_category() -> None:
    groups = {
        "category": {"Signal Layer": 1, "Semantic Layer": 2},
        "sub-category": {"Anomaly Detection": 3, "Other": 4},
    }
    rows = group_rows(groups, {"Anomaly Detection": "Signal Layer"}, lambda n: [str(n)])
    assert list(rows) == [
        ("category",),
        ("  Signal Layer", "1"),
        ("    Anomaly Detection", "3"),
        ("  Semantic Layer", "2"),
        ("sub-category",),
        ("  Other", "4"),
    ]


def test_numbers_have_their_noun_in_the_right_form() -> None:
    assert [count(n, "item") for n in (0, 1, 1200)] == ["0 items", "1 item", "1,200 items"]
    assert count(2, "entry", "entries") == "2 entries"
    assert cut("abcdef", 4) == "abc…"
