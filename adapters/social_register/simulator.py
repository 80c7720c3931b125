"""The social register behind Trembita's `/restapi`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from adapters.protocols.rest_serving import TrembitaProvider
from adapters.protocols.serving import Application, by_members

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"
SERVICE: Final = "GOV/37567866/PD_SocialRegister/GetSocialFile_v1"


def application() -> Application:
    """Give the simulated registry."""
    return TrembitaProvider(SERVICE, SAMPLES, by_members("rnokpp", "unzr", "passport", inside="person"))
