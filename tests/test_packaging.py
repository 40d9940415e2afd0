"""pyproject.toml and constraints.txt agree."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def requirements() -> list[Requirement]:
    texts = [
        *PROJECT["dependencies"],
        *(text for part in PROJECT["optional-dependencies"].values() for text in part),
    ]
    return [requirement for requirement in map(Requirement, texts) if requirement.name != "mmar"]


@pytest.mark.parametrize("requirement", requirements(), ids=lambda requirement: requirement.name)
def test_constraint_satisfies_the_requirement(requirement: Requirement) -> None:
    assert requirement.specifier.contains(constraints()[canonicalize_name(requirement.name)])


def test_every_requirement_has_a_minimum_version() -> None:
    for requirement in requirements():
        assert any(part.operator == ">=" for part in requirement.specifier), requirement.name


def test_extra_all_has_every_extra_of_the_program() -> None:
    # local, omni, voxtral and ray bring gigabytes; trackio and wandb are clients of services. Each is asked for by name.
    extras = set(PROJECT["optional-dependencies"]) - {
        "all",
        "dev",
        "docs",
        "local",
        "omni",
        "ray",
        "trackio",
        "voxtral",
        "wandb",
    }
    everything = Requirement(PROJECT["optional-dependencies"]["all"][0]).extras
    assert everything == extras
