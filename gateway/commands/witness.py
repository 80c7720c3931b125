"""`obmin audit witness`: the small program with which another body watches that a log only grows."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Annotated

import anyio
import structlog
import typer
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from audit.cosignature import Cosigner
from audit.note import NoteError, Verifier
from audit.witness import LARGEST_REQUEST, Reply, Witness
from gateway.commands.keys import write_private
from gateway.commands.settling import WRONG_USAGE
from gateway.logs import configure_logs

log = structlog.get_logger()


def witness(
    name: Annotated[str, typer.Option(help="The witness's name, e.g. `ombudsman.example/w1`.")],
    logs: Annotated[
        list[str] | None,
        typer.Option("--log", help="A log's key (vkey), as got over another channel; may be repeated."),
    ] = None,
    folder: Annotated[Path, typer.Option("--data", help="Where key and memory are kept.")] = Path("witness"),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on.")] = 8090,
    ml_dsa: Annotated[
        bool, typer.Option("--ml-dsa", help="Sign with ML-DSA-44 besides, for verifiers after quantum.")
    ] = False,
) -> None:
    """Watch logs: cosign each head that extends the last one, refuse a fork or a rollback.

    The first start makes a key; the lines printed go into the policy files of those who rely on it.
    """
    try:
        known = {each.name: each for each in map(Verifier.parse, logs or [])}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        cosigners = [_key(folder / "ed25519.key", name, ml_dsa=False)]
        if ml_dsa:
            cosigners.append(_key(folder / "ml-dsa-44.key", name, ml_dsa=True))
    except NoteError as error:
        typer.echo(f"not a key or name: {error.code}", err=True)
        raise typer.Exit(WRONG_USAGE) from None
    for cosigner in cosigners:
        known_as = f"{name.replace('/', '-')}-{cosigner.algorithm}"
        typer.echo(f"witness {known_as} {cosigner.public} http://{host}:{port}")
    configure_logs("info", for_ever=True)
    served = Witness(folder / "heads.db", cosigners, known, lambda: int(time.time()))
    uvicorn.run(witness_app(served), host=host, port=port, log_level="warning")


def witness_app(served: Witness) -> Starlette:
    """Give the witness as an application: `add-checkpoint`, and for monitors `<origin hash>/checkpoint`."""

    async def add_checkpoint(request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_REQUEST:
                return PlainTextResponse("request-too-large\n", 413)
        try:
            reply = await anyio.to_thread.run_sync(served.add_checkpoint, body)
        except sqlite3.Error as error:
            log.warning("witness.cannot-remember", code=type(error).__name__)
            return PlainTextResponse("cannot-remember\n", 500)
        log.info("witness.judged", status=reply.status, code=reply.verdict)
        return _response(reply)

    async def checkpoint(request: Request) -> Response:
        return _response(await anyio.to_thread.run_sync(served.checkpoint, request.path_params["origin"]))

    routes = [
        Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
        Route("/{origin}/checkpoint", checkpoint, methods=["GET"]),
    ]
    return Starlette(routes=routes)


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, headers={"Content-Type": reply.kind})


def _key(path: Path, name: str, *, ml_dsa: bool) -> Cosigner:
    """Read a key, or make it: a file that only its owner may read."""
    if not path.exists():
        write_private(path, Cosigner.create(name, ml_dsa=ml_dsa).secret())
    if path.stat().st_mode & 0o077:
        os.chmod(path, 0o600)  # noqa: PTH101
    return Cosigner.parse(path.read_text("utf-8"))
