"""How people sign in to the cabinets."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, Self

from pydantic import Field

from config.section import Section


class SignInSettings(Section):
    """Who may sit before the cabinets, and who says so: an OpenID Connect provider. See `gateway/signin`."""

    officials: Path | None = None
    """The officials of every agency and the cabinets open to each; without it none signs in."""
    issuer: str = ""
    """The identity provider, exactly as it names itself: `https://id.example.gov.ua`. Empty: none."""
    client_id: str = "obmin"
    """Who we are there. It sends people back to `<public_url>/sign-in/back`."""
    client_key: Path | None = None
    """The private key (JWK, P-256 or Ed25519) with which we show that it is us (private_key_jwt)."""
    client_secret: Path | None = None
    """A file with the secret instead, for a provider that takes no keys (client_secret_basic)."""
    ca: Path | None = None
    """Certificates by which the provider is recognised; the system's own when empty."""
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Where its name may lead; see `SourceSettings.networks`."""
    scope: str = "openid"
    """What is asked for; more where the person's identifier wants a scope of its own."""
    levels: Mapping[Literal["substantial", "high"], tuple[str, ...]] = Field(default_factory=dict)
    """Which `acr` each level of assurance is: `high = ["urn:example:loa:3"]`. Any other is low."""
    person_claim: str = ""
    """The claim that holds a person's identifier; empty: no person signs in."""
    person_scheme: str = ""
    """The scheme of that identifier."""
    person_agency: str = "person-portal"
    """As which agency (role `person-portal`) people come."""
    idle_minutes: float = Field(default=30.0, gt=0)
    """After so long without a page a session is over."""
    hours: float = Field(default=10.0, gt=0)
    """After so long a session is over, whatever happens in it."""

    def anchored(self, folder: Path) -> Self:
        """Take relative paths from the folder of the settings."""
        files = ("officials", "client_key", "client_secret", "ca")
        return self.model_copy(update={key: folder / path for key in files if (path := getattr(self, key))})
