"""An ordinary notebook in a real kernel, cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason="nbclient and ipykernel are not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")
pytest.importorskip("pandas", reason="pandas is not installed")

# The kernel's own libraries warn about their sockets and event loops.
pytestmark = pytest.mark.filterwarnings("ignore")

CELLS: list[tuple[str, str]] = [
    ("import mmar\nbenchmark = mmar.load('demo')\nbenchmark", "Benchmark('demo', 77 items)"),
    ("benchmark[0].question", "?"),
    ("benchmark['beeps-1'].choices", "("),
    ("mmar.run('baseline/listener', benchmark, out='runs/listener')", "77 of 77 answered"),
    (
        "def first(request):\n    return request['choices'][0]\n\nmmar.run(first, 'demo', out='runs/first')",
        "77 of 77 answered",
    ),
    (
        "async def last(request):\n    return request['choices'][-1]\n\n"
        "await mmar.arun(last, benchmark, out='runs/last', limit=20)",
        "20 of 20 answered",
    ),
    ("score = mmar.score('runs/listener')\nscore", "<Score official="),
    ("print(score.choice.accuracy > 70, score.choice.interval, score.signature)", "True"),
    ("score.to_frame().head(3)", "official"),
    ("mmar.score({item.id: item.answer for item in benchmark}, benchmark)", "choice=100.0"),
    (
        "import pandas as pd\nframe = benchmark.to_frame()\nframe['answer_prediction'] = 'B'\n"
        "mmar.score(frame[['id', 'answer_prediction']], benchmark)",
        "<Score official=0.0",
    ),
    ("mmar.compare('runs/listener', 'runs/first')", "Comparison"),
    (
        "mmar.run('baseline/listener', benchmark, out='runs/x', condition='silense')",
        "condition: expected one of",
    ),
    ("mmar.score_answer(benchmark[0], 'It could be anything.').state", "unresolved"),
]


def text_of(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return str(output.data.get("text/plain", ""))


def test_every_cell_prints_the_expected_output(in_own_folder: None, tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source, _ in CELLS])
    client = nbclient.NotebookClient(
        notebook, timeout=100, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    for cell, (source, expected) in zip(notebook.cells, CELLS, strict=True):
        output = "\n".join(map(text_of, cell.outputs))
        assert expected in output, source
        assert len(output) < 1500, source
        assert "RuntimeError" not in output and "Traceback" not in output, source
