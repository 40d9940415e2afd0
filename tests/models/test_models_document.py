"""docs/models.md and docs/open-weights.md: the example works, and they leave nothing out."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import get_args

import pytest

from expect import raises
from mmar.models import FailureKind, ModelOptions, SentAudio, open_model
from mmar.models.answer import Usage
from mmar.models.cascade import open_cascade
from mmar.models.model import ADAPTERS
from mmar.protocols import DEFAULT, load_protocol

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT = "".join((DOCS / name).read_text("utf-8") for name in ("models.md", "open-weights.md"))


def example() -> str:
    return re.search(r"<!-- example: my_model.py -->\n```python\n(.*?)```", DOCUMENT, re.DOTALL).group(1)


def test_the_example_is_short_and_works(tmp_path, tone):
    assert len(example().splitlines()) <= 20
    program = tmp_path / "my_model.py"
    program.write_text(example())
    item = _Item("item-1", "How long is it?", ("one", "two", "three", "four"))
    protocol = load_protocol(DEFAULT)
    requests = [
        protocol.request(item, tone("short.wav", seconds=1.2)),
        protocol.request(item, tone("long.wav", 440, 550, seconds=2.5)),
        protocol.request(item, _float_wav(tmp_path)),
    ]

    async def run():
        model = open_model(f"command/{sys.executable} {program}", ModelOptions(timeout_s=60))
        try:
            return await asyncio.gather(*map(model.ask, requests), return_exceptions=True)
        finally:
            await model.close()

    short, long, unreadable = asyncio.run(run())
    assert (short.text, short.thinking) == ("two", "The clip lasts 1.2 s.")
    assert (long.text, long.thinking) == ("three", "The clip lasts 2.5 s.")
    # The wave module of Python 3.11 to 3.13 reads integers alone; the program says so and goes on.
    assert unreadable.kind == "crash"
    assert "unknown format" in unreadable.message


class _Item:
    def __init__(self, item_id: str, question: str, choices: tuple[str, ...]) -> None:
        self.id, self.question, self.choices = item_id, question, choices


def _float_wav(folder: Path) -> Path:
    import numpy as np
    import soundfile

    path = folder / "float.wav"
    soundfile.write(path, np.zeros(800, np.float32), 8000, subtype="FLOAT")
    return path


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_adapter_and_each_of_its_options_is_explained(adapter, tmp_path):
    assert f"`{adapter}/" in DOCUMENT or f"`{adapter}:" in DOCUMENT
    if adapter == "baseline":
        return
    name = {"cascade": "openai/x+text/y", "command": sys.executable, "python": "json:dumps"}.get(adapter, "x")
    options = ModelOptions(extra={"no_such_option": "x"})
    with raises("unknown-option", argument="options") as caught:
        open_model(f"{adapter}/{name}", options)
    known = re.findall(r"\w+", str(caught.value).partition("it has")[2].partition("and those")[0])
    assert known
    for option in known:
        assert f"`{option}`" in DOCUMENT or f"{option}=" in DOCUMENT, option


def test_every_kind_of_failure_and_every_fact_about_a_clip_is_explained():
    for name in [*get_args(FailureKind), *SentAudio.__struct_fields__, *Usage.__struct_fields__]:
        assert f"`{name}`" in DOCUMENT, name


def test_the_cascade_of_the_document_opens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = re.search(r"mmar run cascade/.*?(?=\n\n)", DOCUMENT, re.DOTALL).group().replace("\\\n", " ")
    words = command.split()
    extra = dict(words[index + 1].split("=", 1) for index, word in enumerate(words) if word == "--option")
    options = ModelOptions(environment={"DEEPSEEK_API_KEY": "sk-0123456789abcdef"}, extra=extra)
    model = open_cascade(words[2].removeprefix("cascade/"), options)
    assert model.name == words[2]
    asyncio.run(model.close())


def test_the_price_table_of_the_document_is_read(tmp_path):
    from mmar.runs.budget import price_of

    file = tmp_path / "prices.toml"
    file.write_text(re.search(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL).group(1))
    price = price_of("openai/gpt-4o-audio-preview", file)
    # 100 of 120 input tokens are audio: 20 × 2.50 + 100 × 40 + 7 × 10, for a million each.
    assert price.cost(Usage(120, 7, 100)) == pytest.approx(4120e-6)
