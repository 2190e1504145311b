"""The library against a live server."""

import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pyotp
import pytest

from tripkit.client import Client
from tripkit.client.authorization import Session
from tripkit.errors import (
    Ambiguous,
    InsufficientScope,
    InvalidCode,
    InvalidCredentials,
    InvalidInput,
    InvalidToken,
    NotAuthenticated,
    NotFound,
    ReauthenticationRequired,
    SecondFactorRequired,
    StaleVersion,
    ValidationFailed,
)
from tripkit.schemas.api_tokens import ApiTokenIn
from tripkit.schemas.contract import API
from tripkit.schemas.items import ItemIn, ItemQuery, Place
from tripkit.schemas.plans import PlanIn, PlanPatch, PlanQuery
from tripkit.schemas.users import ReauthenticationIn, TokenPair

from .conftest import PASSWORD, LiveServer, sign_up

KYOTO = PlanIn(title="Kyoto in April", destination="Kyoto")


def test_plans_are_read_page_by_page_to_the_end(client: Client) -> None:
    made = [client.plans.create(KYOTO).id for _ in range(5)]
    assert [plan.id for plan in client.plans.all(PlanQuery(limit=2, ordering="created_at"))] == made
    page = client.plans.page(PlanQuery(limit=2))
    assert len(page.results) == 2
    assert page.cursor
    assert client.plans.page(PlanQuery(tag="none")).cursor is None


def test_items_are_made_together(client: Client) -> None:
    plan = client.plans.create(KYOTO)
    made = client.items.create_many(plan.id, [ItemIn("Tea", place=Place("Kyoto")), ItemIn("Rest", kind="note")])
    assert [item.title for item in made.items] == ["Tea", "Rest"]
    assert "place.country" in made.items[0].filled_in
    assert client.items.by_day(plan.id, ItemQuery(kind="note")).days[0].items[0].id == made.items[1].id


def test_refusals_are_those_of_the_services_with_their_data(client: Client, stranger: Client) -> None:
    first, second = client.plans.create(KYOTO), client.plans.create(KYOTO)
    with pytest.raises(NotFound) as missing:
        stranger.plans.get(first.id)
    assert (missing.value.kind, missing.value.key) == ("plan", first.id)
    with pytest.raises(Ambiguous) as several:
        client.plans.resolve("kyoto")
    assert several.value.candidates == [(second.id, second.title), (first.id, first.title)]
    with pytest.raises(StaleVersion) as stale:
        client.plans.edit(first.id, PlanPatch(title="Nara"), expected=7)
    assert (stale.value.kind, stale.value.key, stale.value.current) == ("plan", first.id, 1)
    with pytest.raises(ValidationFailed) as wrong:
        client.plans.create(PlanIn(title="", destination=""))
    assert wrong.value.errors == {"title": ["must not be empty."], "destination": ["must not be empty."]}
    assert str(wrong.value).startswith("title: must not be empty.")


@pytest.mark.parametrize("plan_id", [-1, 2**63])
def test_what_cannot_be_an_id_is_refused_here(client: Client, plan_id: int) -> None:
    with pytest.raises(InvalidInput, match="is no id"):
        client.plans.get(plan_id)


def test_an_api_token_does_what_it_was_made_for(client: Client) -> None:
    token = client.api_tokens.create(ApiTokenIn("backup", ["plans:read"])).token
    with Client(client.url, token) as reader:
        assert reader.plans.page(PlanQuery()).results == []
        with pytest.raises(InsufficientScope) as lacking:
            reader.plans.create(KYOTO)
        assert lacking.value.required == "plans:write"
        with pytest.raises(InsufficientScope) as never:
            reader.api_tokens.all()
        assert never.value.required is None
    for wrong in (token[:-1] + ("1" if token[-1] == "0" else "0"), "nonsense"):
        with Client(client.url, wrong) as nobody, pytest.raises(InvalidToken):
            nobody.plans.page(PlanQuery())
    with Client(client.url) as nobody, pytest.raises(NotAuthenticated):
        nobody.plans.page(PlanQuery())


def test_logging_in_and_out(server: LiveServer) -> None:
    with server.client() as http:
        email = sign_up(http)["user"]["email"]
    with pytest.raises(InvalidCredentials):
        Client.log_in(server.url, email, "wrong")
    with Client.log_in(server.url, email, PASSWORD) as client:
        assert client.api == API
        assert client.account.profile().email == email
        client.account.log_out()
        with pytest.raises(InvalidToken):
            client.account.profile()


def test_logging_in_with_a_second_factor(server: LiveServer) -> None:
    with server.client() as http:
        email = sign_up(http)["user"]["email"]
        app = pyotp.TOTP(http.post("/api/auth/second-factor/").json()["secret"])
        http.post("/api/auth/second-factor/confirm/", json={"code": app.now()}).raise_for_status()
    with pytest.raises(SecondFactorRequired) as required:
        Client.log_in(server.url, email, PASSWORD)
    assert required.value.challenge
    with pytest.raises(InvalidCode):
        Client.log_in(server.url, email, PASSWORD, code=lambda: "000000")
    code = app.at(int(time.time()), counter_offset=1)
    with Client.log_in(server.url, email, PASSWORD, code=lambda: code) as client:
        assert client.account.profile().email == email


def test_an_access_token_that_has_expired_is_renewed_once_for_all_threads(
    outdated: Callable[[], Client], pair: TokenPair
) -> None:
    with outdated() as client, ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: client.plans.create(KYOTO).id, range(16)))
        assert len(set(made)) == 16
        assert len(list(client.plans.all())) == 16
        client.account.log_out()
    with outdated() as late, pytest.raises(InvalidToken):
        late.plans.page(PlanQuery())


def test_the_password_is_asked_for_where_the_server_wants_it_again(server: LiveServer, pair: TokenPair) -> None:
    with closing(sqlite3.connect(server.directory / "tripkit.sqlite3")) as database, database:
        database.execute("UPDATE sessions SET authenticated_at = '2026-01-01T00:00:00.000000Z'")
    form = ApiTokenIn("backup", ["plans:read"])
    with Client(server.url, authorization=Session(pair)) as client:
        with pytest.raises(ReauthenticationRequired) as required:
            client.api_tokens.create(form)
        assert "POST" not in str(required.value)
    asked = []

    def confirm() -> ReauthenticationIn:
        asked.append(1)
        return ReauthenticationIn(password=PASSWORD)

    with Client(server.url, authorization=Session(pair), confirm=confirm) as client:
        client.api_tokens.create(form)
        client.api_tokens.create(form)
        assert asked == [1]
        assert len(client.api_tokens.all().results) == 2


def test_a_single_rate_is_set_while_others_write(client: Client) -> None:
    from decimal import Decimal

    from tripkit.schemas.money import Rate

    plan = client.plans.create(KYOTO)
    with ThreadPoolExecutor(3) as pool:
        list(
            pool.map(lambda code: client.money.set_rate(plan.id, Rate("EUR", code, Decimal(2))), ("JPY", "GBP", "CHF"))
        )
    assert {rate.quote for rate in client.money.rates(plan.id).rates} == {"JPY", "GBP", "CHF"}
