"""A person who uses the studio's pages in a browser context of their own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from browser import PATIENCE_MS
from conftest import PASSWORD, Site
from mmar.studio.web.context import COOKIE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


class Visitor:
    """A person logged in, at a page; collects what the page complains about."""

    def __init__(
        self,
        browser: Browser,
        site: Site,
        login: str,
        *,
        dark: bool = False,
        timezone_id: str | None = None,
        by_form: bool = False,
    ) -> None:
        self.context = browser.new_context(
            viewport={"width": 1280, "height": 860},
            color_scheme="dark" if dark else "light",
            timezone_id=timezone_id,
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.site, self.login = site, login
        if not by_form:
            self.context.add_cookies([{"name": COOKIE, "value": site.cookie(login), "url": site.url}])
            return
        self.page.goto(f"{site.url}/login")
        self.page.get_by_label("Login").fill(login)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(lambda url: "/login" not in url)

    def _note(self, message: object) -> None:
        if getattr(message, "type", "") in ("error", "warning"):
            self.complaints.append(getattr(message, "text", ""))

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.site.url}/p/demo{path}")
        return self.page

    def look(self, name: str) -> None:
        """Keep a picture where the person who runs the test asks for one."""
        folder = os.environ.get("MMAR_TEST_SCREENSHOTS")
        if folder:
            self.page.screenshot(path=f"{folder}/{name}.png", full_page=True)
