"""What belongs to all pages that people look at: where one starts, their looks, their icon."""

from collections.abc import Callable

import httpx2
import pytest

from .conftest import LiveServer
from .page_reader import PageReader


def test_one_starts_at_a_page_that_leads_on(anonymous: httpx2.Client) -> None:
    answer = anonymous.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    found = PageReader(answer.text)
    assert not found.active
    assert {each["href"] for each in found.all("a")} >= {"/docs", "/gallery"}
    for path in found.loaded:
        assert anonymous.get(path).status_code == 200


def test_without_a_gallery_nothing_leads_there(start_server: Callable[..., LiveServer]) -> None:
    server = start_server(TRIPKIT_PLANS__GALLERY="false")
    with server.client() as client:
        found = PageReader(client.get("/").text)
        assert {each["href"] for each in found.all("a")} == {"#content", "/", "/docs"}
        for path in ("/gallery", "/gallery/1"):
            answer = client.get(path)
            assert answer.status_code == 404
            assert "There is nothing here" in answer.text


@pytest.mark.parametrize(
    ("path", "content_type"),
    [("/pages/style.css", "text/css; charset=utf-8"), ("/pages/icon.svg", "image/svg+xml")],
)
def test_looks_are_asked_for_once(anonymous: httpx2.Client, path: str, content_type: str) -> None:
    answer = anonymous.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    assert answer.headers["cache-control"] == "no-cache"
    again = anonymous.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert anonymous.get(path, headers={"If-None-Match": '"another"'}).status_code == 200
    assert anonymous.head(path).headers["etag"] == answer.headers["etag"]


def test_the_style_sheet_loads_nothing(anonymous: httpx2.Client) -> None:
    style = anonymous.get("/pages/style.css").text
    assert "url(" not in style
    assert "@import" not in style
    assert len(style) < 16_000
