"""The register of insured persons behind X-Road's REST protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from adapters.protocols.rest_serving import XRoadRestProvider
from adapters.protocols.serving import Application, by_members

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"
SERVICE: Final = "GOV/00035323/PD_InsuredPersons/GetInsuredPerson_v1"


def application() -> Application:
    """Give the simulated registry."""
    return XRoadRestProvider(SERVICE, SAMPLES, by_members("numident", "unzr"))
