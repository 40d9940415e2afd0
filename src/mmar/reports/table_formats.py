"""A table of systems as text, Markdown, LaTeX (booktabs), CSV, HTML or JSON."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Callable
from typing import Any

import msgspec

from mmar.reports.systems_table import ALL, System, SystemsTable, Value
from mmar.reports.tables import Column, Display, Row, draw, facts, interval, text_width

__all__ = ["FORMATS", "render"]

_SHORT = {
    "mix-sound-music": "so-mu",
    "mix-sound-speech": "so-sp",
    "mix-music-speech": "mu-sp",
    "mix-sound-music-speech": "so-mu-sp",
}
_OPEN = {True: "open", False: "closed", None: ""}
_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "–": "--", "—": "---", "…": r"\ldots{}", "“": "``", "”": "''", "’": "'", "→": r"$\rightarrow$", "−": "$-$",
}  # fmt: skip


def render(table: SystemsTable, output_format: str, display: Display | None = None) -> str:
    """Write a table.

    Args:
        table: the systems.
        output_format: one of `FORMATS`.
        display: for text, where it is printed.

    Returns:
        The document, with a line end.
    """
    if output_format == "text":
        return _text(table, display or Display())
    return _FILE_FORMATS[output_format](table)


def _headings(table: SystemsTable) -> list[str]:
    return [
        "rank",
        "system",
        "class",
        "size",
        "weights",
        "average",
        "95 % interval",
        "choice",
        "unresolved",
    ] + [_SHORT.get(name, name) for name in table.columns[1:]]


def _facts(system: System) -> list[str]:
    value = system.values[ALL]
    return [
        _rank(system),
        system.name,
        system.model_class,
        system.size,
        _OPEN[system.open_weights],
        value.printed,
        interval(value.interval),
        "" if system.choice is None else system.choice.printed,
        "" if system.unresolved is None else f"{system.unresolved:,}",
    ]


def _rank(system: System) -> str:
    if system.rank is None:
        return ""
    first, last = system.rank
    return str(first) if first == last else f"{first}–{last}"


def _text(table: SystemsTable, display: Display) -> str:
    """Two tables of the same rows: what each system is and its average, then its groups."""
    left = {"system", "class", "size", "weights", "95 % interval"}
    headings = _headings(table)[:9]
    rows = [_facts(system) for system in table.systems]
    for row, system in zip(rows, table.systems, strict=True):
        row[5] = _marked_text(system.values[ALL])
    # Columns that no row fills go, then the least important ones until the table fits.
    kept = [index for index in range(9) if any(row[index] for row in rows)]
    for droppable in ("weights", "size", "class", "unresolved"):
        widths = [
            max(text_width(headings[index]), *(text_width(row[index]) for row in rows)) for index in kept
        ]
        name_width = widths[kept.index(1)]
        if sum(widths) - max(0, name_width - 28) + 2 * (len(kept) - 1) <= display.width:
            break
        kept = [index for index in kept if headings[index] != droppable]
    columns = [Column(headings[index], "left" if headings[index] in left else "right") for index in kept]
    lines = draw(columns, [Row(tuple(row[index] for index in kept)) for row in rows], display)
    if len(table.columns) > 1:
        group_columns = [
            Column("system"),
            *(Column(_SHORT.get(name, name), "right") for name in table.columns[1:]),
        ]
        group_rows = [
            Row((system.name, *(_marked_text(system.values.get(name)) for name in table.columns[1:])))
            for system in table.systems
        ]
        lines += ["", *draw(group_columns, group_rows, display)]
    marks = "* best, = not shown to differ from the best, ! impossible for that number of items"
    lines += ["", *facts([("marks", marks), *(("note", note) for note in table.notes)], display)]
    return "".join(f"{line}\n" for line in lines)


def _marked_text(value: Value | None) -> str:
    if value is None:
        return ""
    return value.printed + ("!" if value.problem else {"best": "*", "tied": "=", "": " "}[value.mark])


def _markdown(table: SystemsTable) -> str:
    def escape(text: str) -> str:
        return (
            text.replace("\\", "\\\\")
            .replace("|", "\\|")
            .replace("*", "\\*")
            .replace("_", "\\_")
            .replace("<", "&lt;")
        )

    def cell(value: Value | None) -> str:
        if value is None:
            return ""
        text = f"{value.printed}†" if value.problem else value.printed
        return {"best": f"**{text}**", "tied": f"_{text}_", "": text}[value.mark]

    headings = _headings(table)
    lines = [
        f"| {' | '.join(headings)} |",
        f"|{'|'.join('---' if i < 5 else '---:' for i in range(len(headings)))}|",
    ]
    for system in table.systems:
        cells = [escape(text) for text in _facts(system)]
        cells[5] = cell(system.values[ALL])
        cells += [cell(system.values.get(name)) for name in table.columns[1:]]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "**Best**, _not shown to differ from the best_, † impossible for that number of items."]
    lines += [f"- {escape(note)}" for note in table.notes]
    return "".join(f"{line}\n" for line in lines)


def _latex(table: SystemsTable) -> str:
    r"""A `tabular` for the packages booktabs and, for nothing else, no other."""

    def cell(value: Value | None) -> str:
        if value is None:
            return ""
        text = value.printed + (r"$^{\dagger}$" if value.problem else "")
        return {"best": rf"\textbf{{{text}}}", "tied": rf"\underline{{{text}}}", "": text}[value.mark]

    headings = _headings(table)
    lines = [
        r"% needs \usepackage{booktabs}; bold: best, underlined: not shown to differ from the best",
        rf"\begin{{tabular}}{{{'lllll' + 'r' * (len(headings) - 5)}}}",
        r"\toprule",
        " & ".join(_tex(heading) for heading in headings) + r" \\",
        r"\midrule",
    ]
    for system in table.systems:
        cells = [_tex(text) for text in _facts(system)]
        cells[5] = cell(system.values[ALL])
        cells += [cell(system.values.get(name)) for name in table.columns[1:]]
        lines.append(" & ".join(cells) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [f"% {note}" for note in table.notes]
    return "".join(f"{line}\n" for line in lines)


def _tex(text: str) -> str:
    escaped = "".join(_LATEX.get(char, char) for char in text)
    # What pdflatex has no letter for would stop it.
    return "".join(char if ord(char) < 0x250 else "?" for char in escaped)


def _csv(table: SystemsTable) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    head = [
        "system",
        "kind",
        "class",
        "size",
        "open_weights",
        "rank_first",
        "rank_last",
        "choice",
        "unresolved",
    ]
    for name in table.columns:
        head += [name, f"{name} low", f"{name} high", f"{name} n", f"{name} mark"]
    writer.writerow([*head, "impossible", "source", "signature"])
    for system in table.systems:
        first, last = system.rank or ("", "")
        row: list[Any] = [
            system.name,
            system.kind,
            system.model_class,
            system.size,
            {True: "yes", False: "no", None: ""}[system.open_weights],
            first,
            last,
            "" if system.choice is None else system.choice.printed,
            "" if system.unresolved is None else system.unresolved,
        ]
        for name in table.columns:
            value = system.values.get(name)
            row += (
                [""] * 5
                if value is None
                else [
                    value.printed,
                    f"{value.interval[0]:.2f}",
                    f"{value.interval[1]:.2f}",
                    value.n,
                    value.mark,
                ]
            )
        problems = "; ".join(
            f"{name}: {value.problem}" for name, value in system.values.items() if value.problem
        )
        writer.writerow([_plain(cell) for cell in (*row, problems, system.source, system.signature)])
    return text.getvalue()


def _plain(cell: Any) -> Any:
    """A cell that no spreadsheet evaluates."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _html(table: SystemsTable) -> str:
    def cell(value: Value | None) -> str:
        if value is None:
            return "<td></td>"
        title = html.escape(value.problem or f"{value.correct} of {value.n}, {interval(value.interval)}")
        tag = {"best": "strong", "tied": "em", "": "span"}[value.mark]
        mark = "<sup>!</sup>" if value.problem else ""
        return f'<td class="number" title="{title}"><{tag}>{html.escape(value.printed)}</{tag}>{mark}</td>'

    lines = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Systems</title>',
        "<style>body{font-family:sans-serif}table{border-collapse:collapse}th,td{padding:.2em .6em;text-align:left}"
        "td.number{text-align:right}tr{border-bottom:1px solid #ccc}</style>\n</head>\n<body>\n<table>",
        f"<thead><tr>{''.join(f'<th>{html.escape(heading)}</th>' for heading in _headings(table))}</tr></thead>\n<tbody>",
    ]
    for system in table.systems:
        texts = [f"<td>{html.escape(text)}</td>" for text in _facts(system)]
        texts[1] = f'<td title="{html.escape(system.source)}">{html.escape(system.name)}</td>'
        texts[5] = cell(system.values[ALL])
        cells = texts + [cell(system.values.get(name)) for name in table.columns[1:]]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    lines.append(
        "</tbody>\n</table>\n<p><strong>Best</strong>, <em>not shown to differ from the best</em>, ! impossible</p>"
    )
    lines += [f"<p>{html.escape(note)}</p>" for note in table.notes]
    return "".join(f"{line}\n" for line in (*lines, "</body>\n</html>"))


def _json(table: SystemsTable) -> str:
    return json.dumps(msgspec.to_builtins(table), ensure_ascii=False, indent=2) + "\n"


_FILE_FORMATS: dict[str, Callable[[SystemsTable], str]] = {
    "markdown": _markdown,
    "latex": _latex,
    "csv": _csv,
    "html": _html,
    "json": _json,
}
FORMATS = ("text", *_FILE_FORMATS)
