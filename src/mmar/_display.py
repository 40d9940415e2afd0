"""Results as tables in notebooks and as data frames of pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmar.errors import UsageError


def html_table(title: str, rows: Sequence[Mapping[str, Any]], footer: str = "") -> str:
    """An HTML table for a notebook.

    Args:
        title: its caption.
        rows: records with the same fields; floats are shown to one decimal.
        footer: a line below the table.
    """
    from html import escape  # its table of names is slow to load, and only notebooks need it

    heads = "".join(f"<th>{escape(name)}</th>" for name in (rows[0] if rows else ()))
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(_text(value))}</td>' for value in row.values())}</tr>" for row in rows
    )
    note = f"<p><small>{escape(footer)}</small></p>" if footer else ""
    return (
        f"<table><caption>{escape(title)}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table>{note}"
    )


def frame(rows: Sequence[Mapping[str, Any]]) -> Any:
    """A pandas data frame of records.

    Raises:
        UsageError: pandas is not installed.
    """
    try:
        import pandas as pd  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        raise UsageError(
            "to_frame() needs pandas, which is not installed",
            code="missing-package",
            hint="pip install pandas",
        ) from None
    return pd.DataFrame.from_records([dict(row) for row in rows])


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if isinstance(value, float) else str(value)
