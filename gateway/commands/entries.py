"""`obmin audit entries` and `obmin audit statement`: the record in other shapes, and a person's own lines."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from audit.query import Filter
from gateway.commands.proofs import check_statement, statement_words
from gateway.commands.record import DataFolder, deployment
from gateway.commands.settling import FAILED, ConfigFile, progress_bar, told
from gateway.commands.streaming import Wish, stream_to


def entries(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="An absent file.")],
    shape: Annotated[
        Literal["jsonl", "csv", "fhir"],
        typer.Option("--format", help="JSON Lines, CSV, or FHIR AuditEvents."),
    ] = "jsonl",
    resume: Annotated[bool, typer.Option("--resume", help="Take up such a file where it broke off.")] = False,
    config: ConfigFile = None,
    data: DataFolder = None,
    agency: Annotated[str | None, typer.Option(help="Whose events.")] = None,
    official: Annotated[str | None, typer.Option(help="On whose initiative.")] = None,
    case: Annotated[str | None, typer.Option(help="Which case.")] = None,
) -> None:
    """Write entries into one file for tools of one's own; its last line says whether it is whole."""
    settings = deployment(config, data)
    wish = Wish(out, shape, Filter(agency=agency, official=official, case=case), resume)
    with told(), progress_bar("written") as progress:
        size = asyncio.run(stream_to(settings, wish, progress))
    typer.echo(f"{size} entries in {out}")


def statement(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A statement, saved as JSON.")],
    key: Annotated[
        str | None, typer.Option(help="The log's key (vkey), as got over another channel.")
    ] = None,
) -> None:
    """Check a person's statement line by line, offline. Exits 1 if a line is not as the record has it."""
    try:
        report = check_statement(file, key)
    except (OSError, ValueError):
        typer.echo(f"{file}: not a statement", err=True)
        raise typer.Exit(FAILED) from None
    typer.echo("\n".join(statement_words(report)))
    if report.wrong:
        raise typer.Exit(FAILED)
