"""Telling people that they were asked about: a queue filled by the releases themselves.

A notice is written in the transaction that makes the release durable, once for each case and registry
(Law 4607-IX art. 11). Only an article of law suppresses one. A person at risk is told over a contact
that is known to be safe, or not until there is one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import bindparam, select, update
from sqlalchemy import case as choose
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from audit.event import Event, Json, Kind, new_id
from audit.log import Log
from audit.store import CompanionRefusedError, Statement
from contracts.contract import Mandate
from contracts.notices import due
from contracts.vocabulary import AgencyId, SubjectRef
from gateway.faults import NotFoundError
from gateway.oversight.sealed import SealedParts
from gateway.oversight.wording import LANGUAGES, Wordings
from gateway.sealing.envelope import Context
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.tables import notices, safe_contacts, subjects

PORTAL = "portal"
"""The channel of whoever has no safe contact on file and is at no risk: her own page."""


class NoticeQueue:
    """Prepares the rows that a release takes with it."""

    def __init__(self, dialect: Dialect) -> None:
        insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
        self._insert = Prepared(insert(notices).on_conflict_do_nothing(), dialect)

    def owed(self, mandate: Mandate, at: datetime) -> Sequence[Statement]:
        """Give a row for each source that is asked, as the notice rule of its ground has it."""
        return [
            self._insert.bind(
                id=new_id(),
                subject_ref=mandate.subject_ref,
                agency=mandate.grant.agency,
                about=mandate.case or mandate.exchange_id,
                source=source,
                rule=rule.tell.value,
                purpose=mandate.grant.purpose,
                exchange_id=mandate.exchange_id,
                asked_at=micros(at),
                due=micros(told_at) if told_at else None,
                article=rule.article,
                state="waiting" if told_at else "suppressed",
                sent_at=None,
            )
            for source, rule in sorted(mandate.obligations.notices.items())
            for told_at in (due(rule, at),)
        ]


@dataclass(frozen=True, slots=True)
class Message:
    """What a person is told at once: one agency, one case, one or more registries."""

    notices: tuple[str, ...]
    subject_ref: SubjectRef
    channel: str
    address: str
    text: Mapping[str, str]


class Notices:
    """Sends what is due: as files in a folder, from where a channel of the deployment takes them."""

    def __init__(self, database: Database, log: Log, parts: SealedParts, wordings: Wordings) -> None:
        self._contact_row = Prepared(_upsert(database.dialect), database.dialect)
        self._database = database
        self._log = log
        self._parts = parts
        self._wordings = wordings
        self._sent = Prepared(
            update(notices)
            .where(notices.c.id == bindparam("notice"))
            # Sent by another worker in between is null, which the schema refuses with the entry.
            .values(
                state=choose((notices.c.state == "waiting", bindparam("becomes"))), sent_at=bindparam("sent")
            ),
            database.dialect,
        )

    async def keep_contact(self, ref: SubjectRef, channel: str, address: str, by: AgencyId) -> None:
        """Keep over what a person is safely told, sealed under her key; it replaces the one before.

        Raises:
            NotFoundError: nobody of that pseudonym.
        """
        key, at = await self._parts.key_of(ref), now()
        contact = orjson.dumps({"channel": channel, "address": address})
        envelope = key.seal(contact, contact_place(self._parts.tenant, ref))
        event = Event(
            kind=Kind.CONFIG, at=at, agency=by, subject_ref=ref, result="safe-contact", details={"count": 1}
        )
        row = self._contact_row.bind(subject_ref=ref, contact=envelope, at=micros(at))
        try:
            await self._log.note(event, [row])
        except CompanionRefusedError:
            raise NotFoundError from None  # erased in between

    async def send(self, folder: Path) -> int:
        """Write the messages that are due; give how many. What cannot be told safely goes on waiting."""
        messages = [each for group in await self._due() if (each := await self._message(group))]
        for message in messages:
            await self._deliver(folder, message)
        return len(messages)

    async def _due(self) -> list[list[Any]]:
        query = (
            select(notices, subjects.c.masks, safe_contacts.c.contact)
            .join(subjects, subjects.c.ref == notices.c.subject_ref)
            .outerjoin(safe_contacts, safe_contacts.c.subject_ref == notices.c.subject_ref)
            .where(notices.c.state == "waiting", notices.c.due <= micros(now()))
            .order_by(notices.c.due, notices.c.source)
            .limit(1000)
        )
        groups: dict[tuple[str, str, str, str], list[Any]] = {}
        for row in await self._database.fetch(query):
            groups.setdefault((row.subject_ref, row.agency, row.about, row.purpose), []).append(row)
        return list(groups.values())

    async def _message(self, group: Sequence[Any]) -> Message | None:
        first = group[0]
        ref = SubjectRef(first.subject_ref)
        channel, address = PORTAL, ""
        if first.contact is not None:
            channel, address = await self._contact(ref, first.contact)
        elif orjson.loads(first.masks):
            return None
        return Message(
            notices=tuple(row.id for row in group),
            subject_ref=ref,
            channel=channel,
            address=address,
            text={language: self._text(group, language) for language in LANGUAGES},
        )

    async def _contact(self, ref: SubjectRef, envelope: bytes) -> tuple[str, str]:
        key = await self._parts.key_of(ref)
        contact = orjson.loads(key.open(envelope, contact_place(self._parts.tenant, ref)))
        return contact["channel"], contact["address"]

    def _text(self, group: Sequence[Any], language: str) -> str:
        first = group[0]
        return TEXT[language].format(
            at=instant(first.asked_at).date().isoformat(),
            agency=self._wordings.agency(first.agency)[language],
            purpose=self._wordings.purpose(first.purpose)[language],
            sources=", ".join(self._wordings.source(row.source)[language] for row in group),
        )

    async def _deliver(self, folder: Path, message: Message) -> None:
        """Hand one message over, then put it on record: a kill in between tells twice, never not at all."""
        await asyncio.to_thread(_write, folder, message)
        at = now()
        event = Event(
            kind=Kind.NOTICE,
            at=at,
            agency=AgencyId("operator"),
            subject_ref=message.subject_ref,
            result="sent",
            details={"notices": list(message.notices), "channel": message.channel},
        )
        rows = [self._sent.bind(notice=each, becomes="sent", sent=micros(at)) for each in message.notices]
        try:
            await self._log.note(event, rows)
        except CompanionRefusedError:
            return  # another worker told the person just now


def _upsert(dialect: Dialect) -> Any:
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    row = insert(safe_contacts)
    changed = {name: row.excluded[name] for name in ("contact", "at")}
    return row.on_conflict_do_update(index_elements=["subject_ref"], set_=changed)


def contact_place(tenant: str, ref: SubjectRef) -> Context:
    """Name what a safe contact's envelope is bound to."""
    return Context(tenant, "safe_contacts", ref, "contact")


def _write(folder: Path, message: Message) -> None:
    """Write a message whole or not at all, under a name that repeats with the notice."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    content: Mapping[str, Json] = {
        "id": message.notices[0],
        "channel": message.channel,
        "address": message.address,
        "text": dict(message.text),
    }
    draft = folder / f".{message.notices[0]}.unfinished"
    draft.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    draft.rename(folder / f"{message.notices[0]}.json")


TEXT: Mapping[str, str] = {
    "uk": "{at} {agency} запитала відомості про вас. Навіщо: {purpose}. Звідки: {sources}. "
    "Ви можете отримати повний перелік запитів про вас, заперечити або поскаржитися.",
    "en": "{at} {agency} asked for data about you. Why: {purpose}. From: {sources}. "
    "You can get the full list of who asked about you, object, or complain.",
}
