"""The log of views of links: roughly who looked, and when. It names networks and kinds of browser, and no person.

A row is a day, a network and a browser with a count, so that somebody who looks often costs one row. What a link has is
bounded in number and in age.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

import msgspec

from tripkit.database import Command, Engine, Param, Statement, atomic, params
from tripkit.models import ShareLink, ShareView
from tripkit.schemas.share_links import ShareViewOut
from tripkit.services.clock import Clock

#: Rows of one link, the latest days, and how long they are kept.
MOST: Final = 500
KEPT: Final = timedelta(days=90)
UNKNOWN: Final = "unknown"
#: The first that stands in a User-Agent: many say that they are like others.
_BROWSERS: Final = (
    ("Edge", re.compile("Edg(?:e|A|iOS)?/")),
    ("Opera", re.compile("OPR/|Opera")),
    ("Samsung Internet", re.compile("SamsungBrowser/")),
    ("Firefox", re.compile("Firefox/|FxiOS/")),
    ("Chrome", re.compile("Chrome/|CriOS/|Chromium/")),
    ("Safari", re.compile("Safari/")),
)


class Viewer(msgspec.Struct, frozen=True):
    """Who looked at a link on a day: as much as is kept of it."""

    link_id: int
    day: date
    client: str
    browser: str


class Seen(msgspec.Struct, frozen=True):
    """How often, and when last."""

    count: int
    last_at: datetime


COUNT = Command(
    lambda: ShareLink.update(
        {
            ShareLink.views: ShareLink.views + Param("count"),
            ShareLink.last_viewed_at: Param("last_at", ShareLink.last_viewed_at),
        }
    ).where(ShareLink.id == Param("link"))
)
ADD = Command(
    lambda: ShareView.insert(
        params(ShareView.link, ShareView.day, ShareView.client, ShareView.browser, ShareView.count, ShareView.last_at)
    ).on_conflict(
        conflict_target=[ShareView.link, ShareView.day, ShareView.client, ShareView.browser],
        preserve=[ShareView.last_at],
        update={ShareView.count: ShareView.count + Param("count")},
    )
)
_LATEST: Final = (ShareView.day.desc(), ShareView.id.desc())
OF_LINK = Statement(
    lambda: (
        ShareView.select(ShareView.day, ShareView.client, ShareView.browser, ShareView.count, ShareView.last_at)
        .where(ShareView.link == Param("link"))
        .order_by(*_LATEST)
        .limit(MOST)
    ),
    record=ShareViewOut,
)
CUT = Command(
    lambda: ShareView.delete().where(
        (ShareView.link == Param("link"))
        & ShareView.id.not_in(
            ShareView.select(ShareView.id).where(ShareView.link == Param("link")).order_by(*_LATEST).limit(MOST)
        )
    )
)
FORGET = Command(lambda: ShareView.delete().where(ShareView.day < Param("before")))


class ShareViews:
    """Keeps the log."""

    def __init__(self, db: Engine, clock: Clock) -> None:
        self.db = db
        self._clock = clock

    @atomic
    def add(self, seen: Mapping[Viewer, Seen]) -> None:
        """Add views to the log; those of links that are gone are dropped. Nothing of a plan changes by it."""
        # In the same order for everybody, or two units could wait for each other.
        for viewer in sorted(seen, key=lambda each: (each.link_id, each.day, each.client, each.browser)):
            found = seen[viewer]
            if COUNT.run(self.db, link=viewer.link_id, count=found.count, last_at=found.last_at):
                ADD.run(
                    self.db,
                    link=viewer.link_id,
                    day=viewer.day,
                    client=viewer.client,
                    browser=viewer.browser,
                    count=found.count,
                    last_at=found.last_at,
                )
        for link_id in sorted({viewer.link_id for viewer in seen}):
            CUT.run(self.db, link=link_id)

    def of_link(self, link_id: int) -> list[ShareViewOut]:
        """What the log has of a link, the last days first."""
        return OF_LINK.all(self.db, link=link_id)

    @atomic
    def forget_old(self) -> int:
        """Delete what is older than `KEPT`; how many rows that were."""
        return FORGET.run(self.db, before=(self._clock() - KEPT).date())


def network_of(address: str) -> str:
    """The network of an address, as far as it tells a provider or an organisation, and no household: /24, or /48."""
    try:
        found = ip_address(address)
    except ValueError:
        return UNKNOWN
    return str(ip_network((found, 24 if isinstance(found, IPv4Address) else 48), strict=False))


def browser_of(user_agent: str) -> str:
    """The kind of browser that a User-Agent claims to be."""
    return next((name for name, mark in _BROWSERS if mark.search(user_agent)), UNKNOWN)
