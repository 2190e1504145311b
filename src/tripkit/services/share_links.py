"""Links to a plan: making, changing and revoking them, which only its owner does. Editors see which there are.

`link_access.py` opens them.

Each write is one to the plan, whose log says that there was one, and not to whom a link was given: see
`access_changes`.
"""

import hashlib
import secrets
from datetime import datetime
from typing import Any, Final, get_args

import msgspec
from msgspec import UNSET

from tripkit.config import Settings
from tripkit.database import Command, Engine, Param, Statement, atomic, params
from tripkit.errors import Conflict, NotFound, ValidationFailed
from tripkit.models import ShareLink
from tripkit.schemas.share_links import ShareLinkIn, ShareLinkList, ShareLinkOut, ShareLinkPatch, ShareViewList
from tripkit.schemas.shared import Redaction
from tripkit.schemas.users import Actor
from tripkit.security.passwords import Passwords
from tripkit.services import access_changes, policy, validation
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock
from tripkit.services.plans import Plans
from tripkit.services.share_views import ShareViews

#: Links of one plan.
MOST: Final = 100

_WRITTEN: Final = (
    ShareLink.label,
    ShareLink.enabled,
    ShareLink.expires_at,
    ShareLink.password_hash,
    ShareLink.redactions,
)
_COLUMNS: Final = (
    ShareLink.id,
    ShareLink.plan,
    ShareLink.label,
    ShareLink.redactions,
    ShareLink.password_hash.is_null(False),
    ShareLink.enabled,
    ShareLink.created_at,
    ShareLink.expires_at,
    ShareLink.views,
    ShareLink.last_viewed_at,
)


def _record(
    number: int, plan_id: int, label: str, redactions: list[Redaction], has_password: Any, enabled: Any, *rest: Any
) -> ShareLinkOut:
    return ShareLinkOut(number, plan_id, label, "viewer", redactions, bool(has_password), bool(enabled), *rest)


CREATE = Statement(
    lambda: ShareLink.insert(
        params(*_WRITTEN, ShareLink.plan, ShareLink.digest, ShareLink.created_at, ShareLink.views)
    ).returning(ShareLink.id),
    record=int,
)
OF_PLAN = Statement(
    lambda: ShareLink.select(*_COLUMNS).where(ShareLink.plan == Param("plan")).order_by(ShareLink.id.desc()),
    record=_record,
)
_THIS: Final = (ShareLink.plan == Param("plan")) & (ShareLink.id == Param("id"))
ONE = Statement(lambda: ShareLink.select(*_COLUMNS).where(_THIS), record=_record)
UPDATE = Command(
    lambda: ShareLink.update(params(ShareLink.label, ShareLink.enabled, ShareLink.expires_at, ShareLink.redactions))
    .where(_THIS)
)  # fmt: skip
SET_PASSWORD = Command(lambda: ShareLink.update(params(ShareLink.password_hash)).where(_THIS))
REVOKE = Command(lambda: ShareLink.delete().where(_THIS))


def of_plan(db: Engine, plan_id: int) -> list[ShareLinkOut]:
    """The links of a plan that the caller may see, the newest first."""
    return OF_PLAN.all(db, plan=plan_id)


class ShareLinks:
    """What owners do with the links of their plans."""

    def __init__(
        self,
        db: Engine,
        plans: Plans,
        views: ShareViews,
        passwords: Passwords,
        audit: Audit,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self.db = db
        self._plans, self._views, self._passwords = plans, views, passwords
        self._audit, self._clock, self._server = audit, clock, settings.server

    def all(self, actor: Actor, plan_id: int) -> ShareLinkList:
        """The links of a plan, the newest first, also those that have expired."""
        return ShareLinkList(of_plan(self.db, self._plans.get(actor, plan_id, action="see_links").id))

    def get(self, actor: Actor, plan_id: int, link_id: int) -> ShareLinkOut:
        """One link. Raises `NotFound`."""
        return self._find(self._plans.get(actor, plan_id, action="see_links").id, link_id)

    def views(self, actor: Actor, plan_id: int, link_id: int) -> ShareViewList:
        """Who looked at a link, roughly. Raises `NotFound`."""
        plan = self._plans.get(actor, plan_id, action="share")
        return ShareViewList(self._views.of_link(self._find(plan.id, link_id).id))

    def create(self, actor: Actor, plan_id: int, form: ShareLinkIn) -> tuple[ShareLinkOut, str]:
        """A new link, and its token, which is kept nowhere. Slow with a password: it hashes.

        Raises `Conflict` when there are too many, and `Forbidden` where links are switched off.
        """
        self._plans.get(actor, plan_id, action="share")
        policy.require_links(allowed=self._server.public_links)
        values = self._checked(validation.given(form))
        return self._create(actor, plan_id, values | {"password_hash": self._hashed(form.password)})

    def edit(self, actor: Actor, plan_id: int, link_id: int, patch: ShareLinkPatch) -> ShareLinkOut:
        """Change what was given of a link. Slow with a password: it hashes. Raises `NotFound`."""
        self._find(self._plans.get(actor, plan_id, action="share").id, link_id)
        changes = self._checked(validation.given(patch))
        if patch.password is not UNSET:
            changes["password_hash"] = self._hashed(patch.password)
        return self._edit(actor, plan_id, link_id, changes)

    @atomic
    def revoke(self, actor: Actor, plan_id: int, link_id: int) -> ShareLinkOut:
        """A link is gone for good, at once, with its log; what it was. Raises `NotFound`."""
        plan = self._plans.to_write(actor, plan_id, action="share")
        link = self._find(plan.id, link_id)
        REVOKE.run(self.db, plan=plan.id, id=link_id)
        self._plans.touch(actor, plan, "access.link_revoke", access_changes.link(link_id, gone=True))
        self._audit.record(Event.LINK_REVOKED, actor, plan=plan.id, link=link_id)
        return link

    @atomic
    def _create(self, actor: Actor, plan_id: int, values: dict[str, Any]) -> tuple[ShareLinkOut, str]:
        plan = self._plans.to_write(actor, plan_id, action="share")
        if len(OF_PLAN.all(self.db, plan=plan.id)) >= MOST:
            raise Conflict(f"This plan has {MOST} links, which is the most there may be. Revoke one first.")
        token = secrets.token_urlsafe(16)  # 128 bits
        new = {"plan": plan.id, "digest": digest(token), "created_at": self._clock(), "views": 0}
        link_id = CREATE.one(self.db, **values, **new)
        assert link_id is not None
        self._plans.touch(actor, plan, "access.link_create", access_changes.link(link_id, made=True))
        self._audit.record(Event.LINK_CREATED, actor, plan=plan.id, link=link_id)
        return self._find(plan.id, link_id), token

    @atomic
    def _edit(self, actor: Actor, plan_id: int, link_id: int, changes: dict[str, Any]) -> ShareLinkOut:
        plan = self._plans.to_write(actor, plan_id, action="share")
        link = self._find(plan.id, link_id)
        kept = {
            "label": link.label,
            "enabled": link.enabled,
            "expires_at": link.expires_at,
            "redactions": stored(link.redactions),
        }
        UPDATE.run(self.db, **(kept | changes), plan=plan.id, id=link_id)
        if "password_hash" in changes:
            SET_PASSWORD.run(self.db, password_hash=changes["password_hash"], plan=plan.id, id=link_id)
        self._plans.touch(actor, plan, "access.link_edit", access_changes.link(link_id))
        self._audit.record(Event.LINK_CHANGED, actor, plan=plan.id, link=link_id, fields=" ".join(sorted(changes)))
        return self._find(plan.id, link_id)

    def _find(self, plan_id: int, link_id: int) -> ShareLinkOut:
        link = ONE.one(self.db, plan=plan_id, id=link_id)
        if link is None:
            raise NotFound("link", link_id)
        return link

    def _hashed(self, password: str | None) -> str | None:
        return None if password is None else self._passwords.hash(password)

    def _checked(self, given: dict[str, Any]) -> dict[str, Any]:
        """What was given, as it is kept; the password stands aside."""
        values = {name: value for name, value in given.items() if name not in ("password", "role")}
        errors: dict[str, list[str]] = {}
        if "label" in values:
            values["label"] = values["label"].strip()
            if not validation.is_one_line(values["label"]):
                errors["label"] = ["must be one line of text without control characters."]
        expires_at: datetime | None = values.get("expires_at")
        if expires_at is not None and expires_at <= (now := self._clock()):
            errors["expires_at"] = [f"must be in the future: it is {now:%Y-%m-%dT%H:%M:%SZ} now."]
        if errors:
            raise ValidationFailed(errors)
        if "redactions" in values:
            values["redactions"] = stored(values["redactions"])
        return values


def stored(redactions: list[Redaction]) -> str:
    """What is hidden, as the column takes it: each once, in order."""
    return msgspec.json.encode([each for each in get_args(Redaction) if each in redactions]).decode()


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
