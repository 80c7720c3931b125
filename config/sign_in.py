"""How people sign in to the cabinets."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field

from config.section import Section


class SignInSettings(Section):
    """Who may sit before the cabinets. Without `officials` nobody signs in."""

    officials: Path | None = None
    """The officials of every agency and the cabinets open to each: `gateway/signin/README.md`."""
    idle_minutes: float = Field(default=30.0, gt=0)
    """After so long without a page a session is over."""
    hours: float = Field(default=10.0, gt=0)
    """After so long a session is over, whatever happens in it."""

    def anchored(self, folder: Path) -> Self:
        """Take relative paths from the folder of the settings."""
        paths = {key: folder / path for key in ("officials",) if (path := getattr(self, key))}
        return self.model_copy(update=paths)
