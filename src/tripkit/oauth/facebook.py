"""Facebook: OAuth 2 and the Graph API, which has no ID token, so that other things show whom a token was made for."""

import hashlib
import hmac
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from tripkit.config import OAuth
from tripkit.errors import SignInFailed, ValidationFailed
from tripkit.oauth.base import AccessTokenProof, CodeProof, IdTokenProof, Now, Person, Proof, ProviderFinding
from tripkit.oauth.checks import check_facebook
from tripkit.oauth.http import WRONG_KEYS, Http, OAuthError
from tripkit.oauth.person import person

SCOPES: Final = ("email", "public_profile")
FIELDS: Final = "id,email,first_name,last_name"
#: Of Graph: the code or token was made up, has expired, or was used before.
_WRONG_CODE: Final = 100
_WRONG_TOKEN: Final = 190


class _Token(Struct, frozen=True):
    app_id: str = ""
    is_valid: bool = False
    type: str = ""
    user_id: str = ""


class _Debugged(Struct, frozen=True):
    """The answer of `debug_token`."""

    data: _Token


class _Fault(Struct, frozen=True):
    code: int = 0


class _Refusal(Struct, frozen=True):
    """How Graph refuses."""

    error: _Fault = _Fault()


class _Me(Struct, frozen=True):
    id: Annotated[str, Meta(min_length=1)]
    email: str = ""
    first_name: str = ""
    last_name: str = ""


class Facebook:
    """Facebook. It does not say whether it has verified an address, so no address of it counts as verified."""

    def __init__(self, name: str, options: OAuth, now: Now) -> None:
        self.name, self.options = name, options
        self.label = options.label or "Facebook"
        self._now = now
        self._http = Http(self.label, options)
        self._graph = options.graph_url.rstrip("/")

    async def authorization_url(self, *, redirect_uri: str, state: str, nonce: str, code_verifier: str) -> str:  # noqa: ARG002
        version = self._graph.rpartition("/")[2]
        return self._http.authorization_url(
            f"https://www.facebook.com/{version}/dialog/oauth",
            self.options.scopes or SCOPES,
            redirect_uri=redirect_uri,
            state=state,
            code_verifier=code_verifier,
        )

    async def identify(self, proof: Proof) -> Person:
        match proof:
            case CodeProof():
                return await self._identify(await self._redeem(proof))
            case AccessTokenProof():
                return await self._identify(proof.access_token)
            case IdTokenProof():
                raise ValidationFailed({"id_token": [f"is not taken for {self.label}. Send access_token or code."]})

    async def check(self, redirect_uri: str) -> list[ProviderFinding]:  # noqa: ARG002
        return await check_facebook(self._http, self._graph, self.options, self._now)

    async def _redeem(self, proof: CodeProof) -> str:
        try:
            answer = await self._http.redeem(
                f"{self._graph}/oauth/access_token",
                method="client_secret_post",
                code=proof.code,
                redirect_uri=proof.redirect_uri,
                code_verifier=proof.code_verifier,
            )
        except OAuthError as error:
            if isinstance(error.error, dict) and error.error.get("code") == _WRONG_CODE:
                raise SignInFailed("the provider does not accept the code") from None
            raise self._http.unavailable(WRONG_KEYS) from None
        token = answer.get("access_token")
        if not isinstance(token, str):
            raise self._http.unavailable("it sent no access token")
        return token

    async def _identify(self, token: str) -> Person:
        """Who a token belongs to, once it is known that it was made for this server and by nobody else."""
        made = await self._debug(token)
        if not made.is_valid:
            raise SignInFailed("the access token is not valid any more")
        if made.app_id != self.options.client_id or made.type not in ("", "USER"):
            raise SignInFailed("the access token was made for another service")
        me = await self._me(token)
        if me.id != made.user_id:
            raise SignInFailed("the provider describes somebody else")
        claims = {
            "sub": me.id,
            self.options.email_claim: me.email,
            self.options.first_name_claim: me.first_name,
            self.options.last_name_claim: me.last_name,
        }
        return person(claims, self.options, is_verified=False)

    async def _debug(self, token: str) -> _Token:
        app_token = f"{self.options.client_id}|{self.options.client_secret}"
        found: _Debugged = await self._read("debug_token", _Debugged, input_token=token, access_token=app_token)
        return found.data

    async def _me(self, token: str) -> _Me:
        # https://developers.facebook.com/docs/graph-api/guides/secure-requests
        proof = hmac.new(self.options.client_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        found: _Me = await self._read("me", _Me, fields=FIELDS, access_token=token, appsecret_proof=proof)
        return found

    async def _read(self, path: str, kind: type[Any], **params: str) -> Any:
        url = f"{self._graph}/{path}"
        reply = await self._http.get(url, params=params)
        if reply.status == 200:
            return self._http.decode(reply, kind, url)
        if path == "me" and self._http.decode(reply, _Refusal, url).error.code == _WRONG_TOKEN:
            raise SignInFailed("the access token is not valid any more")
        raise self._http.unavailable(f"{path} answers with the status {reply.status}")
