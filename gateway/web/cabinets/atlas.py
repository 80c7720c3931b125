"""Maps of countries as tiles: which areas there are, and where each lies. One file a country in `maps/`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MAPS = Path(__file__).parent / "maps"


@dataclass(frozen=True, slots=True)
class Tile:
    """One area: its code in the country's codifier, its name, and its place in the grid."""

    code: str
    name: str
    short: str
    column: int
    row: int


@cache
def tiles_of(country: str, language: str) -> tuple[Tile, ...]:
    """Give a country's areas in a language; none where there is no map of it: the table says it all."""
    file = MAPS / f"{country.lower()}.toml"
    if not country.isalpha() or not file.exists():
        return ()
    tiles = tomllib.loads(file.read_text("utf-8"))["tiles"]
    return tuple(
        Tile(code, entry["name"][language], entry["short"][language], *entry["at"])
        for code, entry in tiles.items()
    )
