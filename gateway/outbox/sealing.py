"""What a receiver opens: the content in a JWE that names message, recipient and contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from joserfc import jwe
from joserfc.errors import JoseError

from contracts.vocabulary import AgencyId
from gateway.outbox.message import Message
from gateway.sealing.keys import EnvelopeBrokenError
from gateway.sealing.recipient import ENCRYPTION, HEADER, KEY_MANAGEMENT, REGISTRY, RecipientKey, take_key

TYPE = "obmin-message+json"


def seal_message(key: RecipientKey, message: Message, contract: str, content: bytes, at: datetime) -> str:
    """Give a compact JWE of one message's content, which the recipient's private key alone opens.

    `content` is JSON and stands in it as it was submitted, beside what it belongs to: it cannot be shown
    as another message, to another agency or under another contract.
    """
    claims = {
        "aud": message.agency,
        "id": message.id,
        "type": message.type,
        "sender": message.sender,
        "exchange_id": message.exchange_id,
        "contract": contract,
        "iat": int(at.timestamp()),
        "content": orjson.Fragment(content),
    }
    header = {"alg": KEY_MANAGEMENT, "enc": ENCRYPTION, "kid": key.kid or key.thumbprint(), "typ": TYPE}
    return jwe.encrypt_compact(header, orjson.dumps(claims), key, registry=REGISTRY)


def open_message(
    sealed: str, private_jwk: Mapping[str, Any], agency: AgencyId, message_id: str
) -> Mapping[str, Any]:
    """Give the claims of a sealed message, on the recipient's side: `content` is what was submitted.

    `EnvelopeBrokenError` if it does not open, or is not this message to this agency.
    """
    try:
        opened = jwe.decrypt_compact(sealed, take_key(private_jwk), registry=REGISTRY)
        claims = orjson.loads(opened.plaintext or b"")
        header = opened.headers()
        ours = header.keys() == HEADER and header["typ"] == TYPE
        if ours and (claims["aud"], claims["id"]) == (agency, message_id):
            return dict(claims)
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise EnvelopeBrokenError
