"""Everything tripkit refuses, as one tree. Exceptions carry data; who shows them decides how.

(Settings that cannot be used are `config.ConfigError`: they are read before anything else is there.)

TripkitError
├── InvalidInput             what was sent breaks the rules
│   ├── Malformed            ... it cannot even be read
│   └── ValidationFailed     ... some fields are wrong (all of them are named)
│       └── NotConfirmed     ... namely the password or code that should confirm it
├── NotAuthenticated         nobody, or nobody that can be believed
│   ├── InvalidCredentials
│   │   └── InvalidCode      the second factor
│   ├── SecondFactorRequired the password is right, and a code has to follow
│   ├── InvalidToken
│   │   └── TokenReused      a refresh token came back; its session is dead now
│   ├── SignInFailed         what came from a sign-in provider, or by way of a browser, proves nothing
│   └── LinkPasswordRequired a shared link has a password, and it was not given
│       └── WrongLinkPassword
├── Forbidden                known, and not allowed
│   ├── AccountDisabled
│   ├── EmailNotVerified     this server asks for a confirmed address first
│   ├── InsufficientScope    an API token that was not made for this
│   ├── ReauthenticationRequired
│   ├── SignInRefused        known to a sign-in provider, and not let in here
│   └── SignupClosed         this server does not take everybody
├── NotFound
│   └── VersionUnknown       a version of a plan that is not there, or not kept any more
├── Conflict                 it would clash with what is there
│   ├── AccountExists        an account has this address, and nobody has shown that it is theirs
│   ├── KeyReused            an Idempotency-Key came back with another request
│   ├── LastAdmin            nobody would be left to administer
│   ├── NewerChange          what should be taken back was changed again since
│   └── Taken                a unique value belongs to somebody else
├── StaleVersion             it changed since the caller read it
├── Ambiguous                several things match
├── TooManyRequests          a rate limit is used up
├── Busy                     try again later
├── ProviderUnavailable      a sign-in provider does not do its part
├── ServerUnavailable        a server is asked from afar, and cannot be reached or does not answer as one
│   └── IncompatibleServer   ... it is older or newer than this program
├── CredentialsUnusable      what `tripkit login` has kept cannot be read, or changed
├── CannotServe              the server cannot start
├── MailError                a message was not sent
│   ├── MailDelayed          ... the mail server may take it later
│   ├── MailRefused          ... it will never take this one
│   └── MailUnavailable      ... it takes nothing at the moment
└── DatabaseError
    ├── DatabaseUnavailable
    └── SchemaMismatch       the database is older or newer than this program
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class TripkitError(Exception):
    """Base of all refusals. `str()` of one is a sentence for a person; the attributes are for programs."""

    #: A refusal that must leave a trace (a killed session): what its unit wrote is committed before it is raised.
    leaves_trace: ClassVar[bool] = False


class InvalidInput(TripkitError):
    """What was sent breaks the rules."""


class Malformed(InvalidInput):
    """The input cannot be read at all: broken JSON, a cursor that was altered."""


class ValidationFailed(InvalidInput):
    """Some fields are wrong: `errors` maps each field to every message about it."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        self.errors = {field: list(messages) for field, messages in errors.items()}
        super().__init__("; ".join(f"{field}: {' '.join(found)}" for field, found in self.errors.items()))


class NotConfirmed(ValidationFailed):
    """The password or code that should confirm this is wrong."""

    leaves_trace = True


class NotAuthenticated(TripkitError):
    """Nobody is signed in."""

    def __init__(self, detail: str = "Sign in first: this needs an access token.") -> None:
        super().__init__(detail)


class InvalidCredentials(NotAuthenticated):
    """No active account has this address and password; which of the two is wrong is not said."""

    def __init__(self, detail: str = "The email address or the password is wrong.") -> None:
        super().__init__(detail)


class InvalidCode(InvalidCredentials):
    """A code of the second factor that is wrong or was used before."""

    leaves_trace = True

    def __init__(self, detail: str = "The code is wrong.") -> None:
        super().__init__(detail)


class SecondFactorRequired(NotAuthenticated):
    """The password is right. `challenge`, a secret, has to come back with a code of the second factor."""

    leaves_trace = True

    def __init__(self, challenge: str) -> None:
        self.challenge = challenge
        super().__init__("The password is right. Now a code of the second factor is needed.")


class InvalidToken(NotAuthenticated):
    """A token was sent that cannot be accepted. `reason` says why, without the token."""

    def __init__(self, reason: str, remedy: str = "Sign in again.") -> None:
        self.reason = reason
        super().__init__(f"The token cannot be accepted: {reason}. {remedy}")


class TokenReused(InvalidToken):
    """A refresh token was used again. Whoever holds it, the session is over for all."""

    leaves_trace = True

    def __init__(self) -> None:
        super().__init__("it was used before, so its session has been ended")


class SignInFailed(NotAuthenticated):
    """A sign-in with a provider cannot be completed. `reason` says why; it names neither people nor secrets."""

    # What was used up on the way (a state, a code, a nonce) stays used up.
    leaves_trace = True

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The sign-in could not be completed: {reason}. Start it again.")


class LinkPasswordRequired(NotAuthenticated):
    """The link to a shared plan is right, and its password was not given, or too long ago."""

    def __init__(self, detail: str = "This link has a password. Give it first.") -> None:
        super().__init__(detail)


class WrongLinkPassword(LinkPasswordRequired):
    """The password of a shared link is another."""

    def __init__(self) -> None:
        super().__init__("The password is wrong. Ask whoever sent you the link.")


class Forbidden(TripkitError):
    """The actor is known and may not do this."""

    def __init__(self, detail: str = "You may not do this.") -> None:
        super().__init__(detail)


class AccountDisabled(Forbidden):
    """The credentials are right and the account is switched off."""

    def __init__(self) -> None:
        super().__init__("This account is disabled. Ask whoever runs this server to enable it again.")


class EmailNotVerified(Forbidden):
    """The account is there, and its address was not confirmed yet (`security.require_verified`)."""

    def __init__(self) -> None:
        super().__init__(
            "Confirm your email address first, with the link that was mailed to you. "
            "POST /api/auth/email/verify/resend/ has it sent again."
        )


class SignInRefused(Forbidden):
    """A provider knows who it is, and this server does not let them in. `reason` as in `SignInFailed`."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason = reason
        super().__init__(f"You cannot sign in here: {reason}. {remedy}")


class InsufficientScope(Forbidden):
    """An API token lacks the scope `required`; None when no scope would do."""

    def __init__(self, required: str | None = None) -> None:
        self.required = required
        super().__init__(
            f"This API token lacks the scope {required}. Make one that has it."
            if required
            else "No API token may do this, whatever its scopes. Log in instead."
        )


class ReauthenticationRequired(Forbidden):
    """It needs the password or a code, given a short time ago."""

    def __init__(self, minutes: int) -> None:
        super().__init__(
            f"This needs your password, or a code of your second factor, given in the last {minutes} minutes."
        )


class SignupClosed(Forbidden):
    """New accounts are made for the invited, or by administrators, only."""


class NotFound(TripkitError):
    """There is no such thing, or the actor may not know of it. `near` are `(id, title)` that may have been meant."""

    def __init__(self, kind: str, key: object, *, near: Sequence[tuple[int, str]] = ()) -> None:
        self.kind, self.key, self.near = kind, key, list(near)
        said = f"There is no {kind} {key}." if str(key) else f"There is no such {kind}."
        meant = " or ".join(f"{number} ({title})" for number, title in self.near)
        super().__init__(f"{said} Did you mean {meant}?" if meant else said)


class VersionUnknown(NotFound):
    """A version of a plan that never was or is not kept any more; `oldest` is the first that is."""

    def __init__(self, plan_id: int, version: int, *, newest: int, oldest: int | None = None) -> None:
        super().__init__("version", version)
        self.oldest, self.newest = oldest, newest
        why = f"it is at version {newest}" if oldest is None else f"its history begins at version {oldest}"
        self.args = (f"There is no version {version} of the plan {plan_id}: {why}.",)


class Conflict(TripkitError):
    """It would clash with what is there."""


class AccountExists(Conflict):
    """Somebody whom a provider knows has no account here, and their address has one."""

    reason = "the address has an account, and both sides have not verified it"

    def __init__(self, label: str) -> None:
        super().__init__(
            "There is an account with your email address already, and it is not joined with another by the address "
            f"alone. Sign in to it as you did before, and link {label} to it in your profile. If you did not make that "
            "account, reset its password by mail first."
        )


class KeyReused(Conflict):
    """An Idempotency-Key came back with another request than the one it was for."""

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for another request in the last 24 hours. Use a new key for each request, "
            "and the same one only to repeat exactly what you sent."
        )


class LastAdmin(Conflict):
    """The only administrator who can sign in cannot stop being that."""

    def __init__(self, username: str) -> None:
        super().__init__(
            f"{username} is the only active administrator. Make somebody else one first, so that one is left."
        )


class NewerChange(Conflict):
    """Changes since `version` stand in the way of taking it back. `errors` as in `ValidationFailed`; `current` is the
    newest of them.
    """

    def __init__(self, version: int, errors: Mapping[str, Sequence[str]], current: int) -> None:
        self.version, self.current = version, current
        self.errors = {field: list(messages) for field, messages in errors.items()}
        found = "; ".join(f"{field} {' '.join(messages)}" for field, messages in self.errors.items())
        super().__init__(f"Version {version} cannot be taken back, since something newer is in the way: {found}")


class Taken(Conflict):
    """A value that must be unique belongs to somebody else. `errors` as in `ValidationFailed`."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        self.errors = {field: list(messages) for field, messages in errors.items()}
        super().__init__("; ".join(f"{field} {' '.join(found)}" for field, found in self.errors.items()))


class StaleVersion(TripkitError):
    """The caller changed a version that is not the last; the thing is at `current` by now, and reads as `record`."""

    def __init__(self, kind: str, key: object, current: int, record: object = None) -> None:
        self.kind, self.key, self.current, self.record = kind, key, current, record
        super().__init__(
            f"The {kind} {key} has changed since you read it: it is at version {current} now. "
            "Read it again and repeat your change."
        )


class Ambiguous(TripkitError):
    """Several things match `text`; `candidates` are `(id, title)`."""

    def __init__(self, kind: str, text: str, candidates: Sequence[tuple[int, str]]) -> None:
        self.kind, self.text, self.candidates = kind, text, list(candidates)
        shown = ", ".join(f"{number} ({title})" for number, title in self.candidates[:5])
        more = f" and {len(self.candidates) - 5} more" if len(self.candidates) > 5 else ""
        several = f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"
        super().__init__(f"Several {several} match {text!r}: {shown}{more}. Name one by its number.")


class Busy(TripkitError):
    """There is no room for this now. `retry_after` is in seconds."""

    def __init__(self, what: str, retry_after: int = 1) -> None:
        self.what, self.retry_after = what, retry_after
        super().__init__(f"{what} Try again in {retry_after} s.")


class ProviderUnavailable(TripkitError):
    """A sign-in provider cannot be reached, or does not answer as it should. `reason` as in `SignInFailed`.

    `where` is for whoever runs the server, and not for whoever signs in: which address of the provider it was.
    """

    def __init__(self, label: str, reason: str, where: str = "") -> None:
        self.reason, self.where = reason, where
        super().__init__(f"You cannot sign in with {label} at the moment: {reason}. Try again later.")


class TooManyRequests(TripkitError):
    """The limit `rule` is used up. `retry_after` is in seconds."""

    def __init__(self, rule: str, what: str, retry_after: int) -> None:
        self.rule, self.retry_after = rule, retry_after
        super().__init__(f"{what} Try again in {_span(retry_after)}.")


class ServerUnavailable(TripkitError):
    """The server at `url` cannot be reached, or what answers there does not do so as tripkit. `reason` says why."""

    def __init__(self, url: str, reason: str) -> None:
        self.url, self.reason = url, reason
        super().__init__(f"{url} cannot be used: {reason}.")


class IncompatibleServer(ServerUnavailable):
    """The server at `url` is older or newer than this program."""


class CredentialsUnusable(TripkitError):
    """The file of sign-ins, or the keyring of the system, cannot be read or changed. It never shows what is in it."""


class CannotServe(TripkitError):
    """The server cannot start: its port is in use, its address is not of this machine."""


class MailError(TripkitError):
    """A message was not sent. The sentence is for whoever runs the server; it holds no password."""


class MailDelayed(MailError):
    """The mail server may take this message later."""


class MailRefused(MailError):
    """The mail server will never take this message, or it cannot be written."""


class MailUnavailable(MailError):
    """The mail server cannot be reached, or takes nothing from us: other messages will fare no better now."""


class DatabaseError(TripkitError):
    """The database cannot do its work."""


class DatabaseUnavailable(DatabaseError):
    """The database cannot be reached, opened or written."""


class SchemaMismatch(DatabaseError):
    """The schema in the database is not the one this program works with."""


def _span(seconds: int) -> str:
    """A time to wait, for people: rounded up, in its largest unit."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = -(-seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"
