"""`obmin simulate`: the simulated registries alone, on a socket, until interrupted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import orjson
import typer
import uvicorn
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from adapters.catalog import find_registries
from adapters.nightly import Nightly
from adapters.simulation import Faults, Kind, simulate_registries
from contracts.vocabulary import Source
from gateway.background import stop

WRONG_USAGE = 2


def simulate(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE]…", help="Which registries; all of them by default."),
    ] = None,
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8100,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    fault: Annotated[
        list[str] | None, typer.Option(metavar="SOURCE=KIND", help=f"Misbehave: {', '.join(Kind)}.")
    ] = None,
    delay: Annotated[
        float, typer.Option(metavar="MS", help="Milliseconds added to every answer.", min=0)
    ] = 0,
    extracts: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where registries leave extracts: DIR/SOURCE, sealed to DIR/key.jwk (public)."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the addresses as JSON.")] = False,
) -> None:
    """Run the simulated registries, each under /SOURCE, speaking its real protocol.

    Those that cannot be asked send an extract at once and each midnight, where --extracts says. They all know
    the people of adapters/people.toml. Ctrl-C ends them, hanging answers included.
    """
    chosen = frozenset(_known(source) for source in sources or [])
    faults = Faults(delay / 1000)
    for one in fault or []:
        faults.set(*_parse_fault(one))
    simulation = simulate_registries(faults, chosen)
    asked = [source for source, entry in find_registries().items() if entry.manifest.drop is None]
    addresses = {
        source: f"http://{host}:{port}/{source}" for source in asked if not chosen or source in chosen
    }
    nightly = _nightly(extracts)
    if nightly:
        addresses |= {source: folder.resolve().as_uri() for source, folder in nightly.folders.items()}
    if as_json:
        typer.echo(orjson.dumps(addresses).decode())
    else:
        typer.echo("\n".join(f"{source:12} {address}" for source, address in addresses.items()))
    # A truncated answer is a fault of ours to uvicorn: its log would only tell what was asked for.
    server = uvicorn.Server(
        uvicorn.Config(
            simulation,
            host=host,
            port=port,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    asyncio.run(_served(server, nightly))
    if not server.started:
        typer.echo(f"port {port} cannot be listened on", err=True)
        raise typer.Exit(1)


def _nightly(root: Path | None) -> Nightly | None:
    if root is None:
        return None
    try:
        return Nightly(root, ECKey.import_key(orjson.loads((root / "key.jwk").read_bytes())))
    except (OSError, JoseError, ValueError, TypeError):
        raise typer.BadParameter(
            f"{root / 'key.jwk'}: no public key; `obmin keys extracts` makes one"
        ) from None


async def _served(server: uvicorn.Server, nightly: Nightly | None) -> None:
    """Serve until interrupted; extracts are sent meanwhile."""
    if nightly is None:
        await server.serve()
        return
    nightly.send()
    sending = asyncio.create_task(nightly.run())
    try:
        await server.serve()
    finally:
        await stop(sending)


def _known(source: str) -> Source:
    known = find_registries()
    if source not in known:
        raise typer.BadParameter(f"no registry {source}; there are {', '.join(known)}")
    return Source(source)


def _parse_fault(text: str) -> tuple[Source, Kind]:
    source, _, kind = text.partition("=")
    if kind not in set(Kind):
        raise typer.BadParameter(f"no fault {kind}; there are {', '.join(Kind)}")
    return _known(source), Kind(kind)
