"""The README names commands that exist, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

from mmar.cli import COMMANDS

ROOT = Path(__file__).parents[2]


def test_every_command_of_the_readme_exists() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"(?:^|`|\$ )(?:    )?mmar ([a-z]+)", readme, re.MULTILINE))
    assert named and named <= set(COMMANDS)


def test_links_between_pages_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([A-Za-z0-9_./-]+\.md)[#)]", page.read_text("utf-8")):
            if "reference/" in target:  # made when the documentation is built, which checks these links
                continue
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
