"""Opening links: what one shows, when it ends, its password, and that nobody learns why it does not work."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from tripkit.bootstrap import Tripkit
from tripkit.config import Settings
from tripkit.errors import LinkPasswordRequired, NotFound, WrongLinkPassword
from tripkit.formats.calendar import calendar_of
from tripkit.schemas.items import ItemIn, Place
from tripkit.schemas.plans import PlanIn, PlanOut, PlanPatch
from tripkit.schemas.share_links import ShareLinkIn, ShareLinkPatch
from tripkit.schemas.shared import Redaction
from tripkit.schemas.users import Actor
from tripkit.services import timezones
from tripkit.services.item_places import complete
from tripkit.services.policy import OPERATOR

from ..conftest import on_sqlite

PASSWORD = "open sesame"


@pytest.fixture
def plan(make_plan: Callable[..., PlanOut], ada: Actor) -> PlanOut:
    return make_plan(ada, start_date=date(2027, 4, 1), budget=Decimal("100.00"))


@pytest.fixture
def link(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[..., tuple[int, str]]:
    """`link(password="…")`: the number of a new link, and its token."""

    def make(**fields: Any) -> tuple[int, str]:
        made, token = tripkit.share_links.create(ada, plan.id, ShareLinkIn(**fields))
        return made.id, token

    return make


def test_a_link_shows_the_plan_as_it_is_now(tripkit: Tripkit, ada: Actor, plan: PlanOut, link: Any) -> None:
    number, token = link(label="For Bob")
    item = tripkit.items.create(ada, plan.id, complete(ItemIn(title="Tea", start="2027-04-02", cost=Decimal("12.50"))))
    opened = tripkit.link_access.read(token)
    shown = opened.plan
    assert (opened.link_id, shown.label, shown.user, shown.title) == (number, "For Bob", "ada", "Kyoto")
    assert shown.totals is not None
    assert (shown.totals.budget, shown.totals.total.amount) == (Decimal("100.00"), Decimal("12.50"))
    [day] = shown.days
    assert (day.date, day.number, [each.title for each in day.items]) == (date(2027, 4, 2), 2, ["Tea"])
    tripkit.items.trash(ada, plan.id, item.id)
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Nara"))
    assert (tripkit.link_access.read(token).plan.days, tripkit.link_access.read(token).plan.title) == ([], "Nara")


def test_a_change_of_what_is_hidden_acts_at_once(tripkit: Tripkit, ada: Actor, plan: PlanOut, link: Any) -> None:
    number, token = link()
    assert tripkit.link_access.read(token).plan.totals is not None
    tripkit.share_links.edit(ada, plan.id, number, ShareLinkPatch(redactions=["costs", "participants"]))
    shown = tripkit.link_access.read(token).plan
    assert (shown.totals, shown.user, shown.redactions) == (None, None, ["costs", "participants"])


# --- when it ends ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "end",
    ["expires", "is switched off", "is revoked", "its plan is trashed", "its owner is disabled", "its owner leaves",
     "links are switched off"],
)  # fmt: skip
def test_a_link_that_has_ended_looks_like_one_that_never_was(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, link: Any, clock: Any, settings: Settings, end: str
) -> None:
    number, token = link(expires_at=clock.now + timedelta(hours=1), password=PASSWORD)
    grant = tripkit.link_access.unlock(token, PASSWORD).grant
    assert tripkit.link_access.read(token, grant).link_id == number
    used = tripkit
    match end:
        case "expires":
            # The grant is longer-lived than the link.
            clock.advance(minutes=59)
            grant = tripkit.link_access.unlock(token, PASSWORD).grant
            clock.advance(minutes=1)
        case "is switched off":
            tripkit.share_links.edit(ada, plan.id, number, ShareLinkPatch(enabled=False))
        case "is revoked":
            tripkit.share_links.revoke(ada, plan.id, number)
        case "its plan is trashed":
            tripkit.plans.trash(ada, plan.id)
        case "its owner is disabled":
            tripkit.administration.set_active(OPERATOR, ada.user_id, active=False)
        case "its owner leaves":
            tripkit.administration.delete(OPERATOR, ada.user_id)
        case "links are switched off":
            server = msgspec.structs.replace(settings.server, public_links=False)
            used = Tripkit(msgspec.structs.replace(settings, server=server), tripkit.db, clock)
    messages = set()
    for attempt in (
        lambda: used.link_access.read(token, grant),
        lambda: used.link_access.read(token),
        lambda: used.link_access.unlock(token, PASSWORD),
        lambda: used.link_access.unlock(token, "wrong"),
        lambda: used.link_access.read("A" * 22),
    ):
        with pytest.raises(NotFound) as refused:
            attempt()
        messages.add(str(refused.value))
    assert messages == {"There is no such shared plan."}


def test_a_link_that_was_switched_off_can_be_switched_on_again(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, link: Any
) -> None:
    number, token = link(enabled=False)
    with pytest.raises(NotFound):
        tripkit.link_access.read(token)
    tripkit.share_links.edit(ada, plan.id, number, ShareLinkPatch(enabled=True))
    assert tripkit.link_access.read(token).link_id == number


ALTERED = (
    str.swapcase,
    lambda token: token[:-1],
    lambda token: token + "A",
    lambda token: token[::-1],
    lambda token: f" {token}",
    lambda token: f"{token}\n",
    lambda _: "",
    lambda _: "%",
    lambda _: "x" * 10**5,
)


@pytest.mark.parametrize("change", ALTERED)
def test_a_token_that_was_altered_opens_nothing(tripkit: Tripkit, link: Any, change: Any) -> None:
    _, token = link()
    with pytest.raises(NotFound):
        tripkit.link_access.read(change(token))


# --- its password ---------------------------------------------------------------------------------------------------


def test_a_password_opens_it_for_an_hour(tripkit: Tripkit, link: Any, clock: Any) -> None:
    number, token = link(password=PASSWORD)
    for wrong in ("", "open sesame ", "Open sesame", "x" * 200):
        with pytest.raises(WrongLinkPassword):
            tripkit.link_access.unlock(token, wrong)
    with pytest.raises(LinkPasswordRequired):
        tripkit.link_access.read(token)
    grant = tripkit.link_access.unlock(token, PASSWORD)
    assert tripkit.link_access.read(token, grant.grant).link_id == number
    clock.now = grant.expires_at - timedelta(seconds=1)
    assert tripkit.link_access.read(token, grant.grant).link_id == number
    clock.advance(seconds=1)
    with pytest.raises(LinkPasswordRequired):
        tripkit.link_access.read(token, grant.grant)


@pytest.mark.parametrize("password", ["another one", None, PASSWORD])
def test_a_grant_is_worth_nothing_once_the_password_was_set_anew(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, link: Any, password: str | None
) -> None:
    number, token = link(password=PASSWORD)
    grant = tripkit.link_access.unlock(token, PASSWORD).grant
    tripkit.share_links.edit(ada, plan.id, number, ShareLinkPatch(password=password))
    if password is None:
        assert tripkit.link_access.read(token).link_id == number
        tripkit.share_links.edit(ada, plan.id, number, ShareLinkPatch(password=PASSWORD))
    with pytest.raises(LinkPasswordRequired):
        tripkit.link_access.read(token, grant)


def test_a_grant_is_for_its_link_only(tripkit: Tripkit, link: Any) -> None:
    _, token = link(password=PASSWORD)
    _, other = link(password=PASSWORD)
    _, plain = link()
    for grant in (tripkit.link_access.unlock(other, PASSWORD), tripkit.link_access.unlock(plain, "")):
        with pytest.raises(LinkPasswordRequired):
            tripkit.link_access.read(token, grant.grant)


def test_a_grant_cannot_be_made_up(tripkit: Tripkit, link: Any, clock: Any) -> None:
    _, token = link(password=PASSWORD)
    grant = tripkit.link_access.unlock(token, PASSWORD).grant
    expires, _, mac = grant.partition(".")
    later, altered = int(expires) + 3600, ("B" if mac[0] == "A" else "A") + mac[1:]
    for made_up in (
        f"{later}.{mac}", f"{expires}.{altered}", f"{expires}.{'A' * 43}", f"0{grant}", f" {grant}", f"{grant}\n",
        f"٣.{mac}", mac, "", ".", "x" * 10**5,
    ):  # fmt: skip
        with pytest.raises(LinkPasswordRequired):
            tripkit.link_access.read(token, made_up)


# --- what is hidden -------------------------------------------------------------------------------------------------

#: Of each field a text that is nowhere else, by what hides it. Amounts are marked by their digits, which no uid has.
MARKED: dict[Redaction, list[str]] = {
    "costs": ["73107310", "73117311", "7312731", "CHF"],
    "references": ["REFERENCE"],
    "notes": ["marked-text", "marked-notes"],
    "participants": ["wilhelmina"],
}
ALWAYS_HIDDEN = ["TRASHED"]
ANY_HIDES = "PLANDATA"


@on_sqlite
@budget(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    redactions=st.lists(st.sampled_from(get_args(Redaction)), unique=True),
    items=st.lists(
        st.builds(
            ItemIn,
            title=st.just("TITLE"),
            kind=st.sampled_from(("lodging", "food", "flight", "note")),
            notes=st.sampled_from(("marked-notes", "marked-notes, with\nlines; and 'marks'")),
            start=st.sampled_from((None, "2027-04-02", "2027-04-02T10:00", "2027-03-28T02:30")),
            start_zone=st.none(),
            place=st.sampled_from((None, Place("PLACE", "ADDRESS", timezone="Europe/Berlin"))),
            cost=st.sampled_from((None, Decimal("73107310.50"), Decimal("73117311"))),
            currency=st.none(),
            booking_reference=st.sampled_from(("", "REFERENCE")),
            status=st.sampled_from(("idea", "planned", "booked", "done")),
        ),
        max_size=4,
    ),
)
def test_nothing_of_what_is_hidden_is_in_any_answer(
    tripkit: Tripkit, make_user: Callable[..., Actor], redactions: list[Redaction], items: list[ItemIn]
) -> None:
    owner = tripkit.actors.find("wilhelmina") if _is_there(tripkit, "wilhelmina") else make_user("wilhelmina")
    form = PlanIn(
        title="TITLE",
        destination="DESTINATION",
        description="marked-text",
        budget=Decimal("7312731.00"),
        currency="CHF",
        plan_data=msgspec.Raw(b'{"x": "PLANDATA"}'),
        tags=["TAG"],
    )
    plan = tripkit.plans.create(owner, form)
    for item in items:
        tripkit.items.create(owner, plan.id, complete(item))
    trashed = tripkit.items.create(owner, plan.id, complete(ItemIn(title="TRASHED")))
    tripkit.items.trash(owner, plan.id, trashed.id)
    _, token = tripkit.share_links.create(owner, plan.id, ShareLinkIn(redactions=redactions))
    shown = tripkit.link_access.read(token).plan
    calendar = calendar_of(shown, timezones.rules).replace(b"\r\n ", b"")
    answers = (msgspec.json.encode(shown) + calendar).decode()
    hidden = [mark for each in redactions for mark in MARKED[each]]
    assert [mark for mark in [*hidden, *ALWAYS_HIDDEN] if mark in answers] == []
    assert (ANY_HIDES in answers) == (not redactions)
    for each, mark in (("costs", "7312731"), ("notes", "marked-text"), ("participants", "wilhelmina")):
        assert (mark in answers) == (each not in redactions), "or this test finds nothing"
    assert "TITLE" in answers


def _is_there(tripkit: Tripkit, name: str) -> bool:
    try:
        tripkit.actors.find(name)
    except NotFound:
        return False
    return True
