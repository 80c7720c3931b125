"""Versions of what is edited: our ETags, and what `If-Match` says of them (RFC 9110 §13.1.1)."""

from __future__ import annotations

import re
from typing import Literal

from gateway.faults import PreconditionError


def version_of(if_match: str | None) -> int | Literal["*"] | None:
    """Read `If-Match`: one of our ETags, or `*` for any version there is; None where it is absent.

    Raises:
        PreconditionError: it is nothing that we ever gave.
    """
    if if_match is None:
        return None
    if if_match.strip() == "*":
        return "*"
    found = re.fullmatch(r'"(\d{1,9})"', if_match.strip())
    if found is None:
        raise PreconditionError
    return int(found[1])
