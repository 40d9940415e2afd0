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

_SHORT = {
    "mix-sound-music": "so-mu",
    "mix-sound-speech": "so-sp",
    "mix-music-speech": "mu-sp",
    "mix-sound-music-speech": "so-mu-sp",
}
_FACTS = ("rank", "system", "class", "size", "weights", "average", "95 % interval", "choice", "unresolved")
_AVERAGE = _FACTS.index("average")
_LEFT = ("rank", "system", "class", "size", "weights", "95 % interval")
_ABBREVIATIONS = "so: sound, mu: music, sp: speech"
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


def _facts(system: System) -> list[str]:
    """The first cells of a row; the other columns follow."""
    value = system.values.get(ALL)
    return [
        _rank(system),
        system.name,
        system.model_class,
        system.size,
        _OPEN[system.open_weights],
        "" if value is None else value.printed,
        "" if value is None else interval(value.interval),
        "" if system.choice is None else system.choice.printed,
        "" if system.unresolved is None else f"{system.unresolved:,}",
    ]


def _grid(
    table: SystemsTable, escape: Callable[[str], str], cell: Callable[[Value | None], str]
) -> tuple[list[str], list[list[str]]]:
    """Headings and rows without the columns that no row fills.

    Args:
        table: the systems.
        escape: makes a text safe for the format.
        cell: writes an accuracy with its mark.
    """
    rows = []
    others = [name for name in table.columns if name != ALL]
    for system in table.systems:
        row = [escape(text) for text in _facts(system)]
        row[_AVERAGE] = cell(system.values.get(ALL))
        rows.append(row + [cell(system.values.get(name)) for name in others])
    headings = [*_FACTS, *(_SHORT.get(name, name) for name in others)]
    kept = [index for index in range(len(headings)) if any(row[index] for row in rows)]
    return [headings[index] for index in kept], [[row[index] for index in kept] for row in rows]


def _rank(system: System) -> str:
    if system.rank is None:
        return ""
    first, last = system.rank
    return str(first) if first == last else f"{first}–{last}"


def _text(table: SystemsTable, display: Display) -> str:
    """Two tables of the same rows: what each system is and its average, then its groups."""
    headings, rows = _grid(table, str, _marked_text)
    facts_end = len([heading for heading in headings if heading in _FACTS])
    kept = list(range(facts_end))
    for droppable in ("weights", "size", "class", "unresolved"):
        widths = [max(text_width(headings[i]), *(text_width(row[i]) for row in rows)) for i in kept]
        long_name = max(0, widths[headings.index("system")] - 28)
        if sum(widths) - long_name + 2 * (len(kept) - 1) <= display.width:
            break
        kept = [index for index in kept if headings[index] != droppable]
    parts = [kept]
    if ALL not in table.columns:  # no average, so one table is enough
        parts = [[*kept, *range(facts_end, len(headings))]]
    elif len(headings) > facts_end:
        parts.append([headings.index("system"), *range(facts_end, len(headings))])
    lines: list[str] = []
    for part in parts:
        columns = [Column(headings[i], "left" if headings[i] in _LEFT[1:] else "right") for i in part]
        lines += [*draw(columns, [Row(tuple(row[i] for i in part)) for row in rows], display), ""]
    pairs = [("marks", "* best, = not shown to differ from the best, ! impossible for that number of items")]
    pairs += [("columns", text) for text in _abbreviations(table)]
    pairs += [("note", note) for note in table.notes]
    return "".join(f"{line}\n" for line in (*lines, *facts(pairs, display)))


def _abbreviations(table: SystemsTable) -> list[str]:
    return [_ABBREVIATIONS] if any(name in _SHORT for name in table.columns) else []


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

    headings, rows = _grid(table, escape, cell)
    lines = [
        f"| {' | '.join(headings)} |",
        f"|{'|'.join('---' if heading in _LEFT else '---:' for heading in headings)}|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    lines += ["", "**Best**, _not shown to differ from the best_, † impossible for that number of items."]
    lines += [f"- {text}." for text in _abbreviations(table)]
    lines += [f"- {escape(note)}" for note in table.notes]
    return "".join(f"{line}\n" for line in lines)


def _latex(table: SystemsTable) -> str:
    """A `tabular` for the package booktabs."""

    def cell(value: Value | None) -> str:
        if value is None:
            return ""
        text = value.printed + (r"$^{\dagger}$" if value.problem else "")
        return {"best": rf"\textbf{{{text}}}", "tied": rf"\underline{{{text}}}", "": text}[value.mark]

    headings, rows = _grid(table, _tex, cell)
    lines = [
        r"% needs \usepackage{booktabs}; bold: best, underlined: not shown to differ from the best",
        rf"\begin{{tabular}}{{{''.join('l' if heading in _LEFT else 'r' for heading in headings)}}}",
        r"\toprule",
        " & ".join(_tex(heading) for heading in headings) + r" \\",
        r"\midrule",
    ]
    lines += [" & ".join(row) + r" \\" for row in rows]
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [f"% {note}" for note in (*_abbreviations(table), *table.notes)]
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
            return ""
        title = html.escape(value.problem or f"{value.correct} of {value.n}, {interval(value.interval)}")
        tag = {"best": "strong", "tied": "em", "": "span"}[value.mark]
        mark = "<sup>!</sup>" if value.problem else ""
        return f'<{tag} title="{title}">{html.escape(value.printed)}</{tag}>{mark}'

    headings, rows = _grid(table, html.escape, cell)
    classes = ["" if heading in _LEFT else ' class="number"' for heading in headings]
    head = "".join(
        f"<th{kind}>{html.escape(text)}</th>" for kind, text in zip(classes, headings, strict=True)
    )
    lines = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Systems</title>',
        "<style>body{font-family:sans-serif}table{border-collapse:collapse}th,td{padding:.2em .6em;text-align:left}",
        ".number{text-align:right}tr{border-bottom:1px solid #ccc}</style>\n</head>\n<body>\n<table>",
        f"<thead><tr>{head}</tr></thead>\n<tbody>",
    ]
    for row in rows:
        cells = "".join(f"<td{kind}>{text}</td>" for kind, text in zip(classes, row, strict=True))
        lines.append(f"<tr>{cells}</tr>")
    lines.append("</tbody>\n</table>")
    lines.append("<p><strong>Best</strong>, <em>not shown to differ from the best</em>, ! impossible</p>")
    lines += [f"<p>{html.escape(note)}</p>" for note in (*_abbreviations(table), *table.notes)]
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
