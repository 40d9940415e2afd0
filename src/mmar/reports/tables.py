"""The one renderer of console tables: aligned columns, titles, wrapped facts, optional bold and colours.

Plain text made here and not with a table library: `mmar score` is called often, and importing one would take
longer than scoring. Text from files is made safe to print (`strip_control_chars`) in every cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias, TypeVar
from unicodedata import combining, east_asian_width

import msgspec

from mmar.errors import strip_control_chars
from mmar.stats.interval import Interval

T = TypeVar("T")
Style = Literal["", "bold", "dim", "red", "yellow", "cyan"]
_CODES = {"bold": "1", "dim": "2", "red": "31", "yellow": "33", "cyan": "36"}
_LABEL = 12  # columns of a fact's name
_GAP = 2
_MIN_WIDTH = 12  # to which a column may be cut


class Display(msgspec.Struct, frozen=True):
    """A terminal: tables are cut to its width, facts are wrapped at it."""

    width: int = 80
    colour: bool = False


PLAIN = Display()
Fact: TypeAlias = tuple[str, str]
"""A name of up to ten characters, and its text."""


class Column(msgspec.Struct, frozen=True):
    """A column of a table; `group` is a title over it and the next columns of the same group."""

    heading: str = ""
    align: Literal["left", "right"] = "left"
    group: str = ""


class Row(msgspec.Struct, frozen=True):
    """A row of a table; missing cells at the end are empty, and a single cell is a title."""

    cells: tuple[str, ...]
    style: Style = ""


def row(*cells: str, style: Style = "") -> Row:
    """A row of cells."""
    return Row(cells, style)


def columns_of(*headings: str) -> list[Column]:
    """Columns with headings, one that begins with `>` flush right.

    Example:
        >>> [column.align for column in columns_of("name", ">n")]
        ['left', 'right']
    """
    return [Column(text.removeprefix(">"), "right" if text.startswith(">") else "left") for text in headings]


def draw(columns: Sequence[Column], rows: Iterable[Row], display: Display = PLAIN) -> list[str]:
    r"""Draw a table.

    The widest left-aligned columns of a table that is too wide for the display are cut; titles do not widen a column.

    Returns:
        Lines without line ends: headings (none if all are empty), then the rows.

    Example:
        >>> print("\n".join(draw([Column("NAME"), Column("SIZE", "right")], [Row(("one", "7B"))])))
        NAME  SIZE
        one     7B
    """
    body = [Row(tuple(map(_one_line, row.cells)), row.style) for row in rows]
    widths = [text_width(column.heading) for column in columns]
    for row in body:
        for index, cell in enumerate(row.cells if len(row.cells) > 1 else ()):
            widths[index] = max(widths[index], text_width(cell))
    over = sum(widths) + _GAP * (len(widths) - 1) - display.width
    flexible = [index for index, column in enumerate(columns) if column.align == "left"]
    while over > 0 and flexible:
        widest = max(flexible, key=lambda index: widths[index])
        if widths[widest] <= _MIN_WIDTH:
            break
        widths[widest] -= 1
        over -= 1
    lines = []
    if any(column.group for column in columns):
        lines.append(paint(_group_line(columns, widths), "dim", display))
    if any(column.heading for column in columns):
        headings = _line(tuple(column.heading for column in columns), columns, widths)
        lines.append(paint(headings, "dim", display))
    for row in body:
        if len(row.cells) == 1:
            lines.append(paint(cut(row.cells[0], display.width), row.style, display))
        else:
            lines.append(paint(_line(row.cells, columns, widths), row.style, display))
    return lines


def facts(pairs: Iterable[Fact], display: Display = PLAIN) -> list[str]:
    """Draw named facts, wrapped with a hanging indent; a text without spaces (a signature, a path) is never broken.

    Example:
        >>> facts([("chance", "25.0 %")])
        ['chance      25.0 %']
    """
    return [line for name, text in pairs for line in wrapped(text, f"{name:<{_LABEL}}", display)]


def join_blocks(*blocks: Iterable[str]) -> str:
    """Join blocks of lines, with a blank line between those that are not empty."""
    texts = ["".join(f"{line}\n" for line in block) for block in blocks]
    return "\n".join(filter(None, texts))


def wrapped(text: str, first: str, display: Display = PLAIN) -> list[str]:
    """Wrap a text behind its first words `first`, by whose width the other lines are indented."""
    room = max(display.width - text_width(first), 24)
    lines = [""]
    for word in _one_line(text).split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and text_width(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    indent = " " * text_width(first)
    return [f"{indent if index else first}{line}" for index, line in enumerate(lines)]


def grouped(
    groups: Mapping[str, Mapping[str, T]], parents: Mapping[str, str] | None = None
) -> Iterator[tuple[str, T | None]]:
    """The rows of a table of groups: a title for each dimension, its groups indented below it.

    Args:
        groups: by dimension (`modality`, `category`, `sub-category`), then by name.
        parents: the category of a sub-category, which then stands below that and not in a section of its own.

    Yields:
        Text of the first cell, and the group; `None` for a title.
    """
    parents = parents or {}
    children: dict[str, list[tuple[str, T]]] = {}
    for name, group in groups.get("sub-category", {}).items():
        children.setdefault(parents.get(name, ""), []).append((name, group))
    for dimension, members in groups.items():
        listed = children.get("", []) if dimension == "sub-category" else list(members.items())
        if listed:
            yield dimension, None
        for name, group in listed:
            yield f"  {name}", group
            if dimension == "category":
                yield from ((f"    {child}", below) for child, below in children.get(name, []))


def paint(text: str, style: Style, display: Display) -> str:
    """Add the codes of a style, if the display has colours."""
    text = text.rstrip()
    return f"\033[{_CODES[style]}m{text}\033[0m" if style and text and display.colour else text


def text_width(text: str) -> int:
    """Columns that a text takes on a terminal: two for wide East Asian characters, none for combining marks."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def cut(text: str, width: int) -> str:
    """A text of at most `width` columns, its end replaced by an ellipsis where it is longer."""
    if text_width(text) <= width:
        return text
    while text and text_width(text) >= width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun in the right form.

    Example:
        >>> count(1, "item"), count(1200, "entry", "entries")
        ('1 item', '1,200 entries')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def coefficient(value: float | None, interval: Interval | None) -> str:
    """A kappa or alpha with its interval, to two decimals."""
    if value is None:
        return "undefined"
    return f"{value:.2f}" if interval is None else f"{value:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


def p_value(p: float) -> str:
    """A p-value to four decimals."""
    return f"{p:.4f}" if p >= 0.0001 else "<0.0001"


def _one_line(text: str) -> str:
    return strip_control_chars(text).replace("\n", " ")


def _line(cells: tuple[str, ...], columns: Sequence[Column], widths: Sequence[int]) -> str:
    padded = []
    for cell, column, width in zip(cells, columns, widths, strict=False):
        text = cut(cell, width)
        fill = " " * (width - text_width(text))
        padded.append(fill + text if column.align == "right" else text + fill)
    return (" " * _GAP).join(padded)


def _group_line(columns: Sequence[Column], widths: Sequence[int]) -> str:
    line, position, previous = "", 0, ""
    for column, width in zip(columns, widths, strict=True):
        if column.group and column.group != previous:
            line = line.ljust(position) + column.group
        previous = column.group
        position += width + _GAP
    return line
