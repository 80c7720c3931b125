"""The demo's identity provider: a small OpenID Connect provider that asks for no password.

Discovery, key set, code flow with PKCE (S256 alone), private_key_jwt, one code once: what `gateway.signin`
asks of a real one. Whom one wants to be is chosen on its page, which says what it is: part of no deployment.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from adapters.people import load_people
from config.settings import Settings
from gateway.commands.sign_ins import CLIENT, HIGH, LOW, PERSON_CLAIM, SIGN_INS, SignIn
from gateway.web.cabinets.assets import asset
from gateway.web.cabinets.entrance import CABINETS
from gateway.web.cabinets.look import look_in

CODE_LASTS = 60.0
LARGEST = 16_384
KEPT = ("redirect_uri", "state", "nonce", "code_challenge")


@dataclass(frozen=True, slots=True)
class _Code:
    """What one code stands for."""

    asked: Mapping[str, str]
    who: SignIn
    acr: str
    at: float


@dataclass
class IdentityProvider:
    """One provider, with one client: the demo's gateway, whose public key is `client`."""

    issuer: str
    back: str
    client: ECKey
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "demo-1", "use": "sig"}))
    codes: dict[str, _Code] = field(default_factory=dict)

    def application(self) -> Starlette:
        """Give it as an application."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._description),
                Route("/jwks", self._keys),
                Route("/authorize", self._choose),
                Route("/authorize", self._chosen, methods=["POST"]),
                Route("/token", self._token, methods=["POST"]),
                Route("/assets/{digest}/{name}", _asset),
            ]
        )

    async def _description(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "acr_values_supported": [LOW, HIGH],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def _keys(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _choose(self, request: Request) -> Response:
        """Ask who it is."""
        asked = dict(request.query_params)
        if not self._is_ours(asked):
            return JSONResponse({"error": "invalid_request"}, 400)
        language = "en" if asked.get("ui_locales", "").startswith("en") else "uk"
        return HTMLResponse(
            look_in(language).render(
                "demo/identity.html",
                {
                    "who": None,
                    "cabinet": "",
                    "here": "/",
                    "again": "/",
                    "csrf": str,
                    "kept": {name: asked.get(name, "") for name in KEPT},
                    "sign_ins": SIGN_INS,
                    "titles": {cabinet.value: title for cabinet, (title, _) in CABINETS.items()},
                    "levels": (LOW, HIGH),
                    "wanted": HIGH if HIGH in asked.get("acr_values", "").split() else LOW,
                },
            ),
            headers={"Content-Security-Policy": self._policy(), "Referrer-Policy": "no-referrer"},
        )

    async def _chosen(self, request: Request) -> Response:
        """Send the browser back with a code."""
        asked = await _form(request)
        who = next((each for each in SIGN_INS if each.name == asked.get("who")), None)
        if who is None or asked.get("redirect_uri") != self.back or asked.get("acr") not in (LOW, HIGH):
            return JSONResponse({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe(32)
        self.codes[code] = _Code(asked, who, asked["acr"], time.time())
        answer = {"code": code, "state": asked.get("state", ""), "iss": self.issuer}
        return RedirectResponse(f"{self.back}?{urlencode(answer)}", 303)

    async def _token(self, request: Request) -> Response:
        """Exchange a code for an ID token, once."""
        form = await _form(request)
        code = self.codes.pop(form.get("code", ""), None)
        if not self._is_client(form.get("client_assertion", "")):
            return JSONResponse({"error": "invalid_client"}, 401)
        if code is None or time.time() - code.at > CODE_LASTS or not _fits(code, form):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(16),
                "token_type": "Bearer",
                "id_token": self._id_token(code),
            }
        )

    def _id_token(self, code: _Code) -> str:
        claims: dict[str, object] = {
            "iss": self.issuer,
            "sub": code.who.subject,
            "aud": CLIENT,
            "iat": int(code.at),
            "exp": int(code.at) + 300,
            "auth_time": int(code.at),
            "nonce": code.asked.get("nonce", ""),
            "acr": code.acr,
        }
        if code.who.person:
            claims[PERSON_CLAIM] = load_people()[code.who.person].rnokpp
        return jwt.encode({"alg": "ES256", "kid": "demo-1"}, claims, self.key)

    def _is_ours(self, asked: Mapping[str, str]) -> bool:
        wanted = {
            "client_id": CLIENT,
            "redirect_uri": self.back,
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        return all(asked.get(name) == value for name, value in wanted.items())

    def _is_client(self, assertion: str) -> bool:
        try:
            claims = jwt.decode(assertion, self.client, algorithms=["ES256"]).claims
            fresh = time.time() < float(claims["exp"])
        except (JoseError, ValueError, KeyError, TypeError):
            return False
        return fresh and claims.get("sub") == CLIENT and claims.get("aud") == f"{self.issuer}/token"

    def _policy(self) -> str:
        place = urlsplit(self.back)
        origin = f"{place.scheme}://{place.netloc}"
        return (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
            f"form-action 'self' {origin}"
        )


async def _asset(request: Request) -> Response:
    return await asset(request, request.path_params["digest"], request.path_params["name"])


async def _form(request: Request) -> Mapping[str, str]:
    content = (await request.body())[:LARGEST]
    return dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=30))


def _fits(code: _Code, form: Mapping[str, str]) -> bool:
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
    return (
        form.get("redirect_uri") == code.asked.get("redirect_uri")
        and challenge == code.asked.get("code_challenge")
        and form.get("grant_type") == "authorization_code"
    )


def identity_provider(settings: Settings) -> Starlette:
    """Give the provider that goes with the demo's settings."""
    sign_in = settings.sign_in
    assert sign_in.client_key is not None  # noqa: S101  the demo always has one
    private = ECKey.import_key(json.loads(sign_in.client_key.read_text("utf-8")))
    public = ECKey.import_key(private.as_dict(private=False))
    return IdentityProvider(sign_in.issuer, f"{settings.public_url}/sign-in/back", public).application()
