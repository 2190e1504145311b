"""Who acts for commands: looked up without the parts that sign people in, which take long to load."""

from typing import Final

from tripkit.database import Engine, Param, Statement
from tripkit.errors import Ambiguous, Forbidden, NotFound
from tripkit.models import User
from tripkit.schemas.users import Actor
from tripkit.services import addresses

_COLUMNS: Final = (User.id, User.username, User.is_admin, User.is_active)
#: Enough to name some when nobody was chosen.
_SHOWN: Final = 6


def _found(user_id: int, username: str, is_admin: bool, is_active: bool) -> tuple[Actor, bool]:
    return Actor(user_id, username, is_admin), is_active


BY_NAME = Statement(
    lambda: User.select(*_COLUMNS).where(
        (User.email_key == Param("email_key")) | (User.username_key == Param("username_key"))
    ),
    record=_found,
)
BY_ID = Statement(lambda: User.select(*_COLUMNS).where(User.id == Param("id")), record=_found)
FIRST = Statement(lambda: User.select(*_COLUMNS).order_by(User.id).limit(_SHOWN), record=_found)


class Actors:
    """Finds the account that a command acts for. It asks for no password: whoever can open the database may."""

    def __init__(self, db: Engine) -> None:
        self.db = db

    def find(self, name: str) -> Actor:
        """The account with this email address, username or id. Raises `NotFound`, or `Forbidden` if disabled."""
        email_key = ""
        if "@" in name:
            email_key = addresses.key(name) or ""
        found = BY_NAME.one(self.db, email_key=email_key, username_key=name.casefold())
        if found is None and name.isascii() and name.isdecimal() and len(name) < 19:
            found = BY_ID.one(self.db, id=int(name))
        if found is None:
            raise NotFound("user", name)
        return _active(*found)

    def only(self) -> Actor:
        """The only account there is. Raises `NotFound` when there is none, and `Ambiguous` when there are several."""
        found = FIRST.all(self.db)
        if not found:
            raise NotFound("user", "")
        if len(found) > 1:
            raise Ambiguous("user", "", [(actor.user_id, actor.username) for actor, _ in found])
        return _active(*found[0])


def _active(actor: Actor, is_active: bool) -> Actor:
    if not is_active:
        raise Forbidden(f"The account {actor.username} is disabled. `tripkit user enable {actor.username}` enables it.")
    return actor
