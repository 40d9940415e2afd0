"""`mmar demo`: its runs, the numbers that it prints, and the commands that it proposes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
MODELS = ("random", "longest", "listener", "listener-letters")


@pytest.fixture
def printed(in_own_folder: None, command: Any) -> str:
    """The output of `mmar demo` in a new folder, which is the current one afterwards."""
    result = command("demo")
    assert result.status == 0
    return str(result.out)


def test_demo_shows_two_numbers_reliance_and_commands_that_run(printed: str, command: Any) -> None:
    rows = re.findall(r"^baseline/([a-z-]+) +([\d.]+)  \[[^]]+\] +([\d.]+)  ", printed, re.MULTILINE)
    official = {name: float(value) for name, value, _ in rows}
    choice = {name: float(value) for name, _, value in rows}
    assert set(official) == set(MODELS)
    assert official["listener-letters"] == 0 < choice["listener-letters"] == choice["listener"] > 65
    assert max(choice["random"], choice["longest"]) < 50
    assert {path.name for path in Path("runs/demo").iterdir()} == {
        *(f"baseline-{model}" for model in MODELS),
        "baseline-listener-letters-silence",
    }
    assert "$ mmar reliance" in printed
    proposed = re.findall(r"^  mmar (.*)$", printed.split("Next:")[1], re.MULTILINE)
    assert len(proposed) >= 4
    for line in proposed:
        if "FILE" not in line and "get" not in line:
            assert command(*shlex.split(line)).status == 0, line


def test_folder_of_the_runs_can_be_chosen(in_own_folder: None, tmp_path: Path, command: Any) -> None:
    assert command("demo", "--out", "elsewhere").status == 0
    assert (tmp_path / "elsewhere" / "baseline-listener" / "manifest.json").is_file()
    assert not (tmp_path / "runs").exists()


def documented_commands() -> list[str]:
    """The commands of the README and the tutorials that need neither a network nor files of the reader's."""
    text = "\n".join(
        page.read_text("utf-8") for page in (ROOT / "README.md", ROOT / "docs" / "index.md", *TUTORIALS)
    )
    lines = re.findall(r"^(?:    )?mmar (.*)$", text, re.MULTILINE)
    own = ("openai/", "qwen", "my-set", "python:", "studio", "get ", "runs/mmar", "MODEL")
    return list(dict.fromkeys(line for line in lines if not any(each in line for each in own)))


def test_documented_commands_run_after_the_demo(printed: str, command: Any) -> None:
    lines = documented_commands()
    assert len(lines) > 12
    for line in lines:
        # `mmar audit` ends with 1 where it finds errors.
        assert command(*shlex.split(line, comments=True)).status in ((0, 1) if "audit" in line else (0,)), (
            line
        )


def test_documented_python_runs_after_the_demo(printed: str) -> None:
    pages = (ROOT / "README.md", ROOT / "docs" / "python.md", ROOT / "docs" / "tutorials" / "run-a-model.md")
    names: dict[str, Any] = {}
    for page in pages:
        for block in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            exec(block, names)
    assert names["score"].n == len(names["benchmark"])
