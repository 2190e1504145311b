"""The three endpoints of Facebook's Graph API that a sign-in needs."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Any

from .standin import Answer, Asked, StandIn

APP_ID = "1234567890"
APP_SECRET = "facebook-app-secret"


class Graph(StandIn):
    """Whoever comes by is `user_id`."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        super().__init__(now)
        self.user_id = "10001"
        self.about: dict[str, Any] = {"email": "ada@example.org", "first_name": "Ada", "last_name": "Lovelace"}
        self.tokens: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, str] = {}
        self.me: dict[str, Any] = {}

    def access_token(self, **made: Any) -> str:
        """A token, as an app on a telephone gets it."""
        token = "EAA" + secrets.token_urlsafe(16)
        self.tokens[token] = {"app_id": APP_ID, "is_valid": True, "type": "USER", "user_id": self.user_id, **made}
        return token

    def code(self, redirect_uri: str) -> str:
        """A code, as the login dialog gives it."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = redirect_uri
        return code

    def answer(self, asked: Asked) -> Answer:
        match asked.path.rpartition("/")[2]:
            case "access_token":
                return self._access_token(asked.form)
            case "debug_token":
                return self._debug_token(asked.query)
            case "me":
                return self._me(asked.query)
        return 404, _refusal(2500, "Unknown path components"), {}

    def _access_token(self, form: dict[str, str]) -> Answer:
        if form["client_id"] != APP_ID:
            return 400, _refusal(101, "Error validating application"), {}
        if form["client_secret"] != APP_SECRET:
            return 400, _refusal(1, "Error validating client secret."), {}
        if self.codes.pop(form["code"], None) != form["redirect_uri"]:
            return 400, _refusal(100, "This authorization code has been used."), {}
        return 200, {"access_token": self.access_token(), "token_type": "bearer", "expires_in": 5000}, {}

    def _debug_token(self, query: dict[str, str]) -> Answer:
        if query["access_token"] != f"{APP_ID}|{APP_SECRET}":
            return 400, _refusal(190, "Invalid OAuth access token signature."), {}
        if query["input_token"] == query["access_token"]:
            return 200, {"data": {"app_id": APP_ID, "type": "APP", "is_valid": True}}, {}
        unknown = {"is_valid": False, "error": {"code": 190, "message": "The access token could not be decrypted"}}
        return 200, {"data": self.tokens.get(query["input_token"], unknown)}, {}

    def _me(self, query: dict[str, str]) -> Answer:
        token = query["access_token"]
        proof = hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        if query.get("appsecret_proof") != proof:
            return 400, _refusal(100, "Invalid appsecret_proof provided in the API argument"), {}
        if not self.tokens[token]["is_valid"]:
            return 400, _refusal(190, "Error validating access token"), {}
        fields = query["fields"].split(",")
        said = {"id": self.tokens[token]["user_id"]} | self.about | self.me
        return 200, {name: value for name, value in said.items() if name in fields}, {}


def _refusal(code: int, message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "OAuthException", "code": code}}
