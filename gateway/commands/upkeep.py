"""`obmin db` and `obmin doctor`: what an operator does before and between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import typer
from rich.console import Console

from adapters.catalog import find_registries
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
from gateway.storage.engine import open_engine
from gateway.storage.schema import current, upgrade

db = typer.Typer(no_args_is_help=True, help="The database's schema.")


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
        "contracts": lambda: ContractStore.load(settings.contracts, settings.signatories),
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
