"""The figures: nothing lies on anything else or outside, nothing depends on the day, all can tell the colours."""

from __future__ import annotations

import math
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
from mmar.reports.figures_colour import PALETTE, blend, luminance, text_on
from mmar.reports.figures_labels import Label, spread
from mmar.reports.figures_ring import parts_of

from mmar.items import load_benchmark
from mmar.reports.describe import Description, describe_benchmark
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


def drawn(found: Description) -> Iterator[tuple[Any, list[Any]]]:
    """Each figure with the boxes of its texts in pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from mmar.reports.figures_ring import ring
    from mmar.reports.figures_sunburst import sunburst

    from mmar.reports.figures import style

    with style():
        for figure in (ring(found), sunburst(found)):
            canvas = FigureCanvasAgg(figure)
            canvas.draw()
            renderer = canvas.get_renderer()
            yield (
                figure,
                [(text.get_text(), text.get_window_extent(renderer)) for text in figure.axes[0].texts],
            )


def assert_readable(found: Description) -> None:
    for figure, texts in drawn(found):
        width, height = figure.bbox.width, figure.bbox.height
        for name, box in texts:
            assert box.x0 >= 0, name
            assert box.y0 >= 0, name
            assert box.x1 <= width, name
            assert box.y1 <= height, name
        for (name, one), (other, two) in combinations(texts, 2):
            apart = min(one.x1, two.x1) - max(one.x0, two.x0), min(one.y1, two.y1) - max(one.y0, two.y0)
            # A box has the height of its tallest letter and its deepest; a pixel is a seventieth of an inch.
            assert min(apart) <= 1.5, (name, other)
        assert all(text.get_fontsize() >= 6 for text in figure.axes[0].texts)


def test_texts_are_readable() -> None:
    assert_readable(SMALL)


@needs_real_data
@pytest.mark.parametrize("path", [MMAR, MMAU], ids=["mmar", "mmau"])
def test_texts_of_real_benchmarks_are_readable(path: Path) -> None:
    found = describe_benchmark(load_benchmark(path))
    assert_readable(found)
    ring, sunburst = ([name for name, _ in texts] for _, texts in drawn(found))
    for modality, n in found.modality.items():
        assert modality in ring
        assert f"{n:,} ({n / 10:.1f} %)" in ring
    said = " ".join(sunburst)
    for category, n in found.category.items():
        assert all(word in said for word in category.split())
        assert f"{n:,}" in said
    for subs in found.sub_category.values():
        for name, n in subs.items():
            assert f"{n:,}" in sunburst
            assert all(word in said for word in name.split())


def test_every_format_is_written_and_the_same_each_time(tmp_path: Path) -> None:
    from mmar.reports.figures import write_figures

    first = write_figures(SMALL, tmp_path / "once")
    assert [path.name for path in first] == [
        f"{name}.{kind}" for name in ("modalities", "categories") for kind in ("svg", "pdf", "png")
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
        from mmar.reports.figures import write_figures
        try:
            write_figures(None, Path({str(tmp_path)!r}))
        except UsageError as error:
            print(error)
    """
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    assert "pip install 'mmar[figures]'" in said.stdout


def test_a_mixed_modality_has_its_parts() -> None:
    assert parts_of("mix-sound-music-speech") == ("sound", "music", "speech")
    assert parts_of("environmental-sound") == ("environmental-sound",)
    assert parts_of("mix") == ("mix",)


lists = st.lists(st.floats(-5, 5), max_size=12).map(sorted)


@given(lists, st.data())
def test_labels_keep_their_distance_and_move_little(wishes: list[float], data: st.DataObject) -> None:
    gaps = data.draw(
        st.lists(st.floats(0.1, 1), min_size=max(0, len(wishes) - 1), max_size=max(0, len(wishes) - 1))
    )
    if not wishes:
        return
    placed = spread(wishes, gaps, -20, 20)
    for (one, other), gap in zip(pairwise(placed), gaps, strict=True):
        assert other - one >= gap - 1e-9
    assert placed[0] >= -20
    assert placed[-1] <= 20
    # Least squares: the moves of every block of touching labels add up to nothing.
    block = 0.0
    for at, (wish, place) in enumerate(zip(wishes, placed, strict=True)):
        block += place - wish
        if at == len(wishes) - 1 or placed[at + 1] - place > gaps[at] + 1e-9:
            assert block == pytest.approx(0, abs=1e-6)
            block = 0.0


def test_labels_stay_between_the_ends() -> None:
    assert spread([9, 9.1], [1], -10, 9.5) == pytest.approx([8.5, 9.5])
    assert spread([-9, -9.1], [1], -9, 10) == pytest.approx([-9, -8])
    assert spread([0, 0, 0], [1, 1], 0, 1) == [0, 1, 2]  # no room: the upper end gives way


def test_a_long_name_is_broken_once() -> None:
    assert Label(0, "Content Analysis", "1").lines == ["Content Analysis"]
    long = Label(0, "Environmental Perception and Reasoning", "1").lines
    assert long == ["Environmental Perception", "and Reasoning"]


def seen(colour: str, matrix: tuple[tuple[float, float, float], ...]) -> tuple[float, float, float]:
    """A colour in CIELAB as somebody with a kind of colour vision sees it."""
    rgb = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
    r, g, b = (
        min(1.0, max(0.0, sum(k * part for k, part in zip(row, linear, strict=True)))) for row in matrix
    )
    x, y, z = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    )
    fx, fy, fz = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


# Machado, Oliveira & Fernandes 2009 (IEEE TVCG 15:1291), full severity, for linear RGB.
VISION = {
    "full": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


@pytest.mark.parametrize("vision", VISION)
def test_the_four_hues_of_mmar_stay_apart(vision: str) -> None:
    for one, other in combinations(PALETTE[:4], 2):
        distance = math.dist(seen(one, VISION[vision]), seen(other, VISION[vision]))
        assert distance > 10, (one, other)  # 2.3 is a difference that is just seen


def test_text_on_a_colour_can_be_read() -> None:
    for colour in (*PALETTE, *(blend(each, 0.5) for each in PALETTE)):
        light, dark = sorted((luminance(colour), luminance(text_on(colour))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, colour  # WCAG 2.2, level AA
    assert luminance("#FFFFFF") == pytest.approx(1)
    assert luminance("#000000") == 0
