"""`mmar demo`: its runs, the numbers that it prints, and the commands that it proposes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from mmar.cli import COMMANDS, application

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
MODELS = ("random", "longest", "listener", "listener-letters")


def test_demo_shows_two_numbers_reliance_and_commands_that_run(after_demo: str, command: Any) -> None:
    rows = re.findall(r"^baseline/([a-z-]+) +([\d.]+)  \[[^]]+\] +([\d.]+)  ", after_demo, re.MULTILINE)
    official = {name: float(value) for name, value, _ in rows}
    choice = {name: float(value) for name, _, value in rows}
    assert set(official) == set(MODELS)
    assert official["listener-letters"] == 0 < choice["listener-letters"] == choice["listener"] > 65
    assert max(choice["random"], choice["longest"]) < 50
    assert {path.name for path in Path("runs/demo").iterdir()} == {
        *(f"baseline-{model}" for model in MODELS),
        "baseline-listener-letters-silence",
    }
    assert "$ mmar reliance" in after_demo
    proposed = re.findall(r"^  mmar (.*)$", after_demo.split("Next:")[1], re.MULTILINE)
    assert len(proposed) >= 4
    for line in proposed:
        if "FILE" not in line and "get" not in line:
            assert command(*shlex.split(line)).status == 0, line


def test_folder_of_the_runs_can_be_chosen(after_demo: str, command: Any) -> None:
    Path("runs/demo").rename("elsewhere")  # complete runs, of which nothing is asked again
    Path("elsewhere/baseline-random/answers.jsonl").unlink()
    assert command("demo", "--out", "elsewhere").status == 0
    assert Path("elsewhere/baseline-random/answers.jsonl").is_file()
    assert not Path("runs/demo").exists()


def documented_commands() -> list[str]:
    """The commands of the README and the tutorials that need neither a network nor files of the reader's."""
    text = "\n".join(
        page.read_text("utf-8") for page in (ROOT / "README.md", ROOT / "docs" / "index.md", *TUTORIALS)
    )
    lines = re.findall(r"^(?:    )?mmar (.*)$", text, re.MULTILINE)
    own = ("openai/", "qwen", "my-set", "python:", "studio", "get ", "runs/mmar", "MODEL")
    return list(dict.fromkeys(line for line in lines if not any(each in line for each in own)))


def examples(name: str) -> list[str]:
    """The commands of an example in the help of a command."""
    command = application.get_command(click.Context(application), name)
    assert command is not None
    return re.findall(r"^ +mmar (.*)$", (command.help or "").partition("Example:")[2], re.MULTILINE)


@pytest.mark.timeout(400)  # some sixty commands
def test_documented_commands_and_examples_of_the_help_run_after_the_demo(
    after_demo: str, command: Any
) -> None:
    lines = documented_commands()
    assert len(lines) > 12
    for name in COMMANDS:
        if name not in ("demo", "studio"):
            assert examples(name), name
            lines += examples(name)
    done: set[tuple[str, ...]] = {("demo",)}
    for line in lines:
        words = tuple(shlex.split(line, comments=True))
        if words[0] == "faithful":  # asks six hundred times; tests of scoring do that with fewer items
            words += ("--dry-run",)
        # A page of the same runs is written once, whatever its folder.
        same = words[: words.index("--out")] if words[0] in ("report", "browse") else words
        if same in done:
            continue
        done.add(same)
        result = command(*words)
        # `mmar audit` ends with 1 where it finds errors.
        assert result.status in ((0, 1) if words[0] == "audit" else (0,)), (line, result.err)
        assert result.out or result.err, line


def test_documented_python_runs_after_the_demo(after_demo: str) -> None:
    pages = (ROOT / "README.md", ROOT / "docs" / "python.md", ROOT / "docs" / "tutorials" / "run-a-model.md")
    names: dict[str, Any] = {}
    for page in pages:
        for block in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            exec(block, names)
    assert names["score"].n == len(names["benchmark"])
