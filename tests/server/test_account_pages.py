"""Links in mail: they arrive, lead to a page, and its button does what the mail says."""

import html
import re
import socket
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import httpx2
import pytest

from tripkit.schemas.audit import AuditQuery
from tripkit.services.one_time_tokens import Purpose
from tripkit.services.policy import OPERATOR

from ..smtp import Gate, MailServer, mail_server
from .conftest import PASSWORD, LiveServer, sign_up

NEW = "an-entirely-new-phrase"
PAGES = [
    "/account/verify",
    "/account/reset",
    "/account/email",
    "/account/email/undo",
    "/account/invitation",
    "/account/plan-invitation",
]


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as started:
        yield started


@pytest.fixture
def environment(mail: MailServer) -> dict[str, str]:
    return {
        "TRIPKIT_MAIL__BACKEND": "smtp",
        "TRIPKIT_MAIL__HOST": "127.0.0.1",
        "TRIPKIT_MAIL__PORT": str(mail.port),
        "TRIPKIT_MAIL__SECURITY": "none",
        "TRIPKIT_MAIL__SENDER": "trips@example.org",
    }


@pytest.fixture
def own(start_server: Any, environment: dict[str, str]) -> LiveServer:
    """A server that mails."""
    started: LiveServer = start_server(**environment)
    return started


@pytest.fixture
def client(own: LiveServer) -> Iterator[httpx2.Client]:
    with own.client() as client:
        yield client


def arrived(mail: MailServer, subject: str) -> EmailMessage:
    """The last mail with this in its subject, once it is there."""
    deadline = time.monotonic() + 15
    while not (found := [each for each in mail.received if subject in each["Subject"]]):
        assert time.monotonic() < deadline, f"{subject!r} did not come: {mail.subjects()}"
        time.sleep(0.02)
    return found[-1]


def link_in(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return re.search(r"https?://\S+", body.get_content())[0]  # type: ignore[index]


def is_a_page(answer: httpx2.Response) -> bool:
    """It is one, with the headers of one."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    policy = answer.headers["content-security-policy"]
    assert "form-action 'self'" in policy
    assert "script" not in policy
    assert "<script" not in answer.text
    return "<h1>" in answer.text


def send(client: httpx2.Client, link: str, **fields: str) -> httpx2.Response:
    """Open a link as a browser does, and press its button, with the fields filled in."""
    shown = client.get(link, headers={"Accept": "text/html"})
    assert shown.status_code == 200, shown.text
    assert is_a_page(shown)
    assert '<form method="post" action="?">' in shown.text
    hidden = re.search(r'type="hidden" name="token" value="([^"]*)"', shown.text)[1]  # type: ignore[index]
    for name in fields:
        assert f'<label for="{name}">' in shown.text
        assert f'name="{name}"' in shown.text
    answer = client.post(link.partition("?")[0] + "?", data={"token": html.unescape(hidden)} | fields)
    assert is_a_page(answer)
    return answer


def log_in(client: httpx2.Client, email: str, password: str) -> int:
    return client.post("/api/auth/login/", json={"email": email, "password": password}).status_code


# --- each flow, from the mail to the page -----------------------------------------------------------------------------


def test_an_address_is_verified(client: httpx2.Client, own: LiveServer, mail: MailServer) -> None:
    user = sign_up(client)["user"]
    message = arrived(mail, "Confirm your email address")
    link = link_in(message)
    assert (message["To"], link.partition("?")[0]) == (user["email"], f"{own.url}/account/verify")
    for _ in range(3):  # a scanner looks at it
        assert user["email"] in client.get(link).text
    assert client.get("/api/auth/user/").json()["is_verified"] is False
    assert "is confirmed" in send(client, link).text
    assert client.get("/api/auth/user/").json()["is_verified"] is True
    gone = client.get(link)
    assert (gone.status_code, is_a_page(gone)) == (400, True)
    assert "does not work any more" in gone.text
    assert client.post("/api/auth/email/verify/resend/").status_code == 409


def test_a_forgotten_password_is_replaced(client: httpx2.Client, own: LiveServer, mail: MailServer) -> None:
    user = sign_up(client)["user"]
    assert client.post("/api/auth/password/reset/", json={"email": user["email"]}).status_code == 202
    link = link_in(arrived(mail, "Choose a new password"))
    wrong = send(client, link, password="1234", password_confirm="12345")
    assert wrong.status_code == 400
    assert wrong.text.count('aria-invalid="true"') == 2
    assert "1234" not in wrong.text
    assert wrong.text.count('type="password"') == wrong.text.count('autocomplete="new-password"') == 2
    assert "onpaste" not in wrong.text
    assert send(client, link, password=NEW, password_confirm=NEW).status_code == 200
    assert client.get("/api/auth/user/").status_code == 401
    assert (log_in(client, user["email"], PASSWORD), log_in(client, user["email"], NEW)) == (401, 200)
    with own.services() as tripkit:
        rows = [(row.event, row.refused) for row in tripkit.audit_trail.each(OPERATOR, AuditQuery())]
    assert ("password.reset", "invalid: password, password_confirm") in rows
    assert ("password.reset", "") in rows


def test_an_address_is_changed_and_taken_back(client: httpx2.Client, own: LiveServer, mail: MailServer) -> None:
    old = sign_up(client)["user"]["email"]
    send(client, link_in(arrived(mail, "Confirm your email address")))
    asked = client.patch("/api/auth/user/", json={"email": "new@example.org"}).json()
    assert (asked["email"], asked["pending_email"]) == (old, "new@example.org")
    message = arrived(mail, "Confirm your new email address")
    assert message["To"] == "new@example.org"
    assert "is changed" in send(client, link_in(message)).text
    assert client.get("/api/auth/user/").json()["email"] == "new@example.org"
    told = arrived(mail, "Your email address was changed")
    assert told["To"] == old
    with own.client() as thief:
        sign_up(thief, email=old)
        refused = thief.post("/account/email/undo", data={"token": link_in(told).partition("token=")[2]})
        assert (refused.status_code, is_a_page(refused)) == (409, True)
        assert "another account" in refused.text
        thief.request("DELETE", "/api/auth/user/", json={"password": PASSWORD}).raise_for_status()
    assert "has its address back" in send(client, link_in(told)).text
    assert client.get("/api/auth/user/").status_code == 401
    reset = arrived(mail, "Choose a new password")
    assert reset["To"] == old
    send(client, link_in(reset), password=NEW, password_confirm=NEW)
    assert log_in(client, old, NEW) == 200


def test_an_invitation_is_accepted(client: httpx2.Client, own: LiveServer, mail: MailServer) -> None:
    user = sign_up(client)["user"]
    with own.services() as tripkit:
        tripkit.administration.set_admin(OPERATOR, user["id"], admin=True)
    form = {"email": "eve@example.org", "username": "eve", "first_name": "Eve"}
    client.post("/api/admin/users/invite/", json=form).raise_for_status()
    link = link_in(arrived(mail, "invites you"))
    assert "Welcome" in send(client, link, password=NEW, password_confirm=NEW).text
    assert log_in(client, "eve@example.org", NEW) == 200


def test_an_invitation_to_a_plan_is_accepted_by_who_has_the_mailbox_and_an_account(
    client: httpx2.Client, own: LiveServer, mail: MailServer
) -> None:
    owner = sign_up(client)["user"]
    with own.services() as tripkit:
        tripkit.administration.verify(OPERATOR, owner["id"])
    plan = client.post("/api/plans/", json={"title": "<script>1</script> & co", "destination": "D"}).json()
    form = {"email": "eve@example.org", "role": "editor"}
    client.post(f"/api/plans/{plan['id']}/share/members/", json=form).raise_for_status()
    link = link_in(arrived(mail, "invites you to a trip"))
    shown = client.get(link)
    assert shown.status_code == 200
    assert f"{owner['username']} shares the plan &quot;&lt;script&gt;1&lt;/script&gt; &amp; co&quot;" in shown.text
    assert "eve@example.org" in shown.text
    refused = client.post("/account/plan-invitation", data={"token": link.partition("token=")[2]})
    assert (refused.status_code, "No account has confirmed the address" in refused.text) == (409, True)
    with own.client() as theirs:
        eve = sign_up(theirs, email="eve@example.org")["user"]
        assert theirs.get(f"/api/plans/{plan['id']}/").status_code == 404
        with own.services() as tripkit:
            tripkit.db.execute("UPDATE users SET is_verified = TRUE WHERE id = ?", [eve["id"]])
        assert "You are in" in send(client, link).text
        assert theirs.get(f"/api/plans/{plan['id']}/").json()["role"] == "editor"
    assert client.get(link).status_code == 400


def test_a_front_end_gets_the_links_when_there_is_one(start_server: Any, environment: Any, mail: MailServer) -> None:
    own = start_server(**environment, TRIPKIT_SERVER__FRONTEND_URL="https://app.example.org")
    with own.client(headers={"Host": "evil.example"}) as client:
        sign_up(client)
        link = link_in(arrived(mail, "Confirm your email address"))
        assert link.startswith("https://app.example.org/account/verify?token=")
        token = {"token": link.partition("token=")[2]}
        assert client.post("/api/auth/email/verify/", json=token).status_code == 204
        assert client.post("/api/auth/email/verify/", json=token).status_code == 401


# --- what nobody learns -----------------------------------------------------------------------------------------------


def test_a_reset_is_answered_alike_for_whoever_there_is_and_whoever_there_is_not(
    start_server: Any, environment: dict[str, str], mail: MailServer
) -> None:
    own: LiveServer = start_server(**environment | {"TRIPKIT_RATELIMIT__RESET": "2/h"})
    with own.client() as client:
        known = sign_up(client)["user"]["email"]
        disabled = sign_up(client)["user"]
        with own.services() as tripkit:
            tripkit.administration.set_active(OPERATOR, disabled["id"], active=False)
        seen = {}
        for email in (known, disabled["email"], "nobody@example.org", "no address"):
            answers = [client.post("/api/auth/password/reset/", json={"email": email}) for _ in range(3)]
            seen[email] = [(each.status_code, each.content if each.is_success else "") for each in answers]
            assert [each[0] for each in seen[email]] == [202, 202, 429]
        assert all(each == seen[known] for each in seen.values())
        arrived(mail, "Choose a new password")
    assert own.stop() == 0  # what was begun is finished before
    with own.services() as tripkit:
        rows = [
            (row.refused, row.subject)
            for row in tripkit.audit_trail.each(OPERATOR, AuditQuery())
            if row.event == "password.reset_requested"
        ]
    assert [reason for reason, _ in rows].count("unknown address") == 4
    assert [reason for reason, _ in rows].count("disabled") == 2
    assert {str(each["To"]) for each in mail.received if "password" in each["Subject"]} == {known}


@pytest.mark.parametrize("trouble", ["slow", "down"])
def test_a_mail_server_in_trouble_keeps_nobody_waiting(
    start_server: Any, environment: dict[str, str], mail: MailServer, trouble: str
) -> None:
    if trouble == "slow":
        mail.answer("MAIL", Gate())
    else:
        environment["TRIPKIT_MAIL__PORT"] = "1"
    own: LiveServer = start_server(**environment)
    with own.client() as client:
        began = time.monotonic()
        email = sign_up(client)["user"]["email"]
        client.post("/api/auth/password/reset/", json={"email": email}).raise_for_status()
        client.post("/api/auth/email/verify/resend/").raise_for_status()
        client.patch("/api/auth/user/", json={"email": "new@example.org"}).raise_for_status()
        assert time.monotonic() - began < 5


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "token", ["", "x", "A" * 43, "'\"><script>alert(1)</script>", "$title ${x}", "é" * 100, "x" * 3000]
)
def test_a_token_that_is_none_gets_a_page_that_says_what_to_do(anonymous: httpx2.Client, path: str, token: str) -> None:
    fields = {"password": NEW, "password_confirm": NEW} if path in (PAGES[1], PAGES[4]) else {}
    for answer in (
        anonymous.get(path, params={"token": token, "utm_source": "mail"}),
        anonymous.post(path, data={"token": token} | fields),
    ):
        assert (answer.status_code, is_a_page(answer)) == (400, True)
        assert "<script" not in answer.text


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("body", ["", "token=%00", "token=%ff", "token=a&token=b", "token=x&admin=<script>", "\x00"])
def test_a_form_that_is_none_gets_a_page_too(anonymous: httpx2.Client, path: str, body: str) -> None:
    answer = anonymous.post(path, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, is_a_page(answer)) == (400, True)
    assert "<script" not in answer.text
    as_json = anonymous.post(path, json={"token": "x"})
    assert (as_json.status_code, is_a_page(as_json)) == (415, True)


@pytest.mark.parametrize("page", ["reset", "email", "invitation"])
def test_what_people_wrote_is_escaped(
    anonymous: httpx2.Client, api: httpx2.Client, server: LiveServer, page: str
) -> None:
    user = api.get("/api/auth/user/").json()
    email = "'<&>'@example.org".replace("<", "{").replace(">", "}")
    purposes = {"reset": Purpose.RESET_PASSWORD, "email": Purpose.CONFIRM_EMAIL, "invitation": Purpose.INVITATION}
    with server.services() as tripkit:
        hour = tripkit.clock() - tripkit.clock().replace(year=2020)
        tripkit.db.execute(
            "UPDATE users SET email = ?, email_key = ?, first_name = ? WHERE id = ?",
            [f"<b>{email}", f"<b>{user['id']}{email}", "<script>alert(1)</script>", user["id"]],
        )
        payload = {"email": f"<b>{email}", "session": None}
        token = tripkit.one_time_tokens.issue(purposes[page], user["id"], hour, payload)
    answer = anonymous.get(f"/account/{page}", params={"token": token})
    assert answer.status_code == 200
    assert "<b>" not in answer.text
    assert "<script" not in answer.text
    if page != "invitation":
        assert "&lt;b&gt;" in answer.text


def test_the_style_is_of_this_server_and_follows_the_public_url(start_server: Callable[..., LiveServer]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    start_server("--port", str(port), TRIPKIT_SERVER__PUBLIC_URL="https://trips.example.org/below")
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
        shown = client.get("/account/verify?token=x")
        assert 'href="/below/account/style.css"' in shown.text
        style = client.get("/account/style.css")
        assert style.headers["content-type"].startswith("text/css")
        assert "prefers-color-scheme: dark" in style.text


def test_wrong_tokens_are_counted_as_guesses(start_server: Callable[..., LiveServer]) -> None:
    own = start_server(TRIPKIT_RATELIMIT__LOGIN_CLIENT="3/h")
    with own.client() as client:
        seen = [client.post("/account/verify", data={"token": "x"}) for _ in range(4)]
        assert [each.status_code for each in seen] == [400, 400, 400, 429]
        assert is_a_page(seen[-1])
        assert seen[-1].headers["retry-after"]
        assert client.post("/api/auth/email/confirm/", json={"token": "x"}).status_code == 429


# --- who has to be verified -------------------------------------------------------------------------------------------


def test_with_require_verified_an_account_can_only_be_managed_until_then(
    start_server: Any, environment: dict[str, str], mail: MailServer
) -> None:
    own: LiveServer = start_server(**environment, TRIPKIT_SECURITY__REQUIRE_VERIFIED="true")
    plan = {"title": "T", "destination": "D"}
    with own.client() as client:
        user = sign_up(client)["user"]
        for answer in (
            client.get("/api/plans/"),
            client.post("/api/plans/", json=plan),
            client.get("/api/gallery/"),
            client.get("/api/admin/users/"),
        ):
            assert (answer.status_code, answer.json()["type"]) == (403, "/docs#email-not-verified")
        assert log_in(client, user["email"], PASSWORD) == 200
        assert client.patch("/api/auth/user/", json={"first_name": "Ada"}).status_code == 200
        assert client.get("/api/auth/user/export/").status_code == 200
        assert client.post("/api/auth/email/verify/resend/").status_code == 204
        deadline = time.monotonic() + 15
        while len(mail.received) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        send(client, link_in(mail.received[-1]))
        assert client.post("/api/plans/", json=plan).status_code == 201


def test_mails_that_are_asked_for_are_limited_by_account(start_server: Callable[..., LiveServer]) -> None:
    own = start_server(TRIPKIT_RATELIMIT__RESET="2/h")
    with own.client() as client:
        user = sign_up(client)["user"]
        assert client.post("/api/auth/email/verify/resend/").status_code == 204
        assert client.patch("/api/auth/user/", json={"email": "one@example.org"}).status_code == 200
        assert client.patch("/api/auth/user/", json={"email": "two@example.org"}).status_code == 429
        assert client.post("/api/auth/email/verify/resend/").status_code == 429
        for _ in range(3):  # nothing is mailed
            assert client.patch("/api/auth/user/", json={"email": user["email"]}).status_code == 200
