"""Webhooks: a CloudEvents event signed by the Standard Webhooks specification, to an agency's own address."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from audit.event import new_id
from gateway.channels.cloudevent import MEDIA_TYPE, as_json, cloud_event
from gateway.channels.posting import Answer, Posting
from gateway.channels.secrets import WebhookSecrets, signed
from gateway.outbox.channel import Accepted, Endpoint, Outcome, Parcel
from gateway.storage.engine import micros, now

VERIFICATION: Final = "obmin.endpoint.verification"


@dataclass(frozen=True, slots=True)
class Signing:
    """What an endpoint's messages are signed with, and as whom."""

    secrets: WebhookSecrets
    source: str

    def headers(self, endpoint: Endpoint, message_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
        """Sign one body for one endpoint; while a rotation lasts, with the secret before as well."""
        return signed(self._current(endpoint, at), message_id, at, body)

    def _current(self, endpoint: Endpoint, at: datetime) -> Sequence[str]:
        generation = int(endpoint.details["generation"])
        both = int(endpoint.details["overlap_until"]) > micros(at)
        used = (generation, generation - 1) if both else (generation,)
        return [self.secrets.of(endpoint.details["id"], each) for each in used]


class WebhookChannel:
    """See `gateway.outbox.channel.Channel`."""

    def __init__(self, posting: Posting, signing: Signing) -> None:
        self._posting = posting
        self._signing = signing

    async def send(self, endpoint: Endpoint, parcel: Parcel) -> Outcome:
        """See `Channel.send`. Each attempt is signed anew: its time must lie in the receiver's window."""
        answer = await self._post(endpoint, parcel.id, as_json(cloud_event(parcel, self._signing.source)))
        return answer.outcome

    async def challenge(self, endpoint: Endpoint) -> str:
        """Ask an address to send a random word back; give why it did not, nothing where it did."""
        word, message_id = secrets.token_urlsafe(24), new_id()
        event = {
            "specversion": "1.0",
            "id": message_id,
            "source": self._signing.source,
            "type": VERIFICATION,
            "time": now(),
            "datacontenttype": "application/json",
            "data": {"challenge": word},
        }
        answer = await self._post(endpoint, message_id, as_json(event))
        if not isinstance(answer.outcome, Accepted):
            return answer.outcome.code
        return "" if hmac.compare_digest(_echoed(answer.body), word.encode()) else "challenge-not-returned"

    async def _post(self, endpoint: Endpoint, message_id: str, body: bytes) -> Answer:
        headers = {
            "Content-Type": MEDIA_TYPE,
            **self._signing.headers(endpoint, message_id, now(), body),
        }
        return await self._posting.post(endpoint.address, headers, body)


def _echoed(body: bytes) -> bytes:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return b""
    word = said.get("challenge", "") if isinstance(said, dict) else ""
    return word.encode() if isinstance(word, str) else b""
