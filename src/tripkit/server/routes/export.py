"""Everything that is kept about you."""

from tempfile import TemporaryFile
from typing import Final

from sanic import Request

from tripkit.schemas.users import Actor
from tripkit.server import download, limits
from tripkit.server.routing import Resource
from tripkit.services.audit import Event

routes: Final = Resource("accounts", "/api/auth")
ZIP: Final = "application/zip"


@routes.get("/user/export/", content_type=ZIP, problems=(503,), limits=(limits.EXPORT,), audited=Event.EXPORTED)
async def export_account(request: Request, actor: Actor) -> None:
    """Everything that is kept about you, as a zip archive of JSON documents. Only secrets are left out."""
    ctx = request.app.ctx
    with TemporaryFile() as file:
        await ctx.bridge.read_all(ctx.tripkit.data_export.write, actor, actor.user_id, file)
        await download.send(request, file, f"tripkit-{actor.user_id}.zip", ZIP)
