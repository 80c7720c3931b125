"""From settings to registries ready to be asked: sockets, credentials, manners."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack

import httpx

from adapters.catalog import Entry, build, find_registries
from adapters.protocols.connection import Connection
from adapters.protocols.reach import Reach
from adapters.protocols.transport import SocketTransport
from config.settings import Settings, SourceSettings
from contracts.vocabulary import ObminError, Purpose, Source
from gateway.background import watched
from gateway.politeness.calls import Calls
from gateway.politeness.polite import Manners, Polite
from gateway.politeness.windows import Window
from gateway.sealing.binding import derive


class SourceUnknownError(ObminError):
    """The settings name a source for which there is no adapter."""


async def connect(
    settings: Settings,
    index_key: bytes,
    transport: httpx.AsyncBaseTransport | None,
    calls: Calls,
    stack: AsyncExitStack,
) -> Mapping[Source, Polite]:
    """Build the adapters of the sources that this deployment names; WSDLs are loaded once, here.

    `transport` replaces the sockets (in tests); else each registry has its own, closed with `stack`. What is
    kept of a registry that sends extracts is sealed beneath `index_key`. Raises `SourceUnknownError`, and
    ValueError (`base-url`) for an address that cannot be one.
    """
    catalog = find_registries(*filter(None, [settings.registries]))
    adapters: dict[Source, Polite] = {}
    for name, source in settings.sources.items():
        entry = catalog.get(Source(name))
        if entry is None:
            raise SourceUnknownError(name)
        wire = transport or SocketTransport(_tls(source), reach=Reach.of(source.url, source.networks))
        if transport is None:
            stack.push_async_callback(wire.aclose)
        credential = source.credential.read_text("utf-8").strip() if source.credential else ""
        secret = derive(index_key, "obmin drop", settings.tenant, name)
        connection = Connection(source.url, source.client, credential, secret=secret)
        adapter = await asyncio.to_thread(build, entry, connection, wire)
        adapters[entry.source] = Polite(watched(adapter, stack), calls, _manners(entry, source))
    return adapters


def _manners(entry: Entry, source: SourceSettings) -> Manners:
    """Put together what the registry is and what was agreed with its owner."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return Manners(
        idempotent=entry.manifest.idempotent,
        share=source.share,
        at_once=source.at_once,
        quotas={Purpose(purpose): quota for purpose, quota in source.quotas.items()},
        windows=[
            Window(each.start, each.end, each.clock, frozenset(map(days.index, each.weekdays)), each.on)
            for each in source.maintenance
        ],
    )


def _tls(source: SourceSettings) -> ssl.SSLContext | None:
    if not source.url.startswith("https://"):
        return None
    context = ssl.create_default_context(cafile=str(source.ca) if source.ca else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if source.certificate:
        context.load_cert_chain(source.certificate)
    return context
