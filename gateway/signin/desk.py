"""The desk where people sign in: the officials of the deployment, and the sessions that are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol, Self

from contracts.vocabulary import ObminError
from gateway.signin.officials import Officials, load_officials
from gateway.signin.sessions import Level, Sessions
from gateway.storage.engine import Database


class NotSignedInError(ObminError):
    """Nobody sits before the screen, or not surely enough: `level` is what the page demands."""

    def __init__(self, level: Level = Level.LOW) -> None:
        super().__init__("not-signed-in")
        self.level = level


class FormForgedError(ObminError):
    """A form came without the token of the session that it claims to come from."""


class Rules(Protocol):
    """What the settings say of signing in."""

    @property
    def officials(self) -> Path | None:
        """The list of officials."""

    @property
    def idle_minutes(self) -> float:
        """How long a session lasts without a page."""

    @property
    def hours(self) -> float:
        """How long a session lasts at most."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages ask about who sits before them."""

    officials: Officials
    sessions: Sessions

    @classmethod
    def open(cls, rules: Rules, database: Database) -> Self:
        """Read the list of officials; raises `OfficialsError` where it is wrong."""
        officials = load_officials(rules.officials) if rules.officials else Officials()
        idle, longest = timedelta(minutes=rules.idle_minutes), timedelta(hours=rules.hours)
        return cls(officials, Sessions(database, idle, longest))
