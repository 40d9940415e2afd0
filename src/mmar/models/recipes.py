"""The published systems of MMAR's leaderboard as recipes: what each is, and how `mmar run` runs it.

`recipes.toml` beside this file holds them as data, one for each row of the published table (MMAR README and
arXiv 2505.13032). A recipe names an adapter where there is something to open by name; research code that needs
an environment of its own joins as `command/PROGRAM`, and its recipe says so.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from mmar.errors import UsageError
from mmar.protocols import DEFAULT, Settings

__all__ = ["ModelClass", "Recipe", "recipes", "resolve_recipe"]

ModelClass = Literal["baseline", "LALM", "LARM", "OLM", "LLM", "LRM"]


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"model_class": "class"}):
    """One published system.

    Attributes:
        name: as given to `mmar run`.
        model: the published table's name of it.
        model_class: large audio language model, audio reasoning model, omni model, or a text or reasoning model
            that is given a caption.
        size: as the table gives it; `-` where it does not.
        open_weights: whether the weights are public; `None` where the question has no meaning.
        accuracy: published average over the 1,000 items, percent.
        source: of the accuracy.
        serves: what answers for it.
        id: the service's or the hub's name of the weights; empty where none is known.
        adapter: the name that opens it; empty where a program of the user's is needed.
        protocol: how its questions are put.
        settings: generation settings over the protocol's own.
        options: of the adapter.
        code: where the system itself comes from.
        needs: what has to be at hand.
    """

    name: str
    model: str
    model_class: ModelClass
    size: str
    accuracy: float
    source: str
    serves: Literal["builtin", "openai", "gemini", "openai-compatible", "transformers", "command", "cascade"]
    open_weights: bool | None = None
    id: str = ""
    adapter: str = ""
    protocol: str = DEFAULT
    settings: Settings = Settings()
    options: dict[str, str] = {}
    code: str = ""
    needs: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """The command that runs it on MMAR, with capitals for what the person puts in."""
        if self.serves in ("builtin", "openai", "gemini"):
            return f"mmar run {self.name} --benchmark mmar"
        if self.serves == "cascade":
            own = "" if "reasoner.base_url" in self.options else " --option reasoner.base_url=URL"
            return f"mmar run {self.name} --benchmark mmar --base-url URL --option captions=FILE{own}"
        model = self.name if self.adapter else "openai/NAME"
        protocol = "" if self.adapter or self.protocol == DEFAULT else f" --protocol {self.protocol}"
        if self.serves == "openai-compatible":
            return f"mmar run {model} --benchmark mmar --base-url URL{protocol}"
        return f'mmar run "command/PROGRAM" --benchmark mmar{protocol}'


@cache
def recipes() -> dict[str, Recipe]:
    """All recipes by name, in the published table's order."""
    text = resources.files("mmar.models").joinpath("recipes.toml").read_text("utf-8")
    parsed = msgspec.convert(tomllib.loads(text)["recipe"], list[Recipe])
    return {recipe.name: recipe for recipe in parsed}


def resolve_recipe(
    name: str, base_urls: Sequence[str] = (), options: Mapping[str, str] | None = None
) -> Recipe | None:
    """Find the recipe that a model's name means, ready to be opened.

    Args:
        name: what was given to `mmar run`.
        base_urls: the servers that were given.
        options: the adapter's options that were given.

    Returns:
        The recipe with the given options over its own: its `adapter` is the name to open, its `protocol` and
        `settings` hold where none were given. `None` for the name of an adapter (`openai/…`), which is no recipe.

    Raises:
        UsageError: there is no such recipe, nothing can be opened under its name, or what it needs was not given.
    """
    recipe = recipes().get(name)
    if recipe is None:
        if "/" in name or ":" in name:
            return None
        raise _unknown(name)
    merged = {**recipe.options, **(options or {})}
    if not recipe.adapter or (not base_urls and any(option not in merged for option in _servers_of(recipe))):
        needs = "\n".join(f"  - {need}" for need in recipe.needs)
        raise UsageError(
            f'"{name}" ({recipe.model}) needs\n{needs}',
            code="missing-requirement",
            argument="model",
            hint=recipe.command,
        )
    return msgspec.structs.replace(recipe, options=merged)


def _servers_of(recipe: Recipe) -> tuple[str, ...]:
    """The options that can say where a recipe's servers are, in place of a base URL."""
    if recipe.serves == "cascade":
        return "captioner.base_url", "reasoner.base_url"
    return ("base_url",) if recipe.serves == "openai-compatible" else ()


def _unknown(name: str) -> UsageError:
    close = difflib.get_close_matches(name.casefold(), recipes(), n=1)
    suggestion = f'; did you mean "{close[0]}"?' if close else ""
    return UsageError(
        f'unknown model "{name}"{suggestion}',
        code="unknown-model",
        argument="model",
        hint="mmar models lists the published systems; any other model is ADAPTER/NAME, "
        "such as openai/gpt-4o-audio-preview",
    )
