"""The log of views: what it holds of whoever looks, and that it stays small."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.share_links import ShareLinkIn, ShareViewOut
from tripkit.schemas.users import Actor
from tripkit.services import share_views
from tripkit.services.share_views import KEPT, Seen, Viewer, browser_of, network_of


@pytest.fixture
def plan(make_plan: Callable[..., PlanOut], ada: Actor) -> PlanOut:
    return make_plan(ada)


@pytest.fixture
def link(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> int:
    return tripkit.share_links.create(ada, plan.id, ShareLinkIn())[0].id


@pytest.fixture
def look(tripkit: Tripkit, clock: Any) -> Callable[..., None]:
    """`look(link, "203.0.113.0/24", count=2)`."""

    def add(link: int, client: str = "192.0.2.0/24", browser: str = "Firefox", count: int = 1) -> None:
        tripkit.share_views.add({Viewer(link, clock.now.date(), client, browser): Seen(count, clock.now)})

    return add


def test_views_of_a_day_are_one_row_for_each_network_and_browser(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, link: int, look: Any, clock: Any
) -> None:
    look(link, count=2)
    clock.advance(hours=1)
    look(link)
    look(link, browser="Safari")
    look(link, "2001:db8::/48")
    evening: datetime = clock.now
    clock.advance(days=1)
    look(link)
    today, yesterday = date(2027, 4, 2), date(2027, 4, 1)
    found = tripkit.share_links.views(ada, plan.id, link).results
    assert found[0] == ShareViewOut(today, "192.0.2.0/24", "Firefox", 1, clock.now)
    assert sorted(found[1:], key=lambda each: (each.client, each.browser)) == [
        ShareViewOut(yesterday, "192.0.2.0/24", "Firefox", 3, evening),
        ShareViewOut(yesterday, "192.0.2.0/24", "Safari", 1, evening),
        ShareViewOut(yesterday, "2001:db8::/48", "Firefox", 1, evening),
    ]
    shown = tripkit.share_links.get(ada, plan.id, link)
    assert (shown.views, shown.last_viewed_at) == (6, clock.now)


def test_a_view_leaves_the_plan_as_it_is(tripkit: Tripkit, ada: Actor, plan: PlanOut, link: int, look: Any) -> None:
    before = tripkit.plans.get(ada, plan.id)
    look(link)
    assert tripkit.plans.get(ada, plan.id) == before


def test_views_of_a_link_that_is_gone_are_dropped(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, link: int, look: Any, clock: Any
) -> None:
    kept = tripkit.share_links.create(ada, plan.id, ShareLinkIn())[0].id
    look(link)
    tripkit.share_links.revoke(ada, plan.id, link)
    day = clock.now.date()
    tripkit.share_views.add({Viewer(each, day, "unknown", "unknown"): Seen(1, clock.now) for each in (link, kept)})
    assert tripkit.share_views.of_link(link) == []
    assert tripkit.share_links.get(ada, plan.id, kept).views == 1


def test_the_log_of_a_link_keeps_the_latest(
    tripkit: Tripkit, link: int, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = {
        Viewer(link, clock.now.date() - timedelta(days=days), f"10.{number // 250}.{number % 250}.0/24", "Chrome"): (
            Seen(1, clock.now)
        )
        for days, numbers in ((2, 100), (1, 300), (0, 250))
        for number in range(numbers)
    }
    tripkit.share_views.add(views)
    kept = tripkit.share_views.of_link(link)
    assert len(kept) == share_views.MOST == 500
    assert {each.day for each in kept} == {clock.now.date(), clock.now.date() - timedelta(days=1)}
    rows = tripkit.db.execute("SELECT count(*) FROM share_views").fetchone()
    assert rows[0] == 500


def test_the_log_forgets(tripkit: Tripkit, link: int, look: Any, clock: Any) -> None:
    look(link)
    clock.now += KEPT
    assert tripkit.share_views.forget_old() == 0
    clock.advance(days=1)
    assert tripkit.share_views.forget_old() == 1
    assert tripkit.share_views.of_link(link) == []


def test_views_counted_by_several_processes_add_up(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, link: int, look: Any, in_threads: Any
) -> None:
    outcomes = in_threads(8, lambda: [look(link) for _ in range(5)], tripkit)
    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert [each.count for each in tripkit.share_views.of_link(link)] == [40]
    assert tripkit.share_links.get(ada, plan.id, link).views == 40


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("unix", "unknown"),
        ("", "unknown"),
    ],
)
def test_of_an_address_the_network_is_kept(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("user_agent", "browser"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/139.0.0.0 Safari/537.36", "Chrome"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0", "Edge"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/139.0.0.0 Safari/537.36 OPR/120.0.0.0", "Opera"),
        ("Mozilla/5.0 (Linux; Android 15) SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36", "Samsung Internet"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1", "Safari"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) FxiOS/140.0 Mobile/15E148 Safari/605.1.15", "Firefox"),
        ("curl/8.5.0", "unknown"),
        ("<script>alert(1)</script>", "unknown"),
        ("", "unknown"),
    ],
)  # fmt: skip
def test_of_a_user_agent_the_kind_of_browser_is_kept(user_agent: str, browser: str) -> None:
    assert browser_of(user_agent) == browser
