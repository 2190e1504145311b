"""The one place that builds everything.

Parts are made when they are first asked for, and their imports with them: a command that lists plans should not pay for
password hashing.
"""

from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tripkit.config import POSTGRES_SCHEMES, Settings
from tripkit.database import Engine, PostgresEngine, SqliteEngine
from tripkit.errors import NotFound
from tripkit.services.clock import Clock, utc_now

if TYPE_CHECKING:
    from tripkit.mail.base import Mailer
    from tripkit.migrations import Migrations
    from tripkit.oauth.base import OAuthProvider
    from tripkit.ratelimit import Limiter
    from tripkit.security.keys import KeyRing
    from tripkit.security.passwords import Passwords
    from tripkit.services.account_changes import AccountChanges
    from tripkit.services.account_mail import AccountMail
    from tripkit.services.accounts import Accounts
    from tripkit.services.actors import Actors
    from tripkit.services.administration import Administration
    from tripkit.services.agenda import Agendas
    from tripkit.services.api_tokens import ApiTokens
    from tripkit.services.audit import Audit
    from tripkit.services.audit_trail import AuditTrail
    from tripkit.services.balances import PlanBalances
    from tripkit.services.checklist_entries import ChecklistEntries
    from tripkit.services.checklist_templates import ChecklistTemplates
    from tripkit.services.checklists import Checklists
    from tripkit.services.checks import PlanChecks
    from tripkit.services.cursors import Cursors
    from tripkit.services.data_export import DataExport
    from tripkit.services.email_change import EmailChange
    from tripkit.services.email_verification import EmailVerification
    from tripkit.services.expenses import Expenses
    from tripkit.services.gallery import Gallery
    from tripkit.services.history import History
    from tripkit.services.idempotency import Idempotency
    from tripkit.services.identities import Identities
    from tripkit.services.invitations import Invitations
    from tripkit.services.items import Items
    from tripkit.services.link_access import LinkAccess
    from tripkit.services.oauth import OAuth
    from tripkit.services.oauth_tickets import OAuthTickets
    from tripkit.services.one_time_tokens import OneTimeTokens
    from tripkit.services.outbox import Outbox
    from tripkit.services.password_reset import PasswordReset
    from tripkit.services.plan_copies import PlanCopies
    from tripkit.services.plan_invitations import PlanInvitations
    from tripkit.services.plan_members import PlanMembers
    from tripkit.services.plan_money import PlanMoney
    from tripkit.services.plan_transfer import PlanTransfer
    from tripkit.services.plans import Plans
    from tripkit.services.rate_limit_admin import RateLimitAdmin
    from tripkit.services.rate_limits import RateLimits
    from tripkit.services.reauthentication import Reauthentication
    from tripkit.services.search import Search
    from tripkit.services.search_index import SearchIndex
    from tripkit.services.second_factors import SecondFactors
    from tripkit.services.sessions import Sessions
    from tripkit.services.share_links import ShareLinks
    from tripkit.services.share_views import ShareViews
    from tripkit.services.shared_plans import SharedPlans
    from tripkit.services.travellers import Travellers

DATABASE_FILE: Final = "tripkit.sqlite3"


class Tripkit:
    """All services, on one database."""

    def __init__(self, settings: Settings, db: Engine, clock: Clock) -> None:
        self.settings, self.db, self.clock = settings, db, clock

    @cached_property
    def plans(self) -> "Plans":
        """Travel plans."""
        from tripkit.services.plans import Plans

        return Plans(self.db, self._cursors, self.clock, self.settings)

    @cached_property
    def plan_copies(self) -> "PlanCopies":
        """Plans made from plans."""
        from tripkit.services.plan_copies import PlanCopies

        return PlanCopies(self.db, self.plans, self.travellers, self.gallery, self.clock)

    @cached_property
    def items(self) -> "Items":
        """What fills plans."""
        from tripkit.services.items import Items

        return Items(self.db, self.plans, self.clock, self.settings)

    @cached_property
    def travellers(self) -> "Travellers":
        """Who comes along."""
        from tripkit.services.travellers import Travellers

        return Travellers(self.db, self.plans, self.clock)

    @cached_property
    def expenses(self) -> "Expenses":
        """What travellers pay for each other."""
        from tripkit.services.expenses import Expenses

        return Expenses(self.db, self.plans, self.travellers, self.clock, self.settings)

    @cached_property
    def balances(self) -> "PlanBalances":
        """Who owes whom."""
        from tripkit.services.balances import PlanBalances

        return PlanBalances(self.db, self.plans, self.travellers, self.expenses)

    @cached_property
    def money(self) -> "PlanMoney":
        """What plans cost."""
        from tripkit.services.plan_money import PlanMoney

        return PlanMoney(self.db, self.plans, self.items, self.expenses)

    @cached_property
    def checks(self) -> "PlanChecks":
        """What will not work in plans."""
        from tripkit.services.checks import PlanChecks

        return PlanChecks(self.db, self.plans, self.items, self.expenses, self.settings)

    @cached_property
    def search(self) -> "Search":
        """What is written in plans and items, by its words."""
        from tripkit.services.search import Search

        return Search(self.db, self.search_index, self._cursors)

    @cached_property
    def search_index(self) -> "SearchIndex":
        """What searches look into."""
        from tripkit.services.search_index import SearchIndex

        return SearchIndex(self.db)

    @cached_property
    def agendas(self) -> "Agendas":
        """What happens when."""
        from tripkit.services.agenda import Agendas

        return Agendas(self.db, self.clock)

    @cached_property
    def checklists(self) -> "Checklists":
        """What has to be thought of."""
        from tripkit.services.checklists import Checklists

        return Checklists(self.db, self.plans, self.travellers, self.checklist_templates, self.clock, self.settings)

    @cached_property
    def checklist_entries(self) -> "ChecklistEntries":
        """The lines of checklists."""
        from tripkit.services.checklist_entries import ChecklistEntries

        return ChecklistEntries(self.db, self.plans, self.checklists, self.clock)

    @cached_property
    def checklist_templates(self) -> "ChecklistTemplates":
        """What checklists are started from."""
        from tripkit.services.checklist_templates import ChecklistTemplates

        return ChecklistTemplates(self.db, self.plans, self.clock, self.settings)

    @cached_property
    def history(self) -> "History":
        """What was done with plans."""
        from tripkit.services.history import History

        return History(self.db, self.plans, self._cursors, self.clock, self.settings)

    @cached_property
    def plan_members(self) -> "PlanMembers":
        """Who else is in plans."""
        from tripkit.services.links import Links
        from tripkit.services.plan_members import PlanMembers

        links = Links(self.settings)
        return PlanMembers(self.db, self.plans, self.outbox, links, self.audit, self.clock, self.settings)

    @cached_property
    def plan_invitations(self) -> "PlanInvitations":
        """Who is invited into plans."""
        from tripkit.services.plan_invitations import PlanInvitations

        return PlanInvitations(self.db, self.plans, self.audit, self.clock)

    @cached_property
    def plan_transfer(self) -> "PlanTransfer":
        """Plans that get another owner."""
        from tripkit.services.plan_transfer import PlanTransfer

        return PlanTransfer(self.db, self.plans, self.plan_members, self.audit, self.clock)

    @cached_property
    def gallery(self) -> "Gallery":
        """Published plans."""
        from tripkit.services.gallery import Gallery

        return Gallery(self.db, self.shared_plans, self._cursors, self.settings)

    @cached_property
    def shared_plans(self) -> "SharedPlans":
        """Plans as strangers see them."""
        from tripkit.services.shared_plans import SharedPlans

        return SharedPlans(self.db, self.items)

    @cached_property
    def share_links(self) -> "ShareLinks":
        """Links to plans."""
        from tripkit.services.share_links import ShareLinks

        return ShareLinks(self.db, self.plans, self.share_views, self.passwords, self.audit, self.clock, self.settings)

    @cached_property
    def share_views(self) -> "ShareViews":
        """Who looked at links, roughly."""
        from tripkit.services.share_views import ShareViews

        return ShareViews(self.db, self.clock)

    @cached_property
    def link_access(self) -> "LinkAccess":
        """What links open."""
        from tripkit.services.link_access import LinkAccess
        from tripkit.services.share_grants import ShareGrants

        grants = ShareGrants(self._keys, self.clock)
        return LinkAccess(self.db, self.shared_plans, grants, self.passwords, self.clock, self.settings)

    @cached_property
    def accounts(self) -> "Accounts":
        """People."""
        from tripkit.services.accounts import Accounts

        return Accounts(
            self.db,
            self.account_changes,
            self.sessions,
            self.passwords,
            self.second_factors,
            self.reauthentication,
            self.account_mail,
            self.email_change,
            self.audit,
            self.clock,
            self.settings,
        )

    @cached_property
    def reauthentication(self) -> "Reauthentication":
        """Passwords and codes that are given again."""
        from tripkit.services.reauthentication import Reauthentication

        return Reauthentication(self.db, self.sessions, self.passwords, self.second_factors, self.audit, self.clock)

    @cached_property
    def account_changes(self) -> "AccountChanges":
        """What is written to accounts."""
        from tripkit.services.account_changes import AccountChanges

        return AccountChanges(
            self.db,
            self.sessions,
            self.passwords,
            self.one_time_tokens,
            self.api_tokens,
            self.second_factors,
            self.plan_invitations,
            self.audit,
            self.clock,
        )

    @cached_property
    def account_mail(self) -> "AccountMail":
        """Mail about accounts, with links."""
        from tripkit.services.account_mail import AccountMail
        from tripkit.services.links import Links

        return AccountMail(self.db, self.account_changes, self.one_time_tokens, self.outbox, Links(self.settings))

    @cached_property
    def email_verification(self) -> "EmailVerification":
        """Addresses that are shown to be somebody's own."""
        from tripkit.services.email_verification import EmailVerification

        return EmailVerification(self.db, self.account_changes, self.account_mail, self.audit)

    @cached_property
    def email_change(self) -> "EmailChange":
        """Other addresses."""
        from tripkit.services.email_change import EmailChange

        return EmailChange(
            self.db, self.account_changes, self.sessions, self.account_mail, self.one_time_tokens, self.audit
        )

    @cached_property
    def password_reset(self) -> "PasswordReset":
        """Passwords that were forgotten."""
        from tripkit.services.password_reset import PasswordReset

        return PasswordReset(self.db, self.account_changes, self.account_mail, self.passwords, self.audit)

    @cached_property
    def administration(self) -> "Administration":
        """Accounts of others."""
        from tripkit.services.administration import Administration

        return Administration(
            self.db, self.account_changes, self.sessions, self.passwords, self._cursors, self.audit, self.clock
        )

    @cached_property
    def invitations(self) -> "Invitations":
        """Accounts for people who are still to come."""
        from tripkit.services.invitations import Invitations

        return Invitations(
            self.db,
            self.account_changes,
            self.sessions,
            self.passwords,
            self.one_time_tokens,
            self.account_mail,
            self.audit,
            self.clock,
            self.settings,
        )

    @cached_property
    def passwords(self) -> "Passwords":
        """Hashing."""
        from tripkit.security.passwords import Passwords

        security = self.settings.security
        return Passwords(
            memory=security.argon2_memory, time=security.argon2_time, parallelism=security.argon2_parallelism
        )

    @cached_property
    def data_export(self) -> "DataExport":
        """Everything about a person."""
        from tripkit.services.data_export import DataExport

        return DataExport(self.db, self.audit, self.clock)

    @cached_property
    def audit_trail(self) -> "AuditTrail":
        """What was recorded, to read and to check."""
        from tripkit.services.audit_trail import AuditTrail

        return AuditTrail(self.db, self._keys, self._cursors)

    @cached_property
    def audit(self) -> "Audit":
        """What was done with accounts."""
        from tripkit.services.audit import Audit

        return Audit(self.db, self._keys, self.clock)

    @cached_property
    def actors(self) -> "Actors":
        """Who acts for commands."""
        from tripkit.services.actors import Actors

        return Actors(self.db)

    @cached_property
    def sessions(self) -> "Sessions":
        """Who is signed in."""
        from tripkit.security.jwt import Tokens
        from tripkit.services.sessions import Sessions

        tokens = Tokens(self._keys, issuer=self.settings.security.issuer)
        return Sessions(self.db, tokens, self.audit, self.clock, self.settings)

    @cached_property
    def api_tokens(self) -> "ApiTokens":
        """Tokens for programs."""
        from tripkit.services.api_tokens import ApiTokens

        return ApiTokens(self.db, self.audit, self.clock)

    @cached_property
    def second_factors(self) -> "SecondFactors":
        """Codes that are needed beside the password."""
        from urllib.parse import urlsplit

        from tripkit.security.sealing import Sealer
        from tripkit.services.second_factors import PURPOSE, SecondFactors

        host = urlsplit(self.settings.server.public_url).hostname
        return SecondFactors(
            self.db,
            Sealer(self._keys, PURPOSE),
            self.one_time_tokens,
            self.audit,
            self.clock,
            issuer=f"tripkit {host}" if host else "tripkit",
        )

    @cached_property
    def oauth(self) -> "OAuth":
        """Signing in with a provider."""
        from tripkit.services.oauth import OAuth

        return OAuth(self.db, self._providers, self.identities, self.oauth_tickets, self.audit, self.settings)

    @cached_property
    def identities(self) -> "Identities":
        """Whom providers know."""
        from tripkit.services.identities import Identities

        labels = {name: provider.label for name, provider in self._providers.items()}
        return Identities(
            self.db, self.account_changes, self.administration, self.audit, self.clock, self.settings, labels
        )

    @cached_property
    def oauth_tickets(self) -> "OAuthTickets":
        """Sign-ins with a provider that are under way."""
        from tripkit.services.oauth_tickets import OAuthTickets

        return OAuthTickets(self.db, self.clock)

    @cached_property
    def _providers(self) -> "dict[str, OAuthProvider]":
        if not any(each.is_complete for each in self.settings.oauth.values()):
            return {}
        from tripkit.oauth.providers import open_providers

        return open_providers(self.settings.oauth, self.clock)

    @cached_property
    def one_time_tokens(self) -> "OneTimeTokens":
        """Tokens that are sent to people."""
        from tripkit.services.one_time_tokens import OneTimeTokens

        return OneTimeTokens(self.db, self.clock)

    @cached_property
    def idempotency(self) -> "Idempotency":
        """Requests that may be repeated."""
        from tripkit.services.idempotency import Idempotency

        return Idempotency(self.db, self.clock)

    @cached_property
    def outbox(self) -> "Outbox":
        """Mail to people."""
        from tripkit.services.outbox import Outbox

        return Outbox(self.db, lambda: self.mailer, self.clock, self.settings)

    @cached_property
    def mailer(self) -> "Mailer":
        """How mail goes out."""
        if self.settings.mail.backend == "smtp":
            from tripkit.mail.smtp import SmtpMailer

            return SmtpMailer(self.settings.mail)
        from tripkit.mail.console import ConsoleMailer

        return ConsoleMailer(self.settings.mail)

    @cached_property
    def rate_limits(self) -> "RateLimits":
        """The counters of a server's memory, in the database."""
        from tripkit.ratelimit import rules_of
        from tripkit.services.rate_limits import RateLimits

        return RateLimits(self.db, rules_of(self.settings.ratelimit), self.clock)

    @cached_property
    def rate_limit_admin(self) -> "RateLimitAdmin":
        """The counters, wherever they are."""
        from tripkit.ratelimit import rules_of
        from tripkit.services.rate_limit_admin import RateLimitAdmin

        options = self.settings.ratelimit
        shared = None if options.backend == "memory" else partial(open_limiter, self.settings, self.clock)
        return RateLimitAdmin(self.db, rules_of(options), self.rate_limits, shared)

    @cached_property
    def migrations(self) -> "Migrations":
        """The schema of the database."""
        from tripkit.migrations import Migrations

        return Migrations(self.db)

    @cached_property
    def _cursors(self) -> "Cursors":
        from tripkit.services.cursors import Cursors

        return Cursors(self._keys)

    @cached_property
    def _keys(self) -> "KeyRing":
        from tripkit.security.keys import FILE_NAME, KeyRing, load_or_create

        security = self.settings.security
        current = security.secret_key.encode() or load_or_create(self.settings.data_dir / FILE_NAME)
        return KeyRing(current, tuple(key.encode() for key in security.previous_keys))

    def prepare_database(self) -> tuple[list[str], Path | None]:
        """See to it that the schema is this program's, before anything else.

        An SQLite file belongs to whoever opens it, so it is created or upgraded (see `upgrade_database`). A Postgres
        database may serve others: there `SchemaMismatch` is raised, which names the command to run.
        """
        if isinstance(self.db, SqliteEngine):
            return self.upgrade_database()
        self.migrations.require_current()
        return [], None

    def upgrade_database(self) -> tuple[list[str], Path | None]:
        """Create or upgrade the schema; the steps that were run, and the snapshot of the data before, on SQLite."""
        if not self.migrations.pending():
            return [], None
        with self.db.exclusive():
            pending = self.migrations.pending()  # another process may have been quicker
            taken = self._snapshot(f"before-{pending[-1]}") if pending and self._applied() else None
            return self.migrations.upgrade(), taken

    def downgrade_database(self, target: str | None = None) -> tuple[list[str], Path | None]:
        """Revert the last step, or every step back through `target`, after a snapshot; what was run, and the snapshot.

        Raises `NotFound` for a target that was not applied here.
        """
        with self.db.exclusive():
            applied = self._applied()
            if target is not None and target not in applied:
                raise NotFound("migration to go back through, called", target)
            taken = self._snapshot(f"before-downgrade-{applied[-1]}") if applied else None
            return (self.migrations.downgrade(target) if applied else []), taken

    def _applied(self) -> list[str]:
        return [step.name for step in self.migrations.status() if step.applied]

    def _snapshot(self, label: str) -> Path | None:
        from tripkit.database import snapshot

        if not isinstance(self.db, SqliteEngine):
            return None
        return snapshot.take(self.db.path, label=label, now=self.clock())

    def close(self) -> None:
        """Close the connection of this thread."""
        self.db.close()


def open_tripkit(settings: Settings, *, clock: Clock = utc_now) -> Tripkit:
    """Connect to the database of `settings`. Raises `DatabaseUnavailable`. Its schema is the caller's to look after."""
    db = open_engine(settings)
    db.open()
    return Tripkit(settings, db, clock)


def open_engine(settings: Settings) -> Engine:
    """The database of the settings, not connected yet."""
    options = settings.database
    if options.url.startswith(POSTGRES_SCHEMES):
        return PostgresEngine(options.url)
    return SqliteEngine(database_path(settings), synchronous=options.synchronous, busy_timeout=options.busy_timeout)


def open_limiter(settings: Settings, clock: Clock) -> "Limiter":
    """The store of counters of the settings: the memory of this process, or what several share."""
    from tripkit.ratelimit import FallbackLimiter, MemoryLimiter

    options = settings.ratelimit
    memory = MemoryLimiter(lambda: clock().timestamp(), options.max_entries)
    if options.backend == "memory":
        return memory
    from tripkit.ratelimit.redis import RedisLimiter

    return FallbackLimiter(RedisLimiter(options.redis_url), memory)


def database_path(settings: Settings) -> Path:
    """The SQLite file of the settings; a relative path is relative to the data directory."""
    named = settings.database.url.removeprefix("sqlite:///")
    return settings.data_dir / (named or DATABASE_FILE)
