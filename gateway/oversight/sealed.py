"""The sealed part of an entry: text about a person under her own key, bound to the one entry it stands in.

The leaf commits to the ciphertext, so the record verifies with or without the key, and destroying the
key makes every sealed part of a person unreadable at once, in every copy of the record there is.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass

from sqlalchemy import select

from audit.event import Event, Kind
from contracts.vocabulary import SubjectRef
from gateway.faults import NotFoundError
from gateway.sealing.envelope import Context, SubjectKey
from gateway.sealing.keys import EnvelopeBrokenError, KeyRing
from gateway.storage.engine import Database
from gateway.storage.tables import subjects

SEALED = "sealed"
"""The detail that holds the ciphertext, in base64."""


@dataclass(frozen=True, slots=True)
class SealedParts:
    """Seals and opens the sealed parts of one log's entries."""

    database: Database
    ring: KeyRing
    tenant: str

    async def key_of(self, ref: SubjectRef) -> SubjectKey:
        """Give a person's key.

        Raises:
            NotFoundError: nobody of that pseudonym, or she was erased.
        """
        mine = select(subjects.c.wrapped_key, subjects.c.kek_version).where(subjects.c.ref == ref)
        rows = await self.database.fetch(mine)
        if not rows:
            raise NotFoundError
        return SubjectKey.unwrap(self.ring, ref, rows[0].wrapped_key, rows[0].kek_version)

    async def seal(self, ref: SubjectRef, event_id: str, kind: Kind, text: str) -> str:
        """Give the ciphertext for `Event.details[SEALED]` of the entry that will have this id and kind."""
        return self.seal_with(await self.key_of(ref), event_id, kind, text)

    def seal_with(self, key: SubjectKey, event_id: str, kind: Kind, text: str) -> str:
        """See `seal`; for who holds the key already."""
        return b64encode(key.seal(text.encode(), self._place(event_id, kind))).decode()

    async def open(self, event: Event) -> str:
        """Give the sealed text of an entry. Whoever calls this has it on record first.

        Raises:
            NotFoundError: nothing is sealed in it, or the person was erased.
            EnvelopeBrokenError: it was changed, or moved from another entry.
        """
        sealed = event.details.get(SEALED)
        if not isinstance(sealed, str):
            raise NotFoundError
        key = await self.key_of(SubjectRef(event.subject_ref))
        try:
            envelope = b64decode(sealed, validate=True)
        except Base64Error:
            raise EnvelopeBrokenError from None
        return key.open(envelope, self._place(event.id, event.kind)).decode()

    def _place(self, event_id: str, kind: Kind) -> Context:
        return Context(self.tenant, f"record of {self.ring.origin}", event_id, kind.value)
