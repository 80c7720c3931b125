"""The person's uses in the form of Estonia's data tracker, compared with its published description."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from tests.journeys.house import MARIA, House, query_about, query_of

VECTORS = Path(__file__).parent.parent / "vectors"
DESCRIPTION = YAML(typ="safe").load(VECTORS / "datatracker" / "dumonitor-openapi.yaml")
ME = {"X-Road-UserId": f"UA{MARIA}"}


def faults(path: str, response: httpx.Response) -> list[str]:
    """Compare an answer with the schema that the description gives for its path and status."""
    content = DESCRIPTION["paths"][path]["get"]["responses"][str(response.status_code)]["content"]
    schema = {**content["application/json"]["schema"], "components": DESCRIPTION["components"]}
    checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in checker.iter_errors(response.json())]


async def uses(house: House, path: str = "/v2/findUsage", **params: str) -> httpx.Response:
    """Ask for the main person's uses."""
    headers = await house.bearer("person-portal") | ME
    return await house.http.get(path, params={"userCode": f"UA{MARIA}", **params}, headers=headers)


@pytest.mark.parametrize("path", ["/v2/findUsage", "/findUsage"])
async def test_uses_are_told_as_described(lite: House, path: str) -> None:
    """The newest first, each with time, reason and receiver."""
    await lite.ask()
    await lite.ask(query_of(purpose="crisis-intervention"))
    found = await uses(lite, path)
    told = found.json()

    assert faults("/v2/findUsage", found) == []
    assert told["totalUsages"] == 2
    assert [use["action"] for use in told["usages"]] == [
        "Кризове та екстрене втручання",
        "Оцінювання потреб особи або сім'ї у соціальних послугах",
    ]
    assert told["usages"][0]["receiverCode"] == "case-system"


async def test_uses_are_paged_like_sql(lite: House) -> None:
    """`offset` and `limit` choose, `totalUsages` counts all."""
    await lite.ask()
    await lite.ask(query_of(purpose="crisis-intervention"))
    second = (await uses(lite, offset="1", limit="1")).json()
    beyond = (await uses(lite, offset="5")).json()

    assert second["totalUsages"] == 2
    assert [use["action"][:11] for use in second["usages"]] == ["Оцінювання "]
    assert beyond == {"totalUsages": 2, "usages": []}


async def test_a_period_bounds_the_uses(lite: House) -> None:
    """Nothing from before the period is told."""
    await lite.ask()
    found = (await uses(lite, periodStart="2099-01-01T00:00:00Z")).json()

    assert found == {"totalUsages": 0, "usages": []}


@pytest.mark.parametrize(
    "params",
    [
        {"userCode": "nobody"},
        {"userCode": f"UA{MARIA[:-1]}0"},
        {"userCode": ""},
        {"offset": "-1"},
        {"limit": "many"},
        {"limit": str(2**31)},
        {"periodStart": "yesterday"},
        {"periodEnd": "2026-01-01T00:00:00"},
    ],
)
async def test_a_wrong_question_is_400(lite: House, params: dict[str, str]) -> None:
    """As the description has it, and without a word of what was sent."""
    refused = await uses(lite, **params)

    assert refused.status_code == 400
    assert MARIA not in refused.text


async def test_somebody_elses_uses_are_refused_and_recorded(lite: House) -> None:
    """`userCode` must be the person of `X-Road-UserId`."""
    await lite.ask()
    refused = await uses(lite, userCode=f"UA{query_about('andrii')['subject']['value']}")
    recorded = await lite.events(kind="statement")

    assert refused.status_code == 404
    assert [event["reason"] for event in recorded] == ["somebody-else"]


async def test_the_period_and_the_heartbeat_are_told_as_described(lite: House) -> None:
    """Both are open to everybody, and say nothing of anybody."""
    period = await lite.http.get("/v2/usagePeriod")
    beat = await lite.http.get("/v2/heartbeat")

    assert faults("/v2/usagePeriod", period) == []
    assert faults("/v2/heartbeat", beat) == []
    assert beat.json()["status"] == "OK"
    assert (await lite.http.get("/usagePeriod")).json() == period.json()
    assert (await lite.http.get("/heartbeat")).json() == beat.json()


async def test_no_identifier_reaches_the_logs(lite: House) -> None:
    """The one interface with an identifier in its address leaves none behind."""
    await uses(lite)

    assert MARIA not in lite.logs.getvalue()
    assert MARIA not in (await lite.http.get("/metrics")).text
