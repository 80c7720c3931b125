"""The evaluator and Cedar, each from its own reading of the same contract, give the same answer."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.contract import Grant
from contracts.decision import decide
from contracts.facts import Facts
from tests.unit.contracts.cedar import allowed
from tests.unit.contracts.drawing import facts, favourable, grants, urgent
from tests.unit.contracts.samples import EMERGENCY, FACTS, GRANT, NOW


def without_required(grant: Grant) -> Grant:
    """Leave out that a source falls with a required field: Cedar decides each field by itself."""
    terms = {
        source: replace(
            part, fields={name: replace(rule, required=False) for name, rule in part.fields.items()}
        )
        for source, part in grant.terms.items()
    }
    return replace(grant, contract=replace(grant.contract, terms=terms), terms=terms)


@settings(max_examples=200, deadline=None)
@given(grants().map(without_required), st.one_of(facts, favourable, favourable, urgent))
def test_cedar_decides_the_same(grant: Grant, known: Facts) -> None:
    """Field by field, for any contract and any facts, both permit or both refuse."""
    permits = decide(grant, known, NOW).permits
    ours = {(source, field) for source, permit in permits.items() for field in permit.fields}

    assert ours == allowed(grant, known, NOW)


def test_the_comparison_sees_both_answers() -> None:
    """The shipped contract has fields that both permit, and an undeclared role that both refuse."""
    refused = replace(FACTS, emergency=EMERGENCY)

    assert allowed(GRANT, FACTS, NOW)
    assert not allowed(GRANT, refused, NOW)
    assert not decide(GRANT, refused, NOW).permits
