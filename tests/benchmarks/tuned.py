"""(b) The hand-tuned aggregator: Starlette, aiohttp, envelopes as text, lxml, orjson. No control at all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

import aiohttp
import orjson
from lxml import etree
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.benchmarks.registries import CREDENTIAL, MANIFESTS, MEMBER, PURPOSE, header_of

REGISTRIES = os.environ["REGISTRIES"]
NAMESPACES: Mapping[str, str] = {
    "border": "http://dpsu.example/xroad/border-crossings",
    "employment": "http://dcz.example/xroad/employment-status",
}
ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>\
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="http://x-road.eu/xsd/xroad.xsd" \
xmlns:id="http://x-road.eu/xsd/identifiers" xmlns:t="{namespace}">\
<s:Header>{headers}<x:id>%s</x:id></s:Header>\
<s:Body><t:{operation}>%s</t:{operation}></s:Body></s:Envelope>"""
PARSER = etree.XMLParser(resolve_entities=False, no_network=True)
XML: Mapping[str, str] = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
JSON: Mapping[str, str] = {"Content-Type": "application/json"}


def compile_envelope(source: str, operation: str) -> str:
    """Write an envelope once, with two places left open: the message id and the question."""
    headers = ""
    for name, value in header_of(source, operation).items():
        if isinstance(value, dict):
            kind = value.pop("objectType")
            parts = "".join(f"<id:{part}>{text}</id:{part}>" for part, text in value.items())
            headers += f'<x:{name} id:objectType="{kind}">{parts}</x:{name}>'
        elif name != "id":
            headers += f"<x:{name}>{value}</x:{name}>"
    return ENVELOPE.format(namespace=NAMESPACES[source], headers=headers, operation=operation)


ASK_BORDER = compile_envelope("border", "GetBorderCrossings")
SUBMIT = compile_envelope("employment", "SubmitEmploymentQuery")
COLLECT = compile_envelope("employment", "GetEmploymentAnswer")


@asynccontextmanager
async def open_session(app: Starlette) -> AsyncIterator[None]:
    """Open what the requests share."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(30)) as session:
        app.state.session = session
        yield


async def social_history(request: Request) -> Response:
    """Ask all five at once and lay their answers side by side."""
    session: aiohttp.ClientSession = request.app.state.session
    person: dict[str, str] = orjson.loads(await request.body())
    health, education, border, employment, donors = await asyncio.gather(
        ask_health(session, person),
        ask_education(session, person),
        ask_border(session, person),
        ask_employment(session, person),
        ask_donors(session, person),
    )
    found = {
        "health": health,
        "education": education,
        "border": border,
        "employment": employment,
        "donors": donors,
    }
    answer = {
        "sources": {source: {"status": "answered", "record": record} for source, record in found.items()}
    }
    return Response(orjson.dumps(answer), media_type="application/json")


async def send(
    session: aiohttp.ClientSession, method: str, url: str, headers: Mapping[str, str], content: bytes
) -> bytes:
    """Send one request; only a 200 is an answer."""
    async with session.request(method, url, data=content, headers=headers) as reply:
        reply.raise_for_status()
        return await reply.read()


async def ask_health(session: aiohttp.ClientSession, person: Mapping[str, str]) -> Any:
    """Search the person, then read every page of the summary."""
    manifest = MANIFESTS["health"].ehealth
    assert manifest
    base = f"{REGISTRIES}/health"
    headers = {"X-Request-ID": str(uuid4()), **JSON, **CREDENTIAL["health"]}
    question = orjson.dumps({"tax_id": person["rnokpp"]})
    found = orjson.loads(await send(session, "POST", base + manifest.search, headers, question))["data"][0]
    path = base + manifest.summary.replace("{id}", found["id"])
    facts, page, pages = [], 1, 1
    while page <= pages:
        url = f"{path}?page={page}&page_size=50"
        document = orjson.loads(await send(session, "GET", url, headers, b""))
        facts += document["data"]
        page, pages = page + 1, document["paging"]["total_pages"]
    return {"person": found, "facts": facts}


async def ask_education(session: aiohttp.ClientSession, person: Mapping[str, str]) -> Any:
    """Ask over Trembita REST."""
    manifest = MANIFESTS["education"].trembita
    assert manifest
    headers = {
        **JSON,
        "Uxp-Client": MEMBER,
        "Uxp-Service": f"{MEMBER.partition('/')[0]}/{manifest.service}",
        "Uxp-QueryID": str(uuid4()),
        "Uxp-UserId": "worker-17",
        "Uxp-Subject-Id": person["rnokpp"],
        "Uxp-Purpose-Ids": PURPOSE,
    }
    question = orjson.dumps({"rnokpp": person["rnokpp"]})
    url = f"{REGISTRIES}/education{manifest.path}"
    return orjson.loads(await send(session, "POST", url, headers, question))


async def ask_border(session: aiohttp.ClientSession, person: Mapping[str, str]) -> Any:
    """Ask over X-Road SOAP, by name and birth date."""
    question = (
        f"<t:lastName>{escape(person['family_name'])}</t:lastName>"
        f"<t:firstName>{escape(person['given_name'])}</t:firstName>"
        f"<t:patronymic>{escape(person['patronymic'])}</t:patronymic>"
        f"<t:birthDate>{escape(person['birth_date'])}</t:birthDate>"
    )
    answer = await call(session, "border", ASK_BORDER, question)
    return read_element(answer.find("{*}person"))


async def ask_employment(session: aiohttp.ClientSession, person: Mapping[str, str]) -> Any:
    """Hand in the question, then ask for its answer until it is there."""
    xroad = MANIFESTS["employment"].xroad
    assert xroad
    assert xroad.polling
    taken = await call(session, "employment", SUBMIT, f"<t:rnokpp>{escape(person['rnokpp'])}</t:rnokpp>")
    question = f"<t:ticket>{escape(taken.findtext('{*}ticket') or '')}</t:ticket>"
    pause = xroad.polling.first_ms
    while True:
        await asyncio.sleep(pause / 1000)
        answer = await call(session, "employment", COLLECT, question)
        if answer.findtext("{*}state") == xroad.polling.ready:
            return read_element(answer.find("{*}person"))
        pause = xroad.polling.interval_ms


async def ask_donors(session: aiohttp.ClientSession, person: Mapping[str, str]) -> Any:
    """Ask over plain REST."""
    manifest = MANIFESTS["donors"].rest
    assert manifest
    question = orjson.dumps({"rnokpp": person["rnokpp"]})
    url = f"{REGISTRIES}/donors{manifest.path}"
    return orjson.loads(await send(session, "POST", url, {**JSON, **CREDENTIAL["donors"]}, question))


async def call(session: aiohttp.ClientSession, source: str, envelope: str, question: str) -> Any:
    """Send a filled envelope and give what stands in the answer's body."""
    content = (envelope % (uuid4(), question)).encode()
    answer = etree.fromstring(await send(session, "POST", f"{REGISTRIES}/{source}", XML, content), PARSER)
    return answer.find("{http://schemas.xmlsoap.org/soap/envelope/}Body")[0]  # type: ignore[index]


def read_element(element: Any) -> Any:
    """Turn an element into a dict of its children, or its text."""
    if not len(element):
        return element.text
    return {etree.QName(child).localname: read_element(child) for child in element}


app = Starlette(lifespan=open_session, routes=[Route("/social-history", social_history, methods=["POST"])])
