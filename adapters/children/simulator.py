"""The children's service over X-Road SOAP: a result code in the body, adoption in the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from adapters.protocols.serving import Application, Register, Scope, by_members
from adapters.protocols.xroad_serving import XRoadProvider, to_xml

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"
NAMESPACE: Final = "http://ioc.example/xroad/children"
DONE: Final = to_xml("code", "1")
BAD: Final = to_xml("code", "102")

found_by: Final = by_members("rnokpp", "unzr", "birthCertificate")


def render(found: Sequence[Any]) -> bytes:
    """Give the child found."""
    return DONE + to_xml("child", list(found))


def application() -> Application:
    """Give the simulated registry."""
    register = Register(SAMPLES, found_by, render)

    def child(asked: Mapping[str, str], scope: Scope) -> bytes:
        keys = list(found_by(asked))
        return (register.find(keys, scope) or DONE) if keys else BAD

    return XRoadProvider(NAMESPACE, {"GetChild": child})
