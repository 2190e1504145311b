"""Another email address: confirmed there, told to the old one, and taken back from there for a week."""

from tripkit.database import Command, Engine, Param, atomic
from tripkit.errors import Taken
from tripkit.models import User
from tripkit.schemas.users import Actor, Client, UserOut
from tripkit.services import addresses
from tripkit.services.account_changes import AccountChanges
from tripkit.services.account_mail import AccountMail, Linked
from tripkit.services.audit import Audit, Event
from tripkit.services.one_time_tokens import OneTimeTokens, Purpose
from tripkit.services.sessions import Sessions

#: Whoever took the account over may know it.
DROP_PASSWORD = Command(lambda: User.update({User.password_hash: None}).where(User.id == Param("id")))


class EmailChange:
    """Changes the address of an account, for its person. (Administrators do so at once.)"""

    def __init__(
        self,
        db: Engine,
        changes: AccountChanges,
        sessions: Sessions,
        mail: AccountMail,
        tokens: OneTimeTokens,
        audit: Audit,
    ) -> None:
        self.db = db
        self._changes, self._sessions, self._mail = changes, sessions, mail
        self._tokens, self._audit = tokens, audit

    def is_new(self, actor: Actor, email: str) -> bool:
        """Whether this is another address than the actor has; then it gets mail."""
        return not addresses.same(email, self._changes.require(actor.user_id).email)

    def pending(self, user_id: int) -> str | None:
        """The address that waits to be confirmed."""
        payload = self._tokens.waiting(Purpose.CONFIRM_EMAIL, user_id)
        return payload["email"] if payload else None

    @atomic
    def request(self, actor: Actor, email: str) -> None:
        """Ask at the new address; until it is confirmed the account keeps the old one.

        A later request replaces this one. Raises `ValidationFailed` or `Taken`.
        """
        shown, email_key = addresses.normalize(email)
        self._changes.refuse_clash({"email_key": email_key, "username_key": ""}, but=actor.user_id)
        self._mail.confirm_new_email(self._changes.require(actor.user_id), shown, actor.session_id)
        self._audit.record(Event.EMAIL_CHANGE_REQUESTED, actor)

    @atomic
    def cancel(self, actor: Actor) -> None:
        """Keep the address there is."""
        self._tokens.revoke(Purpose.CONFIRM_EMAIL, actor.user_id)

    def peek(self, token: str) -> Linked:
        """What `confirm` would do with this token; it stays good. Raises `InvalidToken` or `AccountDisabled`."""
        return self._mail.read(Purpose.CONFIRM_EMAIL, token)

    def peek_revert(self, token: str) -> Linked:
        """What `revert` would do with this token; it stays good. Raises `InvalidToken` or `AccountDisabled`."""
        return self._mail.read(Purpose.REVERT_EMAIL, token)

    @atomic
    def confirm(self, token: str, client: Client) -> None:
        """Change the address, which counts as verified. All sessions end but the one that asked for the change.

        The old address is told if it was verified: another may be anybody's, who must not be able to take the account.
        Raises `InvalidToken`, `AccountDisabled`, or `Taken`, which leaves the token good.
        """
        found = self._mail.redeem(Purpose.CONFIRM_EMAIL, token)
        self._set(found.user, found.payload["email"])
        self._sessions.end_all(found.user.id, but=found.payload["session"])
        if found.user.is_verified:
            self._mail.email_changed(found.user)
        self._audit.record(Event.EMAIL_CHANGED, None, subject=found.user.id, client=client)

    @atomic
    def revert(self, token: str, client: Client) -> None:
        """Set back the address, end all sessions, drop the password and every other way in, and mail a reset.

        Later changes cannot be taken back any more; earlier ones can. Raises as `confirm` does.
        """
        found = self._mail.redeem(Purpose.REVERT_EMAIL, token)
        self._set(found.user, found.payload["email"])
        self._changes.expel(found.user.id)
        self._changes.close_ways_in(found.user.id)
        DROP_PASSWORD.run(self.db, id=found.user.id)
        self._mail.reset_password(self._changes.require(found.user.id))
        self._audit.record(Event.EMAIL_REVERTED, None, subject=found.user.id, client=client)

    def _set(self, user: UserOut, email: str) -> None:
        try:
            self._changes.set_email(user.id, email)
        except Taken:
            told = "belongs to another account by now. Should that be given up, this link works again while it lasts."
            raise Taken({"email": [told]}) from None
