"""An OpenID provider of our own: it keeps every rule of the protocol, and breaks those that a test tells it to."""

import base64
import hashlib
import secrets
import time
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from .standin import Answer, Asked, StandIn

CLIENT_ID = "tripkit"
CLIENT_SECRET = "s3cret+with/odd=chars%"
ALL = ["RS256", "PS256", "ES256", "EdDSA", "HS256", "none"]


class OpenID(StandIn):
    """Discovery, keys, authorization, token and userinfo. Whoever comes by is `sub`, and is not asked."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        super().__init__(now)
        self.sub = "ada-at-the-provider"
        self.about: dict[str, Any] = {"email": "ada@example.org", "email_verified": True, "preferred_username": "ada"}
        self.keys: list[Any] = [_first_key()]
        self.metadata: dict[str, Any] = {}
        #: What an ID token says otherwise: a value of None leaves the claim out.
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        #: Makes the token from the header and the claims, when it is not to be signed as usual.
        self.sign: Callable[[dict[str, Any], dict[str, Any]], str] = self.signed
        self.token: dict[str, Any] = {}
        self.userinfo: dict[str, Any] | None = None
        self.sends_issuer = False
        #: What was asked for, and who came by then.
        self.codes: dict[str, tuple[dict[str, str], str, dict[str, Any]]] = {}

    @property
    def issuer(self) -> str:
        return self.url

    def answer(self, asked: Asked) -> Answer:
        match asked.path:
            case "/.well-known/openid-configuration":
                return 200, self._discovery() | self.metadata, {}
            case "/jwks":
                return 200, KeySet(list(self.keys)).as_dict(), {"Content-Type": "application/jwk-set+json"}
            case "/authorize":
                return self._authorize(asked.query)
            case "/token":
                return self._token(asked)
            case "/userinfo":
                return 200, {"sub": self.sub, **(self.userinfo or {})}, {}
        return 404, {"error": "not_found"}, {}

    def id_token(self, nonce: str | None = None, **claims: Any) -> str:
        """A token as the token endpoint gives it to whoever comes by now."""
        return self._id_token(nonce, self.sub, self.about, claims)

    def _id_token(self, nonce: str | None, sub: str, about: dict[str, Any], claims: dict[str, Any]) -> str:
        now = int(self.now())
        said = {
            "iss": self.issuer,
            "sub": sub,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **(about if self.userinfo is None else {}),
            **self.claims,
            **claims,
        }
        header = {"alg": "RS256", "kid": self.keys[0].kid, **self.header}
        return self.sign(header, {name: value for name, value in said.items() if value is not None})

    def signed(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the name EdDSA, which providers use
            return jwt.encode(header, claims, self.keys[0], algorithms=ALL)

    def rotate(self, kind: str = "RSA") -> None:
        """A new key in the place of the old one."""
        parameters = {"kid": secrets.token_hex(4), "use": "sig"}
        made = {"RSA": (RSAKey, 2048), "EC": (ECKey, "P-256"), "OKP": (OKPKey, "Ed25519")}[kind]
        self.keys = [made[0].generate_key(made[1], parameters)]

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "HS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "authorization_response_iss_parameter_supported": self.sends_issuer,
        }

    def _authorize(self, query: dict[str, str]) -> Answer:
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = query, self.sub, self.about
        answer = {"code": code, "state": query["state"]} | ({"iss": self.issuer} if self.sends_issuer else {})
        return 302, b"", {"Location": f"{query['redirect_uri']}?{urlencode(answer)}"}

    def _token(self, asked: Asked) -> Answer:
        form = asked.form
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}, {}
        begun, sub, about = self.codes.pop(form.get("code", ""), ({}, "", {}))
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        expected = base64.urlsafe_b64encode(challenge).decode().rstrip("=")
        if begun.get("redirect_uri") != form.get("redirect_uri") or begun.get("code_challenge") != expected:
            return 400, {"error": "invalid_grant"}, {}
        answer = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": 300}
        return 200, answer | {"id_token": self._id_token(begun.get("nonce"), sub, about, {})} | self.token, {}


@cache
def _first_key() -> RSAKey:
    """Made once for all tests, since it takes long."""
    return RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
