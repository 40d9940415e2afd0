"""The published systems: each row of the table has one recipe that says the same, and every recipe can be followed."""

from __future__ import annotations

import csv
import re

import pytest

from expect import raises
from mmar.models.model import ADAPTERS
from mmar.models.recipes import Recipe, recipes, resolve_recipe
from mmar.protocols import Settings, protocols
from real_data import SHARED

TABLE = SHARED / "published" / "mmar_accuracy.csv"


@pytest.mark.skipif(not TABLE.exists(), reason="the published table (../shared) is not here")
def test_every_row_of_the_published_table_has_one_recipe() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [
            (
                row["model"],
                row["size"],
                row["model_class"],
                row["open_weights"],
                float(row["avg"]),
                row["source"],
            )
            for row in csv.DictReader(file)
        ]
    words = {True: "yes", False: "no", None: ""}
    ours = [
        (each.model, each.size, each.model_class, words[each.open_weights], each.accuracy, each.source)
        for each in recipes().values()
    ]
    assert len(rows) == len(set(rows)) == 37
    assert sorted(ours) == sorted(rows)


def test_names_are_short_unique_and_no_adapters() -> None:
    assert len(recipes()) == 37
    for name, recipe in recipes().items():
        assert name == recipe.name
        assert re.fullmatch(r"[a-z0-9]+(?:[-.+][a-z0-9]+)*", name)
        assert name not in ADAPTERS
    assert len({recipe.name.casefold() for recipe in recipes().values()}) == 37


@pytest.mark.parametrize("recipe", recipes().values(), ids=lambda recipe: recipe.name)
def test_a_recipe_can_be_followed(recipe: Recipe) -> None:
    assert recipe.protocol in protocols()
    assert recipe.source
    if recipe.adapter:
        adapter, _, rest = recipe.adapter.partition("/")
        assert adapter in ADAPTERS
        assert recipe.id
        assert rest.endswith(recipe.id)
    served = {
        "openai": "openai/",
        "gemini": "gemini/",
        "openai-compatible": "openai/",
        "cascade": "cascade/",
        "builtin": "baseline/",
    }
    assert recipe.adapter.startswith(served.get(recipe.serves, "")) or not recipe.adapter
    # What cannot be opened by name, or not by name alone, says what is needed and where it comes from.
    assert recipe.needs or recipe.serves == "builtin"
    assert recipe.code or recipe.serves in ("builtin", "openai", "gemini", "cascade")
    assert recipe.command.startswith("mmar run ")


def test_the_five_classes() -> None:
    counts = {
        name: sum(each.model_class == name for each in recipes().values())
        for name in ("LALM", "LARM", "OLM", "LLM", "LRM")
    }
    assert counts == {"LALM": 19, "LARM": 4, "OLM": 8, "LLM": 2, "LRM": 3}
    for recipe in recipes().values():
        assert (recipe.serves == "cascade") == (recipe.model_class in ("LLM", "LRM"))


def test_a_name_is_all_that_is_needed_beside_a_server() -> None:
    with raises("missing-requirement", argument="model") as caught:
        resolve_recipe("qwen2.5-omni-7b")
    assert "--base-url URL" in (caught.value.hint or "")
    recipe = resolve_recipe("qwen2.5-omni-7b", ["http://localhost:8000/v1"], {"audio_as": "audio_url"})
    assert recipe is not None
    assert (recipe.adapter, recipe.protocol, recipe.settings) == (
        "openai/Qwen/Qwen2.5-Omni-7B",
        "mmar",
        Settings(),
    )
    assert recipe.options == {"audio_as": "audio_url"}
    smaller = recipes()["qwen2.5-omni-3b"]
    assert (smaller.size, smaller.id) == ("5.5B", "Qwen/Qwen2.5-Omni-3B")


def test_a_cascade_takes_its_servers_from_options_or_base_urls() -> None:
    with raises("missing-requirement"):
        resolve_recipe("caption+deepseek-r1", (), {"captioner.base_url": "http://one"})
    for urls, options in (
        (("http://both",), {}),
        ((), {"captioner.base_url": "http://one", "reasoner.base_url": "http://two"}),
    ):
        recipe = resolve_recipe("caption+deepseek-r1", urls, options)
        assert recipe is not None
        assert recipe.adapter == "cascade/openai/Qwen/Qwen2.5-Omni-7B+text/deepseek-ai/DeepSeek-R1"
    closed = resolve_recipe("caption+o3", ["http://captioner"])
    assert closed is not None
    # The captioner's server is not the reasoner's: OpenAI's own stands in the recipe.
    assert closed.options["reasoner.base_url"] == "https://api.openai.com/v1"
    other = resolve_recipe("caption+o3", ["http://captioner"], {"reasoner.base_url": "http://proxy"})
    assert other is not None
    assert other.options["reasoner.base_url"] == "http://proxy"


def test_what_has_no_adapter_says_what_it_needs() -> None:
    with raises("missing-requirement") as caught:
        resolve_recipe("salmonn-7b", ["http://localhost"])
    assert "command/PROGRAM" in (caught.value.hint or "")
    with raises("missing-requirement") as caught:
        resolve_recipe("omni-r1", ["http://localhost"])
    assert "--protocol omni-r1" in (caught.value.hint or "")


def test_names_that_are_none() -> None:
    assert resolve_recipe("openai/gpt-4o-audio-preview") is None
    assert resolve_recipe("python:module:function") is None
    with raises("unknown-model", argument="model") as caught:
        resolve_recipe("Qwen2.5-Omni-7b")
    assert '"qwen2.5-omni-7b"' in caught.value.message
    with raises("unknown-model"):
        resolve_recipe("zzz")
