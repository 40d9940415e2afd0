"""The direction of imports: a room imports only from rooms above it in the list."""

from __future__ import annotations

import ast
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "mmar"

# From the ground up. `stats` stands low because it knows nothing of items, and scoring prints its intervals.
ROOMS = (
    "_version",
    "errors",
    "_display",
    "files",
    "stats",
    "items",
    "audio",
    "benchmarks",
    "protocols",
    "logs",
    "models",
    "runs",
    "scoring",
    "audit",
    "reports",
    "studio",
    "_library_errors",
    "_predictions",
    "inputs",
    "api",
    "publishing",
    "evaluation",
    "evaluation_rubrics",
    "cli",
    "__main__",
)
# What a room must not know although it stands below it (ARCHITECTURE, "must not know").
FORBIDDEN = {
    "audio": {"items"},
    "benchmarks": {"audio"},
    "audit": {"runs"},
    "studio": {"runs", "reports"},
}


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The rooms that a module imports at run time, without those for type checkers alone."""
    rooms: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for other in node.orelse:
                visit(other)
            return
        if isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{path}: relative import"
            names = [node.module] if node.module != "mmar" else [f"mmar.{alias.name}" for alias in node.names]
            rooms.update(name.split(".")[1] for name in names if name.startswith("mmar."))
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            rooms.update(name.split(".")[1] for name in names if name.startswith("mmar."))
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text("utf-8")))
    return rooms


MODULES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_run_downwards(path: Path) -> None:
    room = room_of(path)
    assert room in ROOMS, f"{room} is not in ROOMS: add it to the list, above the rooms that import it"
    below = set(ROOMS[: ROOMS.index(room)]) | {room}
    assert imported(path) <= below
    assert not imported(path) & FORBIDDEN.get(room, set())


def test_every_room_is_in_the_list() -> None:
    assert {room_of(path) for path in MODULES} <= set(ROOMS)
    assert len(MODULES) > 40


def test_no_imports_are_circular() -> None:
    """No modules import each other in a circle, not even by late or type-only imports."""
    names = {path: ".".join(("mmar", *path.relative_to(SOURCE).with_suffix("").parts)) for path in MODULES}
    modules = {name.removesuffix(".__init__"): path for path, name in names.items()}
    needs: dict[str, set[str]] = {}
    for name, path in modules.items():
        imports = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                imports |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
            elif isinstance(node, ast.Import):
                imports |= {alias.name for alias in node.names}
        # A package re-exports names of its modules, which do not import from it.
        needs[name] = (imports & modules.keys()) - {name, name.rpartition(".")[0]}
    try:
        tuple(TopologicalSorter(needs).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_no_two_test_files_share_a_name() -> None:
    """The folders of tests are no packages, so pytest takes two files of one name for one module."""
    names = Counter(path.name for path in Path(__file__).parent.rglob("*.py") if path.name != "conftest.py")
    assert [name for name, count in names.items() if count > 1] == []
