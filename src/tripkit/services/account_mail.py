"""Mail about an account, and the tokens in its links: they go out together, and come back one by one."""

from datetime import timedelta
from typing import Any, Final

from msgspec import Struct

from tripkit.database import Engine, atomic
from tripkit.errors import AccountDisabled, InvalidToken, NotFound
from tripkit.mail import messages
from tripkit.schemas.users import Actor, UserOut
from tripkit.services import addresses, policy
from tripkit.services.account_changes import AccountChanges
from tripkit.services.links import Links, Page
from tripkit.services.one_time_tokens import OneTimeTokens, Purpose
from tripkit.services.outbox import Outbox

#: Hours that links are good for.
VERIFY_HOURS: Final = 24
RESET_HOURS: Final = 1
CONFIRM_HOURS: Final = 24
REVERT_HOURS: Final = 7 * 24
#: What these tokens are good for holds only as long as the account has the address that they were mailed to.
_OF_THE_ADDRESS: Final = (Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD)
_REMEDY: Final = "Ask for a new link."


class Linked(Struct, frozen=True):
    """What a token is for: the account, and what was noted when it was mailed."""

    user: UserOut
    payload: dict[str, Any]


class AccountMail:
    """Puts mail about accounts into the outbox, and takes back the tokens in it."""

    def __init__(
        self, db: Engine, changes: AccountChanges, tokens: OneTimeTokens, outbox: Outbox, links: Links
    ) -> None:
        self.db = db
        self._changes, self._tokens, self._outbox, self._links = changes, tokens, outbox, links

    @atomic
    def verify_email(self, user: UserOut) -> None:
        """Ask for a sign that the address is theirs."""
        token = self._issue(Purpose.VERIFY_EMAIL, user, VERIFY_HOURS, email=user.email)
        link = self._links.to(Page.VERIFY, token)
        message = messages.verify_email(user.email, name=_name(user), link=link, hours=VERIFY_HOURS)
        self._outbox.put(message, user.id)

    @atomic
    def reset_password(self, user: UserOut) -> None:
        """Send a link to a new password."""
        token = self._issue(Purpose.RESET_PASSWORD, user, RESET_HOURS, email=user.email)
        link = self._links.to(Page.RESET, token)
        message = messages.reset_password(user.email, name=_name(user), link=link, hours=RESET_HOURS)
        self._outbox.put(message, user.id)

    @atomic
    def confirm_new_email(self, user: UserOut, email: str, session_id: int | None) -> None:
        """Ask at a new address whether it is theirs. The session that asks for it is to stay afterwards."""
        token = self._issue(Purpose.CONFIRM_EMAIL, user, CONFIRM_HOURS, email=email, session=session_id)
        link = self._links.to(Page.EMAIL, token)
        self._outbox.put(messages.confirm_new_email(email, name=_name(user), link=link, hours=CONFIRM_HOURS), user.id)

    @atomic
    def email_changed(self, before: UserOut) -> None:
        """Tell the address that the account had until now, with a link that takes the change back.

        Earlier links to take back stay good: two quick changes must not shut out whom the account belonged to.
        """
        lifetime = timedelta(hours=REVERT_HOURS)
        token = self._tokens.issue(
            Purpose.REVERT_EMAIL, before.id, lifetime, {"email": before.email}, keep_earlier=True
        )
        link = self._links.to(Page.EMAIL_UNDO, token)
        message = messages.email_changed(before.email, name=_name(before), link=link, hours=REVERT_HOURS)
        self._outbox.put(message, before.id)

    @atomic
    def invitation(self, user: UserOut, token: str, inviter: Actor, lifetime: int) -> None:
        """Invite the person of an account; `lifetime` of the token in seconds."""
        by = "The administrator" if inviter.user_id == policy.OPERATOR.user_id else inviter.username
        link, hours = self._links.to(Page.INVITATION, token), max(1, lifetime // 3600)
        message = messages.invitation(user.email, name=user.first_name, inviter=by, link=link, hours=hours)
        self._outbox.put(message, user.id)

    def read(self, purpose: Purpose, token: str) -> Linked:
        """What a token is for; it stays good. Raises `InvalidToken` or `AccountDisabled`."""
        user_id, payload = self._peek(purpose, token)
        try:
            return self._checked(purpose, Linked(self._changes.require(user_id), payload))
        except NotFound:
            raise InvalidToken("the account is gone") from None

    @atomic
    def redeem(self, purpose: Purpose, token: str) -> Linked:
        """As `read`, and the token is used up with the unit around this; the account stays as it is until that ends."""
        user_id, _ = self._peek(purpose, token)
        try:
            user = self._changes.hold(user_id)  # before the token, as everywhere: whoever waits, waits for the account
        except NotFound:
            raise InvalidToken("the account is gone") from None
        if purpose is Purpose.REVERT_EMAIL:
            self._tokens.revoke_later(purpose, user_id, token)
        _, payload = _told(self._tokens.use, purpose, token)  # somebody may have been quicker
        return self._checked(purpose, Linked(user, payload))

    def _issue(self, purpose: Purpose, user: UserOut, hours: int, **payload: Any) -> str:
        return self._tokens.issue(purpose, user.id, timedelta(hours=hours), payload)

    def _peek(self, purpose: Purpose, token: str) -> tuple[int, dict[str, Any]]:
        return _told(self._tokens.peek, purpose, token)

    def _checked(self, purpose: Purpose, found: Linked) -> Linked:
        if purpose in _OF_THE_ADDRESS and not addresses.same(found.payload["email"], found.user.email):
            raise InvalidToken("the account has another address now", _REMEDY)
        if not found.user.is_active:
            raise AccountDisabled
        return found


def _told(read: Any, purpose: Purpose, token: str) -> tuple[int, dict[str, Any]]:
    """Read a token; a refusal says what to do about it."""
    try:
        found: tuple[int, dict[str, Any]] = read(purpose, token)
    except InvalidToken as error:
        raise InvalidToken(error.reason, _REMEDY) from None
    return found


def _name(user: UserOut) -> str:
    return user.first_name or user.username
