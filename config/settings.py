"""What a deployment can set: one TOML file, over which `OBMIN_…` variables win.

The sentence beneath a field is its manual. A nested field is reached with two underscores:
`OBMIN_DATABASE__URL`. An unknown key, in the file or in the environment, is an error that names it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, time
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, field_validator

from config.push import PushSettings
from config.section import Section
from config.sign_in import SignInSettings

PREFIX = "OBMIN_"
PACKAGE = Path(__file__).parent.parent


class DatabaseSettings(Section):
    """Where everything durable is kept."""

    url: str = "sqlite+aiosqlite:///obmin.db"
    """`sqlite+aiosqlite:///FILE` or `postgresql+asyncpg://USER@HOST/NAME`; nothing else changes."""

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        if not url.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
            message = "use sqlite+aiosqlite:///FILE or postgresql+asyncpg://USER@HOST/NAME"
            raise ValueError(message)
        return url


def _existing(zone: str) -> str:
    if zone not in available_timezones():
        message = "no such time zone"
        raise ValueError(message)
    return zone


class WindowSettings(Section):
    """Hours in which a registry's owner does not want to be asked."""

    start: time
    """When they begin, by the clock of `zone`: `02:00`."""
    end: time
    """When they end; earlier than `start` means the next morning."""
    zone: str = "UTC"
    """The clock they are kept by: `Europe/Kyiv`."""
    weekdays: frozenset[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = frozenset()
    """On which days they begin; every day when empty."""
    on: date | None = None
    """The one date on which they begin, for work announced for once."""

    @field_validator("zone")
    @classmethod
    def _there(cls, zone: str) -> str:
        return _existing(zone)

    @property
    def clock(self) -> ZoneInfo:
        """Give the time zone."""
        return ZoneInfo(self.zone)


class SourceSettings(Section):
    """Where one registry is reached, and who we are there."""

    url: str
    """Base address: the security server for X-Road and Trembita, else the registry's own; for a registry that
    sends extracts the folder it puts them into, `file:///…`."""
    client: str = "SEVDEIR-TEST/GOV/37508596/CASE_GATEWAY"
    """Our own subsystem on the bus: instance/class/member/subsystem."""
    credential: Path | None = None
    """A file holding the bearer token or API key, for registries that want one; for extracts the private key
    (JWK, P-256) that they are sealed to."""
    ca: Path | None = None
    """Certificates by which the other side is recognised; the system's own when empty."""
    certificate: Path | None = None
    """Our client certificate and key (one PEM file) for mutual TLS."""
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Where its name may lead: `10.20.0.0/16`. Empty allows anywhere but loopback, link-local (where cloud
    metadata lives), multicast and unspecified addresses; those only where `url` itself spells them."""
    at_once: int = Field(default=128, ge=1)
    """Questions in flight at most; the gateway goes below by itself where the registry struggles."""
    share: bool = True
    """Whether identical questions under way at the same time are asked once."""
    quotas: Mapping[str, int] = Field(default_factory=dict)
    """Questions a day (UTC) by purpose: `needs-assessment = 5000`. No entry means no quota."""
    maintenance: tuple[WindowSettings, ...] = ()
    """See `WindowSettings`."""


class BusSettings(Section):
    """How other agencies reach us over X-Road or Trembita: not at all while `member` is empty."""

    member: str = Field(default="", pattern=r"^([^/\s]+(/[^/\s]+){3})?$")
    """Our own subsystem as a provider: instance/class/member/subsystem."""
    peer: Path | None = None
    """The certificate (PEM) of the one security server that may speak for members; two while renewed."""
    host: str = "127.0.0.1"
    """Address of the listener that demands that certificate."""
    port: int = Field(default=8443, ge=0, le=65_535)
    """Its port."""
    certificate: Path | None = None
    """Our certificate and key for that listener (one PEM file); without it there is none."""
    proxy: str = ""
    """Address of the proxy that ends the security server's TLS instead, and alone passes certificates on."""
    header: str = "Client-Cert"
    """The header in which the proxy passes it on: RFC 9440, or PEM, percent-encoded or not."""
    url: str = ""
    """Our address as the security server has it, for the WSDL; `public_url` when empty."""
    faults: Literal["snake", "pascal"] = "snake"
    """How fault codes are spelt: `client.invalid_body` (X-Road from 7.8.0 on) or `Client.InvalidBody`."""


class SpdciSettings(Section):
    """How SPDCI's words map to ours."""

    identifiers: Mapping[str, str] = Field(default_factory=dict)
    """Its identifier types (`UIN`, `NID` …) and the scheme that each is here; others are schemes."""


class GovstackSettings(Section):
    """The paths of GovStack's Consent Building Block, under `/govstack/…`."""

    on: bool = False
    """Whether they are served at all."""
    open_as: str = ""
    """The agency as which callers without a token are served, for the official suite, which knows none.
    Never where there are real people."""


class LimitSettings(Section):
    """How much is taken on at once; beyond it callers are told to come back."""

    exchanges: int = Field(default=256, ge=1)
    """Exchanges in flight in this process; the next one is answered 503 before any work."""
    body_bytes: int = Field(default=65_536, ge=1_024)
    """Largest request body."""
    applications: int = Field(default=20, ge=1)
    """Applications of new partners an hour from one address (ten times as many from everybody); the next one
    is answered 429 before any work. Behind a proxy all have its address: choose accordingly."""


class WitnessSettings(Section):
    """Who watches that the record only grows, and how long the gateway goes on without them."""

    policy: Path | None = None
    """Witnesses and how many of them are enough (C2SP tlog-policy); none are asked when empty."""
    every: float = Field(default=10.0, gt=0)
    """Seconds between two rounds."""
    alarm_minutes: float = Field(default=15.0, gt=0)
    """An alarm is recorded when no quorum has been reached for so long."""
    stop_hours: float = Field(default=4.0, gt=0)
    """Nothing is released any more when none has been for so long, until one is."""


class Settings(Section):
    """One deployment."""

    public_url: str = "http://127.0.0.1:8000"
    """How callers reach us. Assertions name `<public_url>/oauth/token` as their audience."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=8000, ge=0, le=65_535)
    """Port to listen on."""
    database: DatabaseSettings = DatabaseSettings()
    """See `DatabaseSettings`."""
    country: str = ""
    """The country (ISO 3166-1) by whose days off working days are counted; weekends alone when empty."""
    messages: Path | None = None
    """A folder in which messages to people are left as files, for whatever delivers them."""
    keys: Path = Path("keys/gateway.json")
    """The gateway's key file, mode 0600; made by `obmin keys create`."""
    agencies: Path = Path("agencies.toml")
    """Who may call: roles and public keys of every agency."""
    contracts: Path = PACKAGE / "contracts" / "library"
    """The folder of contracts and of the vocabulary they are written in."""
    registries: Path | None = None
    """A folder of registries of your own, besides ours: `obmin adapters new` writes them."""
    signatories: Path | None = None
    """Who signs contracts and activates them. Without it unsigned contracts are in force: for trials only."""
    sources: Mapping[str, SourceSettings] = Field(default_factory=dict)
    """The registries to ask, by the name of their adapter's folder."""
    bus: BusSettings = BusSettings()
    """See `BusSettings`."""
    spdci: SpdciSettings = SpdciSettings()
    """See `SpdciSettings`."""
    govstack: GovstackSettings = GovstackSettings()
    """See `GovstackSettings`."""
    push: PushSettings = PushSettings()
    """See `PushSettings`."""
    thresholds: Path = PACKAGE / "audit" / "thresholds.toml"
    """From when on the record raises a question; see the file."""
    clocks: Path = PACKAGE / "gateway" / "referrals" / "clocks.toml"
    """By when the steps of a referral are owed, and to whom it is escalated; see the file."""
    retention: Path = PACKAGE / "audit" / "retention.toml"
    """For how long a person can be found in the record; see the file."""
    limits: LimitSettings = LimitSettings()
    """See `LimitSettings`."""
    witnesses: WitnessSettings = WitnessSettings()
    """See `WitnessSettings`."""
    sign_in: SignInSettings = SignInSettings()
    """See `SignInSettings`."""
    entrusted: Mapping[str, Path] = Field(default_factory=dict)
    """Private recipient keys (JWK, mode 0600) by agency, so that its officials read sealed fields here."""
    time_zone: str = "UTC"
    """The clock by which the cabinets tell times: `Europe/Kyiv`."""
    tenant: str = "default"
    """Whose data this is; bound into every envelope and blind index."""
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    """How much is told in the log."""

    @field_validator("time_zone")
    @classmethod
    def _there(cls, zone: str) -> str:
        return _existing(zone)


class SettingsError(Exception):
    """The settings cannot be used. The message names file, key and what is wrong, never a value."""


def load_settings(path: Path | None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read settings from a file and the environment. Relative paths are taken from the file's folder."""
    environment = os.environ if environment is None else environment
    data = _read(path) if path else {}
    for name in sorted(environment):
        if name.startswith(PREFIX):
            _place(data, name, environment[name])
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        raise SettingsError(_explain(path, error)) from None
    return _anchored(settings, path.parent.resolve() if path else Path.cwd())


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from None


def _place(data: dict[str, Any], variable: str, value: str) -> None:
    *parents, last = variable.removeprefix(PREFIX).lower().split("__")
    for parent in parents:
        data = data.setdefault(parent, {})
        if not isinstance(data, dict):
            raise SettingsError(f"{variable}: {parent} is not a section")
    data[last] = value


def _explain(path: Path | None, error: ValidationError) -> str:
    where = str(path) if path else "environment"
    lines: Iterable[str] = (
        f"{where}: {'.'.join(map(str, detail['loc']))}: "
        + ("unknown setting" if detail["type"] == "extra_forbidden" else detail["msg"])
        for detail in error.errors(include_input=False, include_url=False)
    )
    return "\n".join(lines)


def _anchored(settings: Settings, folder: Path) -> Settings:
    def anchor(path: Path | None) -> Path | None:
        return folder / path if path else None

    sources = {
        name: source.model_copy(
            update={key: anchor(getattr(source, key)) for key in ("credential", "ca", "certificate")}
        )
        for name, source in settings.sources.items()
    }
    paths = ("keys", "agencies", "contracts", "signatories", "thresholds", "retention", "messages", "clocks")
    update: dict[str, Any] = {key: anchor(getattr(settings, key)) for key in paths}
    update["entrusted"] = {agency: folder / path for agency, path in settings.entrusted.items()}
    scheme, _, file = settings.database.url.partition("sqlite+aiosqlite:///")
    if not scheme and file:
        update["database"] = DatabaseSettings(url=f"sqlite+aiosqlite:///{folder / file}")
    own = {key: anchor(getattr(settings.bus, key)) for key in ("peer", "certificate")}
    bus = settings.bus.model_copy(update=own)
    update["bus"] = bus
    update["witnesses"] = settings.witnesses.model_copy(update={"policy": anchor(settings.witnesses.policy)})
    update["registries"] = anchor(settings.registries)
    update["sign_in"] = settings.sign_in.anchored(folder)
    return settings.model_copy(update=update | {"sources": sources})
