"""The services of accounts, and of how people sign in."""

from functools import cached_property
from typing import TYPE_CHECKING

from tripkit.bootstrap.plans import PlanServices

if TYPE_CHECKING:
    from tripkit.oauth.base import OAuthProvider
    from tripkit.services.account_changes import AccountChanges
    from tripkit.services.account_mail import AccountMail
    from tripkit.services.accounts import Accounts
    from tripkit.services.actors import Actors
    from tripkit.services.administration import Administration
    from tripkit.services.api_tokens import ApiTokens
    from tripkit.services.audit_trail import AuditTrail
    from tripkit.services.data_export import DataExport
    from tripkit.services.email_change import EmailChange
    from tripkit.services.email_verification import EmailVerification
    from tripkit.services.identities import Identities
    from tripkit.services.invitations import Invitations
    from tripkit.services.oauth import OAuth
    from tripkit.services.oauth_tickets import OAuthTickets
    from tripkit.services.password_reset import PasswordReset
    from tripkit.services.reauthentication import Reauthentication
    from tripkit.services.second_factors import SecondFactors
    from tripkit.services.sessions import Sessions


class AccountServices(PlanServices):
    """People: plans belong to them, and wait for them."""

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
