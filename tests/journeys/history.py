"""Whom a whole history asks, and who of them has never heard of the main person."""

from __future__ import annotations

from typing import Final

from config.settings import PACKAGE
from contracts.loader import load_library

_, CONTRACTS = load_library(PACKAGE / "contracts" / "library")

HISTORY: Final = frozenset(
    source
    for contract in CONTRACTS
    if contract.id == "case-system-needs-assessment"
    for source in contract.terms
)
"""The sources of a whole history, as the contract of a needs assessment names them."""

STRANGERS: Final = frozenset({"children", "pupils", "veterans"})
"""Those of them that do not know Maria: she is no child, no pupil and no veteran."""

SENT: Final = frozenset({"local-aid"})
"""Those of them that nobody asks: they send extracts."""

ASKED: Final = HISTORY - SENT
"""Those of them that are asked, and so can fail to answer."""
