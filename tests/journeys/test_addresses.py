"""Addresses, methods and names that are not there."""

from __future__ import annotations

import pytest

from tests.journeys.house import CASE, House

pytestmark = pytest.mark.asyncio(loop_scope="module")

HISTORY = "/v1/social-history"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", HISTORY, {"POST"}),
        ("DELETE", HISTORY, {"POST"}),
        ("POST", f"/v1/cases/{CASE}", {"GET", "PUT"}),
        ("PATCH", "/v1/consents", {"GET", "POST"}),
        ("GET", "/oauth/token", {"POST"}),
    ],
)
async def test_a_wrong_method_names_the_right_ones(
    common: House, method: str, path: str, allowed: set[str]
) -> None:
    """405 with `Allow` (RFC 9110 §15.5.6)."""
    response = await common.http.request(method, path, headers=await common.bearer())

    assert response.status_code == 405
    assert response.json()["type"] == "/problems/method-not-allowed"
    assert {each.strip() for each in response.headers["allow"].split(",")} == allowed


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v2/social-history", "/v1/social-history/", "/docs", "/problems/nothing", "/log/tile/x"],
)
async def test_an_unknown_address_is_not_found(common: House, path: str) -> None:
    """404 as a problem, with no redirection and no framework's page."""
    response = await common.http.get(path, headers=await common.bearer())

    assert response.status_code == 404
    assert response.json()["type"] == "/problems/not-found"


NAMELESS = ["0192", "%00", "..%2f..%2fetc", "%F0%9F%92%A9", "'%20OR%201=1--", "a" * 2_000]


@pytest.mark.parametrize("name", NAMELESS)
async def test_a_strange_name_is_not_found_on_either_database(house_of: House, name: str) -> None:
    """Zero bytes, quotes, pictures, endless names: nothing here by that name."""
    answers = [
        await house_of.http.get(path + name, headers=await house_of.bearer(agency))
        for path, agency in (
            ("/v1/social-history/", "case-system"),
            ("/v1/cases/", "case-system"),
            ("/v1/consents/", "person-portal"),
            ("/v1/contracts/", "case-system"),
            ("/v1/audit/events/", "auditor"),
        )
    ]

    assert [answer.status_code for answer in answers] == [404] * 5


@pytest.mark.parametrize(
    "search",
    [
        "from=yesterday",
        "limit=0",
        "limit=1001",
        "limit=x",
        "after=-1",
        "after=99999999999999999999",
        "from=2026-01-01T00:00:00",
        "case=%00",
        "agency=x%00",
    ],
)
async def test_a_wrong_search_of_the_record_is_a_problem(common: House, search: str) -> None:
    """Each parameter has its form; the problem names the parameter and not what it held."""
    response = await common.http.get(f"/v1/audit/events?{search}", headers=await common.bearer("auditor"))

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == f"/{search.partition('=')[0]}"


@pytest.mark.parametrize("path", ["x999/x999/x999/x999/x999/x999/999", "000.p/0", "-01", "1e3"])
async def test_a_tile_beyond_all_trees_is_not_found(house_of: House, path: str) -> None:
    """A number that no database can hold is a tile that nobody has."""
    answers = [await house_of.http.get(f"/log/tile/{level}/{path}") for level in (0, 5, 63, 99)]

    assert {answer.status_code for answer in answers} == {404}
