"""What both aggregators know of the registries: addresses within them, who asks, which headers they want."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from adapters.manifest import Manifest, read_manifest

ADAPTERS = Path(__file__).parents[2] / "adapters"
SOURCES = ("health", "education", "border", "employment", "donors")
MANIFESTS: Mapping[str, Manifest] = {
    name: read_manifest(ADAPTERS / name / "manifest.toml") for name in SOURCES
}
WSDL: Mapping[str, Path] = {
    name: ADAPTERS / name / "samples" / "service.wsdl" for name in ("border", "employment")
}
MEMBER = "SEVDEIR-TEST/GOV/37508596/CASE_GATEWAY"
PURPOSE = "9K9J65I75ILCLMPDUIRXS"
CREDENTIAL: Mapping[str, dict[str, str]] = {
    "health": {"Authorization": "Bearer simulated"},
    "donors": {"X-Api-Key": "simulated"},
}


def header_of(source: str, operation: str) -> dict[str, Any]:
    """Give the X-Road headers of one call (message protocol v4.0 §2), as zeep takes them."""
    xroad = MANIFESTS[source].xroad
    assert xroad
    instance, own_class, own_code, own_subsystem = MEMBER.split("/")
    member_class, member_code, subsystem = xroad.service.split("/")
    return {
        "client": {
            "objectType": "SUBSYSTEM",
            "xRoadInstance": instance,
            "memberClass": own_class,
            "memberCode": own_code,
            "subsystemCode": own_subsystem,
        },
        "service": {
            "objectType": "SERVICE",
            "xRoadInstance": instance,
            "memberClass": member_class,
            "memberCode": member_code,
            "subsystemCode": subsystem,
            "serviceCode": operation,
            "serviceVersion": xroad.version,
        },
        "userId": "worker-17",
        "issue": "KYIV-2026-000123",
        "id": str(uuid4()),
        "protocolVersion": "4.0",
    }
