"""Everything about a person as one archive: a zip file with a JSON document for each kind of thing.

A new table gets a line in `DOCUMENTS` or in `ABOUT_NOBODY`, and each of its columns is shown or left out there. Tests
fail until that is decided.
"""

import zipfile
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import IO, Any, Final

import msgspec
import peewee

from tripkit import __version__
from tripkit.database import Engine, Param, Statement, row
from tripkit.errors import NotFound
from tripkit.models import (
    ApiToken,
    AuditEvent,
    AuditHead,
    Change,
    Checklist,
    ChecklistEntry,
    ChecklistTemplate,
    Expense,
    IdempotencyKey,
    Identity,
    Item,
    Model,
    OAuthTicket,
    OneTimeToken,
    OutboxMessage,
    Plan,
    PlanMember,
    PlanSettings,
    RateLimit,
    RateLimitReset,
    RecoveryCode,
    SearchDocument,
    SearchShelf,
    SecondFactor,
    Session,
    ShareLink,
    ShareView,
    Traveller,
    User,
)
from tripkit.schemas.users import Actor
from tripkit.services import policy
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock

FORMAT: Final = "tripkit.export/1"
#: Rows that are held in memory at once; one plan may have a third of a mebibyte.
BATCH: Final = 50


class Document(msgspec.Struct, frozen=True, dict=True):
    """One document of the archive: the rows of one table that are about a person, by their numbers."""

    name: str
    table: type[Model]
    #: Which rows are about the person with the number `Param("user_id")`.
    whose: Callable[[], peewee.Expression]
    #: The names of columns, `id` first.
    shown: str
    #: Hashes, secrets, and what is the person's number anyway.
    left_out: str = ""
    #: What stands in the place of a column.
    instead: dict[str, Callable[[], peewee.Node]] = {}
    #: There is one row, so the document is no list.
    single: bool = False

    @cached_property
    def some(self) -> Statement[tuple[Any, ...]]:
        """Some rows after one."""

        def build() -> peewee.Query:
            names = self.shown.split()
            columns = [self.instead[name]() if name in self.instead else getattr(self.table, name) for name in names]
            here = self.whose() & (self.table.id > Param("after"))
            return self.table.select(*columns).where(here).order_by(self.table.id).limit(BATCH)

        return Statement(build, record=row)

    def rows(self, db: Engine, user_id: int) -> Iterator[dict[str, Any]]:
        """What is shown of each row."""
        names, after = self.shown.split(), 0
        while found := self.some.all(db, user_id=user_id, after=after):
            yield from (dict(zip(names, values, strict=True)) for values in found)
            after = found[-1][0]


def _address_of_the_person() -> peewee.Node:
    """Where others were who did something with the account is theirs."""
    theirs = AuditEvent.actor.is_null() | (AuditEvent.actor == Param("user_id"))
    return peewee.Case(None, ((theirs, AuditEvent.client),), "")


class _ReadAs(peewee.WrappedNode):
    """An expression whose values are read as those of a column."""

    def __init__(self, field: peewee.Field, shown: peewee.Node) -> None:
        super().__init__(field)
        self._shown = shown

    def __sql__(self, ctx: peewee.Context) -> peewee.Context:
        return ctx.sql(self._shown)


def _parts_of_own_plans() -> peewee.Node:
    """What the person changed in a plan of somebody else shows what was there before: that is not theirs."""
    shown = peewee.Case(None, ((Change.plan.in_(_plans_of_the_person()), Change.parts),), "[]")
    return _ReadAs(Change.parts, shown)


def _plans_of_the_person() -> peewee.Query:
    return Plan.select(Plan.id).where(Plan.owner == Param("user_id"))


def _has_to_do_with_the_person() -> peewee.Expression:
    """Who is in their plans, the plans they are in, and whom they invited. An address may be claimed by anybody."""
    theirs = (User.id == Param("user_id")) & User.is_verified
    address = User.select(User.email_key).where(theirs)
    return (
        PlanMember.plan.in_(_plans_of_the_person())
        | (PlanMember.user == Param("user_id"))
        | (PlanMember.invited_by == Param("user_id"))
        | PlanMember.email_key.in_(address)
    )


DOCUMENTS: Final = (
    Document(
        "profile",
        User,
        lambda: User.id == Param("user_id"),
        "id email username first_name last_name is_active is_verified is_admin date_joined invited_at",
        left_out="email_key username_key password_hash",
        single=True,
    ),
    Document(
        "plans",
        Plan,
        lambda: Plan.owner == Param("user_id"),
        "id title destination description start_date end_date budget currency status plan_data tags timezone version "
        "created_at updated_at trashed_at",
        left_out="owner searched_version destination_country",
    ),
    Document(
        "items",
        Item,
        lambda: Item.plan.in_(_plans_of_the_person()),
        "id plan uid kind title notes start_date start_time start_zone end_date end_time end_zone place_name "
        "place_address place_lat place_lon place_country place_timezone end_place_name end_place_address end_place_lat "
        "end_place_lon end_place_country end_place_timezone cost currency paid paid_currency booking_reference status "
        "position version created_at updated_at trashed_at",
    ),
    Document(
        "plan_settings",
        PlanSettings,
        lambda: PlanSettings.plan.in_(_plans_of_the_person()),
        "id plan rates ignored_checks budgets",
    ),
    Document(
        "share_links",
        ShareLink,
        lambda: ShareLink.plan.in_(_plans_of_the_person()),
        "id plan label enabled expires_at redactions created_at views last_viewed_at",
        left_out="digest password_hash",
    ),
    Document(
        "travellers",
        Traveller,
        lambda: Traveller.plan.in_(_plans_of_the_person()),
        "id plan name created_at",
        left_out="name_key",
    ),
    Document(
        "expenses",
        Expense,
        lambda: Expense.plan.in_(_plans_of_the_person()),
        "id plan item title kind notes date amount currency paid_by split shared_by version created_at updated_at "
        "trashed_at",
    ),
    Document(
        "checklists",
        Checklist,
        lambda: Checklist.plan.in_(_plans_of_the_person()),
        "id plan name position version created_at updated_at trashed_at",
    ),
    Document(
        "checklist_entries",
        ChecklistEntry,
        lambda: ChecklistEntry.plan.in_(_plans_of_the_person()),
        "id plan checklist text done assignee position version created_at updated_at trashed_at",
    ),
    Document(
        "checklist_templates",
        ChecklistTemplate,
        lambda: ChecklistTemplate.owner == Param("user_id"),
        "id name entries version created_at updated_at",
        left_out="owner",
    ),
    Document(
        "plan_members",
        PlanMember,
        _has_to_do_with_the_person,
        "id plan user role invited_by created_at offered_at email expires_at",
        left_out="email_key digest",
    ),
    Document(
        "changes",
        Change,
        lambda: Change.plan.in_(_plans_of_the_person()) | (Change.actor == Param("user_id")),
        "id plan version at before_at actor via action target parts",
        instead={"parts": _parts_of_own_plans},
    ),
    Document(
        "sessions",
        Session,
        lambda: Session.user == Param("user_id"),
        "id created_at authenticated_at rotated_at refresh_until expires_at ended_at client device",
        left_out="user current_jti parent_jti",
    ),
    Document(
        "api_tokens",
        ApiToken,
        lambda: ApiToken.user == Param("user_id"),
        "id name scopes created_at expires_at last_used_at",
        left_out="user digest",
    ),
    Document(
        "second_factors",
        SecondFactor,
        lambda: SecondFactor.user == Param("user_id"),
        "id confirmed_at failures failed_at",
        left_out="user sealed key last_step",
    ),
    Document(
        "recovery_codes",
        RecoveryCode,
        lambda: RecoveryCode.user == Param("user_id"),
        "id",
        left_out="user digest",
    ),
    Document(
        "identities",
        Identity,
        lambda: Identity.user == Param("user_id"),
        "id provider subject email created_at",
        left_out="user",
    ),
    Document(
        "one_time_tokens",
        OneTimeToken,
        lambda: OneTimeToken.user == Param("user_id"),
        "id purpose created_at expires_at",
        left_out="user digest payload",
    ),
    Document(
        "mail",
        OutboxMessage,
        lambda: OutboxMessage.user == Param("user_id"),
        "id due_at give_up_at attempts problem",
        left_out="user content handed_over_at",
    ),
    Document(
        "idempotency_keys",
        IdempotencyKey,
        lambda: IdempotencyKey.user == Param("user_id"),
        "id route key created_at answer",
        left_out="user fingerprint",
    ),
    Document(
        "audit",
        AuditEvent,
        lambda: (AuditEvent.actor == Param("user_id")) | (AuditEvent.subject == Param("user_id")),
        "id at event refused actor subject via client request details",
        left_out="key mac",
        instead={"client": _address_of_the_person},
    ),
)
#: Counters hold addresses for as long as their windows run, and steps of a sign-in for minutes. Who looks at shared
#: plans is not known: the log of views has networks of strangers. What is searched is plans and items over again.
ABOUT_NOBODY: Final = (AuditHead, OAuthTicket, RateLimit, RateLimitReset, ShareView, SearchShelf, SearchDocument)


class DataExport:
    """Writes archives."""

    def __init__(self, db: Engine, audit: Audit, clock: Clock) -> None:
        self.db = db
        self._audit, self._clock = audit, clock

    def write(
        self, actor: Actor, user_id: int, file: IO[bytes], *, told: Callable[[int], object] = lambda _: None
    ) -> None:
        """Write the archive of a person to `file`. Slow: it is as large as all that the person has.

        `told` is called with how many more rows were written. Raises `Forbidden` and `NotFound`.
        """
        policy.require_export(actor, user_id)
        if not any(DOCUMENTS[0].rows(self.db, user_id)):
            raise NotFound("user", user_id)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            counts = {each.name: self._add(archive, each, user_id, told) for each in DOCUMENTS}
            about = {"format": FORMAT, "tripkit": __version__, "at": self._clock(), "user": user_id, "counts": counts}
            with archive.open(self._entry("export"), "w") as document:
                document.write(msgspec.json.format(msgspec.json.encode(about)))
        self._audit.record(Event.EXPORTED, actor, subject=user_id)

    def _add(self, archive: zipfile.ZipFile, document: Document, user_id: int, told: Callable[[int], object]) -> int:
        """Write one document, row by row; how many there were."""
        count = 0
        with archive.open(self._entry(document.name), "w", force_zip64=True) as text:
            text.write(b"" if document.single else b"[")
            for found in document.rows(self.db, user_id):
                text.write((b",\n" if count else b"\n") + msgspec.json.encode(found))
                count += 1
                told(1)
            text.write(b"\n" if document.single else b"\n]\n")
        return count

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(f"{name}.json", self._clock().timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o600 << 16
        return entry
