"""`obmin keys`, `obmin db`, `obmin doctor`: what an operator does before and between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from adapters.catalog import find_registries
from audit.event import Event, Kind
from config.settings import Settings
from contracts.store import ContractStore
from contracts.vocabulary import ObminError
from gateway.agencies import load_agencies
from gateway.app import lay_foundation
from gateway.commands.settling import (
    FAILED,
    REFUSALS,
    AsJson,
    ConfigFile,
    explain,
    plain,
    print_json,
    settings_of,
    told,
)
from gateway.sealing.keys import KeyRing
from gateway.sealing.rotation import Progress, count_old, rewrap
from gateway.storage.engine import now, open_engine
from gateway.storage.schema import current, upgrade

keys = typer.Typer(no_args_is_help=True, help="The gateway's keys.")
db = typer.Typer(no_args_is_help=True, help="The database's schema.")


@keys.command("create")
def create_keys(
    config: ConfigFile = None,
    origin: Annotated[str, typer.Option(help="The log's name, such as obmin.example/log.")] = "",
) -> None:
    """Make the key file (mode 0600). Never overwrites one: without it nothing can be read again."""
    settings = settings_of(config)
    name = origin or settings.public_url.split("://", 1)[-1].replace(":", "-") + "/log"
    with told():
        ring = KeyRing.create(settings.keys, name)
    typer.echo(f"{ring.path}: made for the log {ring.origin}; back it up apart from the database")


@keys.command("list")
def list_keys(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """List the versions of the key that wraps people's keys, and how many people each still wraps."""
    settings = settings_of(config)
    with told():
        ring = KeyRing.load(settings.keys)
        old = asyncio.run(_count_old(settings, ring))
    if as_json:
        print_json({"current": ring.current, "versions": sorted(ring.keks), "to_rewrap": old})
        return
    for version in sorted(ring.keks):
        typer.echo(f"{version}{'  current' if version == ring.current else ''}")
    typer.echo(f"{old} subject key(s) still beneath an older version")


@keys.command("rotate")
def rotate_keys(
    config: ConfigFile = None,
    resume: Annotated[bool, typer.Option("--resume", help="Only go on with the last rotation.")] = False,
) -> None:
    """Make a new version and re-wrap every person's key beneath it; killed, it resumes where it was."""
    settings = settings_of(config)
    with told():
        ring = KeyRing.load(settings.keys) if resume else KeyRing.rotate(settings.keys)
        progress = asyncio.run(_rotate(settings, ring))
    typer.echo(f"version {ring.current}: {progress.rewrapped} re-wrapped, {progress.broken} broken")
    if progress.broken:
        raise typer.Exit(FAILED)


@db.command("upgrade")
def upgrade_database(config: ConfigFile = None) -> None:
    """Bring the database up to date; safe to run twice, and by two at once."""
    settings = settings_of(config)
    with told():
        found, newest = asyncio.run(_upgrade(settings))
    typer.echo(f"{found or 'empty'} → {newest}")


@db.command("current")
def show_current(config: ConfigFile = None) -> None:
    """Say which version the database has. Exits 1 if it is not the newest."""
    settings = settings_of(config)
    with told():
        found, newest = asyncio.run(_current(settings))
    typer.echo(f"{found or 'empty'}; the newest is {newest}")
    if found != newest:
        raise typer.Exit(FAILED)


def doctor(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Look whether this deployment is sound; say what is wrong and how to mend it."""
    settings = settings_of(config)
    checks: dict[str, Callable[[], object]] = {
        "contracts": lambda: ContractStore.load(settings.contracts),
        "agencies": lambda: load_agencies(settings.agencies),
        "adapters": lambda: _adapters(settings),
        "keys": lambda: KeyRing.load(settings.keys),
        "database": lambda: asyncio.run(_reach(settings)),
        "record": lambda: asyncio.run(_whole(settings)),
    }
    findings = {name: _tried(check) for name, check in checks.items()}
    if as_json:
        print_json(findings)
    else:
        for name, wrong in findings.items():
            line = f"{'[red]✗[/]' if wrong else '[green]✓[/]'} {name:<10} {plain(wrong)}"
            Console().print(line.rstrip(), soft_wrap=True)  # a path is copied whole
    if any(findings.values()):
        raise typer.Exit(FAILED)


def _tried(check: Callable[[], object]) -> str:
    try:
        check()
    except REFUSALS as error:
        return explain(error)
    return ""


def _adapters(settings: Settings) -> None:
    strangers = settings.sources.keys() - {str(source) for source in find_registries()}
    if strangers:
        raise ObminError(f"no adapter for {', '.join(sorted(strangers))}; see `obmin adapters list`")


async def _reach(settings: Settings) -> None:
    found, newest = await _current(settings)
    if found != newest:
        raise ObminError(f"at {found or 'nothing'}, not {newest}: run `obmin db upgrade`")


async def _whole(settings: Settings) -> None:
    async with lay_foundation(settings):
        pass


async def _upgrade(settings: Settings) -> tuple[str | None, str]:
    engine = open_engine(settings.database.url)
    try:
        found, newest = await current(engine)
        await upgrade(engine)
        return found, newest
    finally:
        await engine.dispose()


async def _current(settings: Settings) -> tuple[str | None, str]:
    engine = open_engine(settings.database.url)
    try:
        return await current(engine)
    finally:
        await engine.dispose()


async def _count_old(settings: Settings, ring: KeyRing) -> int:
    engine = open_engine(settings.database.url)
    try:
        return await count_old(engine, ring)
    finally:
        await engine.dispose()


async def _rotate(settings: Settings, ring: KeyRing) -> Progress:
    """Re-wrap with progress; that it was done is on record."""
    async with lay_foundation(settings) as foundation:
        total = await count_old(foundation.database.engine, ring)
        with Bar(console=Console(stderr=True)) as bar:
            task = bar.add_task("re-wrapping", total=total)
            progress = await rewrap(
                foundation.database.engine, ring, report=lambda p: bar.update(task, completed=p.rewrapped)
            )
        await foundation.log.note(
            Event(
                kind=Kind.KEY,
                at=now(),
                agency="operator",
                result="rotated",
                details={"version": ring.current, "rewrapped": progress.rewrapped, "broken": progress.broken},
            )
        )
        return progress
