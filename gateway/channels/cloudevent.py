"""A parcel as a CloudEvents 1.0 event in structured mode: pushed over HTTP, or fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson

from gateway.outbox.channel import Parcel

MEDIA_TYPE: Final = "application/cloudevents+json"
SEALED: Final = "application/jose"
"""What `data` is: a compact JWE (RFC 7516) that the recipient's private key alone opens."""


def cloud_event(parcel: Parcel, source: str) -> Mapping[str, object]:
    """Write the event. `source` is our own name; nothing of the person stands outside the JWE.

    `promise` (an extension) is the record's signed word that this message is in it.
    """
    return {
        "specversion": "1.0",
        "id": parcel.id,
        "source": source,
        "type": parcel.type,
        "time": parcel.at,
        "datacontenttype": SEALED,
        "sender": parcel.sender,
        "exchangeid": parcel.exchange_id,
        "expires": parcel.expires_at,
        "attempt": parcel.attempt,
        "promise": str(parcel.receipt.get("promise", "")),
        "data": parcel.sealed,
    }


def as_json(event: Mapping[str, object]) -> bytes:
    """Give the bytes that are signed and sent."""
    return orjson.dumps(event, option=orjson.OPT_UTC_Z)
