"""The runs of a leaderboard, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from boards import made_run


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four systems and a control run; read only."""
    folder = tmp_path_factory.mktemp("systems")
    return [
        made_run(folder, "hf/Qwen/Qwen2.5-Omni-7B", range(20), rotate=2),
        made_run(folder, "gemini/gemini-2.5-flash", range(2, 12)),
        made_run(folder, "openai/gpt-4o-audio-preview", range(1, 10)),
        made_run(folder, "hf/me/My-Model", range(5, 55)),
        made_run(folder, "hf/Qwen/Qwen2.5-Omni-7B", range(10, 60), condition="silence", rotate=2),
    ]
