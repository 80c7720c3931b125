"""ЄДЕБО's learner status behind Trembita's `/restapi`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from adapters.protocols.rest_serving import TrembitaProvider
from adapters.protocols.serving import Application, by_members

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"


def application() -> Application:
    """Give the simulated registry."""
    return TrembitaProvider(
        "GOV/38621185/PD_Learners/GetLearnerStatus_v1", SAMPLES, by_members("rnokpp", "unzr")
    )
