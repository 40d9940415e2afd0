"""The pages that are generated from the program, and the navigation of the documentation."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from mmar.audit import CHECKS, PUBLISHED_CHECKS
from mmar.cli import COMMANDS
from mmar.models.presets import presets
from mmar.protocols.protocol import protocols

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    pytest.importorskip("mkdocs", reason="mkdocs is not installed")
    spec = importlib.util.spec_from_file_location("docs_hooks", ROOT / "tools" / "docs_hooks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["docs_hooks"] = module
    spec.loader.exec_module(module)
    return module


def test_every_command_is_in_the_reference(hooks: ModuleType) -> None:
    page = "\n".join(hooks.commands_page())
    for name in COMMANDS:
        assert re.search(rf"^##+ mmar {name}$", page, re.MULTILINE), name
    assert "### mmar studio serve" in page


def test_every_check_and_protocol_is_in_the_reference(hooks: ModuleType) -> None:
    checks = "\n".join(hooks.checks_page())
    for check in (*CHECKS, *PUBLISHED_CHECKS):
        assert f"### {check.code}\n\n*{check.severity}*: {check.title}.\n\n{check.explanation}" in checks
    text = "\n".join(hooks.protocols_page())
    assert all(f"## {name}\n" in text for name in protocols())


def test_every_preset_is_in_the_reference_with_its_values(hooks: ModuleType) -> None:
    page = "\n".join(hooks.presets_page())
    for name, preset in presets().items():
        assert f"\n## {name}\n" in page
        assert all(command in page for command in preset.commands)
    assert "| 63.60 | 1000 | authors |" in page


def test_schemas_describe_the_files(hooks: ModuleType) -> None:
    page = "\n".join(hooks.schemas_page())
    for field in ("audio_path", "rubric", "thinking", "benchmark"):
        assert f'"{field}"' in page


def test_every_page_is_in_the_navigation() -> None:
    nav = (ROOT / "mkdocs.yml").read_text("utf-8").split("nav:")[1]
    named = set(re.findall(r"[a-z/-]+\.md", nav))
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    generated = {f"reference/{name}.md" for name in ("commands", "protocols", "presets", "checks", "schemas")}
    assert named == pages | generated
