"""OpenID Connect: Google, Authentik, Keycloak and all others that have a discovery document."""

import hmac
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from msgspec import UNSET

from tripkit.config import OAuth
from tripkit.config.oauth import GOOGLE_ISSUER
from tripkit.errors import SignInFailed, TripkitError, ValidationFailed
from tripkit.oauth import id_token
from tripkit.oauth.base import AccessTokenProof, CodeProof, IdTokenProof, Now, Person, Proof, ProviderFinding
from tripkit.oauth.checks import check_openid
from tripkit.oauth.discovery import Discovery, Metadata
from tripkit.oauth.http import WRONG_KEYS, Http, OAuthError
from tripkit.oauth.person import person, text, truth

SCOPES: Final = ("openid", "email", "profile")
#: What a token endpoint answers when it is not the code that is wrong, but what the settings say (RFC 6749, 5.2).
MISCONFIGURED: Final = frozenset({"invalid_client", "unauthorized_client"})


class OpenIDProvider:
    """One OpenID provider."""

    #: Other names by which its tokens may call it.
    _also_called: tuple[str, ...] = ()

    def __init__(self, name: str, options: OAuth, now: Now, *, issuer: str = "", label: str = "") -> None:
        self.name, self.options = name, options
        self.label = options.label or label or name
        self._now = now
        self._issuer = options.issuer or issuer
        self._http = Http(self.label, options)
        self._discovery = Discovery(self._http, self._issuer, now)

    async def authorization_url(self, *, redirect_uri: str, state: str, nonce: str, code_verifier: str) -> str:
        metadata = await self._discovery.metadata()
        scopes = self.options.scopes or SCOPES
        return self._http.authorization_url(
            metadata.authorization_endpoint,
            scopes if "openid" in scopes else ("openid", *scopes),
            redirect_uri=redirect_uri,
            state=state,
            nonce=nonce,
            code_verifier=code_verifier,
        )

    async def identify(self, proof: Proof) -> Person:
        match proof:
            case CodeProof():
                return await self._identify_by_code(proof)
            case IdTokenProof():
                metadata = await self._discovery.metadata()
                return self._person(await self._verify(proof.id_token, metadata, proof.nonce, is_ours=False))
            case AccessTokenProof():
                raise ValidationFailed(
                    {"access_token": [f"does not say whom {self.label} gave it to. Send an id_token or a code."]}
                )

    async def check(self, redirect_uri: str) -> list[ProviderFinding]:
        return await check_openid(self._http, self._discovery, redirect_uri, self._now)

    def _is_verified(self, claims: Mapping[str, Any]) -> bool:
        return truth(claims.get(self.options.verified_claim))

    async def _identify_by_code(self, proof: CodeProof) -> Person:
        metadata = await self._discovery.metadata()
        self._check_issuer(proof, metadata)
        try:
            answer = await self._http.redeem(
                metadata.token_endpoint,
                method=metadata.method or "",
                code=proof.code,
                redirect_uri=proof.redirect_uri,
                code_verifier=proof.code_verifier,
            )
        except OAuthError as error:
            raise self._refusal(str(error.error)) from None
        claims = await self._verify(answer.get("id_token"), metadata, proof.nonce, is_ours=True)
        access_token = answer.get("access_token")
        if self._lacks(claims) and isinstance(access_token, str) and metadata.userinfo_endpoint:
            claims = await self._with_userinfo(claims, metadata.userinfo_endpoint, access_token)
        return self._person(claims)

    def _lacks(self, claims: Mapping[str, Any]) -> bool:
        """Whether it may be worth asking for more."""
        needed = [self.options.email_claim, *([self.options.groups_claim] if self.options.admin_group else [])]
        return not all(name in claims for name in needed)

    def _refusal(self, error: str) -> TripkitError:
        if error in ("invalid_grant", "invalid_request"):
            return SignInFailed("the provider does not accept the code")
        if error in MISCONFIGURED:
            return self._http.unavailable(WRONG_KEYS)
        return self._http.unavailable(f"its token endpoint answers {error!r:.100}")

    def _check_issuer(self, proof: CodeProof, metadata: Metadata) -> None:
        """Before the code goes anywhere: one that another provider issued is not for this one (RFC 9207)."""
        if proof.issuer is UNSET:
            return
        missing = proof.issuer is None and metadata.authorization_response_iss_parameter_supported
        if missing or proof.issuer not in (None, metadata.issuer):
            raise SignInFailed("the code comes from another provider")

    async def _verify(self, token: object, metadata: Metadata, nonce: str | None, *, is_ours: bool) -> dict[str, Any]:
        if not isinstance(token, str):
            raise SignInFailed("the provider sent no ID token")
        expected = id_token.Expected(
            issuers=(metadata.issuer, *self._also_called),
            client_id=self.options.client_id,
            algorithms=metadata.algorithms,
            authorized_parties=self.options.authorized_parties,
            nonce=nonce,
        )
        key_of = partial(self._discovery.key, is_ours=is_ours)
        return await id_token.verify(token, key_of, expected, self._now())

    async def _with_userinfo(self, claims: dict[str, Any], url: str, access_token: str) -> dict[str, Any]:
        """Some providers keep all but the subject for another request (OpenID Connect Core 1.0, section 5.3)."""
        found: dict[str, Any] = await self._http.read(url, dict, token=access_token)
        if not hmac.compare_digest(text(found.get("sub")).encode(), text(claims.get("sub")).encode()):
            raise SignInFailed("the provider describes somebody else")
        return {**found, **claims}

    def _person(self, claims: Mapping[str, Any]) -> Person:
        return person(claims, self.options, is_verified=self._is_verified(claims))


class Google(OpenIDProvider):
    """Google, which is sure of an address only where it is the one who hands it out."""

    _also_called = (GOOGLE_ISSUER.removeprefix("https://"),)

    def __init__(self, name: str, options: OAuth, now: Now) -> None:
        super().__init__(name, options, now, issuer=GOOGLE_ISSUER, label="Google")

    def _is_verified(self, claims: Mapping[str, Any]) -> bool:
        # "Verify the Google ID token on your server side": any other address was checked once, when the account was
        # made, and may have changed hands.
        domain = text(claims.get("email")).rpartition("@")[2].lower()
        return super()._is_verified(claims) and (domain == "gmail.com" or bool(text(claims.get("hd"))))
