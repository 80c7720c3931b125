"""The identity provider as we ask it: OpenID Connect Core 1.0, code flow with PKCE, state and nonce.

Authlib builds requests and checks claims, joserfc signatures; what both leave to whoever uses them is here:
keys from the provider's own set alone, four signature algorithms, an issuer that is exactly the one of the
settings (also RFC 9207), a level of assurance that was really reached. No token is kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7523.assertion import private_key_jwt_sign
from authlib.oauth2.rfc7523.client import ASSERTION_TYPE
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey
from pydantic import BaseModel, ValidationError

from contracts.vocabulary import ObminError
from gateway.signin.sessions import Level
from gateway.storage.engine import now

ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA", "Ed25519")
SKEW = 60
"""Seconds by which the provider's clock may differ."""
KEPT = timedelta(hours=1)
"""How long the provider's description and keys are believed."""
ASKED_AGAIN = timedelta(seconds=30)
"""How soon the keys are fetched again for one that is not among them."""
LARGEST = 256 * 1024


class SignInRefusedError(ObminError):
    """Nobody was recognised. `code` goes into the record; outside all of them look alike."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ProviderUnavailableError(ObminError):
    """The identity provider does not answer, or not as one."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What the provider and we agreed on: who we are there, and what its words mean.

    `key` (private_key_jwt) or `secret` (client_secret_basic) shows that it is us. `levels` says which `acr`
    each level is; `person_claim` which claim holds a person's identifier.
    """

    issuer: str
    client: str
    key: ECKey | OKPKey | None
    secret: str
    levels: Mapping[Level, tuple[str, ...]]
    person_claim: str
    scope: str
    back: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to the provider and back: what has to come back with it, and where it was to lead."""

    state: str
    nonce: str
    verifier: str
    next: str
    level: Level
    within: int | None
    began_at: float

    @classmethod
    def begin(cls, following: str, level: Level, within: int | None) -> Attempt:
        """Begin one."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, following, level, within, now().timestamp())


@dataclass(frozen=True, slots=True)
class Identified:
    """Whom the provider has authenticated. `person` is an identifier: it goes no further than a look-up."""

    subject: str
    person: str = field(repr=False)
    level: Level
    at: datetime


class _Description(BaseModel):
    """What is read of the provider's metadata (OpenID Connect Discovery §3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    authorization_response_iss_parameter_supported: bool = False


class Provider:
    """The one provider of a deployment. Keeps its description and keys for an hour."""

    def __init__(self, registration: Registration, http: httpx.AsyncClient) -> None:
        self._ours = registration
        self._http = http
        self._description: tuple[datetime, _Description] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    async def way(self, attempt: Attempt, language: str) -> str:
        """Give the address to which the browser goes."""
        told = await self._described()
        wanted = [
            acr for level in Level if level >= attempt.level for acr in self._ours.levels.get(level, ())
        ]
        return str(
            prepare_grant_uri(
                told.authorization_endpoint,
                self._ours.client,
                "code",
                self._ours.back,
                self._ours.scope,
                attempt.state,
                nonce=attempt.nonce,
                code_challenge=create_s256_code_challenge(attempt.verifier),
                code_challenge_method="S256",
                acr_values=" ".join(wanted) if wanted and attempt.level > Level.LOW else None,
                max_age=attempt.within,
                ui_locales=language,
            )
        )

    async def identify(self, attempt: Attempt, said: Mapping[str, str]) -> Identified:
        """Redeem what came back with the browser.

        Raises:
            SignInRefusedError: it is not the answer to this attempt, or the provider refused.
            ProviderUnavailableError: it does not answer, or not as a provider does.
        """
        told = await self._described()
        if not secrets.compare_digest(said.get("state", "").encode(), attempt.state.encode()):
            raise SignInRefusedError("state-wrong")
        named = said.get("iss")
        if named != told.issuer and (named or told.authorization_response_iss_parameter_supported):
            raise SignInRefusedError("issuer-wrong")
        if "code" not in said:
            raise SignInRefusedError("refused-by-provider")
        tokens = await self._redeem(told, said["code"], attempt.verifier)
        claims = await self._checked(str(tokens.get("id_token", "")), attempt)
        person = await self._person(told, claims, str(tokens.get("access_token", "")))
        level = self._level(claims.get("acr"))
        if level < attempt.level:
            raise SignInRefusedError("level-too-low")
        at = datetime.fromtimestamp(claims.get("auth_time", claims["iat"]), UTC)
        if attempt.within is not None and now() - at > timedelta(seconds=attempt.within + SKEW):
            raise SignInRefusedError("too-long-ago")
        return Identified(str(claims["sub"]), person, level, at)

    async def leave(self) -> str | None:
        """Give the address at which the provider's own session ends, if it has one."""
        return (await self._described()).end_session_endpoint

    async def _redeem(self, told: _Description, code: str, verifier: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._ours.back,
            "code_verifier": verifier,
        }
        auth = None
        if self._ours.key is not None:
            algorithm = "ES256" if isinstance(self._ours.key, ECKey) else "EdDSA"
            form["client_assertion_type"] = ASSERTION_TYPE
            form["client_assertion"] = private_key_jwt_sign(
                self._ours.key, self._ours.client, told.token_endpoint, alg=algorithm
            )
        else:
            auth = httpx.BasicAuth(self._ours.client, self._ours.secret)
        return await self._asked("POST", told.token_endpoint, "code-refused", data=form, auth=auth)

    async def _checked(self, token: str, attempt: Attempt) -> Mapping[str, Any]:
        try:
            decoded = await self._decoded(token)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {"iss": {"essential": True, "value": self._ours.issuer}},
                {"nonce": attempt.nonce, "client_id": self._ours.client, "max_age": attempt.within},
            )
            claims.validate(leeway=SKEW)
        except (JoseError, ValueError, TypeError, KeyError):
            raise SignInRefusedError("token-wrong") from None
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if self._ours.client not in audience or not isinstance(claims["sub"], str) or not claims["sub"]:
            raise SignInRefusedError("token-wrong")
        if claims.get("nonce") != attempt.nonce:
            raise SignInRefusedError("nonce-wrong")
        return dict(claims)

    async def _decoded(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, await self._key_set(), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            # Perhaps it has new keys. Whether that was all, the second look says.
            return jwt.decode(token, await self._key_set(ASKED_AGAIN), algorithms=list(ALGORITHMS))

    async def _person(self, told: _Description, claims: Mapping[str, Any], access: str) -> str:
        """Read the claim that holds a person's identifier, from the token or from where it tells of users."""
        name = self._ours.person_claim
        if not name:
            return ""
        if name not in claims and told.userinfo_endpoint and access:
            bearer = {"Authorization": f"Bearer {access}"}
            more = await self._asked("GET", told.userinfo_endpoint, "userinfo-refused", headers=bearer)
            if more.get("sub") != claims["sub"]:
                raise SignInRefusedError("userinfo-of-another")
            claims = more
        return str(claims.get(name) or "")

    def _level(self, acr: object) -> Level:
        reached = [level for level, named in self._ours.levels.items() if acr in named]
        return max(reached, default=Level.LOW)

    async def _described(self) -> _Description:
        if self._description is None or now() - self._description[0] > KEPT:
            address = f"{self._ours.issuer.rstrip('/')}/.well-known/openid-configuration"
            try:
                told = _Description.model_validate(await self._asked("GET", address, ""))
            except ValidationError:
                raise ProviderUnavailableError from None
            if told.issuer != self._ours.issuer:
                raise ProviderUnavailableError
            self._description = now(), told
        return self._description[1]

    async def _key_set(self, kept: timedelta = KEPT) -> KeySet:
        if self._keys is None or now() - self._keys[0] > kept:
            found = await self._asked("GET", (await self._described()).jwks_uri, "")
            try:
                self._keys = now(), KeySet.import_key_set({"keys": list(found.get("keys", []))})
            except (JoseError, ValueError, TypeError, KeyError):
                raise ProviderUnavailableError from None
        return self._keys[1]

    async def _asked(self, method: str, address: str, refusal: str, **more: Any) -> Mapping[str, Any]:
        """Ask for a JSON object. A refusal by the provider is ours with `refusal`, where there can be one."""
        try:
            response = await self._http.request(method, address, **more)
            found = response.json() if len(response.content) <= LARGEST else None
        except (httpx.HTTPError, ValueError):
            raise ProviderUnavailableError from None
        if refusal and httpx.codes.BAD_REQUEST <= response.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
            raise SignInRefusedError(refusal)
        if response.status_code != httpx.codes.OK or not isinstance(found, dict):
            raise ProviderUnavailableError
        return found
