"""The help: a sentence for each command and option, suggestions, exit statuses, completion."""

from __future__ import annotations

from typing import Any

import click
import pytest

from mmar.cli import COMMANDS, SECTIONS, application

COMMANDS_HERE = [name for name in COMMANDS if name != "studio"]


def help_of(name: str) -> tuple[click.Command, str]:
    command = application.get_command(click.Context(application), name)
    assert command is not None
    return command, command.help or ""


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_shows_the_first_sentence_of_each(name: str) -> None:
    command, text = help_of(name)
    assert command.name == name
    assert text.strip().startswith(COMMANDS[name][1])


def test_every_command_is_in_one_section() -> None:
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS_HERE)
def test_every_option_has_one_line_of_help(name: str) -> None:
    command, _ = help_of(name)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[0]}"
            assert len(parameter.help) <= 120, f"{name} {parameter.opts[0]}"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("scroe", "score"), ("Run", "run"), ("listen", "mmar --help"), ("comparison", "compare")],
)
def test_an_unknown_command_is_answered_with_a_suggestion(command: Any, typed: str, meant: str) -> None:
    result = command(typed)
    assert (result.status, result.code, result.out) == (2, "unknown-command", "")
    assert meant in (result.error.hint or "")


def test_options_of_another_kind_are_usage_errors(command: Any) -> None:
    for arguments in (
        ("score",),
        ("score", "--nothing", "x"),
        ("run", "m"),
        ("compare", "--draws", "0", "a", "b"),
    ):
        assert command(*arguments).status == 2, arguments


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("mmar run qwen", "qwen2.5-omni-7b"),
        ("mmar run openai", "openai/"),
        ("mmar run x --benchmark d", "demo"),
        ("mmar score x -p r1", "r1-aqa"),
        ("mmar rel", "reliance"),
        ("mmar table --form", "--format"),
    ],
)
def test_the_shell_completes_commands_options_and_values(
    words: str, completed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_MMAR_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    with pytest.raises(SystemExit):
        application.main([], prog_name="mmar")
    assert f"plain,{completed}" in capsys.readouterr().out.splitlines()
