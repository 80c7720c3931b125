"""What there is near a place: registries that tell of no person are asked without a contract, and openly.

No case, no consent and no entry in the record: nothing here is anybody's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import uuid4

from adapters.base import Adapter, Question
from adapters.places import place_of
from contracts.vocabulary import AgencyId, ExchangeId, OfficialId, Purpose, Source, Subject
from contracts.words import Vocabulary
from gateway.collection import Finding, heard

PATIENCE: Final = 3.0
"""Seconds for which a registry is waited for."""


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
    return await asyncio.gather(
        *(_ask(adapter, subject, vocabulary, exchange_id, agency) for adapter in about_places(adapters))
    )


async def _ask(
    adapter: Adapter, subject: Subject, vocabulary: Vocabulary, exchange_id: ExchangeId, agency: AgencyId
) -> Finding:
    began = asyncio.get_running_loop().time()
    held = (name for name, words in vocabulary.fields.items() if adapter.source in words.sources)
    question = Question(
        exchange_id=exchange_id,
        message_id=str(uuid4()),
        agency=agency,
        official=OfficialId(""),
        case=None,
        purpose_id="",
        subject=subject,
        fields=frozenset(held),
        deadline=began + PATIENCE,
        purpose=Purpose("places"),
    )
    return await heard(adapter, question, began)
