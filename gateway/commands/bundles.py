"""`obmin bundles`: messages for one agency in a file, for when lines are cut."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from config.settings import Settings
from contracts.vocabulary import AgencyId
from gateway.app import Foundation, channels_of, lay_foundation, outbox_of
from gateway.bundles.bundle import Bundle, BundleRefusedError, signing_key
from gateway.bundles.exporting import Exporting, write_whole
from gateway.bundles.importing import Importing
from gateway.clock import Clock
from gateway.commands.settling import FAILED, ConfigFile, settings_of, told
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import now

bundles = typer.Typer(no_args_is_help=True, help="Messages in a file, carried by hand.")


@bundles.command("key")
def key(config: ConfigFile = None) -> None:
    """Print the public key (JWK) by which others recognise our bundles: hand it over beforehand."""
    settings = settings_of(config)
    with told():
        ring = KeyRing.load(settings.keys)
    typer.echo(json.dumps(signing_key(ring.log_seed).as_dict(private=False)))


@bundles.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="Where to write it; it may be carried by anybody.")],
    agency: Annotated[str, typer.Option(help="For whom.")],
    hours: Annotated[int, typer.Option(min=1, max=24 * 90, help="How long it may be imported.")] = 72,
    config: ConfigFile = None,
) -> None:
    """Write everything that waits for an agency into a signed file; each message is sealed to it."""
    with told():
        count = asyncio.run(_export(settings_of(config), file, AgencyId(agency), timedelta(hours=hours)))
    typer.echo(f"{count} message(s) in {file}" if count else "nothing waits for it")


@bundles.command("import")
def take(
    file: Annotated[Path, typer.Argument(help="The bundle.")],
    key: Annotated[Path, typer.Option(help="The sender's public key, as `obmin bundles key` printed it.")],
    config: ConfigFile = None,
) -> None:
    """Take the messages of a bundle in: their agency fetches them here. A file may come twice."""
    try:
        public = OKPKey.import_key(json.loads(key.read_text("utf-8")))
        content = file.read_text("ascii")
        with told():
            count = asyncio.run(_take(settings_of(config), content, public))
    except (BundleRefusedError, JoseError, ValueError, OSError) as error:
        code = error.code if isinstance(error, BundleRefusedError) else type(error).__name__
        typer.echo(f"{code}: nothing was taken from {file}", err=True)
        raise typer.Exit(FAILED) from None
    typer.echo(f"{count} new message(s)")


async def _export(settings: Settings, file: Path, agency: AgencyId, lasts: timedelta) -> int:
    async with lay_foundation(settings) as foundation, exporting_of(foundation) as exporting:
        bundle = await exporting.export(agency, lasts, lambda content: write_whole(file, content))
    return len(bundle.events) if bundle else 0


async def _take(settings: Settings, content: str, public: OKPKey) -> int:
    async with lay_foundation(settings) as foundation:
        bundle = Bundle.opened(content, public, now())
        return await Importing(foundation.database, foundation.log, foundation.agencies).take(bundle)


@asynccontextmanager
async def exporting_of(held: Foundation) -> AsyncIterator[Exporting]:
    """Give what makes bundles."""
    channels = channels_of(held)
    outbox = outbox_of(held, channels, Clock())
    try:
        key = signing_key(held.ring.log_seed)
        yield Exporting(held.log, outbox.pickup, outbox.settling, held.ring.origin, key)
    finally:
        await channels.posting.close()
