"""Links to a plan: who makes them, what is right, and that each acts at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tripkit.bootstrap import Tripkit
from tripkit.config import Settings
from tripkit.errors import Conflict, Forbidden, NotFound, ValidationFailed
from tripkit.schemas.changes import ChangeQuery
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.share_links import ShareLinkIn, ShareLinkPatch
from tripkit.schemas.users import Actor
from tripkit.services import share_links
from tripkit.services.share_links import MOST
from tripkit.services.validation import convert

PASSWORD = "open sesame"


@pytest.fixture
def plan(make_plan: Callable[..., PlanOut], ada: Actor) -> PlanOut:
    return make_plan(ada)


@pytest.fixture
def without_links(tripkit: Tripkit, settings: Settings, clock: Any) -> Tripkit:
    """The same database, served with `server.public_links = false`."""
    server = msgspec.structs.replace(settings.server, public_links=False)
    return Tripkit(msgspec.structs.replace(settings, server=server), tripkit.db, clock)


def test_a_link_is_made_with_all_it_has(tripkit: Tripkit, ada: Actor, plan: PlanOut, clock: Any) -> None:
    until = clock.now + timedelta(days=30)
    form = ShareLinkIn(" For Bob ", until, PASSWORD, ["notes", "costs", "notes"])
    made, token = tripkit.share_links.create(ada, plan.id, form)
    assert (made.label, made.role, made.redactions) == ("For Bob", "viewer", ["costs", "notes"])
    assert (made.has_password, made.enabled, made.expires_at, made.created_at) == (True, True, until, clock.now)
    assert (made.views, made.last_viewed_at) == (0, None)
    assert len(token) == 22
    assert tripkit.share_links.get(ada, plan.id, made.id) == made
    plain, other = tripkit.share_links.create(ada, plan.id, ShareLinkIn())
    assert (plain.has_password, plain.redactions, plain.expires_at) == (False, [], None)
    assert token != other
    assert tripkit.share_links.all(ada, plan.id).results == [plain, made]


def test_neither_token_nor_password_is_kept(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> None:
    _, token = tripkit.share_links.create(ada, plan.id, ShareLinkIn(password=PASSWORD))
    everything = str(tripkit.db.execute("SELECT * FROM share_links").fetchall())
    assert share_links.digest(token) in everything
    assert "$argon2id$" in everything
    for secret in (token, PASSWORD):
        assert secret not in everything
        assert secret not in str(tripkit.db.execute("SELECT * FROM audit_events").fetchall())


def test_the_log_of_the_plan_says_that_there_is_a_link_and_no_more(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> None:
    made, _ = tripkit.share_links.create(ada, plan.id, ShareLinkIn("For Grandma"))
    tripkit.share_links.edit(ada, plan.id, made.id, ShareLinkPatch(enabled=False))
    tripkit.share_links.revoke(ada, plan.id, made.id)
    log = tripkit.history.page(ada, plan.id, ChangeQuery()).results
    assert [change.summary for change in log[:3]] == [
        "Revoked a link to the plan.",
        "Changed a link to the plan.",
        "Made a link to the plan.",
    ]
    assert b"Grandma" not in msgspec.json.encode(log)
    with pytest.raises(Conflict, match="about who has access"):
        tripkit.history.undo(ada, plan.id, log[0].version)


def test_what_is_changed_is_changed_and_the_rest_stays(tripkit: Tripkit, ada: Actor, plan: PlanOut, clock: Any) -> None:
    until = clock.now + timedelta(days=1)
    form = ShareLinkIn("Bob", until, PASSWORD, ["costs"])
    made, _ = tripkit.share_links.create(ada, plan.id, form)

    def edit(**changes: Any) -> Any:
        return tripkit.share_links.edit(ada, plan.id, made.id, ShareLinkPatch(**changes))

    assert edit() == made
    assert edit(label="Carol") == msgspec.structs.replace(made, label="Carol")
    assert edit(redactions=[], label="Bob") == msgspec.structs.replace(made, redactions=[])
    assert edit(enabled=False).enabled is False
    assert edit(expires_at=None, enabled=True).expires_at is None
    assert edit(password=None).has_password is False
    assert edit(password=PASSWORD, redactions=["costs"], expires_at=until) == made


def test_only_the_owner_knows_of_links(tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut) -> None:
    made, _ = tripkit.share_links.create(ada, plan.id, ShareLinkIn())
    links = tripkit.share_links
    for attempt in (
        lambda: links.create(bob, plan.id, ShareLinkIn()),
        lambda: links.all(bob, plan.id),
        lambda: links.get(bob, plan.id, made.id),
        lambda: links.views(bob, plan.id, made.id),
        lambda: links.edit(bob, plan.id, made.id, ShareLinkPatch(enabled=False)),
        lambda: links.revoke(bob, plan.id, made.id),
    ):
        with pytest.raises(NotFound, match=r"no plan"):
            attempt()


def test_a_link_is_not_reached_through_another_plan(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, make_plan: Callable[..., PlanOut]
) -> None:
    made, _ = tripkit.share_links.create(ada, plan.id, ShareLinkIn())
    for actor in (ada, bob):
        other = make_plan(actor)
        for attempt in (tripkit.share_links.get, tripkit.share_links.views, tripkit.share_links.revoke):
            with pytest.raises(NotFound, match=r"no link"):
                attempt(actor, other.id, made.id)
        with pytest.raises(NotFound, match=r"no link"):
            tripkit.share_links.edit(actor, other.id, made.id, ShareLinkPatch(label="mine"))
    assert tripkit.share_links.get(ada, plan.id, made.id) == made


def test_links_of_a_plan_in_the_trash_wait_there(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> None:
    made, _ = tripkit.share_links.create(ada, plan.id, ShareLinkIn())
    tripkit.plans.trash(ada, plan.id)
    with pytest.raises(NotFound):
        tripkit.share_links.all(ada, plan.id)
    tripkit.plans.restore(ada, plan.id)
    assert tripkit.share_links.all(ada, plan.id).results == [made]


def test_a_plan_has_room_for_so_many_links(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> None:
    tripkit.db.unit(lambda: [tripkit.share_links.create(ada, plan.id, ShareLinkIn()) for _ in range(MOST)])
    with pytest.raises(Conflict, match=r"100 links"):
        tripkit.share_links.create(ada, plan.id, ShareLinkIn())
    oldest = tripkit.share_links.all(ada, plan.id).results[-1]
    tripkit.share_links.revoke(ada, plan.id, oldest.id)
    tripkit.share_links.create(ada, plan.id, ShareLinkIn())


def test_the_room_is_not_passed_by_links_made_at_once(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, in_threads: Any
) -> None:
    tripkit.db.unit(lambda: [tripkit.share_links.create(ada, plan.id, ShareLinkIn()) for _ in range(MOST - 1)])
    outcomes = in_threads(4, lambda: tripkit.share_links.create(ada, plan.id, ShareLinkIn()), tripkit)
    assert sum(isinstance(each, Conflict) for each in outcomes) == 3
    assert len(tripkit.share_links.all(ada, plan.id).results) == MOST


@pytest.mark.parametrize("seconds", [0, -1, -86400 * 400])
def test_an_end_that_is_past_is_refused(tripkit: Tripkit, ada: Actor, plan: PlanOut, clock: Any, seconds: int) -> None:
    past = clock.now + timedelta(seconds=seconds)
    made, _ = tripkit.share_links.create(ada, plan.id, ShareLinkIn())
    for attempt in (
        lambda: tripkit.share_links.create(ada, plan.id, ShareLinkIn(expires_at=past)),
        lambda: tripkit.share_links.edit(ada, plan.id, made.id, ShareLinkPatch(expires_at=past)),
    ):
        with pytest.raises(ValidationFailed) as refused:
            attempt()
        assert "must be in the future: it is 2027-04-01T09:30:00Z now" in refused.value.errors["expires_at"][0]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"password": "7 chars"}, "password: must have at least 8 characters (it has 7)."),
        ({"password": "x" * 201}, "password: must have at most 200 characters (it has 201)."),
        ({"role": "editor"}, 'role: must be one of viewer, not "editor".'),
        ({"redactions": ["prices"]}, "redactions: item 0 must be one of"),
        ({"expires_at": "2099-01-01T00:00:00"}, "expires_at: "),
        ({"expires_at": "soon"}, "expires_at: must be a date"),
        ({"label": "x" * 101}, "label: must have at most 100 characters (it has 101)."),
        ({"token": "mine"}, "token: is not a field of this"),
    ],
)
def test_what_is_wrong_is_said(fields: dict[str, Any], message: str) -> None:
    for kind in (ShareLinkIn, ShareLinkPatch):
        with pytest.raises(ValidationFailed) as refused:
            convert(kind, fields)
        assert message in str(refused.value)
        assert "chars" not in str(refused.value).replace("characters", "")


@pytest.mark.parametrize("label", ["two\nlines", "\x1b[31mred", "turned \u202e around"])
def test_a_label_is_one_line(tripkit: Tripkit, ada: Actor, plan: PlanOut, label: str) -> None:
    with pytest.raises(ValidationFailed, match=r"label: must be one line"):
        tripkit.share_links.create(ada, plan.id, ShareLinkIn(label=label))


def test_where_links_are_switched_off_none_is_made_and_old_ones_can_be_cleared_away(
    tripkit: Tripkit, without_links: Tripkit, ada: Actor, plan: PlanOut
) -> None:
    made, _ = tripkit.share_links.create(ada, plan.id, ShareLinkIn())
    with pytest.raises(Forbidden, match=r"server\.public_links"):
        without_links.share_links.create(ada, plan.id, ShareLinkIn())
    assert without_links.share_links.all(ada, plan.id).results == [made]
    without_links.share_links.revoke(ada, plan.id, made.id)


def test_what_is_done_with_links_is_in_the_audit_trail(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> None:
    made, _ = tripkit.share_links.create(ada, plan.id, ShareLinkIn())
    tripkit.share_links.edit(ada, plan.id, made.id, ShareLinkPatch(enabled=False, password=PASSWORD))
    tripkit.share_links.revoke(ada, plan.id, made.id)
    rows = tripkit.db.execute("SELECT event, details FROM audit_events ORDER BY id").fetchall()
    assert [(event, msgspec.json.decode(details)) for event, details in rows[-3:]] == [
        ("link.created", {"plan": plan.id, "link": made.id}),
        ("link.changed", {"plan": plan.id, "link": made.id, "fields": "enabled password_hash"}),
        ("link.revoked", {"plan": plan.id, "link": made.id}),
    ]
