"""From what the settings say of signing in to a desk that people can sign in at."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, Protocol

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey

from adapters.protocols.reach import Reach
from adapters.protocols.transport import SocketTransport
from audit.log import Log
from contracts.vocabulary import AgencyId, ObminError, Scheme
from contracts.words import Vocabulary
from gateway.sealing.binding import derive
from gateway.sealing.keys import KeyRing
from gateway.signin.attempts import Attempts
from gateway.signin.desk import Desk, People
from gateway.signin.officials import Officials, load_officials
from gateway.signin.provider import Provider, Registration
from gateway.signin.sessions import Level, Sessions
from gateway.storage.engine import Database
from gateway.subjects import Subjects

PATIENCE = 10.0
"""Seconds for one answer of the identity provider."""


class SignInUnusableError(ObminError):
    """What the settings say of signing in cannot be used. The message names what."""


class Rules(Protocol):
    """The settings of signing in: see `config.sign_in.SignInSettings`."""

    @property
    def officials(self) -> Path | None:
        """The list of officials."""

    @property
    def issuer(self) -> str:
        """The identity provider."""

    @property
    def client_id(self) -> str:
        """Who we are there."""

    @property
    def client_key(self) -> Path | None:
        """With which key we show it."""

    @property
    def client_secret(self) -> Path | None:
        """Or with which secret."""

    @property
    def ca(self) -> Path | None:
        """By which certificates it is recognised."""

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Where its name may lead."""

    @property
    def scope(self) -> str:
        """What is asked for."""

    @property
    def levels(self) -> Mapping[Literal["substantial", "high"], tuple[str, ...]]:
        """Which `acr` each level of assurance is."""

    @property
    def person_claim(self) -> str:
        """The claim that holds a person's identifier."""

    @property
    def person_scheme(self) -> str:
        """Its scheme."""

    @property
    def person_agency(self) -> str:
        """As which agency people come."""

    @property
    def idle_minutes(self) -> float:
        """How long a session lasts without a page."""

    @property
    def hours(self) -> float:
        """How long a session lasts at most."""


class Place(Protocol):
    """What else is needed of the settings."""

    @property
    def public_url(self) -> str:
        """How browsers reach us."""

    @property
    def tenant(self) -> str:
        """Whose data this is."""


def open_desk(
    rules: Rules,
    place: Place,
    database: Database,
    ring: KeyRing,
    log: Log,
    people: tuple[Subjects, Vocabulary],
    stack: AsyncExitStack,
) -> Desk:
    """Put the desk together; connections to the identity provider are closed with `stack`.

    Raises:
        OfficialsError, SignInUnusableError: a file of the deployment is wrong; the message says which.
    """
    return Desk(
        load_officials(rules.officials) if rules.officials else Officials(),
        Sessions(database, timedelta(minutes=rules.idle_minutes), timedelta(hours=rules.hours)),
        _provider(rules, place.public_url, stack) if rules.issuer else None,
        Attempts(derive(ring.token_seed, "obmin sign-in", place.tenant)),
        People(*people, Scheme(rules.person_scheme), AgencyId(rules.person_agency)),
        log,
        place.public_url.startswith("https://"),
    )


def _provider(rules: Rules, public_url: str, stack: AsyncExitStack) -> Provider:
    registration = Registration(
        rules.issuer,
        rules.client_id,
        _key(rules.client_key) if rules.client_key else None,
        _text(rules.client_secret) if rules.client_secret else "",
        {Level[name.upper()]: tuple(named) for name, named in rules.levels.items()},
        rules.person_claim,
        rules.scope,
        f"{public_url}/sign-in/back",
    )
    tls = ssl.create_default_context(cafile=str(rules.ca)) if rules.ca else None
    transport = SocketTransport(tls, reach=Reach.of(rules.issuer, rules.networks))
    http = httpx.AsyncClient(transport=transport, timeout=PATIENCE, headers={"Accept": "application/json"})
    stack.push_async_callback(http.aclose)
    return Provider(registration, http)


def _key(path: Path) -> ECKey | OKPKey:
    try:
        key = JWKRegistry.import_key(json.loads(_text(path)))
    except (JoseError, ValueError, TypeError):
        raise SignInUnusableError(f"{path}: not a private JWK (RFC 7517)") from None
    if not isinstance(key, ECKey | OKPKey) or not key.is_private:
        raise SignInUnusableError(f"{path}: use a private P-256 or Ed25519 key")
    return key


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SignInUnusableError(f"{path}: {type(error).__name__}") from None
