"""Everything about a person as one archive; and that nothing of it is left once the account is deleted."""

import io
import json
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pyotp
import pytest

from tripkit import __version__, models
from tripkit.bootstrap import Tripkit
from tripkit.errors import Forbidden, NotFound
from tripkit.mail import messages
from tripkit.schemas.administration import InviteIn
from tripkit.schemas.api_tokens import ApiTokenIn
from tripkit.schemas.audit import AuditQuery
from tripkit.schemas.checklist_templates import TemplateIn
from tripkit.schemas.checklists import ChecklistIn, EntryIn
from tripkit.schemas.expenses import ExpenseIn, Payment
from tripkit.schemas.items import ItemIn
from tripkit.schemas.members import MemberIn
from tripkit.schemas.money import Rate
from tripkit.schemas.plans import PlanIn, PlanOut
from tripkit.schemas.share_links import ShareLinkIn
from tripkit.schemas.travellers import TravellerIn
from tripkit.schemas.users import Actor, Client, LoginIn, PasswordIn, UserPatch
from tripkit.services import data_export
from tripkit.services.data_export import ABOUT_NOBODY, DOCUMENTS
from tripkit.services.item_places import complete
from tripkit.services.one_time_tokens import Purpose
from tripkit.services.policy import OPERATOR

from ..conftest import FakeClock


def archive(tripkit: Tripkit, actor: Actor, user_id: int) -> dict[str, Any]:
    """Every document of somebody's archive, by name."""
    file = io.BytesIO()
    tripkit.data_export.write(actor, user_id, file)
    with zipfile.ZipFile(file) as found:
        assert found.testzip() is None
        return {name.removesuffix(".json"): json.loads(found.read(name)) for name in found.namelist()}


@pytest.fixture
def busy(tripkit: Tripkit, make_user: Callable[..., Actor], make_plan: Callable[..., PlanOut], password: str) -> Actor:
    """Somebody of whom there is something in every table: Wilhelmina, whose name is nowhere else."""
    actor = make_user("wilhelmina")
    tripkit.accounts.edit(actor, UserPatch(first_name="Wilhelmina", last_name="Vandervoort"))
    trip = make_plan(actor, title="Wilhelmina's trip", plan_data=msgspec.Raw(b'{"km": 12.50}'), tags=["spring"])
    tripkit.items.create(actor, trip.id, complete(ItemIn(title="Wilhelmina's dinner")))
    brother = tripkit.travellers.create(actor, trip.id, TravellerIn("Wilhelmina's brother"))
    tea = ExpenseIn("Wilhelmina's tea", tripkit.clock().date(), Decimal(4), [Payment(brother.id)])
    tripkit.expenses.create(actor, trip.id, tea)
    packing = ChecklistIn(name="Wilhelmina's packing", entries=[EntryIn("Wilhelmina's hat")])
    tripkit.checklists.create(actor, trip.id, packing)
    tripkit.checklist_templates.create(actor, TemplateIn(name="Wilhelmina's template"))
    tripkit.plan_members.invite(
        msgspec.structs.replace(actor, session_id=None), trip.id, MemberIn(email="wilhelmina.two@example.org")
    )
    tripkit.money.set_rate(actor, trip.id, Rate("EUR", "JPY", Decimal("162.5")))
    tripkit.share_links.create(actor, trip.id, ShareLinkIn(label="Wilhelmina's link", password="a pass phrase"))
    tripkit.plans.trash(actor, make_plan(actor, title="In the trash").id)
    tripkit.accounts.log_in(LoginIn("wilhelmina@example.org", password), Client("192.0.2.33", "a phone"))
    tripkit.one_time_tokens.issue(
        Purpose.CONFIRM_EMAIL, actor.user_id, tripkit.clock() - tripkit.clock(), {"email": "wilhelmina@example.net"}
    )
    letter = messages.verify_email(
        "wilhelmina@example.org", name="Wilhelmina", link="https://trips.example.org/", hours=1
    )
    tripkit.outbox.put(letter, actor.user_id)
    form = PlanIn("Wilhelmina's other trip", "Oslo")
    work = lambda: tripkit.plans.create(actor, form)  # noqa: E731
    tripkit.idempotency.once(actor, "POST /api/plans", "wilhelmina-1", "fingerprint", PlanOut, work)
    tripkit.api_tokens.create(actor, ApiTokenIn("Wilhelmina's script", ["plans:read"]))
    secret = tripkit.second_factors.set_up(actor).secret
    tripkit.second_factors.activate(actor, pyotp.TOTP(secret).at(tripkit.clock()))
    return actor


# --- nothing is forgotten -------------------------------------------------------------------------------------------


def test_it_is_told_how_many_rows_are_written(tripkit: Tripkit, busy: Actor) -> None:
    written: list[int] = []
    tripkit.data_export.write(OPERATOR, busy.user_id, io.BytesIO(), told=written.append)
    counts = archive(tripkit, OPERATOR, busy.user_id)["export"]["counts"]
    assert sum(written) == sum(counts.values()) - 1, "the first export is recorded, and so in the second"


def test_every_table_is_exported_or_about_nobody() -> None:
    exported = [document.table for document in DOCUMENTS]
    assert sorted([*exported, *ABOUT_NOBODY], key=repr) == sorted(models.ALL, key=repr), (
        "a table is new: add it to DOCUMENTS, or to ABOUT_NOBODY, in services/data_export.py"
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_column_is_shown_or_left_out(document: data_export.Document) -> None:
    decided = document.shown.split() + document.left_out.split()
    assert sorted(decided) == sorted(document.table._meta.fields), "a column is new: show it, or leave it out"
    assert decided[0] == "id"


# --- what it holds --------------------------------------------------------------------------------------------------


def test_the_archive_holds_a_document_for_each_kind_of_thing(tripkit: Tripkit, busy: Actor, clock: FakeClock) -> None:
    found = archive(tripkit, busy, busy.user_id)
    assert set(found) == {"export", *(document.name for document in DOCUMENTS)}
    assert found["export"] == {
        "format": "tripkit.export/1",
        "tripkit": __version__,
        "at": "2027-04-01T09:30:00.123456Z",
        "user": busy.user_id,
        "counts": {
            "profile": 1, "plans": 3, "items": 1, "plan_settings": 1, "travellers": 1, "expenses": 1,
            "checklists": 1, "checklist_entries": 1, "checklist_templates": 1, "plan_members": 1, "changes": 8,
            "sessions": 2, "api_tokens": 1, "identities": 0, "second_factors": 1, "recovery_codes": 10,
            "one_time_tokens": 2, "mail": 3, "idempotency_keys": 1, "audit": 7, "share_links": 1,
        },
    }  # fmt: skip
    assert found["profile"]["email"] == "wilhelmina@example.org"
    assert found["profile"]["is_admin"] is False
    assert [plan["title"] for plan in found["plans"]] == [
        "Wilhelmina's trip",
        "In the trash",
        "Wilhelmina's other trip",
    ]
    assert found["plans"][0]["plan_data"] == {"km": 12.50}
    assert found["plans"][0]["tags"] == ["spring"]
    assert [bool(plan["trashed_at"]) for plan in found["plans"]] == [False, True, False]
    assert [each["action"] for each in found["changes"]] == [
        "item.create",
        "traveller.create",
        "expense.create",
        "checklist.create",
        "access.invite",
        "rates.edit",
        "access.link_create",
        "plan.trash",
    ]
    assert found["changes"][0]["parts"][0]["after"]["title"] == "Wilhelmina's dinner"
    assert [each["device"] for each in found["sessions"]] == ["tests", "a phone"]
    assert [each["event"] for each in found["audit"]] == [
        "user.signed_up",
        "user.changed",
        "member.invited",
        "link.created",
        "session.started",
        "token.created",
        "second_factor.added",
    ]


def test_no_secret_is_in_it(tripkit: Tripkit, busy: Actor, password: str) -> None:
    everything = json.dumps(archive(tripkit, busy, busy.user_id))
    for table, column in [
        ("users", "password_hash"),
        ("sessions", "current_jti"),
        ("one_time_tokens", "digest"),
        ("share_links", "digest"),
        ("share_links", "password_hash"),
        ("audit_events", "mac"),
        ("idempotency_keys", "fingerprint"),
    ]:
        for (secret,) in tripkit.db.execute(f"SELECT {column} FROM {table}").fetchall():
            assert secret
            assert secret not in everything
    assert password not in everything


def test_memberships_are_told_by_numbers_and_a_claimed_address_tells_of_no_invitation(
    tripkit: Tripkit, ada: Actor, bob: Actor, make_plan: Any
) -> None:
    plan = make_plan(ada, title="The plan of Ada")
    owner = msgspec.structs.replace(ada, is_verified=True)
    tripkit.plan_members.invite(owner, plan.id, MemberIn("editor", "bob"))
    invited = tripkit.plan_members.invite(owner, make_plan(ada).id, MemberIn(email="bob@example.org"))
    [found] = archive(tripkit, bob, bob.user_id)["plan_members"]
    assert (found["plan"], found["user"], found["role"]) == (plan.id, bob.user_id, "editor")
    assert len(archive(tripkit, ada, ada.user_id)["plan_members"]) == 2
    assert archive(tripkit, bob, bob.user_id)["plans"] == []
    tripkit.db.execute("UPDATE users SET is_verified = TRUE WHERE username = 'bob'")
    assert [each["id"] for each in archive(tripkit, bob, bob.user_id)["plan_members"]] == [found["id"], invited.id]


def test_nothing_of_others_is_in_it(tripkit: Tripkit, busy: Actor, make_user: Any, make_plan: Any) -> None:
    root = msgspec.structs.replace(make_user("root", admin=True), client=Client("203.0.113.99"))
    make_plan(root, title="The plan of root")
    tripkit.administration.verify(root, busy.user_id)
    tripkit.administration.verify(root, root.user_id)
    found = archive(tripkit, busy, busy.user_id)
    everything = json.dumps(found)
    for others in ("203.0.113.99", "root@example.org", "The plan of root", '"root"'):
        assert others not in everything
    last = found["audit"][-1]
    assert (last["event"], last["actor"], last["client"]) == ("user.verified", root.user_id, "")
    mine = archive(tripkit, root, root.user_id)["audit"]
    assert {each["client"] for each in mine if each["event"] == "user.verified"} == {"203.0.113.99"}


@pytest.mark.parametrize("batch", [1, 2, 50])
def test_more_than_fits_into_memory_at_once_is_read_in_parts(
    tripkit: Tripkit, ada: Actor, make_plan: Any, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    document = next(each for each in DOCUMENTS if each.name == "plans")
    monkeypatch.setattr(data_export, "BATCH", batch)
    monkeypatch.delitem(document.__dict__, "some", raising=False)
    titles = [make_plan(ada, title=f"Plan {number}").title for number in range(5)]
    assert [plan["title"] for plan in archive(tripkit, ada, ada.user_id)["plans"]] == titles
    document.__dict__.pop("some")


def test_somebody_without_anything_gets_empty_lists(tripkit: Tripkit) -> None:
    user = tripkit.invitations.invite(OPERATOR, InviteIn("eve@example.org")).user
    found = archive(tripkit, OPERATOR, user.id)
    assert found["plans"] == found["sessions"] == []
    assert found["profile"]["invited_at"]


# --- who may --------------------------------------------------------------------------------------------------------


def test_only_the_person_and_the_operator_may_have_it(
    tripkit: Tripkit, ada: Actor, make_user: Callable[..., Actor]
) -> None:
    root = make_user("root", admin=True)
    for other in (root, make_user("bob")):
        with pytest.raises(Forbidden):
            archive(tripkit, other, ada.user_id)
    mine, theirs = archive(tripkit, ada, ada.user_id), archive(tripkit, OPERATOR, ada.user_id)
    assert mine["profile"] == theirs["profile"]
    rows = tripkit.audit_trail.each(OPERATOR, AuditQuery(event="user.exported"))
    assert [(row.actor, row.subject) for row in rows] == [(ada.user_id, ada.user_id), (0, ada.user_id)]


def test_nobody_of_that_number_is_not_found(tripkit: Tripkit) -> None:
    with pytest.raises(NotFound, match="There is no user 77"):
        archive(tripkit, OPERATOR, 77)


# --- deletion -------------------------------------------------------------------------------------------------------


def everything_in(tripkit: Tripkit) -> list[str]:
    """Every value in the database, as text in small letters."""
    tables = set(tripkit.db.database.get_tables()) - {"sqlite_sequence"}
    assert tables >= {model._meta.table_name for model in models.ALL}
    return [
        str(value).lower()
        for table in tables
        for found in tripkit.db.execute(f"SELECT * FROM {table}").fetchall()
        for value in found
    ]


def delete_own(tripkit: Tripkit, actor: Actor, password: str) -> None:
    tripkit.accounts.delete_own(actor, PasswordIn(password))


def delete_by_the_operator(tripkit: Tripkit, actor: Actor, password: str) -> None:
    tripkit.administration.delete(OPERATOR, actor.user_id)


@pytest.mark.parametrize("delete", [delete_own, delete_by_the_operator])
def test_of_somebody_who_is_gone_only_the_number_is_left(
    tripkit: Tripkit, busy: Actor, bob: Actor, password: str, delete: Callable[[Tripkit, Actor, str], None]
) -> None:
    invited = tripkit.invitations.invite(OPERATOR, InviteIn("wilhelmina2@example.org"))
    tripkit.administration.edit(OPERATOR, busy.user_id, UserPatch(email="wilhelmina3@example.org"))
    archive(tripkit, busy, busy.user_id)
    names = ("wilhelmina", "vandervoort", "a phone", "192.0.2.33")
    before = everything_in(tripkit)
    assert all(any(name in value for value in before) for name in names)

    delete(tripkit, busy, password)
    delete_by_the_operator(tripkit, msgspec.structs.replace(busy, user_id=invited.user.id), password)

    left = {name: [value for value in everything_in(tripkit) if name in value] for name in names}
    assert left == {"wilhelmina": [], "vandervoort": [], "a phone": [], "192.0.2.33": ["192.0.2.33"]}, (
        "where a session was begun from stays in the audit trail, and says nothing of who the number was"
    )
    last = tripkit.audit_trail.page(OPERATOR, AuditQuery(user=busy.user_id, limit=1)).results[0]
    assert (last.event, last.subject) == ("user.deleted", busy.user_id)
    assert tripkit.audit_trail.verify(OPERATOR).ok
    assert [user.username for user in tripkit.administration.everybody(OPERATOR)] == ["bob"]
