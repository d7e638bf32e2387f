"""Looking: a page in a browser as somebody sees and hears it, by roles and names."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect

PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)
WIDE = {"width": 1360, "height": 860}
NARROW = {"width": 360, "height": 740}


class Visit:
    """Somebody's page. `tolerated`: parts of messages that a test provokes."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        path: str,
        token: str | None,
        screenshots: Path,
        *,
        viewport: Any = WIDE,
        scheme: Any = "light",
        signed_in: bool = True,
    ) -> None:
        self.url = url
        self.token = token
        self.tolerated: list[str] = []
        self.faults: list[str] = []
        self.asked: list[str] = []
        """The names of the operations that were asked."""
        self._screenshots = screenshots
        self._context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
        self._context.set_default_timeout(PATIENCE)
        self.page: Page = self._context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        self.page.on("request", self._asked)
        self.page.goto(f"{url}{path}#token={token}" if signed_in else f"{url}{path}")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console {message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        self.asked += re.findall(r"^{\"query\":\"(?:query|mutation|subscription) (\w+)", request.post_data or "")
        if not request.url.startswith((self.url, "data:")):
            self.faults.append(f"foreign request: {request.url}")

    def end(self) -> None:
        self._context.close()
        found = [fault for fault in self.faults if not any(part in fault for part in self.tolerated)]
        assert found == []

    # ---- what there is
    @property
    def tree(self) -> Locator:
        return self.page.get_by_role("tree", name="Cascade")

    @property
    def details(self) -> Locator:
        return self.page.get_by_role("complementary", name="Details")

    @property
    def changes(self) -> Locator:
        return self.page.get_by_role("complementary", name="Changes")

    @property
    def timeline(self) -> Locator:
        return self.page.get_by_role("region", name="Time")

    def item(self, title: str) -> Locator:
        return self.tree.get_by_role("treeitem", name=re.compile(re.escape(title))).first

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def titles(self) -> list[str]:
        """What the items in sight say of themselves, from the top."""
        return self.tree.locator("[role=treeitem] > .unseen").all_inner_texts()

    def address(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).query).items()}

    # ---- what is done
    def choose_cycle(self, name: str) -> None:
        cycles = self.page.get_by_role("combobox", name="Cycle")
        cycles.select_option(cycles.locator("option", has_text=name).first.get_attribute("value"))

    def sees(self, *titles: str) -> None:
        for title in titles:
            expect(self.item(title)).to_be_attached()

    def misses(self, *titles: str) -> None:
        for title in titles:
            expect(self.item(title)).not_to_be_attached()

    def shot(self, name: str) -> None:
        self.page.screenshot(path=self._screenshots / f"{name}.png")
