"""A proof is made where its rule lives, and personal values come out where they must: nowhere else.

The lists are exact: a new caller fails until it is named here, a name without a caller fails too.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.architecture.repository import PACKAGES, find_callers, find_imports, find_modules, name_of

MAKERS: Mapping[str, set[str]] = {
    "Grant": {"contracts/store.py"},
    "Mandate": {"gateway/consent/ground.py"},
    "Intent": {"audit/log.py"},
    "Receipt": {"audit/log.py"},
    "reveal": {
        "adapters/bench.py",  # to look for them in what a failure prints
        "adapters/protocols/subject.py",  # to send them, and to see whom an answer is about
        "gateway/collection.py",  # to choose by which identifiers a source can be asked
        "gateway/consent/ground.py",  # the age, on which consent depends
        "gateway/referrals/telling.py",  # to tell a receiver who is referred to it, as the contract says
        "gateway/subjects.py",  # to index and seal them
        "gateway/web/wire.py",  # to check their form where they come in
    },
}
"""Who may call it: the constructors of the proofs, and the way to a subject's values."""

COPIERS = {
    "audit/query.py",  # pages of one search
    "gateway/commands/streaming.py",  # a search that goes on behind an entry
    "gateway/oversight/exports.py",  # the same
    "contracts/loader.py",
    "contracts/store.py",  # terms, narrowed; makes grants anyway
    "gateway/assessment/act.py",  # acts and their entries, which are no proofs
    "gateway/assessment/assessments.py",  # the same
    "gateway/consent/consents.py",
    "gateway/consent/ground.py",  # consents of a child, ended by her age; makes mandates anyway
    "gateway/politeness/flights.py",  # replies, which are no proofs
    "gateway/delivery.py",  # entries, which are no proofs
    "gateway/outbox/weighing.py",  # the officials of a case
    "gateway/offers/aid.py",  # replies, which are no proofs
    "gateway/offers/capacity.py",
    "gateway/offers/facts.py",
    "gateway/offers/offers.py",
    "gateway/offers/partners.py",
    "gateway/referrals/posting.py",  # of referrals and entries, which are no proofs
    "gateway/referrals/referrals.py",
    "gateway/referrals/reminding.py",
    "gateway/referrals/subscriptions.py",
    "gateway/referrals/views.py",
    "gateway/sealing/keys.py",
    "gateway/web/consents.py",
}
"""Who may use `dataclasses.replace`, by which a proof could be copied with changes."""


@pytest.mark.parametrize("proof", MAKERS)
def test_proofs_are_made_in_the_named_files_alone(proof: str) -> None:
    """A proof has exactly the makers that the list names."""
    makers = find_callers(proof, find_modules(*PACKAGES))

    assert makers == MAKERS[proof]


def test_no_proof_is_copied_with_changes() -> None:
    """`dataclasses.replace` is imported in exactly the files that the list names."""
    modules = find_modules(*PACKAGES)
    copiers = {name_of(path) for path in modules if "dataclasses.replace" in find_imports(path)}

    assert copiers == COPIERS


def test_a_forger_is_found() -> None:
    """The search sees a call, bare or through a module, and this file's own."""
    found = find_callers("find_callers", find_modules("tests/architecture"))

    assert found == {"tests/architecture/test_proofs.py"}
