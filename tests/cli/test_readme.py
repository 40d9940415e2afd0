"""The README tells the truth: its table is what the demo prints, its commands exist, its pages are there."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from mmar.cli import COMMANDS, application, main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_table_is_what_the_demo_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["demo"])
    assert not ended.value.code
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    table = re.search(r"ends with this table.*?\n\n(.*?)\n\n`baseline/random`", README, re.DOTALL)
    assert table is not None
    shown = [line.removeprefix("    ").rstrip() for line in table[1].splitlines()]
    assert printed[-len(shown) :] == shown
    # Another seed is another run; it goes beside the first and not into it.
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--seed", "1"])
    assert not ended.value.code
    assert "seed:1" in capsys.readouterr().out
    models = ("random", "longest", "listener")
    assert {path.name for path in Path("demo-runs").iterdir()} == {
        f"baseline-{model}{seed}" for model in models for seed in ("", "-seed1")
    }


def test_the_commands_are_those_of_the_program() -> None:
    assert re.findall(r"^\| `mmar ([a-z-]+)` \| (.*) \|$", README, re.MULTILINE) == [
        (name, text) for name, (_, text) in COMMANDS.items()
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_what_the_list_says_of_it(name: str) -> None:
    command = application.get_command(click.Context(application), name)
    assert command is not None
    assert command.name == name
    assert (command.help or "").strip().startswith(COMMANDS[name][1])
    if not isinstance(command, click.Group):
        assert "Example:" in (command.help or "")


def test_every_page_is_linked_and_every_link_leads_somewhere() -> None:
    linked = set(re.findall(r"\]\(docs/([a-z]+\.md)\)", README))
    assert linked == {path.name for path in (ROOT / "docs").glob("*.md")}
    for page in (ROOT / "docs").glob("*.md"):
        for target in re.findall(r"\]\(([a-z./]+\.md)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
