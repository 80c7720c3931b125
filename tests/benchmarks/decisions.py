"""One decision among a thousand contracts of forty fields, beside Cedar on the same case.

Cedar is given every advantage: the one contract that matters has been found for it, and its policies and
entities have been parsed beforehand. The last line is Cedar as it is when a person's consents, which differ
from query to query, are parsed as they come.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

from cedarpy import Entities, PolicySet, is_authorized_batch

from contracts.contract import Basis, Contract, FieldRule, Grant
from contracts.decision import decide
from contracts.facts import CaseFact, ConsentFact, Facts
from contracts.glossary import load_vocabulary
from contracts.store import ContractStore
from contracts.vocabulary import AgencyId, Field, OfficialId, Purpose, Source
from tests.benchmarks.services import ROOT
from tests.unit.contracts.cedar import allowed, context, entities, policies, requests

CONTRACTS, SOURCES, FIELDS = 1000, 4, 10
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ASKING, PURPOSE, OFFICIAL = AgencyId("case-system"), Purpose("needs-assessment"), OfficialId("worker-17")
CATEGORIES = ("identity", "health", "education", "aid")


@dataclass(frozen=True, slots=True)
class Decided:
    """What one decision on forty fields takes at the median, and how much slower than ours that is."""

    decides: str
    microseconds: float
    over_obmin: float


def measure_decisions(rounds: int) -> list[Decided]:
    """Measure all in turn, round by round, so that a busy machine is busy for each of them."""
    store, facts = _store(), _facts()
    grant = store.permit(ASKING, PURPOSE, NOW)
    written, held = policies(grant, facts), entities(grant)
    asked = requests(grant, context(grant.contract, facts, NOW))
    parsed, known = PolicySet.from_str(written), Entities.from_json_str(json.dumps(held))
    if not _agree(grant, facts):
        message = "the two decide the case differently"
        raise AssertionError(message)

    def ours() -> object:
        return decide(store.permit(ASKING, PURPOSE, NOW), facts, NOW)

    rivals: dict[str, Callable[[], object]] = {
        "Obmin, found among 1,000 contracts": ours,
        "Cedar, parsed beforehand": lambda: is_authorized_batch(asked, parsed, known),
        "Cedar, parsed as it comes": lambda: is_authorized_batch(asked, written, held),
    }
    times = {name: [_once(rival) for _ in range(200 * rounds)] for name, rival in rivals.items()}
    took = {name: median(each) for name, each in times.items()}
    least = took["Obmin, found among 1,000 contracts"]
    return [Decided(name, round(each, 1), round(each / least, 1)) for name, each in took.items()]


def _once(rival: Callable[[], object]) -> float:
    begun = perf_counter()
    rival()
    return (perf_counter() - begun) * 1e6


def _store() -> ContractStore:
    library = ROOT / "contracts" / "library"
    shipped = ContractStore.load(library)
    like = shipped.permit(ASKING, PURPOSE, NOW).contract
    made = [_contract(like, number) for number in range(CONTRACTS)]
    return ContractStore(load_vocabulary(library / "vocabulary"), made)


def _contract(like: Contract, number: int) -> Contract:
    part = next(iter(like.terms.values()))
    terms = {
        Source(f"source-{place}"): replace(
            part,
            source=Source(f"source-{place}"),
            basis=Basis.CONSENT if place % 2 else Basis.LAW,
            fields={
                Field(f"f.{place}-{each}"): FieldRule(category=CATEGORIES[place]) for each in range(FIELDS)
            },
        )
        for place in range(SOURCES)
    }
    consumer = ASKING if number == CONTRACTS // 2 else AgencyId(f"agency-{number}")
    return replace(like, id=f"contract-{number}", digest=f"{number}", consumer=consumer, terms=terms)


def _facts() -> Facts:
    consent = ConsentFact(
        id="consent-1",
        consumer=ASKING,
        purpose=PURPOSE,
        sources=frozenset(Source(f"source-{place}") for place in range(SOURCES)),
        given_at=NOW - timedelta(hours=1),
        until=NOW + timedelta(hours=1),
        given_by="self",
        categories=frozenset({"health"}),
    )
    case = CaseFact(open=True, same_person=True, officials=frozenset({OFFICIAL}))
    return Facts(official=OFFICIAL, case=case, age=36, consents=(consent,), selector="rnokpp")


def _agree(grant: Grant, facts: Facts) -> bool:
    """Say whether both decide the case alike, without which their times would mean nothing."""
    permits = decide(grant, facts, NOW).permits
    ours = {(source, field) for source, permit in permits.items() for field in permit.fields}
    return ours == allowed(grant, facts, NOW)
