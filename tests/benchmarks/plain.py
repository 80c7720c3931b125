"""(a) The aggregator that a team would write first: FastAPI, httpx, zeep, dicts. No control at all.

Nothing here is slow on purpose: one client for the process, all sources asked at once, WSDLs read at start.
"""

# mypy: disable-error-code="no-untyped-call"
# zeep has no types, and here it is called as its own documentation shows.

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import zeep
from fastapi import FastAPI, Request
from pydantic import BaseModel
from zeep.helpers import serialize_object
from zeep.proxy import AsyncServiceProxy
from zeep.transports import AsyncTransport

from tests.benchmarks.registries import CREDENTIAL, MANIFESTS, MEMBER, PURPOSE, WSDL, header_of

REGISTRIES = os.environ["REGISTRIES"]


class Person(BaseModel):
    """Whom to ask about."""

    rnokpp: str
    unzr: str
    family_name: str
    given_name: str
    patronymic: str
    birth_date: str


@asynccontextmanager
async def open_clients(app: FastAPI) -> AsyncIterator[None]:
    """Open what the requests share."""
    async with httpx.AsyncClient(timeout=30) as client:
        app.state.client = client
        app.state.border = soap_client("border", client)
        app.state.employment = soap_client("employment", client)
        yield


def soap_client(source: str, client: httpx.AsyncClient) -> AsyncServiceProxy:
    """Read a WSDL and give its service at the registry's address."""
    transport = AsyncTransport(client=client, wsdl_client=httpx.Client())
    soap = zeep.AsyncClient(str(WSDL[source]), transport=transport)
    binding = next(iter(soap.wsdl.bindings.values()))
    return AsyncServiceProxy(soap, binding, address=f"{REGISTRIES}/{source}")


app = FastAPI(lifespan=open_clients)


@app.post("/social-history")
async def social_history(person: Person, request: Request) -> dict[str, Any]:
    """Ask all five at once and lay their answers side by side."""
    state = request.app.state
    health, education, border, employment, donors = await asyncio.gather(
        ask_health(state.client, person),
        ask_education(state.client, person),
        ask_border(state.border, person),
        ask_employment(state.employment, person),
        ask_donors(state.client, person),
    )
    found = {
        "health": health,
        "education": education,
        "border": border,
        "employment": employment,
        "donors": donors,
    }
    return {"sources": {source: {"status": "answered", "record": record} for source, record in found.items()}}


async def ask_health(client: httpx.AsyncClient, person: Person) -> Any:
    """Search the person, then read every page of the summary."""
    manifest = MANIFESTS["health"].ehealth
    assert manifest
    base, headers = f"{REGISTRIES}/health", {"X-Request-ID": str(uuid4()), **CREDENTIAL["health"]}
    reply = await client.post(base + manifest.search, json={"tax_id": person.rnokpp}, headers=headers)
    reply.raise_for_status()
    found = reply.json()["data"][0]
    facts, page, pages = [], 1, 1
    while page <= pages:
        path = base + manifest.summary.replace("{id}", found["id"])
        reply = await client.get(path, params={"page": page, "page_size": 50}, headers=headers)
        reply.raise_for_status()
        facts += reply.json()["data"]
        page, pages = page + 1, reply.json()["paging"]["total_pages"]
    return {"person": found, "facts": facts}


async def ask_education(client: httpx.AsyncClient, person: Person) -> Any:
    """Ask over Trembita REST."""
    manifest = MANIFESTS["education"].trembita
    assert manifest
    headers = {
        "Uxp-Client": MEMBER,
        "Uxp-Service": f"{MEMBER.partition('/')[0]}/{manifest.service}",
        "Uxp-QueryID": str(uuid4()),
        "Uxp-UserId": "worker-17",
        "Uxp-Subject-Id": person.rnokpp,
        "Uxp-Purpose-Ids": PURPOSE,
    }
    url = f"{REGISTRIES}/education{manifest.path}"
    reply = await client.post(url, json={"rnokpp": person.rnokpp}, headers=headers)
    reply.raise_for_status()
    return reply.json()


async def ask_border(soap: AsyncServiceProxy, person: Person) -> Any:
    """Ask over X-Road SOAP, by name and birth date."""
    answer = await soap.GetBorderCrossings(
        lastName=person.family_name,
        firstName=person.given_name,
        patronymic=person.patronymic,
        birthDate=person.birth_date,
        _soapheaders=header_of("border", "GetBorderCrossings"),
    )
    return serialize_object(answer.body, dict)["person"][0]


async def ask_employment(soap: AsyncServiceProxy, person: Person) -> Any:
    """Hand in the question, then ask for its answer until it is there."""
    xroad = MANIFESTS["employment"].xroad
    assert xroad
    assert xroad.polling
    taken = await soap.SubmitEmploymentQuery(
        rnokpp=person.rnokpp, _soapheaders=header_of("employment", "SubmitEmploymentQuery")
    )
    pause = xroad.polling.first_ms
    while True:
        await asyncio.sleep(pause / 1000)
        answer = await soap.GetEmploymentAnswer(
            ticket=taken.body.ticket, _soapheaders=header_of("employment", "GetEmploymentAnswer")
        )
        if answer.body.state == xroad.polling.ready:
            return serialize_object(answer.body, dict)["person"][0]
        pause = xroad.polling.interval_ms


async def ask_donors(client: httpx.AsyncClient, person: Person) -> Any:
    """Ask over plain REST."""
    manifest = MANIFESTS["donors"].rest
    assert manifest
    url = f"{REGISTRIES}/donors{manifest.path}"
    reply = await client.post(url, json={"rnokpp": person.rnokpp}, headers=CREDENTIAL["donors"])
    reply.raise_for_status()
    return reply.json()
