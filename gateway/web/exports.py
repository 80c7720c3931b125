"""The record on its way out: whole as files, or streamed in other shapes, or a pack of evidence."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Literal

import anyio
from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from audit.event import Kind
from audit.export import export
from audit.query import Filter
from audit.store import AuditUnavailableError
from gateway.agencies import Role
from gateway.faults import BodyInvalidError
from gateway.identity import Caller
from gateway.oversight.exports import Export
from gateway.storage.engine import translated
from gateway.web.bodies import EvidenceBody
from gateway.web.gate import Gate, caller_of, gate_of
from gateway.web.record import Wanted, note_reading
from gateway.web.wire import described, parse, read_bytes

router = APIRouter(prefix="/v1/audit", tags=["record"])


@router.get("/export", summary="The record, as files or streamed")
async def exported(
    request: Request,
    wanted: Wanted,
    format: Literal["jsonl", "csv", "fhir"] | None = None,  # noqa: A002
) -> Response:
    """Give the whole record in the tlog-tiles layout as a gzipped tar, or stream entries in another format.

    `obmin audit verify` checks the tar offline. It reaches at least to the entry of its own beginning,
    unless nobody signs heads any more: what was signed until then is the evidence, and is given.
    A stream ends with a line that says whether it is whole; `after` takes it up again behind an entry.
    """
    gate, caller = gate_of(request), caller_of(request, Role.AUDITOR)
    if format is None:
        return await record_as_files(request, gate, caller)
    begun = await gate.oversight.exports.begin(caller.id, format, wanted)
    return streamed(gate, begun)


def streamed(gate: Gate, begun: Export) -> Response:
    """Give an export that has begun, piece by piece."""
    headers = {"Export-Id": begun.id, "Entries-Before": str(begun.size)}
    stream = gate.oversight.exports.stream(begun)
    return StreamingResponse(stream, media_type=begun.format.media_type, headers=headers)


@router.post("/evidence", openapi_extra=described(EvidenceBody), summary="A pack of evidence")
async def evidence(request: Request) -> Response:
    """Give entries with their proofs and a readable summary, sealed by the log, as a gzipped tar.

    What is read is given anew each time, so an `Idempotency-Key` changes nothing here.
    """
    gate, caller = gate_of(request), caller_of(request, Role.AUDITOR)
    body = parse(EvidenceBody, await read_bytes(request, gate.largest_body))
    wanted = Filter(**body.model_dump())
    if not any((body.case, body.official, body.agency, body.subject_ref, body.exchange_id)):
        raise BodyInvalidError("not-as-described", [{"pointer": "/case", "code": "missing"}])
    return await pack_of(gate, caller, wanted)


async def pack_of(gate: Gate, caller: Caller, wanted: Filter) -> Response:
    """Give a pack of evidence as one file; see `Evidence.pack`."""
    folder = Path(tempfile.mkdtemp(prefix="obmin-evidence-"))
    try:
        await gate.oversight.evidence.pack(folder / "evidence", caller.id, wanted)
        return await _archive(folder, "evidence")
    except BaseException:
        shutil.rmtree(folder)
        raise


async def record_as_files(request: Request, gate: Gate, caller: Caller) -> Response:
    """Give the whole record in the tlog-tiles layout as one file."""
    started = await note_reading(gate, caller, request, Kind.EXPORT, "started", 0)
    with suppress(AuditUnavailableError), translated():
        await gate.publisher.inclusion(started.index)
    folder = Path(tempfile.mkdtemp(prefix="obmin-export-"))
    try:
        async with gate.database.reading() as connection:
            size = await export(connection, folder / "log", gate.publisher.signer.verifier)
        response = await _archive(folder, "log")
        await note_reading(gate, caller, request, Kind.EXPORT, "done", size)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return response


async def _archive(folder: Path, name: str) -> Response:
    """Give a folder within `folder` as one file; all of it goes when it has been sent."""
    archive = folder / f"{name}.tar.gz"
    await anyio.to_thread.run_sync(_pack, folder / name, archive)
    return FileResponse(
        archive,
        media_type="application/gzip",
        filename=archive.name,
        background=BackgroundTask(shutil.rmtree, folder),
    )


def _pack(folder: Path, archive: Path) -> None:
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, arcname=folder.name)
