"""Contracts in force, and those that wait: what would change, in words, and whose signature is lacking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.careful import FEWEST_SIGNERS
from contracts.comparing import compare
from contracts.contract import Contract
from contracts.proposals import Proposal
from contracts.telling import Speaker
from gateway.faults import NotFoundError
from gateway.signin.officials import Cabinet
from gateway.storage.engine import now
from gateway.web.cabinets.shell import SignedIn, page, signed_in
from gateway.web.gate import Gate, gate_of
from gateway.web.wire import Code

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class ContractLine:
    """One contract as the list shows it."""

    id: str
    version: int
    consumer: str
    purpose: str
    sources: int
    fields: int
    valid_from: date
    valid_until: date
    over: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """One draft: what it would change, who signed for each party, and how many are still needed."""

    file: str
    title: str
    before: int | None
    changes: Sequence[str]
    signed: Mapping[str, Sequence[str]]
    activated: Sequence[str]
    faults: Sequence[str]


@router.get("/cabinet/operating/contracts")
async def listed(request: Request) -> Response:
    """List the contracts in force, and the drafts that wait with their difference in words."""
    who, gate = await signed_in(request, Cabinet.OPERATING), gate_of(request)
    speaker = speaker_of(gate, who)
    return page(
        request,
        who,
        "operating/contracts.html",
        contracts=[_line(gate, each, who, speaker) for each in gate.pipeline.contracts.contracts],
        waiting=[_waiting(each, speaker) for each in waiting_in(gate)],
        needed=FEWEST_SIGNERS,
    )


@router.get("/cabinet/operating/contracts/{contract_id}/{version}")
async def one(request: Request, contract_id: Code, version: int) -> Response:
    """Show one contract in words: conditions, and each source with its ground and fields."""
    who, gate = await signed_in(request, Cabinet.OPERATING), gate_of(request)
    held = gate.pipeline.contracts.contracts
    found = next((each for each in held if (each.id, each.version) == (contract_id, version)), None)
    if found is None:
        raise NotFoundError
    speaker = speaker_of(gate, who)
    terms = [
        (
            speaker.source(source),
            terms.citation,
            [f"{speaker.field(name)}: {speaker.rule(rule)}" for name, rule in terms.fields.items()],
        )
        for source, terms in sorted(found.terms.items())
    ]
    line = _line(gate, found, who, speaker)
    return page(
        request,
        who,
        "operating/contract.html",
        line=line,
        digest=found.digest,
        conditions=speaker.conditions(found),
        terms=terms,
    )


def waiting_in(gate: Gate) -> Sequence[Proposal]:
    """Give the drafts that wait."""
    return gate.fittings.upkeep.proposals.waiting(gate.pipeline.contracts)


def speaker_of(gate: Gate, who: SignedIn) -> Speaker:
    """Give the one who says contracts in the language of the page."""
    return Speaker(gate.pipeline.contracts.vocabulary, who.language)


def _line(gate: Gate, contract: Contract, who: SignedIn, speaker: Speaker) -> ContractLine:
    agency = gate.agencies.get(contract.consumer)
    return ContractLine(
        contract.id,
        contract.version,
        agency.name.get(who.language, contract.consumer) if agency else contract.consumer,
        speaker.purpose(contract.purpose),
        len(contract.terms),
        sum(len(terms.fields) for terms in contract.terms.values()),
        contract.valid_from,
        contract.valid_until,
        contract.valid_until < now().astimezone(UTC).date(),
    )


def _waiting(proposal: Proposal, speaker: Speaker) -> Waiting:
    contract, before = proposal.contract, proposal.before
    return Waiting(
        file=proposal.file,
        title=f"{contract.id} {contract.version}" if contract else proposal.file,
        before=before.version if before else None,
        changes=compare(before, contract, speaker) if contract and before else (),
        signed=proposal.signed,
        activated=proposal.activated,
        faults=[f"{fault.file}:{fault.line} {fault.wrong}" for fault in proposal.faults],
    )
