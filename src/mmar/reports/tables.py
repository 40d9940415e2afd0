"""The one renderer of console tables: aligned columns, titles, wrapped facts, optional bold and colours.

Plain text made here and not with a table library: `mmar score` is called often, and importing one would take
longer than scoring. Text from files is made safe to print (`strip_control_chars`) in every cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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


class Row(msgspec.Struct, frozen=True):
    """A row of a table with a style; a row without one may be its cells alone."""

    cells: Sequence[str]
    style: Style = ""


def draw(
    columns: Sequence[str],
    rows: Iterable[Row | Sequence[str]],
    display: Display = PLAIN,
    *,
    groups: Sequence[str] = (),
) -> list[str]:
    r"""Draw a table.

    The widest left-aligned columns of a table that is too wide for the display are cut.

    Args:
        columns: headings; a column whose heading begins with `>` is flush right.
        rows: cells, of which those at the end may be missing; a single cell is a title and widens no column.
        display: where it is printed.
        groups: for each column the title of its group, which is printed above the first column of the group.

    Returns:
        Lines without line ends: headings (none if all are empty), then the rows.

    Example:
        >>> print("\n".join(draw(["NAME", ">SIZE"], [("one", "7B")])))
        NAME  SIZE
        one     7B
    """
    headings = [column.removeprefix(">") for column in columns]
    right = [column.startswith(">") for column in columns]
    body = []
    widths = [text_width(heading) for heading in headings]
    for row in rows:
        cells, style = (
            (row.cells, row.style) if isinstance(row, Row) else (row, "dim" if len(row) == 1 else "")
        )
        cells = [_one_line(cell) for cell in cells]
        body.append((cells, style))
        for index, cell in enumerate(cells if len(cells) > 1 else ()):
            widths[index] = max(widths[index], text_width(cell))
    over = sum(widths) + _GAP * (len(widths) - 1) - display.width
    flexible = [index for index, is_right in enumerate(right) if not is_right]
    while over > 0 and flexible:
        widest = max(flexible, key=lambda index: widths[index])
        if widths[widest] <= _MIN_WIDTH:
            break
        widths[widest] -= 1
        over -= 1
    lines = []
    if any(groups):
        lines.append(paint(_group_line(groups, widths), "dim", display))
    if any(headings):
        lines.append(paint(_line(headings, right, widths), "dim", display))
    for cells, style in body:
        line = cut(cells[0], display.width) if len(cells) == 1 else _line(cells, right, widths)
        lines.append(paint(line, style, display))
    return lines


def facts(pairs: Iterable[Fact], display: Display = PLAIN) -> list[str]:
    """Draw named facts, wrapped with a hanging indent; a text without spaces (a signature, a path) is never broken.

    Example:
        >>> facts([("chance", "25.0 %")])
        ['chance      25.0 %']
    """
    return [line for name, text in pairs for line in wrap(text, f"{name:<{_LABEL}}", display)]


def join_blocks(*blocks: Iterable[str]) -> str:
    """Join blocks of lines, with a blank line between those that are not empty."""
    texts = ["".join(f"{line}\n" for line in block) for block in blocks]
    return "\n".join(filter(None, texts))


def wrap(text: str, first: str, display: Display = PLAIN) -> list[str]:
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


def group_rows(
    groups: Mapping[str, Mapping[str, T]], parents: Mapping[str, str], cells: Callable[[T], Sequence[str]]
) -> Iterator[Sequence[str]]:
    """The rows of a table of groups: a title for each dimension, its groups indented below it.

    Args:
        groups: by dimension (`modality`, `category`, `sub-category`), then by name.
        parents: the category of a sub-category, which then stands below that and not in a section of its own.
        cells: those of a group behind its name.
    """
    children: dict[str, list[tuple[str, T]]] = {}
    for name, group in groups.get("sub-category", {}).items():
        children.setdefault(parents.get(name, ""), []).append((name, group))
    for dimension, members in groups.items():
        listed = children.get("", []) if dimension == "sub-category" else list(members.items())
        if listed:
            yield (dimension,)
        for name, group in listed:
            yield f"  {name}", *cells(group)
            if dimension == "category":
                yield from ((f"    {child}", *cells(below)) for child, below in children.get(name, []))


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


def _line(cells: Sequence[str], right: Sequence[bool], widths: Sequence[int]) -> str:
    padded = []
    for cell, is_right, width in zip(cells, right, widths, strict=False):
        text = cut(cell, width)
        fill = " " * (width - text_width(text))
        padded.append(fill + text if is_right else text + fill)
    return (" " * _GAP).join(padded)


def _group_line(groups: Sequence[str], widths: Sequence[int]) -> str:
    line, position, previous = "", 0, ""
    for group, width in zip(groups, widths, strict=True):
        if group and group != previous:
            line = line.ljust(position) + group
        previous = group
        position += width + _GAP
    return line
