"""АІКОМ's pupils behind Trembita's `/restapi`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from adapters.protocols.rest_serving import TrembitaProvider
from adapters.protocols.serving import Application, by_members

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"
SERVICE: Final = "GOV/38621185/PD_Pupils/GetPupil_v1"


def application() -> Application:
    """Give the simulated registry."""
    return TrembitaProvider(
        SERVICE, SAMPLES, by_members("rnokpp", "unzr", "birthCertificate", inside="pupil")
    )
