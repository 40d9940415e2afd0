"""The figures: texts do not overlap and stay inside, and the same benchmark gives the same bytes."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmar.items import load_benchmark
from mmar.reports.describe import Description, describe_benchmark
from mmar.reports.figures import draw_categories, draw_modalities, figure_style, spread, write_figures
from real_data import MMAR, MMAU, needs_real_data

pytest.importorskip("matplotlib", reason="the extra mmar[figures] is not installed")

SMALL = Description(
    name="small",
    revision="",
    digest="0" * 64,
    items=40,
    modality={"sound": 20, "speech": 12, "mix-sound-speech": 7, "mix-sound-music-speech": 1},
    category={"Signal Layer": 2, "Semantic Layer": 38},
    sub_category={"Signal Layer": {"Anomaly Detection": 1}, "Semantic Layer": {"Content Analysis": 30}},
    language={},
    without_language=40,
    languages_heard={},
    source={},
    choices={4: 40},
    chance=25.0,
    videos=40,
    shared_videos=0,
    sharing_items=0,
    durations=None,
)


def texts(description: Description) -> Iterator[list[tuple[str, Any]]]:
    """For each figure, its texts with their boxes in pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with figure_style():
        for figure in (draw_modalities(description), draw_categories(description)):
            canvas = FigureCanvasAgg(figure)
            canvas.draw()
            renderer = canvas.get_renderer()
            axes = figure.axes[0]
            legend = axes.get_legend()
            drawn = [*axes.texts, *(legend.get_texts() if legend else [])]
            yield [(text.get_text(), text.get_window_extent(renderer)) for text in drawn]


def assert_no_overlap(description: Description) -> None:
    for boxes in texts(description):
        for (name, one), (other, two) in combinations(boxes, 2):
            shared = min(one.x1, two.x1) - max(one.x0, two.x0), min(one.y1, two.y1) - max(one.y0, two.y0)
            assert min(shared) <= 1.5, (name, other)


def test_texts_do_not_overlap() -> None:
    assert_no_overlap(SMALL)


@needs_real_data
@pytest.mark.parametrize("path", [MMAR, MMAU], ids=["mmar", "mmau"])
def test_real_benchmarks_show_every_group_with_its_number(path: Path) -> None:
    description = describe_benchmark(load_benchmark(path))
    assert_no_overlap(description)
    modalities, categories = ([name for name, _ in boxes] for boxes in texts(description))
    for name, n in description.modality.items():
        assert f"{name}  {n:,} ({n / 10:.1f} %)" in modalities
    for name, n in description.category.items():
        assert f"{name}  {n:,} ({n / 10:.1f} %)" in categories
    for below in description.sub_category.values():
        for name, n in below.items():
            assert f"{name}  {n:,}" in categories


def test_every_format_is_written_with_the_same_bytes_each_time(tmp_path: Path) -> None:
    first = write_figures(SMALL, tmp_path / "once")
    assert [path.name for path in first] == [
        f"{name}.{suffix}" for name in ("modalities", "categories") for suffix in ("svg", "pdf", "png")
    ]
    starts = {"svg": b"<?xml", "pdf": b"%PDF-", "png": b"\x89PNG"}
    for path, again in zip(first, write_figures(SMALL, tmp_path / "twice"), strict=True):
        data = path.read_bytes()
        assert data.startswith(starts[path.suffix[1:]])
        assert data == again.read_bytes()
        assert b"CreationDate" not in data
        assert b"<dc:date>" not in data


def test_without_matplotlib_the_install_command_is_named(tmp_path: Path) -> None:
    # A process of its own, in which the import fails as it does where the package is missing.
    program = f"""
        import sys
        sys.modules["matplotlib"] = None
        from pathlib import Path
        from mmar.errors import UsageError
        from mmar.reports.figures import save_figures
        try:
            save_figures(dict, Path({str(tmp_path)!r}))
        except UsageError as error:
            print(error.code, error.hint)
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    assert result.stdout == "missing-extra pip install 'mmar[figures]'\n"


@given(st.lists(st.floats(-5, 5), max_size=12), st.floats(0.01, 1))
def test_spread_positions_keep_order_distance_and_mean(positions: list[float], gap: float) -> None:
    positions.sort(reverse=True)
    moved = spread(positions, gap)
    assert all(upper - lower >= gap - 1e-9 for upper, lower in pairwise(moved))
    assert sum(moved) == pytest.approx(sum(positions), abs=1e-6)
