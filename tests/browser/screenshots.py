"""Makes the pictures of the documentation: `python -m tests.browser.screenshots` (see `make browser` for Chromium)."""

import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

from ..live import LiveServer, sign_up
from ..shared_trip import golden_trip, link_to
from .conftest import DESKTOP, PHONE, executable

OUT: Final = Path(__file__).parents[2] / "docs/images"
HEIGHT: Final = {PHONE: 844, DESKTOP: 900}


def main() -> None:
    """Start a server with some trips, and take the pictures."""
    OUT.mkdir(exist_ok=True)
    server = LiveServer(Path(tempfile.mkdtemp())).start()
    with server.client() as api:
        sign_up(api, username="ada")
        for title, destination, start, end in (
            ("Two islands and a ferry", "Naxos, Greece", "2027-06-04", "2027-06-13"),
            ("A weekend of museums", "Vienna, Austria", "2027-11-12", "2027-11-14"),
        ):
            about = {"title": title, "destination": destination, "start_date": start, "end_date": end}
            api.post("/api/plans/", json=about | {"status": "published"}).raise_for_status()
        shared = link_to(api, golden_trip(api, status="published"))
    pictures = {
        "shared-page": (shared, DESKTOP, "light"),
        "shared-page-phone": (shared, PHONE, "dark"),
        "gallery": ("/gallery", DESKTOP, "light"),
    }
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        for name, (path, width, scheme) in pictures.items():
            _take(chromium, server.url + path, width, scheme, OUT / f"{name}.png")
        chromium.close()
    server.stop()


def _take(chromium: Any, url: str, width: int, scheme: Any, to: Path) -> None:
    page = chromium.new_page(viewport={"width": width, "height": HEIGHT[width]}, color_scheme=scheme)
    page.goto(url)
    page.screenshot(path=to)
    page.close()


if __name__ == "__main__":
    main()
