"""Pages as people see them: on phones and desktops, light and dark, on paper, and with what helps to read them."""

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from .conftest import DESKTOP, PASSWORD, PHONE, Watched

PAGES = ["shared", "town", "redacted", "empty", "password", "refusal", "gallery", "nothing found", "published", "home"]
#: Bytes of a page with all that it loads.
HEAVIEST = 150_000
#: The console says so of any page with a status of an error.
NOT_FOUND = "Failed to load resource: the server responded with a status of 404 (Not Found)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_looks_as_it_should(
    look: Callable[..., Watched], pages: dict[str, str], tmp_path: Path, name: str, scheme: str
) -> None:
    """And it is in nobody's way: axe-core finds nothing, not even what it only recommends."""
    watched = look(pages[name], scheme=scheme)
    page = watched.page
    assert page.locator("script, iframe, [style], [onclick]").count() == 0
    for width in (DESKTOP, PHONE, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert len(page.screenshot(full_page=True, path=tmp_path / f"{width}.png")) > 2000
        if width != 320:
            found = Axe().run(page).response
            assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
            assert len(found["passes"]) > 10
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(251, 250, 247)", "dark": "rgb(17, 21, 28)"}[scheme]
    assert 0 < watched.weight < HEAVIEST
    assert [said for said in watched.said if said != NOT_FOUND] == []
    assert watched.elsewhere == []


def test_a_page_can_be_used_with_the_keyboard(look: Callable[..., Watched], pages: dict[str, str]) -> None:
    page = look(pages["shared"]).page
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    assert page.locator(":focus").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Add to calendar"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_headings_lead_through_the_page(look: Callable[..., Watched], pages: dict[str, str]) -> None:
    page = look(pages["shared"]).page
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(each => +each.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.get_by_role("main").count() == page.get_by_role("banner").count() == 1
    assert page.get_by_role("region", name="Day by day").is_visible()
    assert page.get_by_role("img", name="Map of the places").is_visible()


@pytest.mark.parametrize("width", [320, PHONE, DESKTOP])
def test_nothing_that_belongs_together_is_torn_apart(
    look: Callable[..., Watched], pages: dict[str, str], width: int
) -> None:
    """Numbers stay beside their places, and dates and times are not broken."""
    brand = look(pages["redacted"], width=width).page.locator(".brand").bounding_box()
    assert brand is not None
    assert brand["height"] < 30
    page = look(pages["shared"], width=width).page
    for part in (".time time:not(:has(.date))", ".time .date"):
        for text in page.locator(part).all():
            assert text.evaluate("each => each.getClientRects().length") == 1, part
            assert text.evaluate("each => each.scrollWidth <= each.closest('.time').clientWidth"), part
    for place in page.locator(".where > span:has(.number)").all():
        box, number = place.bounding_box(), place.locator(".number").bounding_box()
        assert box is not None
        assert number is not None
        assert number["y"] + number["height"] / 2 < box["y"] + box["height"]
        assert box["height"] < 30, place.inner_text()


def test_the_map_is_drawn(look: Callable[..., Watched], pages: dict[str, str]) -> None:
    page = look(pages["shared"]).page
    for part in (".land", ".air"):
        box = page.locator(f".map {part}").bounding_box()
        assert box is not None
        assert box["width"] > 300
    frame = page.locator(".map > svg").bounding_box()
    assert frame is not None
    for mark in page.locator(".mark").all():
        box = mark.bounding_box()
        assert box is not None
        assert frame["x"] <= box["x"] <= box["x"] + box["width"] <= frame["x"] + frame["width"]


def test_a_map_of_a_town_names_those_around(look: Callable[..., Watched], pages: dict[str, str]) -> None:
    page = look(pages["town"], width=PHONE).page
    assert page.locator(".town").count() > 3
    frame = page.locator(".map > svg").bounding_box()
    assert frame is not None
    for town in page.locator(".town").all():
        box = town.bounding_box()
        assert box is not None
        assert frame["x"] <= box["x"] <= box["x"] + box["width"] <= frame["x"] + frame["width"], town.inner_text()


def test_a_page_can_be_printed(look: Callable[..., Watched], pages: dict[str, str]) -> None:
    page = look(pages["shared"], scheme="dark").page
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.get_by_text("Add to calendar").is_visible()
    # Colours behind things are not printed, unlike what is drawn: land has to be seen without the sea.
    land = page.evaluate("getComputedStyle(document.querySelector('.land')).fill")
    assert max(int(part) for part in re.findall(r"\d+", land)) < 240
    printed = page.pdf(prefer_css_page_size=True, format="A4")
    assert printed.startswith(b"%PDF-")
    assert 1 < printed.count(b"/Type /Page\n") <= 4


def test_a_password_opens_the_page(look: Callable[..., Watched], pages: dict[str, str]) -> None:
    page = look(pages["password"]).page
    assert "Half way around" not in page.content()
    page.get_by_label("Password").fill("wrong password")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("The password is wrong.")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Half way around")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Half way around")


def test_the_calendar_can_be_downloaded(look: Callable[..., Watched], pages: dict[str, str], tmp_path: Path) -> None:
    page = look(pages["shared"]).page
    with page.expect_download() as download:
        page.get_by_text("Add to calendar").click()
    download.value.save_as(tmp_path / "trip.ics")
    assert "BEGIN:VEVENT" in (tmp_path / "trip.ics").read_text("utf-8")


def test_the_gallery_is_searched_with_its_form(look: Callable[..., Watched], pages: dict[str, str]) -> None:
    page = look(pages["home"]).page
    page.get_by_role("link", name="Gallery").click()
    page.get_by_label("Search").fill("half way")
    page.get_by_label("Country").select_option("Japan")
    page.get_by_label("Length").select_option("8 to 14 days")
    page.get_by_label("Season").select_option("Spring")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/gallery?q=half+way&**")
    assert page.get_by_label("Country").input_value() == "JP"
    page.get_by_role("link", name="Half way around").click()
    page.wait_for_url(f"**{pages['published']}")
    assert "EUR" not in page.content()
    page.get_by_role("navigation").get_by_role("link", name="Gallery").click()
    page.wait_for_url("**/gallery")
