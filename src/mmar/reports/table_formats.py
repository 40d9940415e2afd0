"""A table of systems as text, Markdown, LaTeX (booktabs), CSV, HTML or JSON."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mmar.reports.records_file import spreadsheet_cell
from mmar.reports.systems_table import ALL, System, SystemsTable, Value, rank_text
from mmar.reports.tables import PLAIN, Display, draw, facts, join_blocks, text_width

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


# How an accuracy is written by its mark; a value that is impossible has no other mark.
_TEXT_MARKS = {"best": "{}*", "tied": "{}=", "": "{} ", "impossible": "{}!"}
_MARKDOWN_MARKS = {"best": "**{}**", "tied": "_{}_", "": "{}", "impossible": "{}†"}
_LATEX_MARKS = {
    "best": r"\textbf{{{}}}",
    "tied": r"\underline{{{}}}",
    "": "{}",
    "impossible": r"{}$^{{\dagger}}$",
}
_HTML_MARKS = {
    "best": '<strong title="{title}">{}</strong>',
    "tied": '<em title="{title}">{}</em>',
    "": '<span title="{title}">{}</span>',
    "impossible": '<span title="{title}">{}</span><sup>!</sup>',
}


def render(table: SystemsTable, output_format: str, display: Display = PLAIN) -> str:
    """Write a table in one of `FORMATS`, with a line end; `display` is where text is printed."""
    if output_format == "text":
        return _text(table, display)
    return _FILE_FORMATS[output_format](table)


def _facts(system: System) -> list[str]:
    """The first cells of a row, but the average's mark; the other columns follow."""
    value = system.values.get(ALL)
    return [
        rank_text(system),
        system.name,
        system.model_class,
        system.size,
        _OPEN[system.open_weights],
        "",
        "" if value is None else str(value.interval),
        "" if system.choice is None else system.choice.printed,
        "" if system.unresolved is None else f"{system.unresolved:,}",
    ]


def _grid(
    table: SystemsTable, escape: Callable[[str], str], marks: Mapping[str, str]
) -> tuple[list[str], list[list[str]]]:
    """Headings and rows without the columns that no row fills."""
    rows = []
    others = [name for name in table.columns if name != ALL]
    for system in table.systems:
        cells = [escape(text) for text in _facts(system)]
        cells[_AVERAGE] = _mark(system.values.get(ALL), marks)
        rows.append([*cells, *(_mark(system.values.get(name), marks) for name in others)])
    headings = [*_FACTS, *(_SHORT.get(name, name) for name in others)]
    filled = [index for index in range(len(headings)) if any(cells[index] for cells in rows)]
    return [headings[index] for index in filled], [[cells[index] for index in filled] for cells in rows]


def _mark(value: Value | None, marks: Mapping[str, str]) -> str:
    if value is None:
        return ""
    title = html.escape(value.problem or f"{value.correct} of {value.n}, {value.interval}")
    return marks["impossible" if value.problem else value.mark].format(value.printed, title=title)


def _text(table: SystemsTable, display: Display) -> str:
    """Two tables of the same rows: what each system is and its average, then its groups."""
    headings, rows = _grid(table, str, _TEXT_MARKS)
    facts_end = len([heading for heading in headings if heading in _FACTS])
    groups = range(facts_end, len(headings))
    first = list(range(facts_end))
    for droppable in ("weights", "size", "class", "unresolved"):
        widths = [max(text_width(headings[i]), *(text_width(cells[i]) for cells in rows)) for i in first]
        long_name = max(0, widths[headings.index("system")] - 28)
        if sum(widths) - long_name + 2 * (len(first) - 1) <= display.width:
            break
        first = [index for index in first if headings[index] != droppable]
    parts = [first]
    if ALL not in table.columns:  # no average, so one table is enough
        parts = [[*first, *groups]]
    elif groups:
        parts.append([headings.index("system"), *groups])
    drawn = []
    for part in parts:
        columns = [headings[i] if headings[i] in _LEFT[1:] else f">{headings[i]}" for i in part]
        drawn.append(draw(columns, [[cells[i] for i in part] for cells in rows], display))
    pairs = [("marks", "* best, = not shown to differ from the best, ! impossible for that number of items")]
    pairs += [("columns", text) for text in _abbreviations(table)]
    pairs += [("note", note) for note in table.notes]
    return join_blocks(*drawn, facts(pairs, display))


def _abbreviations(table: SystemsTable) -> list[str]:
    return [_ABBREVIATIONS] if any(name in _SHORT for name in table.columns) else []


def _markdown(table: SystemsTable) -> str:
    headings, rows = _grid(table, _escape_markdown, _MARKDOWN_MARKS)
    lines = [
        f"| {' | '.join(headings)} |",
        f"|{'|'.join('---' if heading in _LEFT else '---:' for heading in headings)}|",
        *(f"| {' | '.join(cells)} |" for cells in rows),
        "",
        "**Best**, _not shown to differ from the best_, † impossible for that number of items.",
        *(f"- {text}." for text in _abbreviations(table)),
        *(f"- {_escape_markdown(note)}" for note in table.notes),
    ]
    return join_blocks(lines)


def _escape_markdown(text: str) -> str:
    return re.sub(r"([\\|*_])", r"\\\1", text).replace("<", "&lt;")


def _latex(table: SystemsTable) -> str:
    """A `tabular` for the package booktabs."""
    headings, rows = _grid(table, _tex, _LATEX_MARKS)
    lines = [
        r"% needs \usepackage{booktabs}; bold: best, underlined: not shown to differ from the best",
        rf"\begin{{tabular}}{{{''.join('l' if heading in _LEFT else 'r' for heading in headings)}}}",
        r"\toprule",
        " & ".join(_tex(heading) for heading in headings) + r" \\",
        r"\midrule",
        *(" & ".join(cells) + r" \\" for cells in rows),
        r"\bottomrule",
        r"\end{tabular}",
        *(f"% {note}" for note in (*_abbreviations(table), *table.notes)),
    ]
    return join_blocks(lines)


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
        cells: list[Any] = [
            system.name,
            system.kind,
            system.model_class,
            system.size,
            {True: "yes", False: "no", None: ""}[system.open_weights],
            *(system.rank or ("", "")),
            "" if system.choice is None else system.choice.printed,
            "" if system.unresolved is None else system.unresolved,
        ]
        for name in table.columns:
            value = system.values.get(name)
            if value is None:
                cells += [""] * 5
            else:
                low, high = value.interval
                cells += [value.printed, f"{low:.2f}", f"{high:.2f}", value.n, value.mark]
        problems = "; ".join(
            f"{name}: {value.problem}" for name, value in system.values.items() if value.problem
        )
        writer.writerow(map(spreadsheet_cell, (*cells, problems, system.source, system.signature)))
    return text.getvalue()


def _html(table: SystemsTable) -> str:
    headings, rows = _grid(table, html.escape, _HTML_MARKS)
    classes = ["" if heading in _LEFT else ' class="number"' for heading in headings]

    def elements(tag: str, cells: list[str]) -> str:
        tagged = (f"<{tag}{kind}>{text}</{tag}>" for kind, text in zip(classes, cells, strict=True))
        return f"<tr>{''.join(tagged)}</tr>"

    lines = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Systems</title>',
        "<style>body{font-family:sans-serif}table{border-collapse:collapse}th,td{padding:.2em .6em;text-align:left}",
        ".number{text-align:right}tr{border-bottom:1px solid #ccc}</style>\n</head>\n<body>\n<table>",
        f"<thead>{elements('th', list(map(html.escape, headings)))}</thead>\n<tbody>",
        *(elements("td", cells) for cells in rows),
        "</tbody>\n</table>",
        "<p><strong>Best</strong>, <em>not shown to differ from the best</em>, ! impossible</p>",
        *(f"<p>{html.escape(note)}</p>" for note in (*_abbreviations(table), *table.notes)),
        "</body>\n</html>",
    ]
    return join_blocks(lines)


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
