"""Rate limits of routes: which rule counts what, declared where the route is.

The headers are those of draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy` names each window with its quota
(`q`) and seconds (`w`), `RateLimit` what remains (`r`) and the seconds until the window ends (`t`).
"""

import math
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final

import msgspec
from sanic import Request

from tripkit import metrics
from tripkit.config import Settings
from tripkit.errors import NotAuthenticated, TooManyRequests
from tripkit.ratelimit import Charge, Decision, Limiter, MemoryLimiter, Rule, State, rules_of
from tripkit.services import addresses
from tripkit.services.clock import Clock


class Limit(msgspec.Struct, frozen=True):
    """Requests of a route count for `rule`; those of equal `key` together. A key of None does not count."""

    rule: str
    key: Callable[[Request, Any], str | None]
    #: Only what is refused for want of the right secret counts.
    failures: bool = False


def _by_client(request: Request, _body: Any) -> str | None:
    network: str = request.ctx.client_key
    return network


def _by_stranger(request: Request, body: Any) -> str | None:
    return None if request.ctx.user_id else _by_client(request, body)


def _by_account(_request: Request, body: Any) -> str | None:
    return addresses.key(body.email) or "(no address)"


def _by_account_and_client(request: Request, body: Any) -> str | None:
    return f"{_by_account(request, body)} {_by_client(request, body)}"


def _by_user(request: Request, _body: Any) -> str | None:
    return str(request.ctx.user_id) if request.ctx.user_id else None


ANONYMOUS: Final = Limit("anonymous", _by_stranger)
SIGN_UP: Final = Limit("signup", _by_client)
RESET: Final = Limit("reset", _by_account)
#: Mails that a signed-in person asks for.
MAIL: Final = Limit("reset", _by_user)
LOG_IN: Final = (
    Limit("login", _by_account_and_client, failures=True),
    Limit("login_account", _by_account, failures=True),
    Limit("login_client", _by_client, failures=True),
)
#: Wrong tokens where there is no account to count by.
GUESSES: Final = Limit("login_client", _by_client, failures=True)
EXPORT: Final = Limit("export", _by_user)
REFUSALS: Final = Limit("refusals", _by_client)
#: On every route that needs an account.
USER: Final = Limit("user", _by_user)

_SPENT: Final = {
    "anonymous": "The free requests of your address are used up. "
    "Sign up for continued access (POST /api/auth/signup/).",
    "login": "Too many failed logins.",
    "login_account": "Too many failed logins.",
    "login_client": "Too many failed logins.",
    "signup": "Too many accounts were made from your address.",
    "export": "Too many exports were asked for.",
    "reset": "Too many mails were asked for.",
    "share_password": "Too many wrong passwords.",
}


class Limits:
    """The rules in force, and the counters."""

    def __init__(self, rules: Mapping[str, Rule], limiter: Limiter) -> None:
        self._rules = {name: rule for name, rule in rules.items() if rule.windows}
        self.limiter = limiter

    def charges(self, limits: Sequence[Limit], request: Request, body: Any) -> list[tuple[Limit, Charge]]:
        """What this request would cost."""
        found = []
        for limit in limits:
            rule = self._rules.get(limit.rule)
            if rule is not None and (key := limit.key(request, body)) is not None:
                found.append((limit, Charge(rule, key)))
        return found

    async def run(
        self, request: Request, limits: Sequence[Limit], body: Any, work: Callable[[], Coroutine[Any, Any, Any]]
    ) -> Any:
        """Do `work` if the limits allow it; raises `TooManyRequests`."""
        charges = self.charges(limits, request, body)
        if not charges:
            return await work()
        decision = await self.limiter.spend([charge for _, charge in charges])
        request.ctx.rate_limit = headers(decision.states)
        if not decision.allowed:
            raise self._refusal(decision)
        # Failures are charged beforehand, so that guesses at the same time cannot slip through together.
        failures = [charge for limit, charge in charges if limit.failures]
        try:
            answer = await work()
        except NotAuthenticated:
            raise
        except Exception:
            await self._take_back(request, decision, failures)
            raise
        await self._take_back(request, decision, failures)
        return answer

    async def allows(self, limit: Limit, request: Request) -> bool:
        """Spend one where nobody is told of the limit; whether there was one left."""
        charges = [charge for _, charge in self.charges((limit,), request, None)]
        return not charges or (await self.limiter.spend(charges)).allowed

    async def _take_back(self, request: Request, decision: Decision, charges: list[Charge]) -> None:
        if charges:
            request.ctx.rate_limit = None
            await self.limiter.refund(decision, charges)

    def _refusal(self, decision: Decision) -> TooManyRequests:
        spent = max((state for state in decision.states if not state.remaining), key=lambda state: state.reset)
        metrics.count_refusal(spent.rule)
        what = _SPENT.get(spent.rule, "Too many requests.")
        return TooManyRequests(spent.rule, what, max(math.ceil(decision.retry_after), 1))


def open_limits(settings: Settings, clock: Clock) -> Limits:
    """The limits of the settings."""
    limiter = MemoryLimiter(lambda: clock().timestamp(), settings.ratelimit.max_entries)
    return Limits(rules_of(settings.ratelimit), limiter)


def headers(states: Sequence[State]) -> dict[str, str]:
    """The windows after a decision, as headers."""
    pairs = [(f'"{each.rule}-{each.window.seconds}"', each) for each in states]
    return {
        "ratelimit-policy": ", ".join(f"{name};q={each.window.limit};w={each.window.seconds}" for name, each in pairs),
        "ratelimit": ", ".join(f"{name};r={each.remaining};t={math.ceil(each.reset)}" for name, each in pairs),
    }
