"""No name in the source or its tests is a word of the former dialect, for which the field has a standard term."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("src/mmar", "tests", "benchmarks", "tools", "examples")

INSTEAD = {
    "found": "result, match, or what it is",
    "said": "text, answer",
    "given": "options, arguments, overrides",
    "at": "index, position, time",
    "lost": "unreadable, missing, or what it is",
    "told": "text, message, or what it is",
    "asked": "items, requests, or what it is",
    "shown": "text, visible",
    "kept": "remaining, selected, stored",
    "place": "index, position, location",
    "outcome": "result",
    "hear": "measure",
    "hears": "uses_audio",
    "heard": "audible, played, recognised",
    "hearing": "uses_audio",
    "luck": "tail_probability",
    "dice": "rng",
    "denial": "negation",
    "glance": "fast_path",
    "reach": "max_span",
    "named_by": "match_choice",
    "hand_out": "assign",
    "let_go": "release",
    "give_back": "release",
    "carry_out": "execute",
    "spliced": "streaming_body",
    "laid_over": "apply_record",
    "says_the_same": "matches",
    "take_over_many": "accept_proposals",
    "deciding": "review",
    "taking": "review",
    "freezing": "snapshot",
    "leaving_out": "takedown_filter",
    "draining": "run_queue",
    "refusing": "error_handlers",
    "inviting": "invitations",
    "asking": "RunSpec",
    "could_show": "minimum_detectable_difference",
    "obeyed": "strip_control_chars",
    "worlderror": "ExternalError",
}
"""What to write instead of a name, by the name in lower case and without underscores at its ends."""

PUBLISHED = {
    "Comparison.asked",
    "EditionScore.asked",
    "ErrorLabel.at",
    "Outcome",
    "ReaderScore.asked",
    "Reliance.asked",
    "RunEntry.asked",
    "RunResult.asked",
    "Score.asked",
    "GroupScore.asked",
    "_place",
}
"""Names that cannot change: attributes and types of the library, keys of its JSON, and ids of the demonstration set."""


class _Names(ast.NodeVisitor):
    """The names that a module gives to something, with their lines; attributes of a class as `Class.attribute`."""

    def __init__(self) -> None:
        self.names: list[tuple[int, str]] = []
        self._owner = ""

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.names.append((node.lineno, node.name))
        owner, self._owner = self._owner, f"{node.name}."
        self.generic_visit(node)
        self._owner = owner

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.names.append((node.lineno, self._owner + node.name))
        owner, self._owner = self._owner, ""
        self.generic_visit(node)
        self._owner = owner

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.names.append((node.lineno, self._owner + node.id))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Store):
            self.names.append((node.lineno, node.attr))
        self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        self.names.append((node.lineno, node.arg))

    def visit_alias(self, node: ast.alias) -> None:
        if node.asname:
            self.names.append((node.lineno, node.asname))

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.names.append((node.lineno, node.name or ""))
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self.names.append((node.lineno, node.name or ""))
        self.generic_visit(node)


@pytest.mark.parametrize("folder", FOLDERS)
def test_names_are_standard_terms(folder: str) -> None:
    problems = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        visitor = _Names()
        visitor.visit(ast.parse(path.read_text("utf-8")))
        for line, name in visitor.names:
            word = name.rpartition(".")[2].strip("_").lower()
            if word in INSTEAD and name not in PUBLISHED:
                problems.append(f"{path.relative_to(ROOT)}:{line}: {name} (write {INSTEAD[word]})")
    assert problems == []
