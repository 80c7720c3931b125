"""The search among offers over the bus: the same as over our own interface, in all three protocols."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree
from zeep import Client

from gateway.web.facades.services import SCHEMA
from tests.journeys.bus import CLIENT, OURS, PARTS, PROVIDER, at_bus, envelope, fault_of, post_soap
from tests.journeys.bus import trembita_headers as trembita
from tests.journeys.bus import xroad_headers as xroad
from tests.journeys.house import House
from tests.journeys.offering import ZHYTOMYR, need, published

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE = f"{PROVIDER}/SearchOffers/v1"
WANTED = {"category": "food", "area": ZHYTOMYR, "person": {"youngest": 3, "household": 3}}
HEADER = "".join(PARTS).replace("GetSocialHistory", "SearchOffers")
BODY = (
    f"<o:SearchOffers><o:category>food</o:category><o:area>{ZHYTOMYR}</o:area><o:quantity>1</o:quantity>"
    "<o:accessible>false</o:accessible><o:person><o:household>3</o:household><o:youngest>3</o:youngest>"
    "</o:person></o:SearchOffers>"
)


async def _post(house: House, path: str, headers: dict[str, str], body: Any) -> Any:
    async with at_bus(house) as http:
        return await http.post(path, headers=headers, json=body)


async def test_every_door_finds_the_same(common: House) -> None:
    """What our own interface shows, both REST dialects give member for member; the search is on record."""
    await published(common)
    ours = (await common.post("/v1/offers/search", need(), accept_language="en")).json()
    over = {"Accept-Language": "en"}
    x_road = await _post(common, f"/r1/{SERVICE}", xroad() | over, WANTED)
    uxp = await _post(common, "/restapi", trembita(Uxp_Service=SERVICE) | over, WANTED)
    searches = [event["details"] for event in await common.events(kind="offer", outcome="searched")]

    assert [x_road.json(), uxp.json()] == [ours, ours]
    assert ours["matches"]
    assert [search.get("via", {}).get("protocol") for search in searches] == [
        None,
        "x-road-rest",
        "trembita-rest",
    ]
    assert searches[1]["via"]["client"] == CLIENT


async def test_soap_finds_the_same(common: House) -> None:
    """One record for each offer, as the schema has it, and the header comes back."""
    await published(common, external_id="parcels-2")
    response = await post_soap(common, envelope(HEADER, BODY))
    ours = (await common.post("/v1/offers/search", need())).json()
    wrapper = etree.fromstring(response.content)[1][0]
    offers = [member.findtext(f".//{OURS}text") for member in wrapper.iterfind(".//*[@name='offer']")]

    assert etree.XMLSchema(etree.parse(SCHEMA)).validate(wrapper)
    assert offers == [each["offer"] for each in (*ours["matches"], *ours["near_misses"])]
    assert len(wrapper.findall(f"{OURS}match")) == len(ours["matches"])


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        ({**WANTED, "category": "gold"}, {}, 422, "client.invalid_body"),
        ({**WANTED, "subject": {}}, {}, 422, "client.invalid_body"),
        ({**WANTED, "case": "KYIV-2026-999999"}, {"Uxp_Issue": None}, 404, "client.invalid_body"),
        ({**WANTED, "case": "KYIV-2026-999999"}, {}, 422, "client.inconsistent_headers"),
        (WANTED, {"Uxp_Issue": None}, 422, "client.invalid_body"),
        (WANTED, {"Uxp_UserId": None}, 422, "client.invalid_body"),
        (WANTED, {"Uxp_Client": "SEVDEIR-TEST/GOV/11111111/NOBODY"}, 401, "server.serverproxy.access_denied"),
    ],
)
async def test_a_search_that_will_not_do_is_refused(
    common: House, body: Any, headers: dict[str, str | None], status: int, code: str
) -> None:
    """By the same rules as at our own door, told in the bus's words."""
    response = await _post(common, "/restapi", trembita(Uxp_Service=SERVICE, **headers), body)

    assert (response.status_code, response.json()["type"]) == (status, code)


@pytest.mark.parametrize(
    ("of", "to"),
    [
        (">3</o:youngest>", ">three</o:youngest>"),
        ("</o:person>", "<o:name>x</o:name></o:person>"),
        ("<o:category>food</o:category>", ""),
    ],
)
async def test_soap_that_is_not_as_described_is_refused(common: House, of: str, to: str) -> None:
    """What the schema does not have is read no further."""
    assert await fault_of(common, envelope(HEADER, BODY.replace(of, to))) == "client.invalid_body"


async def test_a_stack_reads_both_services_from_the_description(common: House, tmp_path: Any) -> None:
    """The WSDL has the one schema once, and zeep builds a search from it."""
    async with at_bus(common) as http:
        described = await http.get("/xroad/soap?wsdl")
    file = tmp_path / "obmin.wsdl"
    file.write_bytes(described.content)
    client = Client(str(file))  # type: ignore[no-untyped-call]
    search = client.get_element("{urn:obmin:bus:v1}SearchOffers")(category="food", area=ZHYTOMYR)  # type: ignore[no-untyped-call]

    assert set(client.wsdl.port_types.popitem()[1].operations) == {"GetSocialHistory", "SearchOffers"}
    assert search.area == ZHYTOMYR
