"""What the tests of contracts are made of: the shipped library, and facts about a person and a case."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path
from shutil import copytree
from typing import Any

from contracts.contract import Basis, Contract, Grant
from contracts.decision import Decision
from contracts.facts import CaseFact, ConsentFact, EmergencyFact, Facts
from contracts.glossary import load_vocabulary
from contracts.loader import load_contract
from contracts.store import ContractStore
from contracts.vocabulary import AgencyId, OfficialId, Purpose, Source

LIBRARY = Path(__file__).parents[3] / "contracts" / "library"
VOCABULARY = load_vocabulary(LIBRARY / "vocabulary")
STORE = ContractStore.load(LIBRARY)
NEEDS_FILE = (LIBRARY / "case-system-needs-assessment.toml").read_text(encoding="utf-8")

FULL_FILE = (Path(__file__).parent / "full.toml").read_text(encoding="utf-8")
FULL = load_contract(Path(__file__).parent / "full.toml", VOCABULARY)
"""A contract that uses every clause of the language."""

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CASE_SYSTEM, PARTNER = AgencyId("case-system"), AgencyId("partner")
NEEDS, CRISIS = Purpose("needs-assessment"), Purpose("crisis-intervention")
HEALTH, BORDER = Source("health"), Source("border")
OFFICIAL = OfficialId("worker-17")

GRANT = STORE.permit(CASE_SYSTEM, NEEDS, NOW)
CASE = CaseFact(open=True, same_person=True, officials=frozenset({OFFICIAL}))
CONSENT = ConsentFact(
    id="consent-1",
    consumer=CASE_SYSTEM,
    purpose=NEEDS,
    sources=frozenset({HEALTH}),
    given_at=NOW - HOUR,
    until=NOW + HOUR,
    given_by="self",
)
FACTS = Facts(official=OFFICIAL, case=CASE, age=36, consents=(CONSENT,))

EMERGENCY = EmergencyFact(
    id="emergency-1",
    declared_by=OFFICIAL,
    role="crisis-lead",
    reason_length=40,
    second_factor=True,
    begun=NOW - HOUR / 2,
)


def grant_under(contract: Contract) -> Grant:
    """Give the grant of a changed contract, as a store that holds it alone would."""
    return ContractStore(VOCABULARY, [contract]).permit(contract.consumer, contract.purpose, NOW)


def grant_with_basis(basis: Basis) -> Grant:
    """Give a grant whose health terms rest on another kind of ground."""
    health = replace(GRANT.terms[HEALTH], basis=basis)
    return grant_under(replace(GRANT.contract, terms={HEALTH: health}))


def reason_for_health(decision: Decision) -> str:
    """Give the reason for which health was withheld, `permitted` where it was not."""
    return "permitted" if HEALTH in decision.permits else decision.withheld[HEALTH]


def write_library(folder: Path, *contracts: str) -> Path:
    """Write a library of the shipped vocabulary and these contract texts, in files a.toml, b.toml and on."""
    copytree(LIBRARY / "vocabulary", folder / "vocabulary", dirs_exist_ok=True)
    for name, contract in zip("abcdefgh", contracts, strict=False):
        (folder / f"{name}.toml").write_text(contract, encoding="utf-8")
    return folder


def as_json(text: str, surplus: tuple[str, ...] | None = None) -> Any:
    """Give a contract file as the JSON that the schema describes, with an unknown key in one table."""
    content = tomllib.loads(text)
    if surplus is not None:
        reduce(lambda table, key: table[key], surplus, content)["aloud"] = True
    return json.loads(json.dumps(content, default=str))
