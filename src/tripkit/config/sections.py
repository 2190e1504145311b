"""Every setting once: its type, default, bounds and meaning. Everything else about settings derives from here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from tripkit.config.oauth import OAuth
from tripkit.config.profile import Profile

POSTGRES_SCHEMES: Final = ("postgresql://", "postgres://")
SECRET: Final[dict[str, Any]] = {"secret": True}

Seconds = Annotated[int, Meta(ge=1)]
Bytes = Annotated[int, Meta(ge=1)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[section]` of the configuration file."""


class Database(Section, frozen=True):
    """Where everything is kept."""

    url: Annotated[
        str,
        Meta(
            description="sqlite:///PATH (relative to the data directory), postgresql://USER:PASSWORD@HOST/NAME, or "
            "empty for tripkit.sqlite3 in the data directory.",
            extra=SECRET,
        ),
    ] = ""
    synchronous: Annotated[
        Literal["FULL", "NORMAL", "EXTRA"],
        Meta(description="SQLite: FULL survives a power cut; NORMAL may lose the last moments then."),
    ] = "FULL"
    busy_timeout: Annotated[
        Seconds,
        Meta(description="Seconds a write waits for another process that is writing, before it is refused."),
    ] = 5
    pool_size: Annotated[int, Meta(ge=1, le=200, description="Postgres: connections of one server process.")] = 8
    write_queue: Annotated[
        int, Meta(ge=1, description="Writes that may wait in the server; one more is answered 503.")
    ] = 1000


class Server(Section, frozen=True):
    """The API server (`tripkit serve`)."""

    host: Annotated[str, Meta(min_length=1, description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8000
    workers: Annotated[int, Meta(ge=1, le=64, description="Server processes.")] = 1
    public_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^/?#\s]+(/[^?#\s]*)?)?$",
            examples=["https://trips.example.org"],
            description="How people reach this server, like https://trips.example.org. Links are made with it; "
            "without it they are relative.",
        ),
    ] = ""
    hsts_subdomains: Annotated[
        bool,
        Meta(
            description="With an https public_url, browsers are told to use HTTPS for one year (HSTS). true: for all "
            "subdomains of its host, too. Say false if one of those is served over plain HTTP."
        ),
    ] = True
    frontend_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^/?#\s]+(/[^?#\s]*)?)?$",
            examples=["https://app.example.org"],
            description="The front end that has pages for the links in mail, like https://app.example.org. Empty: they "
            "lead to the pages of this server.",
        ),
    ] = ""
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Proxies that are believed when they say who their client is, as addresses or networks (CIDR), "
            "or unix for those on a unix socket. They must set X-Forwarded-For or Forwarded themselves."
        ),
    ] = ()
    cors_origins: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^https?://[^/?#\s]+$", examples=["https://app.example.org"])], ...],
        Meta(description="Front ends on other origins that may call the API: exact origins, no wildcards."),
    ] = ("http://localhost:3000",)
    public_links: Annotated[
        bool,
        Meta(
            description="Whether people may share plans with whoever has a link. false: no link works, and none can be "
            "made."
        ),
    ] = True
    max_body: Annotated[Bytes, Meta(description="Largest request body, in bytes.")] = 1024 * 1024
    request_timeout: Annotated[Seconds, Meta(description="Seconds in which a request must have arrived whole.")] = 30
    keep_alive: Annotated[Seconds, Meta(description="Seconds an idle connection is kept open.")] = 75
    event_streams: Annotated[
        int, Meta(ge=0, description="Event streams that one process keeps open; more are refused with 503.")
    ] = 1000
    event_streams_per_user: Annotated[int, Meta(ge=0, description="... and of one user.")] = 20
    event_heartbeat: Annotated[
        Seconds,
        Meta(
            description="Seconds after which an idle event stream says that it is there, and looks whether it may be."
        ),
    ] = 15
    shutdown_timeout: Annotated[
        Seconds, Meta(description="Seconds that running requests get to finish when the server stops.")
    ] = 10


class Security(Section, frozen=True):
    """Keys, tokens and passwords."""

    secret_key: Annotated[
        str,
        Meta(
            description="Key that signs tokens: at least 32 random bytes, as text. Empty: one is generated and kept in "
            "secret.key in the data directory.",
            extra=SECRET,
        ),
    ] = ""
    previous_keys: Annotated[
        tuple[str, ...],
        Meta(description="Earlier keys whose tokens are still accepted, newest first.", extra=SECRET),
    ] = ()
    issuer: Annotated[str, Meta(min_length=1, description="The `iss` of tokens.")] = "tripkit"
    access_lifetime: Annotated[Seconds, Meta(description="Seconds an access token lives.")] = 3600
    refresh_lifetime: Annotated[
        Seconds, Meta(description="Seconds a refresh token lives; each refresh starts anew.")
    ] = 7 * 86400
    session_lifetime: Annotated[
        Seconds, Meta(description="Seconds after which a session ends, however often it was refreshed.")
    ] = 90 * 86400
    refresh_grace: Annotated[
        int,
        Meta(
            ge=0,
            le=60,
            description="Seconds in which a refresh whose answer was lost may be repeated; 0 forbids it.",
        ),
    ] = 10
    signup: Annotated[
        Literal["open", "invite", "closed"],
        Meta(
            description="Who may make an account: everybody; only people whom an administrator invited; or nobody, so "
            "that administrators make all accounts."
        ),
    ] = "open"
    require_verified: Annotated[
        bool,
        Meta(
            description="Whether people must confirm their email address before they can do more than manage their "
            "account."
        ),
    ] = False
    invitation_lifetime: Annotated[Seconds, Meta(description="Seconds in which an invitation can be accepted.")] = (
        7 * 86400
    )
    argon2_memory: Annotated[int, Meta(ge=8 * 1024, description="Argon2id: memory for one password hash, in KiB.")] = (
        19 * 1024
    )
    argon2_time: Annotated[int, Meta(ge=1, description="Argon2id: passes.")] = 2
    argon2_parallelism: Annotated[int, Meta(ge=1, le=16, description="Argon2id: lanes.")] = 1


def _rule(what: str) -> Meta:
    return Meta(description=f"{what} Like 10/30d, or 5/s, 100/h; off sets no limit.", extra={"rule": what})


class Ratelimit(Section, frozen=True):
    """How often something may happen, and where that is counted."""

    backend: Annotated[
        Literal["memory", "redis"],
        Meta(description="Where is counted: in the memory of the one server process, or in Redis for several."),
    ] = "memory"
    redis_url: Annotated[
        str,
        Meta(
            description="With backend = redis: redis://:PASSWORD@HOST:6379/0, rediss:// for TLS, or unix:///PATH.",
            extra=SECRET,
        ),
    ] = ""
    max_entries: Annotated[
        int, Meta(ge=1000, description="Counters held in memory; when there are more, the least important are dropped.")
    ] = 100_000
    anonymous: Annotated[str, _rule("Reads of the gallery without an account, by client.")] = "10/30d"
    login: Annotated[str, _rule("Failed logins, by account and client together.")] = "10/5m"
    login_account: Annotated[str, _rule("Failed logins, by account.")] = "100/h"
    login_client: Annotated[str, _rule("Failed logins, by client.")] = "50/5m"
    signup: Annotated[str, _rule("Sign-ups, by client.")] = "20/h"
    reset: Annotated[str, _rule("Mails that were asked for, by account.")] = "3/h"
    invite: Annotated[str, _rule("Invitations to plans, by account.")] = "30/h"
    invite_address: Annotated[str, _rule("Invitations to plans, by the address that they are mailed to.")] = "5/d"
    share_password: Annotated[str, _rule("Wrong passwords of shared links, by link and client.")] = "10/15m"  # noqa: S105
    share_password_link: Annotated[str, _rule("Wrong passwords of shared links, by link.")] = "100/h"  # noqa: S105
    shared: Annotated[str, _rule("Reads of shared links, by client.")] = "120/m"
    export: Annotated[str, _rule("Exports of all of one's data, by account.")] = "10/h"
    refusals: Annotated[
        str, _rule("Refused attempts that are recorded in the audit trail, by client; more are only refused.")
    ] = "100/h"
    oauth: Annotated[str, _rule("Sign-ins with a provider that are begun, by client.")] = "60/10m"
    user: Annotated[str, _rule("Requests of a signed-in user.")] = "off"


class Plans(Section, frozen=True):
    """Travel plans."""

    currency: Annotated[str, Meta(description="Currency (ISO 4217) of a plan that names none.")] = "EUR"
    trash_days: Annotated[int, Meta(ge=1, description="Days a deleted plan can be restored.")] = 30
    max_items: Annotated[int, Meta(ge=1, description="Items that a plan may have.")] = 5000
    history_days: Annotated[
        int, Meta(ge=0, description="Days a change can be looked up and taken back; 0 keeps all of them.")
    ] = 365
    gallery: Annotated[
        bool,
        Meta(
            description="Whether published plans are shown to everybody. false: there is no gallery, and nothing can "
            "be published."
        ),
    ] = True
    max_expenses: Annotated[int, Meta(ge=1, description="Expenses that a plan may have.")] = 2000
    max_checklists: Annotated[int, Meta(ge=1, description="Checklists that a plan may have.")] = 50
    max_checklist_entries: Annotated[int, Meta(ge=1, description="Entries that a checklist may have.")] = 300
    max_members: Annotated[int, Meta(ge=1, description="Members and open invitations that a plan may have.")] = 50


class Checks(Section, frozen=True):
    """What `plan check` takes for possible."""

    flight_connection: Annotated[
        int, Meta(ge=0, description="Minutes it takes at least to change to or from a flight.")
    ] = 45
    connection: Annotated[
        int, Meta(ge=0, description="Minutes it takes at least to change between other transports.")
    ] = 5
    land_speed: Annotated[
        int, Meta(ge=1, description="Kilometres an hour, as the crow flies, between two items without a transport.")
    ] = 120
    air_speed: Annotated[
        int, Meta(ge=1, description="Kilometres an hour, as the crow flies, that nothing is quicker than.")
    ] = 1000


class Mail(Section, frozen=True):
    """Messages to people: to confirm an address, to choose a new password, to invite."""

    backend: Annotated[
        Literal["console", "smtp"],
        Meta(description="console: messages are printed to standard error. smtp: a mail server sends them."),
    ] = "console"
    host: Annotated[str, Meta(description="The mail server, like smtp.example.org.")] = ""
    port: Annotated[
        int,
        Meta(
            ge=0,
            le=65535,
            description="Port of the mail server. 0 is the usual one: 587 for starttls, 465 for tls, 25 for none.",
        ),
    ] = 0
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Meta(
            description="starttls: encrypted after a greeting; tls: from the start; none: not at all. The certificate "
            "is always checked."
        ),
    ] = "starttls"
    username: Annotated[str, Meta(description="Name to log in with at the mail server; empty: no login.")] = ""
    password: Annotated[str, Meta(description="Password to log in with at the mail server.", extra=SECRET)] = ""
    sender: Annotated[
        str,
        Meta(description="Who mail is from: trips@example.org, or Our trips <trips@example.org>."),
    ] = ""
    subject_prefix: Annotated[
        str,
        Meta(
            max_length=50,
            pattern=r"^[^\x00-\x1f\x7f]*$",
            examples=["[trips]"],
            description="What each subject begins with. Empty: nothing.",
        ),
    ] = "[tripkit]"
    timeout: Annotated[
        Seconds, Meta(description="Seconds the mail server gets for each answer, before it is tried again later.")
    ] = 30


class Logs(Section, frozen=True):
    """Logging, to standard error."""

    format: Annotated[
        Literal["auto", "human", "json"],
        Meta(description="auto: human on a terminal, one JSON object a line otherwise."),
    ] = "auto"
    level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="The least that is logged.")] = (
        "info"
    )
    access: Annotated[bool, Meta(description="One line for each request.")] = True


class Metrics(Section, frozen=True):
    """Prometheus metrics at /metrics."""

    token: Annotated[
        str,
        Meta(
            description="Bearer token that may read /metrics from anywhere. Empty: only this machine may.",
            extra=SECRET,
        ),
    ] = ""


class Cli(Section, frozen=True):
    """The command line."""

    user: Annotated[
        str,
        Meta(description="Email address or username that commands act for, unless --user says otherwise."),
    ] = ""
    hints: Annotated[
        bool, Meta(description="Remind somebody at a terminal after each change that `tripkit undo` takes it back.")
    ] = True


class Client(Section, frozen=True):
    """Commands that work on a server, and not on the local database."""

    server: Annotated[
        str,
        Meta(
            description="The server that commands use, unless --server says otherwise: its address, the NAME of a "
            "profile, or local for the database of this machine. Empty: that of the last `tripkit login`, else local."
        ),
    ] = ""
    token: Annotated[
        str,
        Meta(
            description="API token to use client.server with, where nobody can log in, as in scripts. Empty: what "
            "`tripkit login` has kept.",
            extra=SECRET,
        ),
    ] = ""
    timeout: Annotated[Seconds, Meta(description="Seconds the server gets for each step of an answer.")] = 30
    keyring: Annotated[
        bool,
        Meta(
            description="Keep credentials in the keyring of the system, where it has one. false: in a file that only "
            "you can read."
        ),
    ] = True


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings, frozen. Relative paths are relative to the data directory."""

    data_dir: Annotated[Path, Meta(description="Directory of the database, the generated key and snapshots.")] = Path()
    database: Database = Database()
    server: Server = Server()
    security: Security = Security()
    ratelimit: Ratelimit = Ratelimit()
    plans: Plans = Plans()
    checks: Checks = Checks()
    mail: Mail = Mail()
    logs: Logs = Logs()
    metrics: Metrics = Metrics()
    cli: Cli = Cli()
    client: Client = Client()
    oauth: Mapping[str, OAuth] = {}
    profile: Mapping[str, Profile] = {}
