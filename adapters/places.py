"""Places as the country's codifier names them: what registries are asked by that tell of no person.

A code is two letters and seventeen digits; it begins with the codes of all that the place lies in.
"""

from __future__ import annotations

from typing import Final

from contracts.vocabulary import Identity, Scheme

PLACE, REGION = Scheme("place"), Scheme("region")

LEVELS: Final = ((19, "here"), (9, "community"), (6, "district"), (4, "region"))
"""How much of two codes is the same, and what that means."""

FARTHER: Final = "farther"
NEAREST_FIRST: Final = (*(level for _, level in LEVELS), FARTHER)


def place_of(code: str) -> Identity:
    """Give what a registry about places is asked by: the code, or the two digits of its region."""
    return Identity({PLACE: code, REGION: code[2:4]})


def nearness(one: str, other: str) -> str:
    """Say how near two places are: `here`, `community`, `district`, `region` or `farther`.

    A level that is all noughts is none: two districts of one city have no community in common.
    """
    for length, level in LEVELS:
        if one[:length] == other[:length] and one[length - 2 : length] != "00":
            return level
    return FARTHER
