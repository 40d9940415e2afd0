"""Examples in the docstrings hold, and every record is frozen and typed."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import mmar.stats

MODULES = sorted(module.name for module in pkgutil.iter_modules(mmar.stats.__path__, "mmar.stats."))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_records_are_frozen_and_public_names_documented(name: str) -> None:
    module = importlib.import_module(name)
    for public, thing in vars(module).items():
        if public.startswith("_") or getattr(thing, "__module__", None) != name:
            continue
        assert thing.__doc__
        if dataclasses.is_dataclass(thing):
            assert thing.__dataclass_params__.frozen  # type: ignore[union-attr]


def test_the_package_names_each_of_its_methods() -> None:
    assert mmar.stats.__doc__ is not None
    named = {line.split()[0] for line in mmar.stats.__doc__.splitlines() if line.startswith("    ")}
    assert named == {name.rpartition(".")[2] for name in MODULES} - {"inputs"}


def test_statistics_do_not_load_scipy_and_light_methods_no_numpy() -> None:
    light = "chance cluster grim interval repeats"
    code = (
        "import importlib, sys\n"
        f"for name in {light.split()!r}: importlib.import_module('mmar.stats.' + name)\n"
        "assert 'numpy' not in sys.modules\n"
        f"for name in {MODULES!r}: importlib.import_module(name)\n"
        "assert 'scipy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
