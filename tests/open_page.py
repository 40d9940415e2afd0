"""A page from disk in Chromium, with its error messages and the requests that it sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import wait_until
from waiting import until

PATIENCE_MS = 120_000  # of a machine that does much else; what is there is never waited for
_READY = """hash => {
  const main = document.querySelector('main');
  return main?.dataset.ready === 'yes' && main.dataset.address === hash;
}"""


class OpenPage:
    """One page in a browser context of its own.

    Attributes:
        page: Playwright's page.
        complaints: console messages, errors, and requests that leave the disk.
    """

    def __init__(
        self, browser: Any, path: Path, *, dark: bool = False, width: int = 1440, address: str = ""
    ) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._note)
        self.address = address or path.resolve().as_uri()

    def _note(self, request: Any) -> None:
        # A server at the page's own address is where the page comes from; anything else leaves it.
        if not request.url.startswith(("file:", "data:", "blob:", self.address.rpartition("/")[0])):
            self.complaints.append(f"asks for {request.url}")

    def go(self, **parts: object) -> OpenPage:
        """Go to a view by the parts of its address, and wait until it is drawn."""
        from urllib.parse import urlencode

        fragment = f"#{urlencode(parts)}"
        self.page.goto(self.address + fragment)
        until(lambda: self.page.evaluate(_READY, fragment))
        return self

    def ready(self) -> OpenPage:
        """Wait until the view of the present address is drawn."""
        self.wait(f"({_READY})(location.hash)")
        return self

    def wait(self, expression: str) -> None:
        """Wait until an expression is true in the page.

        Playwright's own waiting evaluates in the page, whose policy forbids it.
        """
        wait_until(self.page, expression)

    def texts(self, selector: str) -> list[str]:
        """The texts of all elements of a selector."""
        texts: list[str] = self.page.locator(selector).all_inner_texts()
        return texts

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., OpenPage]]:
    """Open a page from disk; each in a browser context of its own, closed after the test."""
    opened: list[OpenPage] = []

    def open_it(path: Path, **options: Any) -> OpenPage:
        opened.append(OpenPage(browser, path, **options))
        return opened[-1]

    yield open_it
    for each in opened:
        each.context.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a browser, so that they can be selected (`-m browser`) or left out."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
