"""The account of whoever is signed in to a server, and their API tokens."""

from tripkit.client.resource import Resource, at
from tripkit.schemas.api_tokens import ApiTokenIn, ApiTokenList, ApiTokenOut, NewApiToken
from tripkit.schemas.users import UserOut


class Account(Resource):
    """Whoever is signed in."""

    def profile(self) -> UserOut:
        """The account. An API token needs the scope `account` for it; raises `InsufficientScope`."""
        return self._http.read(at("auth", "user"), UserOut)

    def log_out(self) -> None:
        """End the session: its tokens are worth nothing at once."""
        self._http.tell("POST", at("auth", "logout"))


class ApiTokens(Resource):
    """Tokens for programs. No API token may do any of this; making and revoking need the password (`confirm`)."""

    def all(self) -> ApiTokenList:
        """Your tokens, also those that have expired, the newest first."""
        return self._http.read(at("auth", "tokens"), ApiTokenList)

    def get(self, token_id: int) -> ApiTokenOut:
        """A token of yours. Raises `NotFound`."""
        return self._http.read(at("auth", "tokens", token_id), ApiTokenOut)

    def create(self, form: ApiTokenIn) -> NewApiToken:
        """A new token, which is not shown again. Raises `ReauthenticationRequired`.

        It is not repeated when the answer is lost: look at `all()` then.
        """
        return self._http.write("POST", at("auth", "tokens"), NewApiToken, form)

    def revoke(self, token_id: int) -> None:
        """A token of yours is worth nothing from now on. Raises `NotFound` and `ReauthenticationRequired`."""
        self._http.tell("DELETE", at("auth", "tokens", token_id))
