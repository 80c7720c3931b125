"""Server-sent events, read back."""

from __future__ import annotations

import json
from typing import Any


def stream_events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Read server-sent events."""
    blocks = (block.split("\n") for block in text.strip().split("\n\n"))
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]
