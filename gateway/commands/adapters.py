"""`obmin adapters`: the catalog of registries, and the bar that each must pass."""

from __future__ import annotations

import asyncio
from typing import Annotated, TypeAlias

import orjson
import typer
from rich.console import Console
from rich.table import Table

from adapters.catalog import Entry, find_registries
from adapters.conformance import CHECKS, Verdict, remote_bench, simulated_bench, try_check
from adapters.manifest import ManifestError
from adapters.protocols.connection import Connection
from adapters.protocols.transport import SocketTransport
from contracts.vocabulary import Source

FAILED = 1

Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

adapters = typer.Typer(no_args_is_help=True, help="The catalog of registries: list it, try one.")


@adapters.command("list")
def list_registries(as_json: Json = False) -> None:
    """List the registries of the catalog."""
    entries = _registries()
    if as_json:
        _print_json([entry.manifest.model_dump(mode="json") for entry in entries.values()])
        return
    table = Table("source", "registry", "protocol", "found by", "fields")
    for source, entry in entries.items():
        found_by = "\n".join("+".join(sorted(need)) for need in entry.manifest.needs)
        manifest = entry.manifest
        table.add_row(source, manifest.title.uk, manifest.protocol, found_by, str(len(manifest.fields)))
    Console().print(table)


@adapters.command("test")
def try_registry(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The registry to try.")],
    against: Annotated[
        str, typer.Option(metavar="URL", help="A test bench with the samples; the own simulator by default.")
    ] = "",
    credential: Annotated[
        str,
        typer.Option(help="Bearer token or key that the test bench wants.", envvar="OBMIN_TEST_CREDENTIAL"),
    ] = "conformance",
    as_json: Json = False,
) -> None:
    """Run the conformance checks on one registry. Exits 1 if any fails."""
    entries = _registries()
    if name not in entries:
        raise typer.BadParameter(f"no registry {name}; there are {', '.join(entries)}")
    verdicts = asyncio.run(_try_all(entries[Source(name)], against, credential))
    if as_json:
        _print_json([{"check": one.check, "passed": one.passed, "because": one.because} for one in verdicts])
    else:
        for one in verdicts:
            typer.echo(f"{'passed' if one.passed else 'FAILED'}  {one.check:14} {one.because}".rstrip())
    if not all(one.passed for one in verdicts):
        raise typer.Exit(FAILED)


async def _try_all(entry: Entry, against: str, credential: str) -> list[Verdict]:
    if not against:
        return [await try_check(simulated_bench(entry), name) for name in CHECKS]
    transport = SocketTransport()
    try:
        bench = remote_bench(entry, Connection(against, credential=credential), transport)
        return [await try_check(bench, name) for name in bench.checks]
    finally:
        await transport.aclose()


def _registries() -> dict[Source, Entry]:
    try:
        return dict(find_registries())
    except ManifestError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from None


def _print_json(content: object) -> None:
    typer.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
