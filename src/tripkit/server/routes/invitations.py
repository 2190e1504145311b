"""Accepting an invitation. (Administrators make them.)"""

from typing import Final

from sanic import Request

from tripkit.schemas.administration import InvitationIn
from tripkit.schemas.users import SignedIn
from tripkit.server import limits
from tripkit.server.auth import client_of
from tripkit.server.routing import FORMS, JSON, Resource
from tripkit.services.audit import Event

routes: Final = Resource("accounts", "/api/auth")


@routes.post(
    "/invitation/",
    auth=False,
    body=InvitationIn,
    takes=(JSON, *FORMS),
    answer=SignedIn,
    problems=(401, 403, 409, 503),
    limits=(limits.GUESSES,),
    audited=Event.INVITATION_ACCEPTED,
)
async def accept_invitation(request: Request, body: InvitationIn) -> SignedIn:
    """Accept an invitation: set your password, and sign in."""
    ctx = request.app.ctx
    signed_in: SignedIn = await ctx.bridge.hash(ctx.tripkit.invitations.accept, body, client_of(request))
    return signed_in
