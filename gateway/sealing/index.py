"""Find a person without keeping the number: keyed blind indexes.

Equal values have equal indexes, so a stolen database still tells who is the same as whom; it does
not tell who, for national numbers cannot be guessed through a key that is elsewhere.
"""

from __future__ import annotations

import hmac
from datetime import date

from contracts.identifiers import fold_name
from contracts.vocabulary import NAME, PersonName, Scheme
from contracts.words import Vocabulary
from gateway.sealing.binding import bind, derive
from gateway.sealing.keys import KeyRing

INDEX_BYTES = 16


class BlindIndex:
    """The blind indexes of one tenant: 128 bits of HMAC-SHA-256 over scheme and normal value."""

    __slots__ = ("_key", "_vocabulary")

    def __init__(self, ring: KeyRing, tenant: str, vocabulary: Vocabulary) -> None:
        self._key = derive(ring.index_key, "obmin blind index", tenant)
        self._vocabulary = vocabulary

    def of(self, scheme: Scheme, normal: str) -> bytes:
        """Give the index of an identifier in its normal spelling (`contracts.identifiers.check`)."""
        return hmac.digest(self._key, bind(scheme, normal), "sha256")[:INDEX_BYTES]

    def of_name(self, name: PersonName, birth_date: date) -> bytes:
        """Give the index of a name and birth date, one for all spellings that `fold_name` makes equal.

        The patronymic is left out: some documents omit it, and a person at risk must not escape her
        masks by one that does. Several people may share the index.
        """
        folded = (fold_name(self._vocabulary, part) for part in (name.family, name.given))
        return hmac.digest(self._key, bind(NAME, *folded, birth_date.isoformat()), "sha256")[:INDEX_BYTES]
