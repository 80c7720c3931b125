"""One problem as callers read it (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Problem:
    """One row: what happened, and what to do next, in Ukrainian and English."""

    slug: str
    status: int
    title: Mapping[str, str]
    advice: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)


def row(
    slug: str, status: int, uk: tuple[str, str], en: tuple[str, str], headers: Mapping[str, str] | None = None
) -> Problem:
    """Give a row: slug, status, title and advice in Ukrainian and in English."""
    return Problem(
        slug,
        status,
        MappingProxyType({"uk": uk[0], "en": en[0]}),
        MappingProxyType({"uk": uk[1], "en": en[1]}),
        MappingProxyType(dict(headers or {})),
    )
