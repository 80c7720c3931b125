"""Agencies are told what became of data that they hold: a consent withdrawn, a value that was wrong.

Each is told once and reminded once, through the one pipeline, as law demands (`duties` of the country).
What is told holds nothing of the person: references, and where to answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import orjson
import structlog
from sqlalchemy import exists, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from audit.event import Event, Kind, new_id
from audit.log import Log
from audit.store import CompanionRefusedError
from contracts.vocabulary import AgencyId, ExchangeId, ObminError, Purpose, SubjectRef
from gateway.delivery import Delivery
from gateway.faults import StorageUnavailableError
from gateway.outbox.message import Draft
from gateway.storage.channel_tables import correction_outcomes, correction_recipients, tellings
from gateway.storage.engine import Database, Prepared, micros, now
from gateway.storage.ground_tables import consent_uses, recalls
from gateway.storage.tables import consents

log = structlog.get_logger()

GATEWAY: Final = AgencyId("gateway")
TOLD, REMINDED = "told", "reminded"
TYPES: Final[Mapping[tuple[str, str], str]] = {
    ("recall", TOLD): "obmin.recall.made",
    ("recall", REMINDED): "obmin.recall.reminder",
    ("correction", TOLD): "obmin.correction.made",
    ("correction", REMINDED): "obmin.correction.reminder",
    ("request", TOLD): "obmin.correction.requested",
}
LASTS: Final = timedelta(days=60)
"""How long a message of this kind is tried: well beyond the ten working days for an answer."""
AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing that one agency is to be told. `duty` names the article; `content` holds no value."""

    kind: str
    about: str
    agency: AgencyId
    stage: str
    duty: str
    subject_ref: SubjectRef
    purpose: Purpose
    due_on: str
    content: Mapping[str, Any]

    def draft(self) -> Draft:
        """Give it as a message; what concerns one person reaches an agency in order."""
        message_id = new_id()
        return Draft(
            id=message_id,
            type=TYPES[self.kind, self.stage],
            agency=self.agency,
            sender=GATEWAY,
            key=f"{self.kind}:{self.about}",
            subject_ref=self.subject_ref,
            purpose=self.purpose,
            content=orjson.dumps(self.content),
            expires_at=now() + LASTS,
            exchange_id=ExchangeId(message_id),
            duty=self.duty,
        )

    def reminder(self) -> Event:
        """Give the entry that says that an agency has not answered in time."""
        return Event(
            kind=Kind.CONSENT if self.kind == "recall" else Kind.CORRECTION,
            at=now(),
            agency=self.agency,
            official="gateway",
            purpose=self.purpose,
            subject_ref=self.subject_ref,
            result=f"{self.kind}-unanswered",
            details={"consent" if self.kind == "recall" else "correction": self.about, "due": self.due_on},
        )


class TellingAgencies:
    """Looks for what has to be told and submits it. Safe to do twice, so any number of workers may."""

    def __init__(self, database: Database, record: Log, delivery: Delivery) -> None:
        self._database = database
        self._log = record
        self._delivery = delivery
        self._row = Prepared(insert(tellings), database.dialect)

    async def run(self, every: float = 2.0) -> None:
        """Look again and again, until cancelled. A database that is away is waited for."""
        while True:
            try:
                await self.round()
            except (SQLAlchemyError, ObminError, OSError) as error:
                log.warning("telling.failed", code=type(error).__name__)
            await asyncio.sleep(every)

    async def round(self) -> int:
        """Tell everything that has not been told; give how much there was."""
        today = now().date().isoformat()
        found = [
            *await self._recalls(TOLD),
            *await self._corrections(TOLD),
            *await self._recalls(REMINDED, recalls.c.due_on < today),
            *await self._corrections(REMINDED, correction_recipients.c.due_on < today),
        ]
        for telling in found:
            await self.tell(telling)
        return len(found)

    async def tell(self, telling: Telling) -> None:
        """Submit a message once. An agency that cannot be sent any is left to the list of the unanswered."""
        draft = telling.draft()
        row = {
            "kind": telling.kind,
            "about": telling.about,
            "agency": telling.agency,
            "stage": telling.stage,
            "message_id": draft.id,
            "at": micros(now()),
        }
        try:
            submission = await self._delivery.prepare(draft)
            event = submission.event
            if telling.stage == REMINDED:
                event = submission.beside(telling.reminder())
            with suppress(CompanionRefusedError):  # another worker told it
                await self._log.note(event, [*submission.companions, self._row.bind(**row)])
        except StorageUnavailableError:
            raise
        except ObminError as error:
            log.warning("telling.impossible", code=type(error).__name__)
            with suppress(IntegrityError):
                await self._database.write(insert(tellings).values({**row, "message_id": ""}))

    async def _recalls(self, stage: str, *conditions: Any) -> Sequence[Telling]:
        statement = (
            select(recalls, consents.c.purpose, consents.c.subject_ref)
            .join(consents, consents.c.id == recalls.c.consent_id)
            .where(
                recalls.c.announced == 1,
                recalls.c.acknowledged_at.is_(None),
                ~_told("recall", recalls.c.consent_id, recalls.c.agency, stage),
                *conditions,
            )
            .limit(AT_ONCE)
        )
        return [
            Telling(
                kind="recall",
                about=row.consent_id,
                agency=AgencyId(row.agency),
                stage=stage,
                duty="recall",
                subject_ref=SubjectRef(row.subject_ref),
                purpose=Purpose(row.purpose),
                due_on=row.due_on,
                content={
                    "consent": row.consent_id,
                    "exchanges": await self._exchanges(row.consent_id, row.agency),
                    "due_on": row.due_on,
                    "acknowledgement": f"/v1/recalls/{row.consent_id}/acknowledgement",
                },
            )
            for row in await self._database.fetch(statement)
        ]

    async def _exchanges(self, consent: str, agency: str) -> list[str]:
        mine = (consent_uses.c.consent_id == consent, consent_uses.c.agency == agency)
        used = select(consent_uses.c.exchange_id).where(*mine).order_by(consent_uses.c.at).limit(1000)
        return [row.exchange_id for row in await self._database.fetch(used)]

    async def _corrections(self, stage: str, *conditions: Any) -> Sequence[Telling]:
        statement = (
            select(correction_recipients, correction_outcomes.c.subject_ref)
            .join(
                correction_outcomes,
                correction_outcomes.c.correction_id == correction_recipients.c.correction_id,
            )
            .where(
                correction_recipients.c.acknowledged_at.is_(None),
                ~_told(
                    "correction", correction_recipients.c.correction_id, correction_recipients.c.agency, stage
                ),
                *conditions,
            )
            .limit(AT_ONCE)
        )
        return [
            Telling(
                kind="correction",
                about=row.correction_id,
                agency=AgencyId(row.agency),
                stage=stage,
                duty="correction",
                subject_ref=SubjectRef(row.subject_ref),
                purpose=Purpose("correction"),
                due_on=row.due_on,
                content={
                    "correction": row.correction_id,
                    "exchanges": orjson.loads(row.exchanges),
                    "due_on": row.due_on,
                    "acknowledgement": f"/v1/corrections/{row.correction_id}/acknowledgement",
                },
            )
            for row in await self._database.fetch(statement)
        ]


def _told(kind: str, about: Any, agency: Any, stage: str) -> Any:
    return exists().where(
        tellings.c.kind == kind,
        tellings.c.about == about,
        tellings.c.agency == agency,
        tellings.c.stage == stage,
    )
