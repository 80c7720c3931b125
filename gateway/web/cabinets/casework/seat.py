"""An official at a case: who she is, that the case is hers, and the person as the case binds her.

No page names a person in its address: a case's number leads to her, and the identifiers stay on the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from contracts.contract import Contract, Operation
from contracts.vocabulary import CaseId, ExchangeId, Purpose, Scheme, Subject
from gateway.cases import Case
from gateway.faults import NotFoundError
from gateway.query import Query
from gateway.signin.officials import Cabinet
from gateway.signin.sessions import Level
from gateway.storage.engine import now
from gateway.web.cabinets.shell import SignedIn, signed_in
from gateway.web.gate import Gate, exchange_id_of, gate_of
from gateway.web.wire import SubjectBody


@dataclass(frozen=True, slots=True)
class Seat:
    """One official at one of her cases."""

    gate: Gate
    who: SignedIn
    case: Case

    @property
    def open(self) -> bool:
        """Whether anything may be asked or given in it today."""
        today = now().date()
        return self.case.opened <= today and (self.case.closed is None or self.case.closed > today)

    @property
    def place(self) -> str:
        """Give the address of the case's page."""
        return f"/cabinet/casework/cases/{self.case.id}"

    async def person(self) -> tuple[Subject, Scheme]:
        """Open whom the case is about, and by which identifier she is known."""
        return await self.gate.kept.subject_of(self.case.subject_ref)

    async def named(self) -> SubjectBody:
        """Name the person as the interface does: she never leaves the server by this."""
        return SubjectBody.of(*await self.person())

    def contracts(self) -> Mapping[Purpose, Contract]:
        """Give the contracts of the agency by which something may be asked."""
        held = self.gate.pipeline.contracts.of(self.who.caller.id)
        return {each.purpose: each for each in held if Operation.PULL in each.operations}

    async def query(self, request: Request, purpose: str, emergency: str | None = None) -> Query:
        """Write the question about the person of this case: all that the contract gives.

        Raises:
            NotFoundError: the agency has no contract by which this could be asked.
        """
        if Purpose(purpose) not in self.contracts():
            raise NotFoundError
        subject, scheme = await self.person()
        return Query(
            exchange_id=ExchangeId(exchange_id_of(request)),
            subject=subject,
            scheme=scheme,
            purpose=Purpose(purpose),
            case=self.case.id,
            official=self.who.official,
            sources=None,
            fields=None,
            emergency=emergency,
            language=self.who.language,
            role=self.who.role,
            second_factor=self.who.level > Level.LOW,
        )


async def seated(request: Request, case: str) -> Seat:
    """Give the official at a case of hers.

    Raises:
        NotSignedInError, ForbiddenError: see `signed_in`.
        NotFoundError: no such case of this agency, or one on which she does not work.
    """
    who = await signed_in(request, Cabinet.CASEWORK)
    gate = gate_of(request)
    found = await gate.cases.get(who.caller.id, CaseId(case))
    if who.official not in found.officials:
        raise NotFoundError
    return Seat(gate, who, found)
