"""The companies register over plain REST: a GET with an organisation's number, [] for an unknown one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from adapters.protocols.directory_serving import Directory
from adapters.protocols.serving import Application, by_members

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"


def render(found: Sequence[Any]) -> bytes:
    """Give the entries found: there is one of a number."""
    return orjson.dumps(list(found))


def application() -> Application:
    """Give the simulated registry."""
    found_by = by_members("code")
    return Directory("/1.0/subjects", SAMPLES, found_by, render, key_header=b"authorization", nobody=b"[]")
