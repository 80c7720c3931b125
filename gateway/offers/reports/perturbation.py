"""Noise that the same people always get, in whatever table they are counted: the cell-key method.

Each person has a fixed random key; a cell's key is the sum of its people's (Fraser and Wooton 2005,
Australian Bureau of Statistics). It picks the noise, so asking again, or asking otherwise for the same
people, gives the same figure: there is nothing to average out.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from itertools import accumulate

from gateway.offers.reports.table import CELL_KEYS, Cell, Person


@dataclass(frozen=True, slots=True)
class Noise:
    """How far a count is moved: `weights[i]` in 256 parts by `i - reach`. Symmetric, so unbiased."""

    weights: tuple[int, ...]

    @property
    def reach(self) -> int:
        """The most by which a count is moved."""
        return len(self.weights) // 2

    def of(self, cell: Cell) -> int:
        """Pick the noise of a cell by its key alone."""
        share = cell.key * 256 // CELL_KEYS
        return next(step for step, upto in enumerate(accumulate(self.weights)) if share < upto) - self.reach


PLAIN = Noise((26, 51, 102, 51, 26))
"""Up to two up or down. Two figures taken from each other then leave a doubt of eight: above five."""
SPECIAL = Noise((17, 33, 49, 58, 49, 33, 17))
"""Up to three: a doubt of twelve, above ten."""


def person_key(secret: bytes, subject_ref: str) -> Person:
    """Give a person's key: 32 bits that nobody can compute without the secret."""
    digest = hmac.digest(secret, b"cell-key\0" + subject_ref.encode(), hashlib.sha256)
    return Person(int.from_bytes(digest[:4], "big"))


def perturb(cell: Cell, noise: Noise, threshold: int) -> int:
    """Give the count as it is told. Nothing stays nothing, and no count is told below the threshold."""
    return max(cell.deliveries + noise.of(cell), threshold) if cell.deliveries else 0
