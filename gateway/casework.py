"""What the case worker's cabinet needs beyond the pipeline's own services, put together once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.event import Event, Kind
from audit.log import Log
from contracts.vocabulary import AgencyId, OfficialId
from contracts.words import Vocabulary
from gateway.answer import Answer
from gateway.assessment.assessments import Assessments
from gateway.assessment.told import Told, read_answer
from gateway.kept import Kept
from gateway.offers.areas import Codifier
from gateway.sealing.entrusted import Entrusted
from gateway.spelling import Spelling
from gateway.storage.engine import now
from gateway.watching import Watching


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer as its agency may read it here: the body, and what was opened of its sealed part."""

    body: Mapping[str, Any]
    sealed: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Opened({self.body['exchange_id']})"

    def told(self) -> Told:
        """Read it for filling a form."""
        return read_answer(self.body, self.sealed)


@dataclass(frozen=True, slots=True)
class Casework:
    """The acts, the entrusted keys, the exchanges being watched, and how values are spelt."""

    assessments: Assessments
    entrusted: Entrusted
    watching: Watching
    vocabulary: Vocabulary
    codifier: Codifier
    kept: Kept
    log: Log

    def spelling(self, language: str) -> Spelling:
        """Give how values are spelt in a language."""
        return Spelling(self.vocabulary, language, self.codifier.names.get)

    async def read(self, exchange_id: str, agency: AgencyId, official: OfficialId) -> Opened | None:
        """Read a kept answer; None where it has not been given. Opening its sealed part is on record first.

        Raises:
            NotFoundError: unknown, another agency's, or no longer kept.
            EnvelopeBrokenError: it is sealed to a key that is not the one entrusted.
        """
        answer = await self.kept.read(exchange_id, agency)
        if not isinstance(answer, Answer):
            return None
        if "sealed" not in answer.body or not self.entrusted.holds(agency):
            return Opened(answer.body, {})
        read = Event(
            Kind.READ, now(), exchange_id=exchange_id, agency=agency, official=official, result="sealed"
        )
        await self.log.note(read)
        return Opened(answer.body, self.entrusted.open(agency, answer.body))
