"""`obmin keys`: the gateway's own key file, and the keys that an agency brings."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from joserfc.jwk import ECKey, OKPKey
from rich.console import Console
from rich.progress import Progress as Bar
from sqlalchemy import delete, func, select

from audit.event import Event, Json, Kind
from config.settings import Settings
from gateway.app import Foundation, lay_foundation
from gateway.commands.settling import FAILED, AsJson, ConfigFile, print_json, settings_of, told
from gateway.sealing.keys import KeyRing, KeysUnusableError
from gateway.sealing.recipient import create_recipient_jwk, public_half
from gateway.sealing.rotation import Progress, count_old, rewrap
from gateway.storage.engine import now, open_engine
from gateway.storage.tables import key_checks, subjects

SETTLED = 600
"""Seconds after a rotation in which a running gateway may still wrap new keys beneath the old version."""

keys = typer.Typer(no_args_is_help=True, help="The gateway's keys, and those an agency brings.")


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


@keys.command("destroy")
def destroy_key(
    version: Annotated[int, typer.Argument(help="An older version, as `obmin keys list` names it.")],
    config: ConfigFile = None,
) -> None:
    """Destroy an older version of the key, once it wraps nobody's key any more. Cannot be undone."""
    settings = settings_of(config)
    with told():
        asyncio.run(_destroy(settings, version))
    typer.echo(f"version {version} is destroyed; destroy its backups too")


@keys.command("agency")
def create_agency_keys(
    agency: Annotated[str, typer.Argument(metavar="ID", help="The agency's id.")],
    out: Annotated[Path, typer.Option(help="Where to write the private keys.")] = Path(),
) -> None:
    """Make an agency's two keys, for signing and for opening; print what goes into agencies.toml.

    Run by the agency: its private keys (ID.jwk, ID.sealed.jwk, mode 0600) never leave it.
    """
    signing = {**OKPKey.generate_key("Ed25519").as_dict(private=True), "kid": f"{agency}-1", "use": "sig"}
    sealing = create_recipient_jwk(f"{agency}-seal-1")
    try:
        write_private(out / f"{agency}.jwk", json.dumps(signing))
        write_private(out / f"{agency}.sealed.jwk", json.dumps(sealing))
    except OSError as error:
        typer.echo(f"{error.filename}: {error.strerror}", err=True)
        raise typer.Exit(FAILED) from None
    typer.echo(f"[{agency}]")
    typer.echo('name = { uk = "…", en = "…" }')
    typer.echo("roles = []  # the operator's decision")
    typer.echo(f"signing = [{inline_table(public_half(signing))}]")
    typer.echo(f"recipient = {inline_table(public_half(sealing))}")


@keys.command("extracts")
def create_extracts_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the private key.")],
) -> None:
    """Make the key that a registry seals its nightly extracts to; print its public half, for the registry.

    FILE (mode 0600) is the `credential` of that source; it is never overwritten.
    """
    key = ECKey.generate_key("P-256")
    try:
        write_private(file, json.dumps(key.as_dict(private=True)))
    except OSError as error:
        typer.echo(f"{error.filename}: {error.strerror}", err=True)
        raise typer.Exit(FAILED) from None
    typer.echo(json.dumps(key.as_dict(private=False)))


def write_private(path: Path, content: str) -> None:
    """Write a file that only its owner can read; one that is there is never overwritten."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)


def inline_table(members: Mapping[str, Any]) -> str:
    """Write text members as an inline table of TOML."""
    return "{ " + ", ".join(f'{name} = "{value}"' for name, value in members.items()) + " }"


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
        counted = {"rewrapped": progress.rewrapped, "broken": progress.broken}
        await _note(foundation, "rotated", {"version": ring.current, **counted})
        return progress


async def _destroy(settings: Settings, version: int) -> None:
    """Forget the version in the database first: killed in between, the next start takes it in again."""
    async with lay_foundation(settings) as foundation:
        if time.time() - settings.keys.stat().st_mtime < SETTLED:
            raise KeysUnusableError("too-soon")
        database = foundation.database
        wrapped = select(func.count()).where(subjects.c.kek_version == version)
        if version == foundation.ring.current or (await database.fetch(wrapped))[0][0]:
            raise KeysUnusableError("in-use")
        await database.write(delete(key_checks).where(key_checks.c.version == version))
        KeyRing.destroy(settings.keys, version)
        await _note(foundation, "destroyed", {"version": version})


async def _note(foundation: Foundation, result: str, details: Mapping[str, Json]) -> None:
    await foundation.log.note(
        Event(kind=Kind.KEY, at=now(), agency="operator", result=result, details=dict(details))
    )
