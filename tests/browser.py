"""Chromium without a window, for the tests of pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from waiting import until

__all__ = ["PATIENCE_MS", "browser", "wait_until"]

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
# How long a page may take on a machine that does much else at once; what is there is never waited for.
PATIENCE_MS = 30_000


def _scope(fixture_name: str, config: pytest.Config) -> Literal["session", "module"]:
    # Playwright keeps an event loop running in this thread, beside which other tests could not run theirs; where
    # only tests with a browser run (`-m browser`), one serves them all.
    return "session" if config.option.markexpr == "browser" else "module"


@pytest.fixture(scope=_scope)
def browser() -> Iterator[Any]:
    """Chromium, with no pages; tests are skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no browser at {CHROMIUM}")
    playwright.expect.set_options(timeout=PATIENCE_MS)
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield opened
        opened.close()


def wait_until(page: Any, expression: str) -> None:
    """Wait until an expression is true in a page; unlike `wait_for_function`, under any content policy."""
    until(lambda: page.evaluate(expression))
