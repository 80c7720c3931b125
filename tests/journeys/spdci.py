"""SPDCI's published samples, turned to the demo's main person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.journeys.house import CASE, MARIA

SAMPLES = Path(__file__).parents[1] / "vectors" / "spdci"
PATH = "/spdci/registry/sync/search"
CLAIM = {
    "ts": "2026-11-01T09:00:00Z",
    "purpose": {"text": "", "code": "needs-assessment", "ref_uri": ""},
}


def sample(name: str) -> Any:
    """Give a published sample."""
    return json.loads((SAMPLES / name).read_text("utf-8"))


def message_of(name: str = "crvs_processflow1req.json", **criteria: Any) -> Any:
    """Give a published sample that asks about the demo's main person, with changes to its criteria."""
    message = sample(name)
    message["header"] |= {
        "sender_id": "case-system",
        "meta": {"official": "worker-17", "case": CASE},
    }
    asked = message["message"]["search_request"][0]["search_criteria"]
    asked |= {"consent": CLAIM, "authorize": CLAIM}
    text = json.dumps(message).replace("847951632", MARIA)
    changed = json.loads(text)
    changed["message"]["search_request"][0]["search_criteria"] |= criteria
    return changed
