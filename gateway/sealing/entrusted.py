"""Recipient keys that agencies entrust to the cabinets, so that their officials can read what is sealed.

A sealed field stays sealed to its agency through proxies, logs and database alike. It opens in a cabinet only
where the agency has entrusted its private key to this deployment; without it the page says so, and the
agency's own system opens it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from contracts.vocabulary import AgencyId, ExchangeId, ObminError
from gateway.sealing.recipient import Binding, open_sealed


class EntrustedKeyError(ObminError):
    """An entrusted key cannot be used. The message names the file, never what is in it."""


class Entrusted:
    """The keys in the deployment's hands, by agency."""

    def __init__(self, keys: Mapping[AgencyId, Mapping[str, Any]]) -> None:
        self._keys = MappingProxyType(dict(keys))

    def __repr__(self) -> str:
        return f"Entrusted({sorted(self._keys)})"

    @classmethod
    def load(cls, files: Mapping[str, Path]) -> Self:
        """Read the key files.

        Raises:
            EntrustedKeyError: one is missing, readable by others, or no private JWK.
        """
        return cls({AgencyId(agency): _read(path) for agency, path in files.items()})

    def holds(self, agency: AgencyId) -> bool:
        """Say whether what is sealed to an agency can be opened here."""
        return agency in self._keys

    def open(self, agency: AgencyId, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give the sealed fields of an answer of this agency: each a list of facts. Nothing without its key.

        Raises:
            EnvelopeBrokenError: sealed to another key, or not this answer's.
        """
        key, sealed = self._keys.get(agency), body.get("sealed")
        if key is None or sealed is None:
            return {}
        binding = Binding(agency, ExchangeId(body["exchange_id"]), body["contract"]["digest"])
        return open_sealed(sealed["value"], key, binding)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_mode & 0o077:
            raise EntrustedKeyError(f"{path}: others can read it; chmod 600")
        jwk = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise EntrustedKeyError(f"{path}: cannot be read as a JWK") from None
    if not isinstance(jwk, dict) or "d" not in jwk:
        raise EntrustedKeyError(f"{path}: no private key in it")
    return jwk
