"""Accounts of others, for administrators."""

from typing import Final
from urllib.parse import urlencode

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.administration import Invited, InviteIn, UserList, UserPage, UserQuery, UserSessions
from tripkit.schemas.audit import AuditList, AuditPage, AuditQuery
from tripkit.schemas.users import Actor, NewUser, UserOut
from tripkit.server.routing import Resource, json_response
from tripkit.services.audit import Event

routes: Final = Resource("administration", "/api/admin")
USERS: Final = "/api/admin/users/"
AUDIT: Final = "/api/admin/audit/"


@routes.get("/users/", scope="admin", query=UserQuery, answer=UserList, problems=(403,), audited=Event.ACCOUNTS_READ)
async def list_users(request: Request, actor: Actor, query: UserQuery) -> HTTPResponse:
    """List the accounts, page by page, in the order they were made."""
    ctx = request.app.ctx
    return _page(request, USERS, await ctx.bridge.read_much(ctx.tripkit.administration.page, actor, query))


@routes.post(
    "/users/", scope="admin", body=NewUser, answer=UserOut, status=201, problems=(403, 409, 503), audited=Event.CREATED
)
async def create_user(request: Request, actor: Actor, body: NewUser) -> HTTPResponse:
    """Make an account for somebody, with a password."""
    ctx = request.app.ctx
    user: UserOut = await ctx.bridge.hash(ctx.tripkit.administration.create, actor, body)
    return json_response(user, 201, {"location": f"{ctx.base_url}{USERS}{user.id}/"})


@routes.post(
    "/users/invite/",
    scope="admin",
    body=InviteIn,
    answer=Invited,
    status=201,
    problems=(403, 409),
    audited=Event.INVITED,
)
async def invite_user(request: Request, actor: Actor, body: InviteIn) -> HTTPResponse:
    """Make an account for somebody who sets the password: `POST /api/auth/invitation/` takes the token."""
    ctx = request.app.ctx
    return _invited(request, await ctx.bridge.write(ctx.tripkit.invitations.invite, actor, body))


@routes.post(
    "/users/{user_id}/invite/", scope="admin", answer=Invited, status=201, problems=(403, 409), audited=Event.INVITED
)
async def renew_invitation(request: Request, actor: Actor, user_id: int) -> HTTPResponse:
    """Invite again somebody who has not accepted yet. The token before is worth nothing any more."""
    ctx = request.app.ctx
    return _invited(request, await ctx.bridge.write(ctx.tripkit.invitations.renew, actor, user_id))


@routes.get("/users/{user_id}/", scope="admin", answer=UserOut, problems=(403,), audited=Event.ACCOUNTS_READ)
async def get_user(request: Request, actor: Actor, user_id: int) -> UserOut:
    """Read an account."""
    ctx = request.app.ctx
    user: UserOut = await ctx.bridge.read(ctx.tripkit.administration.get, actor, user_id)
    return user


@routes.delete("/users/{user_id}/", scope="admin", status=204, problems=(403, 409), audited=Event.DELETED)
async def delete_user(request: Request, actor: Actor, user_id: int) -> None:
    """Delete an account and all its plans for good. The last administrator stays."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.administration.delete, actor, user_id)


@routes.post("/users/{user_id}/disable/", scope="admin", answer=UserOut, problems=(403, 409), audited=Event.DISABLED)
async def disable_user(request: Request, actor: Actor, user_id: int) -> UserOut:
    """Keep somebody out: all sessions end at once, and none can begin. The last administrator stays."""
    ctx = request.app.ctx
    user: UserOut = await ctx.bridge.write(ctx.tripkit.administration.set_active, actor, user_id, active=False)
    return user


@routes.post("/users/{user_id}/enable/", scope="admin", answer=UserOut, problems=(403,), audited=Event.ENABLED)
async def enable_user(request: Request, actor: Actor, user_id: int) -> UserOut:
    """Let somebody in again who was disabled."""
    ctx = request.app.ctx
    user: UserOut = await ctx.bridge.write(ctx.tripkit.administration.set_active, actor, user_id, active=True)
    return user


@routes.post("/users/{user_id}/verify/", scope="admin", answer=UserOut, problems=(403,), audited=Event.VERIFIED)
async def verify_user(request: Request, actor: Actor, user_id: int) -> UserOut:
    """Vouch for an email address: it counts as verified."""
    ctx = request.app.ctx
    user: UserOut = await ctx.bridge.write(ctx.tripkit.administration.verify, actor, user_id)
    return user


@routes.post("/users/{user_id}/promote/", scope="admin", answer=UserOut, problems=(403,), audited=Event.PROMOTED)
async def promote_user(request: Request, actor: Actor, user_id: int) -> UserOut:
    """Make somebody an administrator."""
    ctx = request.app.ctx
    user: UserOut = await ctx.bridge.write(ctx.tripkit.administration.set_admin, actor, user_id, admin=True)
    return user


@routes.post("/users/{user_id}/demote/", scope="admin", answer=UserOut, problems=(403, 409), audited=Event.DEMOTED)
async def demote_user(request: Request, actor: Actor, user_id: int) -> UserOut:
    """Make an administrator a user like others; all their sessions end at once. The last one stays."""
    ctx = request.app.ctx
    user: UserOut = await ctx.bridge.write(ctx.tripkit.administration.set_admin, actor, user_id, admin=False)
    return user


@routes.get(
    "/users/{user_id}/sessions/", scope="admin", answer=UserSessions, problems=(403,), audited=Event.ACCOUNTS_READ
)
async def list_user_sessions(request: Request, actor: Actor, user_id: int) -> UserSessions:
    """List where somebody is signed in."""
    ctx = request.app.ctx
    return UserSessions(await ctx.bridge.read(ctx.tripkit.administration.sessions, actor, user_id))


@routes.delete("/users/{user_id}/sessions/", scope="admin", status=204, problems=(403,), audited=Event.SESSIONS_ENDED)
async def end_user_sessions(request: Request, actor: Actor, user_id: int) -> None:
    """Sign somebody out everywhere, at once."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.administration.end_sessions, actor, user_id)


@routes.get("/audit/", scope="admin", query=AuditQuery, answer=AuditList, problems=(403,), audited=Event.AUDIT_READ)
async def list_audit(request: Request, actor: Actor, query: AuditQuery) -> HTTPResponse:
    """Read the audit trail, newest first: what was done with accounts, and what was refused."""
    ctx = request.app.ctx
    return _page(request, AUDIT, await ctx.bridge.read_much(ctx.tripkit.audit_trail.page, actor, query))


def _invited(request: Request, invited: Invited) -> HTTPResponse:
    return json_response(invited, 201, {"location": f"{request.app.ctx.base_url}{USERS}{invited.user.id}/"})


def _page(request: Request, path: str, page: UserPage | AuditPage) -> HTTPResponse:
    """A page, with the link to the same list from its end on."""
    kept = {name: values[0] for name, values in request.args.items() if name != "cursor"}
    link = page.cursor and f"{request.app.ctx.base_url}{path}?{urlencode({**kept, 'cursor': page.cursor})}"
    return json_response({"results": page.results, "next": link})
