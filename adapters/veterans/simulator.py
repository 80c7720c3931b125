"""The register of war veterans behind Trembita's `/restapi`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from adapters.protocols.rest_serving import TrembitaProvider
from adapters.protocols.serving import Application, by_members

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"
SERVICE: Final = "GOV/42657144/PD_Veterans/GetVeteranStatus_v1"


def application() -> Application:
    """Give the simulated registry."""
    return TrembitaProvider(SERVICE, SAMPLES, by_members("rnokpp", "unzr"))
