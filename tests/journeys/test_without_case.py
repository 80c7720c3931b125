"""A contract that needs no case: a person who was never asked about is filed first."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from tests.journeys.house import House, open_house, query_of

LIBRARY = Path(__file__).parents[2] / "contracts" / "library"
STRANGER = {"scheme": "rnokpp", "value": "2999912346"}  # nobody of the simulated people


def _without_cases(folder: Path) -> Path:
    library = folder / "library"
    shutil.copytree(LIBRARY, library)
    contract = library / "case-system-crisis-intervention.toml"
    contract.write_text(contract.read_text("utf-8").replace("case_required = true", "case_required = false"))
    return library


async def test_a_person_without_a_case_is_filed_and_asked_about(tmp_path: Path) -> None:
    """Where the contract needs no case, a valid number is enough, and the filing is on record."""
    async with open_house(tmp_path / "deployment", contracts=_without_cases(tmp_path)) as house:
        response = await house.ask(query_of(subject=STRANGER, purpose="crisis-intervention", case=None))
        kinds = [event["result"] for event in await house.events() if event["kind"] == "case"]

    assert response.status_code == 200
    assert set(response.json()["sources"]) == {"education", "border", "employment", "donors"}
    assert kinds[-1] == "filed"


async def test_a_stranger_asked_about_twice_at_once_is_filed_once(tmp_path: Path) -> None:
    """Whoever comes second finds her on file; both are answered."""
    async with open_house(tmp_path / "deployment", contracts=_without_cases(tmp_path)) as house:
        query = query_of(subject=STRANGER, purpose="crisis-intervention", case=None)
        answers = await asyncio.gather(*(house.ask(query) for _ in range(5)))
        filed = [event for event in await house.events() if event["result"] == "filed"]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert len(filed) == 1


async def test_a_contract_that_needs_a_case_refuses_without_one(lite: House) -> None:
    """The refusal is on record with its exact reason."""
    response = await lite.ask(query_of(case=None))
    reasons = [event["reason"] for event in await lite.events() if event["kind"] == "refusal"]

    assert response.status_code == 403
    assert response.json()["type"] == "/problems/case-not-open"
    assert reasons == ["case-required"]
