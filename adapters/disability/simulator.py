"""The bank on disability as a FHIR R4 server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from adapters.protocols.fhir_serving import FhirServer
from adapters.protocols.serving import Application

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"


def found_by(patient: Any) -> Iterator[str]:
    """Give the searches that find one patient."""
    yield from (f"identifier={held['system']}|{held['value']}" for held in patient["identifier"])


def application() -> Application:
    """Give the simulated registry."""
    return FhirServer(SAMPLES, found_by)
