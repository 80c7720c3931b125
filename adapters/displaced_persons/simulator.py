"""A database of displaced persons that tunnels JSON in base64 through X-Road SOAP, and copies no headers."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from adapters.protocols.serving import Application, Register, Scope, by_members
from adapters.protocols.xroad_serving import FaultError, XRoadProvider, to_xml

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"
NAMESPACE: Final = "http://ioc.gov.ua/IDPexchangeService"
OPERATION: Final = "IDPByItn"

found_by: Final = by_members("itn", "unzr", inside="person")


def tunnelled(answer: Mapping[str, Any]) -> bytes:
    """Give an answer as the element that carries it, spelt as it is in the wild."""
    return to_xml("ResponceStr", b64encode(orjson.dumps(answer)).decode())


def render(found: Sequence[Any]) -> bytes:
    """Give the person found."""
    return tunnelled({"ResponseCode": 0, "data": list(found)})


def application() -> Application:
    """Give the simulated registry."""
    register = Register(SAMPLES, found_by, render)

    def idp(asked: Mapping[str, str], scope: Scope) -> bytes:
        try:
            call = orjson.loads(b64decode(asked["RequestStr"], validate=True))
            keys = (
                list(found_by(call["body"]))
                if (call["method"], call["url"]) == ("POST", "/api/idp/find")
                else []
            )
        except (ValueError, LookupError, TypeError, AttributeError):
            raise FaultError("client.invalid_body") from None
        if not keys:
            return tunnelled({"ResponseCode": 2})
        return register.find(keys, scope) or tunnelled({"ResponseCode": 1})

    return XRoadProvider(
        NAMESPACE,
        {OPERATION: idp},
        questions={OPERATION: "AppDataReq"},
        answers={OPERATION: "AppDataRes"},
        modern=False,
        copies=False,
    )
