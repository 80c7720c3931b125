"""A register of civil status over X-Road SOAP: another wrapper, and an XML document inside CDATA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from adapters.protocols.serving import Application, Register, Scope, by_members
from adapters.protocols.xroad_serving import XRoadProvider, to_xml

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"
NAMESPACE: Final = "http://tempuri.org/"
OPERATION: Final = "GetCivilStatusByPerson"
DOCUMENT: Final = '<?xml version="1.0" encoding="utf-16"?><CivilStatus xmlns:m="urn:acts">{}</CivilStatus>'

found_by: Final = by_members("Rnokpp", "Unzr", "BirthCertificate")


def render(found: Sequence[Any]) -> bytes:
    """Give the person found: a document that says it is UTF-16, because it once was, inside CDATA."""
    document = DOCUMENT.format(to_xml("Person", list(found)).decode())
    return to_xml("ResultCode", "0") + f"<m:ResultData><![CDATA[{document}]]></m:ResultData>".encode()


def application() -> Application:
    """Give the simulated registry; it answers from the instance in which it was built."""
    register = Register(SAMPLES, found_by, render)

    def civil_status(asked: Mapping[str, str], scope: Scope) -> bytes:
        keys = list(found_by(asked))
        if not keys:
            return to_xml("ResultCode", "2")
        return register.find(keys, scope) or to_xml("ResultCode", "1")

    return XRoadProvider(
        NAMESPACE, {OPERATION: civil_status}, answers={OPERATION: "CeServiceAnswer"}, instance="ua-sx-test"
    )
