"""What there is near a place, by every registry that is asked by one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from adapters.base import Adapter
from adapters.places import place_of
from contracts.vocabulary import AgencyId, ExchangeId, Purpose, Source, Subject
from contracts.words import Vocabulary
from gateway.collection import Finding
from gateway.openly import ask_openly


def about_places(adapters: Mapping[Source, Adapter]) -> Sequence[Adapter]:
    """Give the registries that are asked by a place."""
    schemes = place_of("").identifiers.keys()
    return [adapter for adapter in adapters.values() if all(need <= schemes for need in adapter.needs)]


async def look_around(
    code: str,
    adapters: Mapping[Source, Adapter],
    vocabulary: Vocabulary,
    exchange_id: ExchangeId,
    agency: AgencyId,
) -> Sequence[Finding]:
    """Ask every registry about places at once what it knows of one; a silent one is a finding too."""
    subject = Subject(place_of(code))
    purpose, asked_by = Purpose("places"), (exchange_id, agency)
    return await asyncio.gather(
        *(ask_openly(adapter, subject, vocabulary, purpose, asked_by) for adapter in about_places(adapters))
    )
