"""The second factor of an account: codes of an authenticator app, and recovery codes."""

from typing import Final

from sanic import Request

from tripkit.schemas.second_factor import CodeIn, RecoveryCodes, SecondFactorOut, SecondFactorSetup
from tripkit.schemas.users import Actor
from tripkit.server import limits
from tripkit.server.routing import Resource

routes: Final = Resource("second-factor", "/api/auth/second-factor")


@routes.get("/", answer=SecondFactorOut)
async def get_second_factor(request: Request, actor: Actor) -> SecondFactorOut:
    """Whether a code is needed to log in, and how many recovery codes are left."""
    ctx = request.app.ctx
    found: SecondFactorOut = await ctx.bridge.read(ctx.tripkit.second_factors.status, actor)
    return found


@routes.post("/", answer=SecondFactorSetup, problems=(409,))
async def set_up_second_factor(request: Request, actor: Actor) -> SecondFactorSetup:
    """Get a secret for an authenticator app. Nothing changes until a code of the app confirms it.

    You must have given your password or a code in the last 10 minutes.
    """
    ctx = request.app.ctx
    made: SecondFactorSetup = await ctx.bridge.write(ctx.tripkit.second_factors.set_up, actor)
    return made


@routes.post("/confirm/", body=CodeIn, answer=RecoveryCodes, problems=(409,))
async def activate_second_factor(request: Request, actor: Actor, body: CodeIn) -> RecoveryCodes:
    """Confirm the app with a code. From now on logging in needs one.

    The answer is the only one that shows the ten recovery codes. You must have given your password or a code in the
    last 10 minutes.
    """
    ctx = request.app.ctx
    made: RecoveryCodes = await ctx.bridge.write(ctx.tripkit.second_factors.activate, actor, body.code)
    return made


@routes.post("/recovery-codes/", answer=RecoveryCodes, problems=(409,))
async def renew_recovery_codes(request: Request, actor: Actor) -> RecoveryCodes:
    """Get ten new recovery codes. The earlier ones are worth nothing any more.

    You must have given your password or a code in the last 10 minutes.
    """
    ctx = request.app.ctx
    made: RecoveryCodes = await ctx.bridge.write(ctx.tripkit.second_factors.renew_recovery_codes, actor)
    return made


@routes.delete("/", body=CodeIn, status=204, problems=(409,), limits=limits.CONFIRM)
async def remove_second_factor(request: Request, actor: Actor, body: CodeIn) -> None:
    """Remove the second factor. A code confirms it."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.second_factors.disable, actor, body.code)
