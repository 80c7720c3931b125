"""Registries that tell of no person are asked without a contract, and openly.

No case, no consent and no entry in the record: nothing here is anybody's.
"""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import uuid4

from adapters.base import Adapter, Question
from contracts.vocabulary import AgencyId, ExchangeId, OfficialId, Purpose, Subject
from contracts.words import Vocabulary
from gateway.collection import Finding, heard

PATIENCE: Final = 3.0
"""Seconds for which a registry is waited for."""


async def ask_openly(
    adapter: Adapter,
    subject: Subject,
    vocabulary: Vocabulary,
    purpose: Purpose,
    asked_by: tuple[ExchangeId, AgencyId],
) -> Finding:
    """Ask one registry all that it holds of a place or an organisation; silence is a finding too."""
    began = asyncio.get_running_loop().time()
    exchange_id, agency = asked_by
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
        purpose=purpose,
    )
    return await heard(adapter, question, began)
