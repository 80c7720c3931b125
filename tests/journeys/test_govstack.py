"""GovStack's Consent Building Block over our own consents: its documents, its refusals, our rules."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.govstack import call, did, individual
from tests.journeys.house import House, open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

POLICY = {"policy": {"id": "", "name": "Assessment", "version": "1", "url": "https://x.example/p"}}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("kind", ["policy", "data-agreement"])
async def test_the_demo_has_what_the_official_suite_looks_for(common: House, kind: str, slash: str) -> None:
    """A policy and an agreement have the id 1, at an address with or without a slash at its end."""
    found = await did(common, "GET", f"/config/{kind}/1{slash}")

    assert found["revision"]["objectId"] == "1"
    assert len(found["revision"]["serializedHash"]) == 64


async def test_a_policys_revisions_are_a_chain(common: House) -> None:
    """A revision's hash is the SHA-256 of its snapshot, which names the hash before it; each is on record."""
    made = await did(common, "POST", "/config/policy/", "operator", body=POLICY)
    place = f"/config/policy/{made['policy']['id']}/"
    changed = {"policy": {**POLICY["policy"], "version": "2"}}
    second = await did(common, "PUT", place, "operator", body=changed)
    last = await did(common, "DELETE", place, "operator")
    gone = await call(common, "GET", place)
    then = await did(common, "GET", place, revisionId=made["revision"]["id"])
    entries = [e for e in await common.events() if e["details"].get("object") == made["policy"]["id"]]
    chain = [made["revision"], second["revision"], last["revision"]]

    assert [_hash(revision) for revision in chain] == [revision["serializedHash"] for revision in chain]
    assert [revision["predecessorHash"] for revision in chain] == [
        "",
        *(r["serializedHash"] for r in chain[:2]),
    ]
    assert second["policy"]["version"] == "2"
    assert gone.status_code == 400
    assert then["policy"]["version"] == "1"
    assert [entry["details"]["digest"] for entry in entries] == [
        f"sha-256:{revision['serializedHash']}" for revision in chain
    ]


def _hash(revision: Mapping[str, Any]) -> str:
    return hashlib.sha256(revision["serializedSnapshot"].encode()).hexdigest()


async def test_an_identifier_is_given_out_to_nobody(common: House) -> None:
    """An individual is her pseudonym: what was sent in is not sent back."""
    person = await individual(common)
    found = await call(common, "GET", f"/service/individual/{person}/")

    assert found.json() == {"individual": {"id": person}}


@pytest.mark.parametrize(
    ("method", "path", "agency"),
    [
        ("GET", "/config/policy/2/", "operator"),
        ("GET", "/config/policy/-/", "operator"),
        ("GET", "/config/policy/%00/", "operator"),
        ("GET", "/config/policies/?offset=-1", "operator"),
        ("GET", "/config/policies/?limit=many", "operator"),
        ("POST", "/config/policy/", "operator"),
        ("POST", "/config/webhook/", "operator"),
        ("GET", "/service/individual/1/", "case-system"),
        ("GET", "/audit/consent-record/1/", "auditor"),
        ("POST", "/service/individual/record/data-agreement/1/", "case-system"),
        ("POST", "/service/individual/record/data-agreement/1/?individualId=1", "case-system"),
        ("POST", "/service/individual/record/data-agreement/1/?revisionId=1", "case-system"),
    ],
)
async def test_what_is_malformed_or_unknown_is_400(
    common: House, method: str, path: str, agency: str
) -> None:
    """GovStack's API knows no other refusal; ours says which in its body."""
    address = f"{common.url}/govstack{path}"
    response = await common.http.request(method, address, headers=await common.bearer(agency))

    assert response.status_code == 400
    assert response.json()["type"].startswith("/problems/")


@pytest.mark.parametrize(
    ("method", "path", "agency", "status"),
    [
        ("POST", "/config/policy/", "case-system", 403),
        ("GET", "/audit/consent-records/", "case-system", 403),
        ("GET", "/service/individuals/", "partner", 403),
        ("GET", "/service/individuals/", "", 401),
    ],
)
async def test_our_own_rules_say_who_may(
    common: House, method: str, path: str, agency: str, status: int
) -> None:
    """The configuration is the operator's, people are the case system's, audit is the auditor's."""
    headers = await common.bearer(agency) if agency else {}
    response = await common.http.request(method, f"/govstack{path}", headers=headers)

    assert response.status_code == status


async def test_it_is_off_unless_switched_on(tmp_path: Path) -> None:
    """Without the setting there is no such address."""
    async with open_house(tmp_path / "deployment", govstack={"on": False}) as house:
        response = await call(house, "GET", "/config/policy/1/")

    assert response.status_code == 404
