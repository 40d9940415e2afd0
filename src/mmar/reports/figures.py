"""The two figures of a benchmark's page, for print: modalities as a ring, categories as a sunburst.

Drawn with matplotlib, the extra `mmar[figures]`, and not as SVG by hand: text must be measured to be placed,
its fonts are its own and embedded in all three formats, and no converter is needed for PDF and PNG. Sizes are
in inches, so that a figure is printed as it is; text is 7 points or more. Colours are those of Okabe & Ito
(“Color Universal Design”, 2008), which stay apart for every common kind of colour vision, and nothing is told
by colour alone: every segment has its name and its number. The files hold no date, so that the same benchmark
gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from mmar.errors import UsageError
from mmar.files.atomic import write_atomic
from mmar.reports.describe import Description

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FORMATS", "style", "write_figures"]

FORMATS = ("svg", "pdf", "png")

_DPI = 300


def write_figures(found: Description, folder: Path) -> tuple[Path, ...]:
    """Draw the figures of a description.

    Args:
        found: the counts.
        folder: made if it is not there; files of the same names are replaced.

    Returns:
        The files: `modalities` and `categories`, each as SVG, PDF and PNG (300 dots an inch).

    Raises:
        UsageError: matplotlib is not installed.
        ExternalError: the disk refuses.
    """
    with style():
        from mmar.reports.figures_ring import ring
        from mmar.reports.figures_sunburst import sunburst

        drawn = {"modalities": ring(found), "categories": sunburst(found)}
        return tuple(
            _write(figure, folder / f"{name}.{kind}", f"{found.name}: {name}")
            for name, figure in drawn.items()
            for kind in FORMATS
        )


@contextmanager
def style() -> Iterator[None]:
    """While it lasts, matplotlib draws as these figures need it.

    Raises:
        UsageError: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise UsageError(
            "figures need matplotlib, which is not installed\n  → pip install 'mmar[figures]'"
        ) from None
    with mpl.rc_context(
        {
            "font.family": "DejaVu Sans",  # comes with matplotlib, so it is everywhere the same
            "svg.fonttype": "path",
            "svg.hashsalt": "mmar",
            "pdf.fonttype": 42,
        }
    ):
        yield


def _write(figure: Figure, path: Path, title: str) -> Path:
    metadata: dict[str, dict[str, str | None]] = {
        "svg": {"Title": title, "Creator": "mmar", "Date": None},
        "pdf": {"Title": title, "Creator": "mmar", "Producer": "mmar", "CreationDate": None},
        "png": {"Title": title, "Software": "mmar"},
    }
    kind = path.suffix[1:]
    buffer = BytesIO()
    figure.savefig(buffer, format=kind, dpi=_DPI, metadata=metadata[kind])
    write_atomic(path, buffer.getvalue())
    return path
