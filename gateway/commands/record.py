"""`obmin audit`: search and show the record, export it, verify an export."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from audit.event import Event, Kind
from audit.export import Progress
from audit.export import export as write_export
from audit.export import publish as publish_to
from audit.pack import is_pack, verify_pack
from audit.policy import Policy, PolicyError
from audit.query import Filter, Recorded, by_id, search
from audit.report import Report
from audit.verify import verify as check
from config.settings import Settings
from gateway.app import Foundation, lay_foundation
from gateway.commands.proofs import pack_words
from gateway.commands.settling import (
    FAILED,
    WRONG_USAGE,
    AsJson,
    ConfigFile,
    plain,
    print_json,
    progress_bar,
    settings_of,
    told,
)
from gateway.commands.witness import witness
from gateway.storage.engine import now

audit = typer.Typer(no_args_is_help=True, help="The record: search, show, export, verify and witness it.")
audit.command()(witness)

DAY: Final = ["%Y-%m-%d"]
"""Days are in UTC, as the record's times."""

DataFolder = Annotated[
    Path | None, typer.Option("--data", help="A demo's folder, in place of --config.", show_default=False)
]


@audit.command("search")
def search_record(
    config: ConfigFile = None,
    data: DataFolder = None,
    agency: Annotated[str | None, typer.Option(help="Whose events.")] = None,
    official: Annotated[str | None, typer.Option(help="On whose initiative.")] = None,
    purpose: Annotated[str | None, typer.Option(help="What for.")] = None,
    source: Annotated[str | None, typer.Option(help="Which source they tell of.")] = None,
    outcome: Annotated[str | None, typer.Option(help="Their result.")] = None,
    case: Annotated[str | None, typer.Option(help="Which case.")] = None,
    subject_ref: Annotated[str | None, typer.Option(help="About whom, by pseudonym.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="What happened.")] = None,
    exchange: Annotated[str | None, typer.Option(help="Which exchange.")] = None,
    text: Annotated[str | None, typer.Option(help="Words anywhere, beside another filter.")] = None,
    start: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="From this day on.")] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Before this day.")] = None,
    after: Annotated[int | None, typer.Option(help="Behind this entry: the last index seen.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List events; that it was done is itself an event."""
    wanted = Filter(
        start=start.replace(tzinfo=UTC) if start else None,
        end=end.replace(tzinfo=UTC) if end else None,
        kind=kind,
        agency=agency,
        official=official,
        purpose=purpose,
        source=source,
        outcome=outcome,
        case=case,
        subject_ref=subject_ref,
        exchange_id=exchange,
        text=text,
        after=after,
    )
    if text and not wanted.narrow:
        raise typer.BadParameter("--text narrows what another option finds")
    with told():
        found = asyncio.run(_search(deployment(config, data), wanted, limit))
    if as_json:
        print_json([{"index": each.index, **json.loads(each.content)} for each in found])
        return
    table = Table(box=None, pad_edge=False)
    for column in ("index", "at", "kind", "agency", "official", "case", "purpose", "result", "reason"):
        table.add_column(column, overflow="fold")
    for each in found:
        event = each.event
        table.add_row(
            str(each.index),
            event.at.isoformat(timespec="seconds"),
            event.kind.value,
            *map(plain, (event.agency, event.official, event.case, event.purpose)),
            *map(plain, (event.result, event.reason)),
        )
    Console().print(table)


@audit.command()
def show(
    event_id: Annotated[str, typer.Argument(metavar="ID", help="The event's id.")],
    config: ConfigFile = None,
    data: DataFolder = None,
) -> None:
    """Show one event, as JSON."""
    with told():
        found = asyncio.run(_one(deployment(config, data), event_id))
    if found is None:
        typer.echo("no event of that id", err=True)
        raise typer.Exit(FAILED)
    print_json({"index": found.index, **json.loads(found.content)})


@audit.command()
def export(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="An absent or empty folder.")],
    config: ConfigFile = None,
    data: DataFolder = None,
) -> None:
    """Write the record as files in the tlog-tiles layout; any web server can carry them."""
    with told(), progress_bar("written") as progress:
        size = asyncio.run(_export(deployment(config, data), out, progress))
    typer.echo(f"{size} entries in {out}")


@audit.command()
def publish(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="An absent, empty or published folder.")],
    config: ConfigFile = None,
    data: DataFolder = None,
) -> None:
    """Bring a folder that a web server carries up to the newest head, writing only what is new.

    Whatever it serves meanwhile is a whole log. Run it as often as the public copy should be fresh.
    """
    with told(), progress_bar("written") as progress:
        size = asyncio.run(_publish(deployment(config, data), out, progress))
    typer.echo(f"{size} entries in {out}")


@audit.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An exported record, or a pack of evidence.")],
    receipt: Annotated[
        list[Path] | None, typer.Option(help="An answer with its receipt (JSON); may be repeated.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="The log's key (vkey), as got over another channel.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Which logs and witnesses to believe (C2SP tlog-policy).")
    ] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="One for each core by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check an export: no network, no database, no settings. Exits 1 and names the first bad entry."""
    if is_pack(folder):
        packed = verify_pack(folder, key)
        print_json(packed.as_json()) if as_json else typer.echo("\n".join(pack_words(packed)))
        raise typer.Exit(0 if packed.ok else FAILED)
    receipts = [_receipt(path) for path in receipt or []]
    with progress_bar("checked") as progress:
        report = check(folder, receipts, key, policy=_policy(policy), processes=processes, progress=progress)
    if as_json:
        print_json(report.as_json())
    else:
        _tell(report)
    if not report.ok:
        raise typer.Exit(FAILED)


def _tell(report: Report) -> None:
    typer.echo(f"{report.origin}: {report.size} entries, {report.checkpoints} signed heads")
    for kind, count in sorted(report.kinds.items()):
        typer.echo(f"  {count:>8}  {kind}")
    if not report.key_given:
        typer.echo("the key came from the export itself: compare it over another channel, or give --key")
    if report.witnessed:
        typer.echo(f"witnesses have seen the first {report.witnessed} entries, as the policy wants")
    for intent in report.open_intents:
        typer.echo(f"intent {intent.index} has no end yet ({intent.age} s old)")
    if report.receipts:
        typer.echo(f"{report.receipts} receipt(s) checked")
    first = report.first
    if first:
        where = f"entry {first.index}" if first.index is not None else first.where
        typer.echo(
            f"NOT VERIFIED: {first.what} at {where}; {report.problem_count} problem(s) in all", err=True
        )
    else:
        typer.echo("verified: every entry, tile, root and signature is as it should be")


def _policy(path: Path | None) -> Policy | None:
    if path is None:
        return None
    try:
        return Policy.parse(path.read_text("utf-8", "surrogateescape"))
    except (OSError, PolicyError) as error:
        typer.echo(f"{path}: {error}", err=True)
        raise typer.Exit(WRONG_USAGE) from None


def _receipt(path: Path) -> dict[str, object]:
    try:
        answer = json.loads(path.read_text("utf-8"))
        return {**answer["receipt"], "exchange_id": answer["exchange_id"]}
    except (OSError, ValueError, KeyError, TypeError):
        typer.echo(f"{path}: not an answer with a receipt", err=True)
        raise typer.Exit(FAILED) from None


def deployment(config: Path | None, data: Path | None) -> Settings:
    """Read the settings of the deployment that is meant: the demo's, where none is named."""
    chosen = data / "obmin.toml" if data else config
    return settings_of(chosen or Path(".obmin/obmin.toml"))


async def _search(settings: Settings, wanted: Filter, limit: int) -> list[Recorded]:
    async with lay_foundation(settings) as foundation:
        async with foundation.database.reading() as connection:
            found = await search(connection, wanted, limit)
        await _note(foundation, Kind.READ, "search", len(found))
        return found


async def _one(settings: Settings, event_id: str) -> Recorded | None:
    async with lay_foundation(settings) as foundation:
        async with foundation.database.reading() as connection:
            found = await by_id(connection, event_id)
        await _note(foundation, Kind.READ, "event", 1 if found else 0)
        return found


async def _export(settings: Settings, out: Path, progress: Progress) -> int:
    async with lay_foundation(settings) as foundation:
        await _note(foundation, Kind.EXPORT, "started", 0)
        await foundation.publisher.publish()
        async with foundation.database.reading() as connection:
            return await write_export(connection, out, foundation.publisher.signer.verifier, progress)


async def _publish(settings: Settings, out: Path, progress: Progress) -> int:
    """Write what is new; nobody reads in it what only auditors may: who serves it sees to that."""
    async with lay_foundation(settings) as foundation:
        await foundation.publisher.publish()
        async with foundation.database.reading() as connection:
            return await publish_to(connection, out, foundation.publisher.signer.verifier, progress)


async def _note(foundation: Foundation, kind: Kind, what: str, count: int) -> None:
    """Put the reading on record; on the command line it is the operator who reads."""
    await foundation.log.note(
        Event(kind=kind, at=now(), agency="operator", result=what, details={"count": count})
    )
