"""A browser that looks at one service with the worked examples in it, and tells of every error and foreign request."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from api.serving import Api, served, token
from console.looking import Visit
from okr_api.local.demo import load

CHROMIUM = Path(os.environ.get("OKR_CHROMIUM") or "/usr/bin/chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Skips where there is none, and fails instead where CI is set."""
    if not CHROMIUM.exists():
        assert "CI" not in os.environ, f"{CHROMIUM} must be there: apt-get install chromium"
        pytest.skip(f"{CHROMIUM} is not there: apt-get install chromium, or set OKR_CHROMIUM")
    return str(CHROMIUM)


# Of a module, not of the session: while it is there, the thread has an event loop that runs, and no other test may.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def url(chromium: str, console_database: str) -> Iterator[str]:
    with served(console_database) as address:
        load(address, token(address))
        yield address


@pytest.fixture
def api(url: str) -> Api:
    return Api(url)


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("OKR_SCREENSHOTS") or tmp_path_factory.getbasetemp() / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


Visiting = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser, url: str, screenshots: Path) -> Iterator[Visiting]:
    """Opens the page as somebody, in a browser without a past; in the end nothing may have gone wrong in it."""
    visits: list[Visit] = []

    def begin(path: str = "/", role: str = "admin", login: str | None = None, **given: object) -> Visit:
        visits.append(Visit(browser, url, path, token(url, role, login), screenshots, **given))
        return visits[-1]

    yield begin
    for each in visits:
        each.end()
