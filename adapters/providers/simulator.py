"""The register of providers over plain REST: a GET with a place's code, and a key in a header."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from adapters.protocols.directory_serving import Directory
from adapters.protocols.serving import Application, by_members

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"


def render(found: Sequence[Any]) -> bytes:
    """Give the providers near the place found."""
    return orjson.dumps(found[0])


def application() -> Application:
    """Give the simulated registry."""
    return Directory("/api/v1/providers", SAMPLES, by_members("katottg"), render, key_header=b"x-api-key")
