"""A Chromium without a window, and pages of trips. `make browser` runs these tests, and `make test` does not."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any, get_args

import httpx2
import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from tripkit.schemas.shared import Redaction

from ..live import LiveServer, server, sign_up
from ..shared_trip import golden_trip, link_to

__all__ = ["server"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
HOW = "No Chromium was found, looked for as {}. Install it, for example with: apt-get install chromium"
PHONE, DESKTOP = 390, 1280
PASSWORD = "a red umbrella"


def pytest_configure() -> None:
    if executable() is None:
        pytest.exit(HOW.format(", ".join(NAMES)), returncode=1)


def executable() -> str | None:
    """Where Chromium is."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Without its sandbox it also runs as root, as in containers: all that it opens here is ours.
        launched = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        yield launched
        launched.close()


class Watched:
    """A page, and what happened while it was open."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page, self.origin = page, origin
        self.said: list[str] = []
        self.elsewhere: list[str] = []
        self._finished: list[Request] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", self._requested)
        page.on("requestfinished", lambda request: self._finished.append(request))

    def _requested(self, request: Request) -> None:
        if not request.url.startswith(self.origin + "/"):
            self.elsewhere.append(request.url)

    @property
    def weight(self) -> int:
        """Bytes of the bodies of all that was loaded."""
        self.page.wait_for_load_state("networkidle")
        return sum(request.sizes()["responseBodySize"] for request in self._finished)


@pytest.fixture
def look(chromium: Browser, server: LiveServer) -> Iterator[Callable[..., Watched]]:
    """`look("/gallery", width=390, scheme="dark")`: the page that is there, in a browser of its own."""
    opened = []

    def open_page(path: str, *, width: int = DESKTOP, scheme: Any = "light") -> Watched:
        context = chromium.new_context(
            base_url=server.url, viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        opened.append(context)
        watched = Watched(context.new_page(), server.url)
        watched.page.goto(path)
        return watched

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture(scope="session")
def ada(server: LiveServer) -> Iterator[httpx2.Client]:
    """Somebody who shares trips."""
    with server.client() as client:
        sign_up(client, username="ada")
        yield client


@pytest.fixture(scope="session")
def pages(ada: httpx2.Client) -> dict[str, str]:
    """Every kind of page by its name: where it is."""
    plan_id = golden_trip(ada, status="published")
    empty = ada.post("/api/plans/", json={"title": "Some day", "destination": "Somewhere"}).json()["id"]
    town = ada.post("/api/plans/", json={"title": "Museums", "destination": "Vienna"}).json()["id"]
    ada.post(f"/api/plans/{town}/items/", json={"title": "Walk", "place": {"name": "Vienna"}}).raise_for_status()
    return {
        "town": link_to(ada, town),
        "shared": link_to(ada, plan_id),
        "redacted": link_to(ada, plan_id, redactions=[*get_args(Redaction)], label="For our neighbours " * 5),
        "empty": link_to(ada, empty),
        "password": link_to(ada, plan_id, password=PASSWORD),
        "refusal": "/s/AAAAAAAAAAAAAAAAAAAAAA",
        "gallery": "/gallery",
        "nothing found": "/gallery?q=zzzz",
        "published": f"/gallery/{plan_id}",
        "home": "/",
    }
