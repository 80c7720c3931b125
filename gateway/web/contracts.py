"""Contracts in force: the caller's own; auditors see all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.canonical import describe
from contracts.contract import Contract
from gateway.agencies import Role
from gateway.faults import NotFoundError
from gateway.web.gate import caller_of, gate_of
from gateway.web.replying import reply
from gateway.web.wire import Code

router = APIRouter(prefix="/v1/contracts", tags=["contracts"])


@router.get("", summary="The contracts the caller may see")
async def listed(request: Request) -> Response:
    """List contracts by purpose and validity."""
    return reply({"contracts": [_shown(contract) for contract in _visible(request)]})


@router.get("/{contract_id}", summary="One contract")
async def one(request: Request, contract_id: Code) -> Response:
    """Show one contract, the newest version of that id."""
    found = [contract for contract in _visible(request) if contract.id == contract_id]
    if not found:
        raise NotFoundError
    newest = max(found, key=lambda contract: contract.version)
    return reply(_shown(newest))


def _visible(request: Request) -> tuple[Contract, ...]:
    gate, caller = gate_of(request), caller_of(request, *Role)
    contracts = gate.pipeline.contracts
    return contracts.contracts if caller.has(Role.AUDITOR) else contracts.of(caller.id)


def _shown(contract: Contract) -> Mapping[str, Any]:
    """Sum a contract up; `text` is all of it, as its digest and its signatures are over."""
    return {
        "id": contract.id,
        "version": contract.version,
        "digest": contract.digest,
        "consumer": contract.consumer,
        "purpose": contract.purpose,
        "valid_from": contract.valid_from,
        "valid_until": contract.valid_until,
        "case_required": contract.case_required,
        "minors": contract.minors,
        "text": describe(contract),
        "operations": sorted(contract.operations),
        "keep_hours": contract.keep.total_seconds() / 3600,
        "deadline_ms": round(contract.deadline.total_seconds() * 1000),
        "sources": {
            source: {
                "basis": terms.basis.value,
                "citation": terms.citation,
                "required": terms.required,
                "deadline_ms": round(terms.deadline.total_seconds() * 1000),
                "fields": {field: {"sealed": rule.sealed} for field, rule in terms.fields.items()},
            }
            for source, terms in contract.terms.items()
        },
    }
