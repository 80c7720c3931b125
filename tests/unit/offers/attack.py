"""What a reader with a linear programme can learn of the cells that a table leaves out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from scipy.optimize import linprog

from gateway.offers.reports.table import Place, Table


def bounds(table: Table, hidden: Collection[Place]) -> Mapping[Place, tuple[float, float]]:
    """Give the least and the most that each hidden cell can hold, given every other cell exactly.

    The reader knows all totals' rules and that no count is negative; there is no noise in her way.
    """
    unknown = {place: index for index, place in enumerate(sorted(hidden))}
    left, right = _equations(table, unknown)
    return {
        place: (_extreme(left, right, index, 1), _extreme(left, right, index, -1))
        for place, index in unknown.items()
    }


def _equations(table: Table, unknown: Mapping[Place, int]) -> tuple[np.ndarray, np.ndarray]:
    """Write each line of the table as: the unknown of its parts, less its total, is what is known."""
    total_row, total_column = table.grand_total
    lines = [
        [((row, column), 1) for column in range(total_column)] + [((row, total_column), -1)]
        for row in range(total_row + 1)
    ] + [
        [((row, column), 1) for row in range(total_row)] + [((total_row, column), -1)]
        for column in range(total_column + 1)
    ]
    left, right = np.zeros((len(lines), len(unknown))), np.zeros(len(lines))
    for number, line in enumerate(lines):
        for place, sign in line:
            if place in unknown:
                left[number, unknown[place]] = sign
            else:
                right[number] -= sign * table.cells[place].deliveries
    return left, right


def _extreme(left: np.ndarray, right: np.ndarray, index: int, sign: int) -> float:
    objective = np.zeros(left.shape[1])
    objective[index] = sign
    result = linprog(objective, A_eq=left, b_eq=right, bounds=(0, None), method="highs")
    return sign * float(result.fun) if result.status == 0 else sign * -float("inf")
