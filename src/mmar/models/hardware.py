"""Resources of a machine for running models: GPUs and their memory, programs, packages, names of keys.

GPUs are found through `nvidia-smi`, packages by their specification; torch is never imported.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from importlib.util import find_spec

import msgspec

from mmar.models.credentials import KEY_NAMES
from mmar.models.presets import Preset

_NVIDIA_SMI = ("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
_PROGRAMS = ("vllm", "sglang")
_PACKAGES = ("torch", "transformers")
_BYTES_A_PARAMETER = 2  # bfloat16
_OVERHEAD = 1.2  # activations and the cache of a single request, roughly


class Gpu(msgspec.Struct, frozen=True):
    """A GPU by its driver's name, and its memory in GiB."""

    name: str
    gib: float


class Machine(msgspec.Struct, frozen=True):
    """The resources of a machine.

    Attributes:
        gpus: in the driver's order.
        programs: of vllm and sglang, those on the path.
        packages: of torch and transformers, those that this Python has.
        keys: names of the variables that hold keys; never their values.
    """

    gpus: tuple[Gpu, ...] = ()
    programs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


def find_machine(
    environment: Mapping[str, str], which: Callable[[str], str | None] = shutil.which
) -> Machine:
    """The resources of this machine; keys are looked for in `environment`, programs by `which`."""
    names = dict.fromkeys(name for keys in KEY_NAMES.values() for name in keys)
    smi = which(_NVIDIA_SMI[0])
    return Machine(
        gpus=() if smi is None else _gpus(smi),
        programs=tuple(name for name in _PROGRAMS if which(name) is not None),
        packages=tuple(name for name in _PACKAGES if find_spec(name) is not None),
        keys=tuple(name for name in names if environment.get(name)),
    )


def _gpus(program: str) -> tuple[Gpu, ...]:
    try:
        result = subprocess.run(  # noqa: S603 - a fixed command line
            [program, *_NVIDIA_SMI[1:]], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    gpus = []
    for line in result.stdout.splitlines() if result.returncode == 0 else ():
        name, _, mebibytes = line.rpartition(",")
        if name and mebibytes.strip().isdecimal():
            gpus.append(Gpu(name.strip(), round(int(mebibytes) / 1024, 1)))
    return tuple(gpus)


def memory_gib(size: str) -> float | None:
    """Memory that weights of this size need in bfloat16 with one request at a time, in GiB; `None` if not known.

    Example:
        >>> round(memory_gib("30B-A3B")), memory_gib("-")
        (67, None)
    """
    match = re.match(r"(\d+(?:\.\d+)?)([BM])", size)
    if match is None:
        return None
    parameters = float(match[1]) * (1e9 if match[2] == "B" else 1e6)
    return parameters * _BYTES_A_PARAMETER * _OVERHEAD / 2**30


def obstacles_of(preset: Preset, machine: Machine) -> dict[str, str]:
    """The missing requirement of each backend of a preset on a machine; empty where nothing is missing."""
    return {kind: _obstacle(kind, preset, machine) for kind in preset.served_by}


def _obstacle(kind: str, preset: Preset, machine: Machine) -> str:
    if kind == "builtin":
        return ""
    if kind == "api":
        keys = KEY_NAMES.get(preset.adapter.partition("/")[0], ())
        return "" if any(key in machine.keys for key in keys) else f"no key in {keys[-1]}"
    if kind == "cascade":
        return "needs two servers"
    if kind == "hf" and len(machine.packages) < len(_PACKAGES):
        return f"no {next(name for name in _PACKAGES if name not in machine.packages)}"
    if kind in _PROGRAMS and kind not in machine.programs:
        return "no program"
    if not preset.id:
        return "no hub id known"
    return _memory(preset, machine) or ("its own environment" if kind == "command" else "")


def _memory(preset: Preset, machine: Machine) -> str:
    if not machine.gpus:
        return "no GPU"
    need, have = memory_gib(preset.size), sum(gpu.gib for gpu in machine.gpus)
    return f"needs {need:.0f} GiB of {have:.0f}" if need is not None and need > have else ""
