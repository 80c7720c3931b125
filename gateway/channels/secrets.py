"""Signing by the Standard Webhooks specification, with secrets that are derived and kept nowhere.

A secret follows from the gateway's keys, the endpoint and a generation: rotating is counting on by one.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

from gateway.sealing.binding import derive

PREFIX: Final = "whsec_"


class WebhookSecrets:
    """The signing secrets of one deployment's endpoints."""

    def __init__(self, index_key: bytes, tenant: str) -> None:
        self._key = derive(index_key, "obmin webhook secrets", tenant)

    def of(self, endpoint_id: str, generation: int) -> str:
        """Give one generation's secret as its agency keeps it: `whsec_` and base64 (32 bytes)."""
        return PREFIX + b64encode(derive(self._key, endpoint_id, str(generation))).decode()


def signed(secrets: Sequence[str], message_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """Give the three headers; `at` opens the receiver's replay window. The first secret's signature is first.

    See https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
    """
    second = at.astimezone(UTC).replace(microsecond=0)
    signatures = (Webhook(secret).sign(message_id, second, body.decode()) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(second.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
