"""A proof is made where its rule lives, and personal values come out where they must: nowhere else.

The lists are exact: a new caller fails until it is named here, a name without a caller fails too.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.architecture.repository import PACKAGES, find_callers, find_modules

MAKERS: Mapping[str, set[str]] = {
    "Grant": {"contracts/store.py"},
    "Mandate": {"gateway/consent/ground.py"},
    "Intent": {"audit/log.py"},
    "Receipt": {"audit/log.py"},
    "reveal": set(),
}
"""Who may call it: the constructors of the proofs, and the way to a subject's values."""


@pytest.mark.parametrize("proof", MAKERS)
def test_proofs_are_made_in_the_named_files_alone(proof: str) -> None:
    """A proof has exactly the makers that the list names."""
    makers = find_callers(proof, find_modules(*PACKAGES))

    assert makers == MAKERS[proof]


def test_a_forger_is_found() -> None:
    """The search sees a call, bare or through a module, and this file's own."""
    found = find_callers("find_callers", find_modules("tests/architecture"))

    assert found == {"tests/architecture/test_proofs.py"}
