"""From a name such as `openai/gpt-4o-audio-preview` to the adapter that serves it.

Each adapter is one module with a function `open_NAME(name, options)`; it is imported when asked for, so that
a baseline needs no HTTP client.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from mmar.errors import UsageError
from mmar.models.model import Model, ModelOptions

__all__ = ["ADAPTERS", "open_model", "split_name", "uses_audio"]

ADAPTERS: dict[str, tuple[str, str]] = {
    "baseline": (
        "mmar.models.baseline:open_baseline",
        "baseline/random, baseline/longest, baseline/listener, baseline/listener-letters",
    ),
    "openai": (
        "mmar.models.openai:open_openai",
        "openai/NAME: any OpenAI-compatible server, with --base-url",
    ),
    "gemini": (
        "mmar.models.gemini:open_gemini",
        "gemini/NAME: Google's Gemini API",
    ),
    "text": (
        "mmar.models.openai:open_text",
        "text/NAME: a chat model that is given no audio, with --base-url",
    ),
    "cascade": (
        "mmar.models.cascade:open_cascade",
        "cascade/CAPTIONER+REASONER: such as cascade/openai/qwen2-audio+text/deepseek-chat",
    ),
    "command": (
        "mmar.models.command:open_command",
        "command/PROGRAM ARGUMENTS…: a program that reads and writes lines of JSON",
    ),
    "python": (
        "mmar.models.python_function:open_python",
        "python:MODULE:FUNCTION or python:FILE.py:FUNCTION: a function of yours",
    ),
}
"""Adapter by the part of the name before the slash: where it is, and what to say of it."""


def split_name(name: str) -> tuple[str, str]:
    """The adapter of a model's name, and the adapter's own part of it.

    Raises:
        UsageError: there is no such adapter.
    """
    # "python:module:function" is how Python itself writes it; everything else has a slash.
    adapter, separator, rest = name.partition(":" if name.startswith("python:") else "/")
    if not separator or not rest or adapter not in ADAPTERS:
        known = "\n".join(f"  {text}" for _, text in ADAPTERS.values())
        raise UsageError(
            f'unknown model "{name}"; there are\n{known}', code="unknown-model", argument="model"
        )
    return adapter, rest


def uses_audio(name: str, options: Mapping[str, str] | None = None) -> bool:
    """Whether a model takes clips, without opening it: no key is needed.

    Args:
        name: `ADAPTER/NAME`.
        options: of the adapter.

    Raises:
        UsageError: there is no such adapter.
    """
    adapter, rest = split_name(name)
    if adapter == "baseline":
        return rest.startswith("listener")
    if adapter in ("command", "python"):
        return (options or {}).get("uses_audio", "yes") == "yes"
    return adapter != "text"


def open_model(name: str, options: ModelOptions | None = None) -> Model:
    """Open a model by name.

    Args:
        name: `ADAPTER/NAME`.
        options: how to open it.

    Raises:
        UsageError: there is no such adapter, or it has no such model.
    """
    adapter, rest = split_name(name)
    module, function = ADAPTERS[adapter][0].split(":")
    opener = getattr(import_module(module), function)
    return cast("Model", opener(rest, options or ModelOptions()))
