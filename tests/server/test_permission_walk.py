"""Every route, as everybody: what is not listed here fails."""

import io
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, get_args

import httpx2
import jwt
import msgspec
import pytest

from tripkit.schemas.sharing import Action, Role
from tripkit.security.jwt import Tokens
from tripkit.security.keys import FILE_NAME, KeyRing, load_or_create
from tripkit.server.routes import ENDPOINTS
from tripkit.services import policy

from .conftest import PASSWORD, LiveServer, sign_up

#: Whose a thing may be: everybody's; everybody's, unless a token is sent that is worth nothing; of whoever is signed
#: in; of its owner alone, so that nobody else knows of it; of administrators.
OPEN, PUBLIC, OWN, OWNED, ADMIN = "open", "public", "own", "owned", "admin"


class Route(NamedTuple):
    """Whose it is, the scope that opens it to an API token, what to send, and the answer if not the declared one.

    `action` is what it does with a plan, by the table of the policy, if it does not just read or edit, as its scope
    says; `to_owner` what the owner is answered, if not the same as members.
    """

    whose: str
    scope: str | None = None
    body: dict[str, Any] | None = None
    status: int | None = None
    action: Action | None = None
    to_owner: int | None = None


PLAN_BODY = {"title": "T", "destination": "D"}
PUBLISHED_BODY = PLAN_BODY | {"status": "published"}
ITEM_BODY = {"title": "Tea"}
LINK_BODY = {"label": "walk"}
TRAVELLER_BODY = {"name": "Ada"}
EXPENSE_BODY = {"title": "Tea", "date": "2027-04-02", "amount": "4", "paid_by": [{"traveller_id": 1}]}
CHECKLISTS = "/api/plans/{plan_id}/checklists/"
CHECKLIST_BODY = {"name": "C", "entries": [{"text": "E"}]}
#: Its entry is another one in each plan.
MARK_BODY: dict[str, Any] = {"entries": [1], "done": True}
NEW_PASSWORD = {"new_password": "a-much-better-one", "new_password_confirm": "a-much-better-one"}
NEWCOMER = {"email": "walk@example.org", "username": "walk", "password": "wander far and wide"}
TOKEN_BODY = {"name": "walk", "scopes": ["plans:read"]}
#: Somebody whom owners let into their plans.
COMPANION = {"username": "companion"}
WALK: dict[tuple[str, str], Route] = {
    ("POST", "/api/auth/signup/"): Route(OPEN, body={}, status=400),
    ("POST", "/api/auth/login/"): Route(OPEN, body={}, status=400),
    ("POST", "/api/auth/login/second-factor/"): Route(OPEN, body={}, status=400),
    ("POST", "/api/auth/token/refresh/"): Route(OPEN, body={}, status=400),
    ("POST", "/api/auth/invitation/"): Route(OPEN, body={}, status=400),
    ("GET", "/api/auth/providers/"): Route(OPEN),
    ("GET", "/api/auth/login/{provider}/"): Route(OPEN, status=404),  # none is configured here: see test_oauth.py
    ("GET", "/api/auth/login/{provider}/callback/"): Route(OPEN, status=404),
    ("POST", "/api/auth/login/{provider}/nonce/"): Route(OPEN, status=404),
    ("POST", "/api/auth/login/{provider}/"): Route(OPEN, body={"access_token": "made up"}, status=404),
    ("POST", "/api/auth/token/exchange/"): Route(OPEN, body={}, status=400),
    ("POST", "/api/auth/email/verify/"): Route(OPEN, body={}, status=400),
    ("POST", "/api/auth/email/confirm/"): Route(OPEN, body={}, status=400),
    ("POST", "/api/auth/email/revert/"): Route(OPEN, body={}, status=400),
    ("POST", "/api/auth/password/reset/"): Route(OPEN, body={"email": "nobody@example.org"}),
    ("POST", "/api/auth/password/reset/confirm/"): Route(OPEN, body={}, status=400),
    ("GET", "/account/style.css"): Route(OPEN),
    ("GET", "/healthz"): Route(OPEN),
    ("GET", "/readyz"): Route(OPEN),
    ("GET", "/metrics"): Route(OPEN, status=403),  # it has a token of its own
    ("GET", "/openapi.json"): Route(OPEN),
    ("GET", "/docs"): Route(OPEN),
    ("GET", "/docs/style.css"): Route(OPEN),
    ("GET", "/"): Route(OPEN),
    ("GET", "/api/auth/user/"): Route(OWN, "account"),
    ("PATCH", "/api/auth/user/"): Route(OWN, "account", {"first_name": "A"}),
    ("DELETE", "/api/auth/user/"): Route(OWN, body={"password": PASSWORD}),
    ("GET", "/api/auth/user/export/"): Route(OWN),
    ("POST", "/api/auth/email/verify/resend/"): Route(OWN),
    ("POST", "/api/auth/logout/"): Route(OWN),
    ("POST", "/api/auth/reauth/"): Route(OWN, body={"password": PASSWORD}),
    ("POST", "/api/auth/password/change/"): Route(OWN, body=NEW_PASSWORD | {"current_password": PASSWORD}),
    ("GET", "/api/auth/sessions/"): Route(OWN),
    ("DELETE", "/api/auth/sessions/"): Route(OWN),
    ("DELETE", "/api/auth/sessions/{session_id}/"): Route(OWNED),
    ("GET", "/api/auth/tokens/"): Route(OWN),
    ("POST", "/api/auth/tokens/"): Route(OWN, body=TOKEN_BODY),
    ("GET", "/api/auth/tokens/{token_id}/"): Route(OWNED),
    ("DELETE", "/api/auth/tokens/{token_id}/"): Route(OWNED),
    ("GET", "/api/auth/second-factor/"): Route(OWN),
    ("POST", "/api/auth/second-factor/"): Route(OWN),
    ("POST", "/api/auth/second-factor/confirm/"): Route(OWN, body={"code": "123456"}, status=409),
    ("POST", "/api/auth/second-factor/recovery-codes/"): Route(OWN, status=409),
    ("DELETE", "/api/auth/second-factor/"): Route(OWN, body={"code": "123456"}, status=409),
    ("GET", "/api/auth/identities/"): Route(OWN),
    ("POST", "/api/auth/identities/"): Route(OWN, body={}, status=400),
    ("POST", "/api/auth/identities/{provider}/"): Route(OWN, body={"access_token": "made up"}, status=404),
    ("POST", "/api/auth/identities/{provider}/start/"): Route(OWN, body={}, status=404),
    ("DELETE", "/api/auth/identities/{provider}/"): Route(OWN, status=404),
    ("GET", "/api/plans/"): Route(OWN, "plans:read"),
    ("POST", "/api/plans/"): Route(OWN, "plans:write", PLAN_BODY),
    ("GET", "/api/plans/resolve/"): Route(OWN, "plans:read", status=400),  # without a name: see test_resolve_routes.py
    ("GET", "/api/plans/{plan_id}/"): Route(OWNED, "plans:read"),
    ("PUT", "/api/plans/{plan_id}/"): Route(OWNED, "plans:write", PUBLISHED_BODY),
    ("PATCH", "/api/plans/{plan_id}/"): Route(OWNED, "plans:write", {"title": "T"}),
    ("DELETE", "/api/plans/{plan_id}/"): Route(OWNED, "plans:write", action="trash"),
    ("POST", "/api/plans/{plan_id}/restore/"): Route(OWNED, "plans:write", action="trash"),
    ("GET", "/api/plans/{plan_id}/items/"): Route(OWNED, "plans:read"),
    ("POST", "/api/plans/{plan_id}/items/"): Route(OWNED, "plans:write", ITEM_BODY),
    ("POST", "/api/plans/{plan_id}/items/batch/"): Route(OWNED, "plans:write", {"items": [ITEM_BODY]}),
    ("GET", "/api/plans/{plan_id}/items/resolve/"): Route(OWN, "plans:read", status=400),
    ("GET", "/api/plans/{plan_id}/items/{item_id}/"): Route(OWNED, "plans:read"),
    ("PATCH", "/api/plans/{plan_id}/items/{item_id}/"): Route(OWNED, "plans:write", ITEM_BODY),
    ("DELETE", "/api/plans/{plan_id}/items/{item_id}/"): Route(OWNED, "plans:write"),
    ("POST", "/api/plans/{plan_id}/items/{item_id}/move/"): Route(OWNED, "plans:write", {"day": "2027-04-02"}),
    ("POST", "/api/plans/{plan_id}/items/{item_id}/restore/"): Route(OWNED, "plans:write"),
    ("GET", "/api/plans/{plan_id}/travellers/"): Route(OWNED, "plans:read"),
    ("POST", "/api/plans/{plan_id}/travellers/"): Route(OWNED, "plans:write", TRAVELLER_BODY),
    ("GET", "/api/plans/{plan_id}/travellers/resolve/"): Route(OWN, "plans:read", status=400),
    ("GET", "/api/plans/{plan_id}/travellers/{traveller_id}/"): Route(OWNED, "plans:read"),
    ("PATCH", "/api/plans/{plan_id}/travellers/{traveller_id}/"): Route(OWNED, "plans:write", TRAVELLER_BODY),
    ("DELETE", "/api/plans/{plan_id}/travellers/{traveller_id}/"): Route(OWNED, "plans:write"),
    ("GET", "/api/plans/{plan_id}/expenses/"): Route(OWNED, "plans:read"),
    ("POST", "/api/plans/{plan_id}/expenses/"): Route(OWNED, "plans:write", EXPENSE_BODY, 400),  # of no traveller
    ("GET", "/api/plans/{plan_id}/expenses/resolve/"): Route(OWN, "plans:read", status=400),
    ("GET", "/api/plans/{plan_id}/expenses/{expense_id}/"): Route(OWNED, "plans:read"),
    ("PATCH", "/api/plans/{plan_id}/expenses/{expense_id}/"): Route(OWNED, "plans:write", {"amount": "5"}),
    ("DELETE", "/api/plans/{plan_id}/expenses/{expense_id}/"): Route(OWNED, "plans:write"),
    ("POST", "/api/plans/{plan_id}/expenses/{expense_id}/restore/"): Route(OWNED, "plans:write"),
    ("GET", "/api/plans/{plan_id}/balances/"): Route(OWNED, "plans:read"),
    ("GET", CHECKLISTS): Route(OWNED, "plans:read"),
    ("POST", CHECKLISTS): Route(OWNED, "plans:write", CHECKLIST_BODY),
    ("GET", f"{CHECKLISTS}{{checklist_id}}/"): Route(OWNED, "plans:read"),
    ("PATCH", f"{CHECKLISTS}{{checklist_id}}/"): Route(OWNED, "plans:write", {"name": "C"}),
    ("DELETE", f"{CHECKLISTS}{{checklist_id}}/"): Route(OWNED, "plans:write"),
    ("POST", f"{CHECKLISTS}{{checklist_id}}/restore/"): Route(OWNED, "plans:write"),
    ("POST", f"{CHECKLISTS}{{checklist_id}}/move/"): Route(OWNED, "plans:write", {"position": 1}),
    ("POST", f"{CHECKLISTS}{{checklist_id}}/entries/"): Route(OWNED, "plans:write", {"entries": [{"text": "E"}]}),
    ("PATCH", f"{CHECKLISTS}{{checklist_id}}/entries/"): Route(OWNED, "plans:write", MARK_BODY),
    ("PATCH", f"{CHECKLISTS}{{checklist_id}}/entries/{{entry_id}}/"): Route(OWNED, "plans:write", {"done": True}),
    ("DELETE", f"{CHECKLISTS}{{checklist_id}}/entries/{{entry_id}}/"): Route(OWNED, "plans:write"),
    ("POST", f"{CHECKLISTS}{{checklist_id}}/entries/{{entry_id}}/move/"): Route(OWNED, "plans:write", {"position": 1}),
    ("GET", "/api/checklist-templates/"): Route(OWN, "plans:read"),
    ("POST", "/api/checklist-templates/"): Route(OWN, "plans:write", {"name": "T"}),
    ("GET", "/api/checklist-templates/{template_id}/"): Route(OWNED, "plans:read"),
    ("PATCH", "/api/checklist-templates/{template_id}/"): Route(OWNED, "plans:write", {"name": "T"}),
    ("DELETE", "/api/checklist-templates/{template_id}/"): Route(OWNED, "plans:write"),
    ("POST", "/api/plans/{plan_id}/copy/"): Route(OWNED, "plans:write", {}, action="copy"),
    ("GET", "/api/plans/{plan_id}/rates/"): Route(OWNED, "plans:read"),
    ("PUT", "/api/plans/{plan_id}/rates/"): Route(OWNED, "plans:write", {"rates": []}),
    ("GET", "/api/plans/{plan_id}/budgets/"): Route(OWNED, "plans:read"),
    ("PUT", "/api/plans/{plan_id}/budgets/"): Route(OWNED, "plans:write", {"budgets": {"food": "100"}}),
    ("GET", "/api/plans/{plan_id}/totals/"): Route(OWNED, "plans:read"),
    ("GET", "/api/plans/{plan_id}/check/"): Route(OWNED, "plans:read"),
    ("PUT", "/api/plans/{plan_id}/check/ignored/"): Route(OWNED, "plans:write", {"codes": []}),
    ("GET", "/api/search/"): Route(OWN, "plans:read", status=400),  # for nothing
    ("GET", "/api/agenda/"): Route(OWN, "plans:read"),
    ("GET", "/api/places/"): Route(OWN, "plans:read", status=400),  # for nothing
    ("GET", "/api/plans/{plan_id}/changes/"): Route(OWNED, "plans:read"),
    ("GET", "/api/plans/{plan_id}/changes/{version}/"): Route(OWNED, "plans:read"),
    ("GET", "/api/plans/{plan_id}/versions/{version}/"): Route(OWNED, "plans:read"),
    ("GET", "/api/plans/{plan_id}/versions/{version}/diff/"): Route(OWNED, "plans:read"),
    ("POST", "/api/plans/{plan_id}/undo/"): Route(OWNED, "plans:write", {"version": 2}),
    ("POST", "/api/plans/{plan_id}/restore/{version}/"): Route(OWNED, "plans:write"),
    ("GET", "/api/plans/{plan_id}/events/"): Route(OWNED, "plans:read"),
    ("GET", "/api/plans/{plan_id}/share/links/"): Route(OWNED, "plans:read", action="see_links"),
    ("POST", "/api/plans/{plan_id}/share/links/"): Route(OWNED, "plans:write", LINK_BODY, action="share"),
    ("GET", "/api/plans/{plan_id}/share/links/{link_id}/"): Route(OWNED, "plans:read", action="see_links"),
    ("PATCH", "/api/plans/{plan_id}/share/links/{link_id}/"): Route(OWNED, "plans:write", LINK_BODY, action="share"),
    ("DELETE", "/api/plans/{plan_id}/share/links/{link_id}/"): Route(OWNED, "plans:write", action="share"),
    ("GET", "/api/plans/{plan_id}/share/links/{link_id}/views/"): Route(OWNED, "plans:read", action="share"),
    ("GET", "/api/shared/{token}/"): Route(OPEN),  # to whoever has the link: see below
    ("POST", "/api/shared/{token}/"): Route(OPEN, body={"password": "any will do"}),
    ("GET", "/api/shared/{token}/calendar.ics"): Route(OPEN),
    ("GET", "/s/{token}"): Route(OPEN),
    ("POST", "/s/{token}"): Route(OPEN, status=415),  # takes forms only
    ("GET", "/api/plans/{plan_id}/share/"): Route(OWNED, "plans:read", action="see_members"),
    ("GET", "/api/plans/{plan_id}/share/members/"): Route(OWNED, "plans:read", action="see_members"),
    ("POST", "/api/plans/{plan_id}/share/members/"): Route(OWNED, "plans:write", COMPANION, action="share"),
    ("DELETE", "/api/plans/{plan_id}/share/members/me/"): Route(OWNED, "plans:write", action="leave", to_owner=409),
    ("PATCH", "/api/plans/{plan_id}/share/members/{member_id}/"): Route(
        OWNED, "plans:write", {"role": "viewer"}, action="share"
    ),
    ("DELETE", "/api/plans/{plan_id}/share/members/{member_id}/"): Route(OWNED, "plans:write", action="share"),
    ("POST", "/api/plans/{plan_id}/share/transfer/"): Route(OWNED, "plans:write", COMPANION, action="transfer"),
    ("DELETE", "/api/plans/{plan_id}/share/transfer/"): Route(OWNED, "plans:write", action="take_over"),
    ("POST", "/api/plans/{plan_id}/share/transfer/accept/"): Route(
        OWNED, "plans:write", action="take_over", to_owner=404
    ),
    ("GET", "/api/invitations/"): Route(OWN, "plans:read"),
    ("POST", "/api/invitations/{invitation_id}/accept/"): Route(OWNED, "plans:write"),
    ("DELETE", "/api/invitations/{invitation_id}/"): Route(OWNED, "plans:write"),
    ("GET", "/api/gallery/"): Route(PUBLIC, "plans:read"),
    ("GET", "/api/gallery/{plan_id}/"): Route(PUBLIC, "plans:read"),
    ("POST", "/api/gallery/{plan_id}/copy/"): Route(OWN, "plans:write", {}),
    ("GET", "/gallery"): Route(PUBLIC, "plans:read"),
    ("GET", "/gallery/{plan_id}"): Route(PUBLIC, "plans:read"),
    ("GET", "/pages/style.css"): Route(OPEN),
    ("GET", "/pages/icon.svg"): Route(OPEN),
    ("GET", "/api/admin/users/"): Route(ADMIN, "admin"),
    ("POST", "/api/admin/users/"): Route(ADMIN, "admin", NEWCOMER),
    ("POST", "/api/admin/users/invite/"): Route(ADMIN, "admin", {"email": "invited@example.org"}),
    ("POST", "/api/admin/users/{user_id}/invite/"): Route(ADMIN, "admin", status=409),  # was not invited
    ("GET", "/api/admin/users/{user_id}/"): Route(ADMIN, "admin"),
    ("DELETE", "/api/admin/users/{user_id}/"): Route(ADMIN, "admin"),
    ("POST", "/api/admin/users/{user_id}/disable/"): Route(ADMIN, "admin"),
    ("POST", "/api/admin/users/{user_id}/enable/"): Route(ADMIN, "admin"),
    ("POST", "/api/admin/users/{user_id}/verify/"): Route(ADMIN, "admin"),
    ("POST", "/api/admin/users/{user_id}/promote/"): Route(ADMIN, "admin"),
    ("POST", "/api/admin/users/{user_id}/demote/"): Route(ADMIN, "admin"),
    ("GET", "/api/admin/users/{user_id}/sessions/"): Route(ADMIN, "admin"),
    ("DELETE", "/api/admin/users/{user_id}/sessions/"): Route(ADMIN, "admin"),
    ("GET", "/api/admin/audit/"): Route(ADMIN, "admin"),
}
#: Pages that links in mail lead to; without a token they say what to do.
WALK |= {
    (method, f"/account/{page}"): Route(OPEN, status=status)
    for method, status in (("GET", 400), ("POST", 415))
    for page in ("verify", "reset", "email", "email/undo", "invitation", "plan-invitation")
}
DECLARED = {(each.method, each.path): each for each in ENDPOINTS}

#: API tokens of the owner, and which scopes each opens.
TOKENS = {
    "read-scoped token": (["plans:read"], {"plans:read"}),
    "write-scoped token": (["plans:write"], {"plans:read", "plans:write"}),
    "account-scoped token": (["account"], {"account"}),
}
#: What people are to the plan that an address names.
ROLES: dict[str, Role] = {"owner": "owner", "viewer": "viewer", "editor": "editor", **dict.fromkeys(TOKENS, "owner")}
MEMBERS = ("viewer", "editor", "removed member")
KNOWN = ("owner", "stranger", "admin", *TOKENS)
UNKNOWN = ("nobody", "somebody with an expired token", "somebody disabled")


def action_of(method: str, path: str) -> Action | None:
    """What a route does with the plan in its address."""
    route = WALK[method, path]
    if route.whose != OWNED or "{plan_id}" not in path:
        return None
    return route.action or ("read" if route.scope == "plans:read" else "edit")


def expected(who: str, method: str, path: str) -> int:
    """The rules, said once more."""
    route = WALK[method, path]
    allowed = route.status or DECLARED[method, path].status
    if route.whose == OPEN or (route.whose == PUBLIC and who == "nobody"):
        return allowed
    if who in UNKNOWN:
        return 401
    if who in TOKENS and (route.scope not in TOKENS[who][1] or route.whose == ADMIN):
        return 403
    if route.whose == ADMIN:
        return allowed if who == "admin" else 403
    action = action_of(method, path)
    if action is not None:
        role = ROLES.get(who)
        if role is None:
            return 404
        if not policy.may(role, action):
            return 403
        return route.to_owner or allowed if role == "owner" else allowed
    return 404 if route.whose == OWNED and who not in ("owner", *TOKENS) else allowed


def change_user(server: LiveServer, user_id: int, change: str) -> None:
    with closing(sqlite3.connect(server.directory / "tripkit.sqlite3")) as connection, connection:
        connection.execute(f"UPDATE users SET {change} WHERE id = ?", (user_id,))


def expired(server: LiveServer, token: str) -> str:
    """A token of the same session that has been over for a minute."""
    claims = jwt.decode(token, options={"verify_signature": False})
    tokens = Tokens(KeyRing(load_or_create(server.directory / FILE_NAME)), issuer=claims["iss"])
    until = datetime.now(UTC) - timedelta(minutes=1)
    names = {"user_id": int(claims["sub"]), "session_id": claims["sid"], "token_id": claims["jti"]}
    return tokens.issue("access", **names, now=until, until=until)


@pytest.fixture
def become(server: LiveServer, api: httpx2.Client) -> Callable[[str], None]:
    """Let the client `api`, who owns everything, go on as somebody else."""

    def become(who: str) -> None:
        if who in TOKENS:
            made = api.post("/api/auth/tokens/", json={"name": "walk", "scopes": TOKENS[who][0]})
            api.headers["Authorization"] = f"Bearer {made.raise_for_status().json()['token']}"
        elif who != "owner":
            del api.headers["Authorization"]
        if who in ("stranger", "admin", "somebody with an expired token", "somebody disabled"):
            user = sign_up(api)
            if who == "admin":
                change_user(server, user["user"]["id"], "is_admin = 1")
            if who == "somebody disabled":
                change_user(server, user["user"]["id"], "is_active = 0")
            if who == "somebody with an expired token":
                api.headers["Authorization"] = f"Bearer {expired(server, user['tokens']['access'])}"

    return become


@pytest.fixture
def member(server: LiveServer) -> Iterator[tuple[httpx2.Client, str]]:
    """Somebody with an account, to be let into plans, and the username."""
    with server.client() as client:
        yield client, sign_up(client)["user"]["username"]


@pytest.fixture(scope="module", autouse=True)
def companion(server: LiveServer) -> None:
    with server.client() as client:
        sign_up(client, **COMPANION)


def let_in(api: httpx2.Client, path: str, plan_id: int, who: str, username: str) -> None:
    """Make somebody what they are to a plan, and offer it to them where the address is about that."""
    role = {"role": who} if who in get_args(Role) else {}
    share = f"/api/plans/{plan_id}/share/"
    made = api.post(f"{share}members/", json={"username": username} | role).raise_for_status().json()
    if "/transfer/" in path:
        api.post(f"{share}transfer/", json={"username": username}).raise_for_status()
    if who == "removed member":
        api.delete(f"{share}members/{made['id']}/").raise_for_status()


def invitation_of(server: LiveServer, api: httpx2.Client) -> int:
    """An invitation that waits for whoever uses `api`."""
    me = api.get("/api/auth/user/").raise_for_status().json()
    change_user(server, me["id"], "is_verified = 1")
    with server.client() as host:
        change_user(server, sign_up(host)["user"]["id"], "is_verified = 1")
        plan_id = host.post("/api/plans/", json=PLAN_BODY).raise_for_status().json()["id"]
        form = {"email": me["email"]}
        made: int = host.post(f"/api/plans/{plan_id}/share/members/", json=form).raise_for_status().json()["id"]
    return made


def names_of(
    api: httpx2.Client, method: str, path: str, server: LiveServer | None = None, who: str = "", username: str = ""
) -> dict[str, int | str]:
    """What the address names: things of the owner, in the state in which the request would succeed.

    Where that is a plan, the account called `username` is let into it as `who`.
    """
    if "{token}" in path:
        plan_id = api.post("/api/plans/", json=PLAN_BODY).raise_for_status().json()["id"]
        return {"token": api.post(f"/api/plans/{plan_id}/share/links/", json={}).raise_for_status().json()["token"]}
    if "{invitation_id}" in path and server is not None:
        return {"invitation_id": invitation_of(server, api)}
    if "{plan_id}" in path:
        plan_id = api.post("/api/plans/", json=PUBLISHED_BODY).raise_for_status().json()["id"]
        if path.endswith("/undo/"):
            api.patch(f"/api/plans/{plan_id}/", json={"title": "Other"}).raise_for_status()
        if "{member_id}" in path or "/transfer/" in path:
            let_in(api, path, plan_id, "companion", "companion")
            listed = api.get(f"/api/plans/{plan_id}/share/members/").raise_for_status().json()["results"]
        if username:
            let_in(api, path, plan_id, who, username)
        if "{member_id}" in path:
            return {"plan_id": plan_id, "member_id": listed[0]["id"]}
        if "{item_id}" in path:
            made = api.post(f"/api/plans/{plan_id}/items/", json=ITEM_BODY).raise_for_status().json()
            if path.endswith("/restore/"):
                api.delete(f"/api/plans/{plan_id}/items/{made['id']}/").raise_for_status()
            return {"plan_id": plan_id, "item_id": made["id"]}
        if "{link_id}" in path:
            made = api.post(f"/api/plans/{plan_id}/share/links/", json=LINK_BODY).raise_for_status().json()
            return {"plan_id": plan_id, "link_id": made["id"]}
        if "{traveller_id}" in path:
            made = api.post(f"/api/plans/{plan_id}/travellers/", json=TRAVELLER_BODY).raise_for_status().json()
            return {"plan_id": plan_id, "traveller_id": made["id"]}
        if "{expense_id}" in path:
            traveller = api.post(f"/api/plans/{plan_id}/travellers/", json=TRAVELLER_BODY).raise_for_status().json()
            body = EXPENSE_BODY | {"paid_by": [{"traveller_id": traveller["id"]}]}
            made = api.post(f"/api/plans/{plan_id}/expenses/", json=body).raise_for_status().json()
            if path.endswith("/restore/"):
                api.delete(f"/api/plans/{plan_id}/expenses/{made['id']}/").raise_for_status()
            return {"plan_id": plan_id, "expense_id": made["id"]}
        if "{checklist_id}" in path:
            made = api.post(CHECKLISTS.format(plan_id=plan_id), json=CHECKLIST_BODY).raise_for_status().json()
            if path.endswith("/restore/"):
                api.delete(f"/api/plans/{plan_id}/checklists/{made['id']}/").raise_for_status()
            return {"plan_id": plan_id, "checklist_id": made["id"], "entry_id": made["entries"][0]["id"]}
        if path.endswith("}/restore/"):
            api.delete(f"/api/plans/{plan_id}/").raise_for_status()
        return {"plan_id": plan_id, "version": 1}
    if "{provider}" in path:
        return {"provider": "google"}
    if "{user_id}" in path:
        return {"user_id": api.get("/api/auth/user/").raise_for_status().json()["id"]}
    if "{token_id}" in path:
        return {"token_id": api.post("/api/auth/tokens/", json=TOKEN_BODY).raise_for_status().json()["id"]}
    if "{template_id}" in path:
        return {
            "template_id": api.post("/api/checklist-templates/", json={"name": "T"}).raise_for_status().json()["id"]
        }
    if "{session_id}" in path:
        return {"session_id": api.get("/api/auth/sessions/").raise_for_status().json()["results"][0]["id"]}
    return {}


def ask(client: httpx2.Client, method: str, path: str, names: dict[str, int | str]) -> httpx2.Response:
    params = {"follow": "false"} if path.endswith("/events/") else None  # or there would be no end
    body = WALK[method, path].body
    if body is MARK_BODY:
        body = MARK_BODY | {"entries": [names["entry_id"]]}
    return client.request(method, path.format(**names), json=body, params=params)


def test_every_route_is_listed() -> None:
    assert set(WALK) == set(DECLARED)


def test_every_scope_is_declared_as_listed() -> None:
    assert {name: route.scope for name, route in WALK.items()} == {
        name: endpoint.scope for name, endpoint in DECLARED.items()
    }


@pytest.mark.parametrize("who", [*UNKNOWN, *KNOWN])
@pytest.mark.parametrize(("method", "path"), sorted(WALK), ids=" ".join)
def test_everybody_is_answered_by_the_rules(
    server: LiveServer, api: httpx2.Client, become: Callable[[str], None], method: str, path: str, who: str
) -> None:
    names = names_of(api, method, path, server)
    become(who)
    answer = ask(api, method, path, names)
    assert answer.status_code == expected(who, method, path), answer.text
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"]
    if answer.status_code == 403 and who in TOKENS:
        assert answer.json()["type"] in ("/docs#insufficient-scope", "/docs#forbidden")


@pytest.mark.parametrize("who", MEMBERS)
@pytest.mark.parametrize(("method", "path"), sorted(WALK), ids=" ".join)
def test_members_are_answered_by_the_table_of_the_policy(
    server: LiveServer, api: httpx2.Client, member: tuple[httpx2.Client, str], method: str, path: str, who: str
) -> None:
    client, username = member
    names = names_of(api, method, path, server, who=who, username=username)
    answer = ask(client, method, path, names)
    assert answer.status_code == expected(who, method, path), answer.text


#: What is asked for without naming a plan: lists, searches, one's own data.
FOUND = sorted(
    path for method, path in WALK if method == "GET" and "{" not in path and WALK[method, path].whose in (OWN, PUBLIC)
)


@pytest.mark.parametrize("path", FOUND)
def test_what_names_no_plan_shows_those_with_a_role_in_it_and_no_other(
    api: httpx2.Client, member: tuple[httpx2.Client, str], path: str
) -> None:
    client, username = member
    plan = {"title": "Xyzzyplugh", "destination": "D", "start_date": "2027-04-02", "end_date": "2027-04-02"}
    plan_id = api.post("/api/plans/", json=plan).raise_for_status().json()["id"]
    item = {"title": "Xyzzyplugh tea", "start": "2027-04-02", "cost": "4"}
    api.post(f"/api/plans/{plan_id}/items/", json=item).raise_for_status()
    made = api.post(f"/api/plans/{plan_id}/share/members/", json={"username": username}).raise_for_status().json()
    params = {"q": "xyzzyplugh", "name": "xyzzyplugh", "from": "2027-04-01", "to": "2027-04-03"}
    asked = {name: value for name, value in params.items() if name in names_in_query(path)}
    found = ("/api/plans/", "/api/plans/resolve/", "/api/search/", "/api/agenda/")
    assert tells_of_it(client.get(path, params=asked)) is (path in found)
    api.delete(f"/api/plans/{plan_id}/share/members/{made['id']}/").raise_for_status()
    assert not tells_of_it(client.get(path, params=asked))


def tells_of_it(answer: httpx2.Response) -> bool:
    """Whether an answer holds the plan's title, or the number that was asked for by it."""
    if answer.url.path == "/api/plans/resolve/":
        assert answer.status_code in (200, 404), answer.text
        return answer.status_code == 200
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"] != "application/zip":
        return "Xyzzyplugh" in answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return any(b"Xyzzyplugh" in archive.read(name) for name in archive.namelist())


def names_in_query(path: str) -> set[str]:
    """The parameters that a route takes."""
    query = DECLARED["GET", path].query
    return {field.encode_name for field in msgspec.structs.fields(query)} if query else set()


def test_every_route_of_a_plan_is_for_those_with_a_role_in_it() -> None:
    others = [each for each in WALK if "{plan_id}" in each[1] and action_of(*each) is None]
    others = [each for each in others if not each[1].endswith("/resolve/")]  # see test_resolve_routes.py
    gallery = [
        ("GET", "/api/gallery/{plan_id}/"),
        ("POST", "/api/gallery/{plan_id}/copy/"),
        ("GET", "/gallery/{plan_id}"),
    ]
    assert others == gallery


@pytest.fixture(scope="module")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that asks for verified addresses."""
    settings = {"TRIPKIT_SECURITY__REQUIRE_VERIFIED": "true", "TRIPKIT_METRICS__TOKEN": "walk"}
    server = LiveServer(tmp_path_factory.mktemp("strict"), **settings).start()
    yield server
    server.stop()


@pytest.mark.parametrize(("method", "path"), sorted(WALK), ids=" ".join)
def test_somebody_unverified_manages_their_account_and_no_more(
    strict_server: LiveServer, method: str, path: str
) -> None:
    own_account = path.startswith("/api/auth/")
    with strict_server.client() as api:
        sign_up(api)
        names = names_of(api, method, path) if own_account else dict.fromkeys(re.findall(r"{(\w+)}", path), 1)
        answer = api.request(method, path.format(**names), json=WALK[method, path].body)
    if (method, path) in LINKED:
        assert answer.status_code == (WALK[method, path].status or 404), "somebody who could have made no link"
    elif own_account or WALK[method, path].whose == OPEN:
        assert answer.status_code == expected("owner", method, path), answer.text
    else:
        assert (answer.status_code, answer.json()["type"]) == (403, "/docs#email-not-verified")


#: Parts of plans, by address. (Every plan has versions with the same numbers.)
PARTS = sorted(each for each in WALK if "{plan_id}" in each[1] and "_id}" in each[1].partition("{plan_id}")[2])


@pytest.mark.parametrize(("method", "path"), PARTS, ids=" ".join)
def test_a_part_of_a_plan_is_not_reached_through_a_plan_of_ones_own(
    api: httpx2.Client, stranger: httpx2.Client, method: str, path: str
) -> None:
    theirs = stranger.post("/api/plans/", json=PLAN_BODY).raise_for_status().json()["id"]
    names = names_of(api, method, path) | {"plan_id": theirs}
    assert stranger.request(method, path.format(**names), json=WALK[method, path].body).status_code == 404


# --- whoever has a link ---------------------------------------------------------------------------------------------

#: People with links to a plan that is not theirs, and what is hidden from them.
HOLDERS = {
    "link holder": [],
    "link holder with redaction": ["costs", "references", "notes", "participants"],
}
#: What may be hidden: the owner, a description, notes, costs and a reference.
SECRETS = ["privateer", "nobody else knows", "whisper", "98.76", "QX7F2K"]
SECRET_PLAN = PLAN_BODY | {"description": "nobody else knows", "budget": "98.76", "currency": "EUR"}
SECRET_ITEM = ITEM_BODY | {
    "start": "2027-04-02", "notes": "whisper", "cost": "98.76", "currency": "EUR", "booking_reference": "QX7F2K",
}  # fmt: skip
#: What of that is shown where it is not all.
SHOWN = {
    ("GET", "/api/shared/{token}/calendar.ics"): ["whisper", "98.76", "QX7F2K"],
    ("POST", "/api/shared/{token}/"): [],
}
#: What a link opens, and what else there is about a plan.
LINKED = sorted(each for each in WALK if "{token}" in each[1])
OF_A_PLAN = sorted(each for each in WALK if "{plan_id}" in each[1])


class Shared(NamedTuple):
    """A plan that is shared by links, and the names that lead to it."""

    plan: dict[str, Any]
    tokens: dict[str, str]
    names: dict[str, Any]


@pytest.fixture(scope="module")
def shared(server: LiveServer) -> Iterator[Shared]:
    with server.client() as owner:
        sign_up(owner, username="privateer")
        plan = owner.post("/api/plans/", json=SECRET_PLAN).raise_for_status().json()
        address = f"/api/plans/{plan['id']}"
        item = owner.post(f"{address}/items/", json=SECRET_ITEM).raise_for_status().json()
        links = {
            who: owner.post(f"{address}/share/links/", json={"redactions": hidden}).raise_for_status().json()
            for who, hidden in HOLDERS.items()
        }
        names: dict[str, Any] = {name: 2**62 for _, path in WALK for name in re.findall(r"{(\w+)}", path)}
        names |= {"plan_id": plan["id"], "item_id": item["id"], "link_id": links["link holder"]["id"]}
        names |= {"provider": "google"}
        before = owner.get(f"{address}/").json()
        yield Shared(plan, {who: link["token"] for who, link in links.items()}, names)
        assert owner.get(f"{address}/").json() == before, "somebody with a link has changed it"


@pytest.mark.parametrize("who", HOLDERS)
@pytest.mark.parametrize(("method", "path"), LINKED, ids=" ".join)
def test_a_link_opens_its_plan_but_for_what_is_hidden(
    anonymous: httpx2.Client, shared: Shared, method: str, path: str, who: str
) -> None:
    body = WALK[method, path].body
    answer = anonymous.request(method, path.format(token=shared.tokens[who]), json=body)
    assert answer.status_code == expected("nobody", method, path), answer.text
    found = [secret for secret in SECRETS if secret in answer.text]
    assert found == ([] if who != "link holder" or answer.status_code != 200 else SHOWN.get((method, path), SECRETS))


@pytest.mark.parametrize("who", HOLDERS)
@pytest.mark.parametrize(("method", "path"), sorted(set(WALK) - set(LINKED)), ids=" ".join)
def test_the_token_of_a_link_is_worth_nothing_anywhere_else(
    anonymous: httpx2.Client, shared: Shared, method: str, path: str, who: str
) -> None:
    token = shared.tokens[who]
    headers = {"Authorization": f"Bearer {token}", "Share-Grant": token}
    answer = anonymous.request(method, path.format(**shared.names), json=WALK[method, path].body, headers=headers)
    assert answer.status_code == (expected("nobody", method, path) if WALK[method, path].whose == OPEN else 401)


@pytest.mark.parametrize(("method", "path"), OF_A_PLAN, ids=" ".join)
def test_a_link_gives_somebody_with_an_account_no_role(
    stranger: httpx2.Client, shared: Shared, method: str, path: str
) -> None:
    headers = {"Share-Grant": shared.tokens["link holder"]}
    named = {"name": "Tea"} if path.endswith("/resolve/") else None  # without one the request is wrong for everybody
    asked = {"json": WALK[method, path].body, "headers": headers, "params": named}
    answer = stranger.request(method, path.format(**shared.names), **asked)
    assert answer.status_code == 404, answer.text


@pytest.mark.parametrize(("method", "path"), sorted(each for each in WALK if "{link_id}" in each[1]), ids=" ".join)
def test_a_link_is_not_managed_through_a_plan_of_ones_own(
    stranger: httpx2.Client, shared: Shared, method: str, path: str
) -> None:
    theirs = stranger.post("/api/plans/", json=PLAN_BODY).raise_for_status().json()["id"]
    names = shared.names | {"plan_id": theirs}
    assert stranger.request(method, path.format(**names), json=WALK[method, path].body).status_code == 404
