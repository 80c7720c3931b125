"""`obmin adapters`: the catalog of registries, the bar that each must pass, the draft of a new one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from secrets import token_bytes
from typing import Annotated, Any, Literal, TypeAlias

import orjson
import typer
from rich.console import Console
from rich.table import Table

from adapters.advice import advise
from adapters.bench import Verdict
from adapters.catalog import Entry, find_registries
from adapters.conformance import checks_of, remote_bench, simulated_bench, try_check
from adapters.manifest import ManifestError
from adapters.protocols.connection import Connection
from adapters.protocols.file_drop import SECRET
from adapters.protocols.reach import Reach
from adapters.protocols.transport import SocketTransport
from adapters.scaffold.description import DescriptionError
from adapters.scaffold.draft import draft, marks
from adapters.scaffold.openapi import read_openapi
from adapters.scaffold.wsdl import read_wsdl
from config.settings import Settings
from contracts.store import ContractStore
from contracts.vocabulary import Source
from gateway.commands.settling import ConfigFile, settings_of, told
from gateway.drift import drift_of
from gateway.politeness.note import note_of
from gateway.storage.engine import Database

FAILED = 1

Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Folder: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="DIR", help="A folder of registries of your own, besides ours.")
]
Language: TypeAlias = Annotated[Literal["uk", "en"], typer.Option(help="The language of the advice.")]

adapters = typer.Typer(no_args_is_help=True, help="The catalog of registries: list it, try one, draft one.")


@adapters.command("list")
def list_registries(
    folder: Folder = None,
    check: Annotated[bool, typer.Option(help="Try each over its simulator.")] = True,
    as_json: Json = False,
) -> None:
    """List the registries of the catalog, and whether each passes the conformance checks."""
    entries = _registries(folder)
    verdicts = asyncio.run(_try_every(entries)) if check else {}
    passed = {source: _result(verdicts.get(source, [])) for source in entries}
    if as_json:
        _print_json(
            [
                {**entry.manifest.model_dump(mode="json"), "conformance": passed[source]}
                for source, entry in entries.items()
            ]
        )
        return
    deadlines = _deadlines()
    table = Table("registry", "ground")
    for heading in ("protocol", "deadline", "conformance"):
        table.add_column(heading, no_wrap=True)
    for source, entry in entries.items():
        manifest = entry.manifest
        table.add_row(
            f"[bold]{source}[/bold]\n{manifest.title.uk}",
            manifest.ground,
            manifest.protocol,
            deadlines.get(source, "–"),
            passed[source],
        )
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
    folder: Folder = None,
    language: Language = "en",
    as_json: Json = False,
) -> None:
    """Run the conformance checks on one registry, and say what must be mended. Exits 1 if any fails."""
    entries = _registries(folder)
    if name not in entries:
        raise typer.BadParameter(f"no registry {name}; there are {', '.join(entries)}")
    verdicts = asyncio.run(_try_all(entries[Source(name)], against, credential))
    advice = {one.check: "" if one.passed else advise(one.because, language) for one in verdicts}
    if as_json:
        _print_json(
            [
                {
                    "check": one.check,
                    "passed": one.passed,
                    "because": one.because,
                    "advice": advice[one.check],
                }
                for one in verdicts
            ]
        )
    else:
        for one in verdicts:
            typer.echo(f"{'passed' if one.passed else 'FAILED'}  {one.check:14} {one.because}".rstrip())
            if not one.passed:
                typer.echo(f"        → {advice[one.check]}")
    if not all(one.passed for one in verdicts):
        raise typer.Exit(FAILED)


@adapters.command("new")
def draft_registry(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The source's name: small letters and dashes.")],
    wsdl: Annotated[Path | None, typer.Option(metavar="FILE", help="Its WSDL, imports beside it.")] = None,
    openapi: Annotated[Path | None, typer.Option(metavar="FILE", help="Its OpenAPI document.")] = None,
    operation: Annotated[str, typer.Option(help="Which operation, where there are several.")] = "",
    protocol: Annotated[
        Literal["plain-rest", "trembita-rest", "xroad-rest"],
        typer.Option(help="How a service of an OpenAPI document is reached."),
    ] = "plain-rest",
    folder: Annotated[Path, typer.Option(metavar="DIR", help="Where its folder is made.")] = Path(
        "registries"
    ),
) -> None:
    """Draft a registry's adapter from its WSDL or OpenAPI description: it passes before a line is edited."""
    if (wsdl is None) == (openapi is None):
        raise typer.BadParameter("give either --wsdl or --openapi")
    try:
        described = read_wsdl(wsdl, operation) if wsdl else read_openapi(openapi, operation, protocol)  # type: ignore[arg-type]
        files = draft(name, described, folder)
    except DescriptionError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from None
    typer.echo("\n".join(str(path) for path in files))
    typer.echo("\nTo look at, one after the other:")
    typer.echo("\n".join(f"  {mark}" for mark in marks(files)))
    typer.echo(f"\nTry it:   obmin adapters test {name} --folder {folder}")
    typer.echo(f"Then:     obmin adapters test {name} --folder {folder} --against URL")


@adapters.command("note")
def monthly_note(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The registry whose owner is told.")],
    month: Annotated[str, typer.Option(help="The month, as 2026-11.")],
    config: ConfigFile = None,
    language: Language = "uk",
    as_json: Json = False,
) -> None:
    """Write the monthly note to a registry's owner: how often it was asked, and how many calls were saved."""
    note = _read(config, lambda database: note_of(database, Source(name), month))
    if as_json:
        _print_json(note)
    else:
        typer.echo(note["text"][language])


@adapters.command("drift")
def list_drift(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The registry.")],
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List what has changed in a registry's answers, each with the exchange that showed it first."""
    changes = _read(config, lambda database: drift_of(database, Source(name)))
    if as_json:
        _print_json(changes)
        return
    for change in changes:
        typer.echo(
            f"{change['change']:5} {change['member']:40} {change['seen_at']:%Y-%m-%d} {change['exchange_id']}"
        )


def _read(config: Path | None, read: Callable[[Database], Awaitable[Any]]) -> Any:
    """Read something from the deployment's database."""
    settings = settings_of(config)

    async def opened() -> Any:
        database = Database(settings.database.url)
        try:
            return await read(database)
        finally:
            await database.close()

    with told():
        return asyncio.run(opened())


async def _try_all(entry: Entry, against: str, credential: str) -> list[Verdict]:
    if not against:
        return [await try_check(simulated_bench(entry), name) for name in checks_of(entry)]
    transport = SocketTransport(reach=Reach.of(against))
    try:
        connection = Connection(against, credential=credential, secret=token_bytes(SECRET))
        bench = remote_bench(entry, connection, transport)
        return [await try_check(bench, name) for name in checks_of(entry, simulated=False)]
    finally:
        await transport.aclose()


async def _try_every(entries: Mapping[Source, Entry]) -> dict[Source, list[Verdict]]:
    taken = await asyncio.gather(*(_try_all(entry, "", "") for entry in entries.values()))
    return dict(zip(entries, taken, strict=True))


def _result(verdicts: list[Verdict]) -> str:
    failed = [one.check for one in verdicts if not one.passed]
    if failed:
        return f"FAILED: {', '.join(failed)}"
    return "passed" if verdicts else "not tried"


def _deadlines() -> dict[Source, str]:
    """Give the longest that a contract of the library lets each source take."""
    seconds: dict[Source, float] = {}
    for contract in ContractStore.load(Settings().contracts).contracts:
        for source, terms in contract.terms.items():
            seconds[source] = max(seconds.get(source, 0.0), terms.deadline.total_seconds())
    return {source: f"{longest:g} s" for source, longest in seconds.items()}


def _registries(folder: Path | None) -> dict[Source, Entry]:
    try:
        return dict(find_registries(*([folder] if folder else [])))
    except ManifestError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from None


def _print_json(content: object) -> None:
    typer.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
