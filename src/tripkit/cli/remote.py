"""A server as a backend of commands: who is signed in there acts."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from tripkit.cli.output import Output
from tripkit.cli.remote_names import NamedClient
from tripkit.cli.servers import Server, logins_of
from tripkit.client.authorization import ApiToken, Authorization
from tripkit.client.logins import KeptLogin
from tripkit.errors import InvalidInput, NotAuthenticated, ServerUnavailable, TripkitError
from tripkit.schemas.contract import API
from tripkit.schemas.users import ReauthenticationIn

if TYPE_CHECKING:
    from tripkit.config import Settings


class RemoteBackend:
    """As `cli.backend.Backend` says."""

    def __init__(self, client: NamedClient, username: str) -> None:
        self.client, self.username = client, username
        #: The server decides.
        self.trash_days = None
        self.plans = client.plans
        self.items = client.items
        self.money = client.money
        self.checks = client.checks
        self.travellers = client.travellers
        self.expenses = client.expenses
        self.balances = client.balances
        self.checklists = client.named_checklists
        self.checklist_entries = client.named_entries
        self.checklist_templates = client.named_templates
        self.share_links = client.share_links
        self.plan_members = client.named_members
        self.plan_transfer = client.plan_transfer
        self.plan_invitations = client.plan_invitations
        self.history = client.history
        self.plan_copies = client.plan_copies
        self.search = client.search
        self.agendas = client.agendas
        self.api_tokens = client.api_tokens
        self.account = client.account


@contextmanager
def connected_to(
    server: Server, settings: "Settings", out: Output, user: str | None, *, timeout: float | None = None
) -> Iterator[RemoteBackend]:
    """The server, as whoever is signed in there. `user` may say who that has to be."""
    username = username_on(server, settings)
    if user and user.casefold() != username.casefold():
        who = f"you are {username}" if username else "the API token says who you are"
        raise InvalidInput(f"--user chooses an account of the local database; on {server.url} {who}.")
    with client_of(server, settings, timeout=timeout) as client:
        try:
            yield RemoteBackend(client, username)
        except NotAuthenticated as error:
            raise NotAuthenticated(f"{str(error).removesuffix(' Sign in again.')} {_remedy(server)}") from error
        except ServerUnavailable:
            raise
        except TripkitError:
            _warn_of_age(client, out)
            raise


def client_of(server: Server, settings: "Settings", *, timeout: float | None = None, kept: bool = False) -> NamedClient:
    """A client with the credential that there is for the server; `kept`: with the one of `tripkit login`."""
    authorization: Authorization = KeptLogin(logins_of(settings), server.url)
    if server.token and not kept:
        authorization = ApiToken(server.token)
    return NamedClient(
        server.url,
        authorization=authorization,
        timeout=timeout or settings.client.timeout,
        insecure=server.insecure,
        confirm=_confirm if sys.stdin.isatty() else None,
    )


def username_on(server: Server, settings: "Settings") -> str:
    """Who is signed in there, as far as that is known without asking."""
    login = None if server.token else logins_of(settings).all().get(server.url)
    return login.username if login else ""


def _confirm() -> ReauthenticationIn:
    question = "Your password, or nothing to give a code"
    password = typer.prompt(question, hide_input=True, default="", show_default=False, err=True)
    if password:
        return ReauthenticationIn(password=password)
    return ReauthenticationIn(code=typer.prompt("Code of the second factor", err=True))


def _remedy(server: Server) -> str:
    if server.token:
        return f"Set another API token for {server.url} ({server.origin})."
    return f"Sign in: tripkit login {server.url}"


def _warn_of_age(client: NamedClient, out: Output) -> None:
    if client.api < API:
        out.warn(f"{client.url} is older than this tripkit: it may not know all that was asked for.")
