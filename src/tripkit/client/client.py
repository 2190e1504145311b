"""One tripkit server, as an object."""

from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from tripkit.client.account import Account, ApiTokens
from tripkit.client.address import address
from tripkit.client.authorization import ApiToken, Authorization, Session
from tripkit.client.checklists import ChecklistEntries, Checklists, ChecklistTemplates
from tripkit.client.checks import Checks
from tripkit.client.expenses import Balances, Expenses
from tripkit.client.history import History
from tripkit.client.http import Confirm, Http
from tripkit.client.items import Items
from tripkit.client.money import Money
from tripkit.client.overview import Agendas, PlanCopies, Search
from tripkit.client.plans import Plans
from tripkit.client.sharing import PlanInvitations, PlanMembers, PlanTransfer, ShareLinks
from tripkit.client.travellers import Travellers
from tripkit.errors import SecondFactorRequired
from tripkit.schemas.second_factor import ChallengeIn
from tripkit.schemas.users import LoginIn, SignedIn

TIMEOUT: Final = 30.0


class Client:
    """A tripkit server at `url`, for whoever an API token or `authorization` is of.

    `timeout` is in seconds, of each step of a request. `insecure` allows plain http to another machine. `confirm` gives
    the password or a code again, where the server asks for that. May be used from several threads.

    What a server refuses is raised as `tripkit.errors`, as a service would. Beyond that: `ServerUnavailable` when it
    cannot be reached or is no tripkit, `IncompatibleServer` when it is older or newer than this client.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        authorization: Authorization | None = None,
        timeout: float = TIMEOUT,
        insecure: bool = False,
        confirm: Confirm | None = None,
    ) -> None:
        self.url = address(url, insecure=insecure)
        self._http = Http(self.url, authorization or ApiToken(token), timeout=timeout, confirm=confirm)
        self.plans = Plans(self._http)
        self.items = Items(self._http)
        self.money = Money(self._http)
        self.checks = Checks(self._http)
        self.travellers = Travellers(self._http)
        self.expenses = Expenses(self._http)
        self.balances = Balances(self._http)
        self.checklists = Checklists(self._http)
        self.checklist_entries = ChecklistEntries(self._http)
        self.checklist_templates = ChecklistTemplates(self._http)
        self.share_links = ShareLinks(self._http)
        self.plan_members = PlanMembers(self._http)
        self.plan_transfer = PlanTransfer(self._http)
        self.plan_invitations = PlanInvitations(self._http)
        self.history = History(self._http)
        self.plan_copies = PlanCopies(self._http)
        self.search = Search(self._http)
        self.agendas = Agendas(self._http)
        self.account = Account(self._http)
        self.api_tokens = ApiTokens(self._http)

    @classmethod
    def log_in(
        cls,
        url: str,
        email: str,
        password: str,
        *,
        code: Callable[[], str] | None = None,
        timeout: float = TIMEOUT,
        insecure: bool = False,
    ) -> Self:
        """A client in a session of its own; end it with `account.log_out()`.

        `code` is called for a code of the second factor when the account has one; without it `SecondFactorRequired` is
        raised. Raises `InvalidCredentials`, `InvalidCode`, `AccountDisabled` and `TooManyRequests`.
        """
        with cls(url, timeout=timeout, insecure=insecure) as nobody:
            signed_in = nobody.sign_in(email, password, code=code)
        return cls(url, authorization=Session(signed_in.tokens), timeout=timeout, insecure=insecure)

    def sign_in(self, email: str, password: str, *, code: Callable[[], str] | None = None) -> SignedIn:
        """An account and the tokens of a new session of it, which this client does not use; raises as `log_in`."""
        try:
            return self._http.unsigned("/api/auth/login/", SignedIn, LoginIn(email, password))
        except SecondFactorRequired as required:
            if code is None:
                raise
            form = ChallengeIn(required.challenge, code())
            return self._http.unsigned("/api/auth/login/second-factor/", SignedIn, form)

    @property
    def api(self) -> tuple[int, int]:
        """The contract that the server keeps, major and minor; asks for it if nothing was asked yet."""
        return self._http.api or self.greet()

    def greet(self) -> tuple[int, int]:
        """Ask for nothing but the contract; raises `ServerUnavailable` if no tripkit answers."""
        return self._http.greet()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
