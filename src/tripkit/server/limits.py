"""Rate limits of routes: which rule counts what, declared where the route is.

The headers are those of draft-ietf-httpapi-ratelimit-headers-11: `RateLimit-Policy` names each window with its quota
(`q`) and seconds (`w`), `RateLimit` what remains (`r`) and the seconds until the window ends (`t`).
"""

import math
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import UNSET
from sanic import Request

from tripkit import metrics
from tripkit.bootstrap import open_limiter
from tripkit.config import Settings
from tripkit.errors import NotAuthenticated, NotConfirmed, TooManyRequests
from tripkit.ratelimit import Charge, Decision, Limiter, Rule, State, rules_of
from tripkit.ratelimit.keys import account_key
from tripkit.services import addresses, share_links
from tripkit.services.clock import Clock


class Limit(msgspec.Struct, frozen=True):
    """Requests of a route count for `rule`; those of equal `key` together. A key of None does not count."""

    rule: str
    key: Callable[[Request, Any], str | None]
    #: Only what is refused for want of the right secret counts.
    failures: bool = False
    #: The answer says what is left. Not where others spend it as well: whoever asks would learn what they do.
    told: bool = True


def _by_client(request: Request, _body: Any) -> str:
    network: str = request.ctx.client_key
    return network


def _by_stranger(request: Request, body: Any) -> str | None:
    return None if request.ctx.user_id else _by_client(request, body)


def _by_account(_request: Request, body: Any) -> str:
    return account_key(addresses.key(body.email))


def _by_account_and_client(request: Request, body: Any) -> str:
    return f"{_by_account(request, body)} {_by_client(request, body)}"


def _by_link(request: Request, _body: Any) -> str:
    """The link, without what would let anybody use it: counters are kept."""
    return share_links.digest(request.match_info["token"])[:32]


def _by_link_and_client(request: Request, body: Any) -> str:
    return f"{_by_link(request, body)} {_by_client(request, body)}"


def _by_user(request: Request, _body: Any) -> str | None:
    return str(request.ctx.user_id) if request.ctx.user_id else None


def _by_invited(_request: Request, body: Any) -> str | None:
    return None if body.email is UNSET else account_key(addresses.key(body.email))


ANONYMOUS: Final = Limit("anonymous", _by_stranger)
SIGN_UP: Final = Limit("signup", _by_client)
RESET: Final = Limit("reset", _by_account, told=False)
#: Mails that a signed-in person asks for.
MAIL: Final = Limit("reset", _by_user)
#: Invitations, of which nobody shall get many, whoever sends them.
INVITE: Final = (Limit("invite", _by_user), Limit("invite_address", _by_invited, told=False))
LOG_IN: Final = (
    Limit("login", _by_account_and_client, failures=True),
    Limit("login_account", _by_account, failures=True, told=False),
    Limit("login_client", _by_client, failures=True),
)
#: Wrong tokens where there is no account to count by.
GUESSES: Final = Limit("login_client", _by_client, failures=True)
EXPORT: Final = Limit("export", _by_user)
#: Everything that is read through links, be it that there is no such link.
SHARED: Final = Limit("shared", _by_client)
#: The password of a link. Others than whoever asks guess it as well.
SHARE_PASSWORD: Final = (
    Limit("share_password", _by_link_and_client, failures=True),
    Limit("share_password_link", _by_link, failures=True, told=False),
)
REFUSALS: Final = Limit("refusals", _by_client)
#: Where somebody who is signed in gives a password or a code again: the same rules, counted apart from logins.
CONFIRM: Final = (
    Limit("login", _by_user, failures=True),
    Limit("login_account", _by_user, failures=True),
    LOG_IN[2],
)
#: Of the second step of a login. Its account was charged by the first one, whose charge is not given back.
SECOND_STEP: Final = (LOG_IN[2],)
#: A sign-in with a provider that is begun leaves a row behind for some minutes.
OAUTH_START: Final = Limit("oauth", _by_client)
OAUTH_FAILURE: Final = Limit("login_client", _by_client, failures=True)
#: On every route that needs an account.
USER: Final = Limit("user", _by_user)


async def _was_signed_in(request: Request, body: Any) -> bool:
    """Whether the client has signed in to the account before."""
    ctx, account = request.app.ctx, addresses.key(getattr(body, "email", ""))  # there may be a rule by user alone
    return account is not None and await ctx.bridge.read(ctx.tripkit.sessions.knows, account, request.ctx.client_key)


#: Whom a rule that is used up does not concern: guesses from elsewhere must not keep people out of their accounts.
_SPARED: Final[Mapping[str, Callable[[Request, Any], Coroutine[Any, Any, bool]]]] = {"login_account": _was_signed_in}

_SPENT: Final = {
    "anonymous": "The free requests of your address are used up. "
    "Sign up for continued access (POST /api/auth/signup/).",
    "login": "Too many failed logins.",
    "login_account": "Too many failed logins.",
    "login_client": "Too many failed logins.",
    "signup": "Too many accounts were made from your address.",
    "export": "Too many exports were asked for.",
    "reset": "Too many mails were asked for.",
    "invite": "Too many people were invited.",
    "invite_address": "This address got too many invitations.",
    "share_password": "Too many wrong passwords.",
    "share_password_link": "Too many wrong passwords.",
    "oauth": "Too many sign-ins were begun from your address.",
}


Charges: TypeAlias = list[tuple[Limit, Charge]]


class Limits:
    """The rules in force, and the counters."""

    def __init__(self, rules: Mapping[str, Rule], limiter: Limiter) -> None:
        self._rules = {name: rule for name, rule in rules.items() if rule.windows}
        self.limiter = limiter

    def charges(self, limits: Sequence[Limit], request: Request, body: Any) -> Charges:
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
        charges, decision = await self._spend(charges, request, body)
        _tell(request, decision, [limit for limit, _ in charges])
        if not decision.allowed:
            raise self._refusal(decision)
        # Failures are charged beforehand, so that guesses at the same time cannot slip through together.
        try:
            answer = await work()
        except (NotAuthenticated, NotConfirmed):
            raise
        except Exception:
            await self._take_back_failures(request, decision, charges)
            raise
        await self._take_back_failures(request, decision, charges)
        return answer

    async def allows(self, limit: Limit, request: Request) -> bool:
        """Spend one where nobody is told of the limit; whether there was one left."""
        charges = [charge for _, charge in self.charges((limit,), request, None)]
        return not charges or (await self.limiter.spend(charges)).allowed

    async def _spend(self, charges: Charges, request: Request, body: Any) -> tuple[Charges, Decision]:
        """Charge, or else charge without the rules that spare this client; what was charged, and what came of it."""
        decision = await self.limiter.spend([charge for _, charge in charges])
        spent = {state.rule for state in decision.states if not state.remaining}
        if decision.allowed or not spent <= _SPARED.keys():
            return charges, decision
        if not all([await _SPARED[rule](request, body) for rule in spent]):
            return charges, decision
        charges = [(limit, charge) for limit, charge in charges if limit.rule not in spent]
        return charges, await self.limiter.spend([charge for _, charge in charges])

    async def _take_back_failures(
        self, request: Request, decision: Decision, charges: Sequence[tuple[Limit, Charge]]
    ) -> None:
        failures = [charge for limit, charge in charges if limit.failures]
        if failures:
            await self.limiter.refund(decision, failures)
            _tell(request, decision, [limit for limit, _ in charges if not limit.failures])

    def _refusal(self, decision: Decision) -> TooManyRequests:
        spent = max((state for state in decision.states if not state.remaining), key=lambda state: state.reset)
        metrics.count_refusal(spent.rule)
        what = _SPENT.get(spent.rule, "Too many requests.")
        return TooManyRequests(spent.rule, what, max(math.ceil(decision.retry_after), 1))


def open_limits(settings: Settings, clock: Clock) -> Limits:
    """The limits of the settings, not connected to anything yet."""
    return Limits(rules_of(settings.ratelimit), open_limiter(settings, clock))


def _tell(request: Request, decision: Decision, limits: Sequence[Limit]) -> None:
    """Have the answer say what is left of these limits."""
    told = {limit.rule for limit in limits if limit.told}
    request.ctx.rate_limit = headers([state for state in decision.states if state.rule in told])


def headers(states: Sequence[State]) -> dict[str, str]:
    """The windows after a decision, as headers; none when no rule was counted."""
    if not states:
        return {}
    pairs = [(f'"{each.rule}-{each.window.seconds}"', each) for each in states]
    return {
        "ratelimit-policy": ", ".join(f"{name};q={each.window.limit};w={each.window.seconds}" for name, each in pairs),
        "ratelimit": ", ".join(f"{name};r={each.remaining};t={math.ceil(each.reset)}" for name, each in pairs),
    }
