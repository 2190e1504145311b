"""Opening links: what whoever has one may see. (`share_links.py` makes them.)

Nobody learns why a link does not work: unknown, expired, switched off, its plan in the trash, its owner disabled, all
links switched off, it is all the same.
"""

import re
from typing import Any, Final

import msgspec

from tripkit.config import Settings
from tripkit.database import Engine, Param, Statement
from tripkit.errors import LinkPasswordRequired, NotFound, WrongLinkPassword
from tripkit.models import Plan, ShareLink, User
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.share_links import LinkGrant
from tripkit.schemas.shared import Redaction, SharedPlan
from tripkit.security.passwords import Passwords
from tripkit.services import policy
from tripkit.services.clock import Clock
from tripkit.services.plan_list import COLUMNS
from tripkit.services.share_grants import ShareGrants
from tripkit.services.share_links import digest
from tripkit.services.shared_plans import SharedPlans

_TOKEN: Final = re.compile("[A-Za-z0-9_-]{22}", re.ASCII)


class _Link(msgspec.Struct, frozen=True):
    """A link that works, and what it leads to."""

    id: int
    label: str
    password_hash: str | None
    redactions: list[Redaction]
    plan: PlanOut


def _link(number: int, label: str, password_hash: str | None, redactions: list[Redaction], *columns: Any) -> _Link:
    return _Link(number, label, password_hash, redactions, PlanOut(*columns))


OPEN = Statement(
    lambda: (
        ShareLink.select(ShareLink.id, ShareLink.label, ShareLink.password_hash, ShareLink.redactions, *COLUMNS)
        .join(Plan)
        .join(User)
        .where((ShareLink.digest == Param("digest")) & policy.is_linked())
    ),
    record=_link,
)


class Opened(msgspec.Struct, frozen=True):
    """What a link shows, and its number for the log of views."""

    link_id: int
    plan: SharedPlan


class LinkAccess:
    """What people do who have a link."""

    def __init__(
        self,
        db: Engine,
        shared: SharedPlans,
        grants: ShareGrants,
        passwords: Passwords,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self.db = db
        self._shared, self._grants, self._passwords = shared, grants, passwords
        self._clock, self._server = clock, settings.server

    def read(self, token: str, grant: str = "") -> Opened:
        """The plan behind a link. Raises `NotFound`, and `LinkPasswordRequired` without a grant that holds."""
        link = self._find(token)
        if link.password_hash is not None and not self._grants.holds(grant, link.id, link.password_hash):
            raise LinkPasswordRequired
        return Opened(link.id, self._shared.show(link.plan, link.redactions, label=link.label))

    def unlock(self, token: str, password: str) -> LinkGrant:
        """A grant for the password. Slow: it hashes. Raises `NotFound` and `WrongLinkPassword`."""
        link = self._find(token)
        if link.password_hash is not None and not self._passwords.verify(link.password_hash, password):
            raise WrongLinkPassword
        return self._grants.issue(link.id, link.password_hash)

    def _find(self, token: str) -> _Link:
        link = None
        if self._server.public_links and _TOKEN.fullmatch(token):
            link = OPEN.one(self.db, digest=digest(token), now=self._clock(), user=policy.NOBODY)
        if link is None:
            raise NotFound("shared plan", "")
        return link
