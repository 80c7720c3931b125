"""Documents kept as revisions: one chain for each, whoever writes at once."""

from __future__ import annotations

import asyncio
import json

from tests.journeys.govstack import call, did
from tests.journeys.house import House

POLICY = {"policy": {"id": "", "name": "Assessment", "version": "1", "url": "https://x.example/p"}}


async def test_a_chain_never_forks(house: House) -> None:
    """Of writers at the same time each adds to the one before it, or is told of the conflict."""
    made = await did(house, "POST", "/config/policy/", "operator", body=POLICY)
    place = f"/config/policy/{made['policy']['id']}/"
    writers = [call(house, "PUT", place, "operator", body=POLICY) for _ in range(6)]
    statuses = [response.status_code for response in await asyncio.gather(*writers)]
    history = (await did(house, "GET", f"{place}revisions/"))["revisions"]
    hashes = [revision["serializedHash"] for revision in history]

    assert set(statuses) <= {200, 400}
    assert len(history) == 1 + statuses.count(200)
    assert [revision["predecessorHash"] for revision in history] == ["", *hashes[:-1]]


async def test_a_snapshot_holds_all_that_must_not_change(house: House) -> None:
    """The digest covers the document, its id, its time and the digest before."""
    found = await did(house, "GET", "/config/policy/1/")
    snapshot = json.loads(found["revision"]["serializedSnapshot"])

    assert snapshot.keys() == {"objectData", "objectId", "predecessorHash", "timestamp"}
    assert snapshot["objectData"]["name"] == found["policy"]["name"]


async def test_reading_a_page_goes_on_where_the_last_one_ended(house: House) -> None:
    """Offset and limit cut the list of documents, which is in the order of their ids."""
    await asyncio.gather(*(did(house, "POST", "/config/policy/", "operator", body=POLICY) for _ in (1, 2, 3)))
    whole = await did(house, "GET", "/config/policies/")
    parts = [await did(house, "GET", "/config/policies/", offset=at, limit="2") for at in ("0", "2")]

    assert len(whole["policies"]) == 4
    assert [each for part in parts for each in part["policies"]] == whole["policies"]
