"""What contracts are written in, for anybody: their JSON Schema, and what each source holds."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.datasets import describe_dataset
from contracts.shapes import schema
from contracts.vocabulary import Source
from gateway.faults import NotFoundError
from gateway.web.gate import gate_of
from gateway.web.replying import reply
from gateway.web.wire import Code

ADDRESS = "/schemas/contract.json"

router = APIRouter(prefix="/schemas", tags=["contracts"])


@router.get("/contract.json", summary="The JSON Schema of a contract")
async def contract() -> Response:
    """Give the JSON Schema 2020-12 by which a contract is read: nothing unknown is accepted."""
    return reply(schema(ADDRESS))


@router.get("/datasets/{source}", summary="What a source holds")
async def dataset(request: Request, source: Code) -> Response:
    """Describe a source's fields as an Open Data Contract Standard document."""
    vocabulary = gate_of(request).pipeline.contracts.vocabulary
    if source not in vocabulary.sources:
        raise NotFoundError
    return reply(describe_dataset(vocabulary, Source(source)))
