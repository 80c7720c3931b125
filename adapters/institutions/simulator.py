"""The public list of schools over plain REST: a GET with a region's code, no key, [] for nobody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from adapters.protocols.directory_serving import Directory
from adapters.protocols.serving import Application, by_members

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"

region_of: Final = by_members("lc", "region")
"""A question names the region `lc`, a record of ours `region`."""


def render(found: Sequence[Any]) -> bytes:
    """Give the schools of the region found."""
    return orjson.dumps(found[0]["schools"])


def application() -> Application:
    """Give the simulated registry."""
    return Directory("/api/institutions/", SAMPLES, region_of, render, nobody=b"[]")
