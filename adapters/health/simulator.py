"""A central health database in ЕСОЗ's manner: envelope, paging, bearer token, errors of its shape."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import orjson

from adapters.health.approving import PHONE, Approvals
from adapters.protocols.serving import (
    FAULT,
    Application,
    Receive,
    Register,
    Scope,
    Send,
    Served,
    by_members,
    header,
    personal_text,
    read_body,
    serve,
)

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"
SEARCH: Final = "/api/persons/search"
SUMMARY: Final = ("/api/patients/", "/summary/social_facts")
BAD: Final = 400
META: Final = {"code": 200, "url": "http://esoz.example/api", "type": "list", "request_id": "esoz-simulator"}
NOBODY: Final = {"page_number": 1, "page_size": 50, "total_entries": 0, "total_pages": 0}
found_by: Final = by_members("tax_id", "unzr", inside="person")


def page(items: Sequence[Any], number: int = 1, size: int = 50) -> bytes:
    """Give one page of a list in the envelope."""
    pages = -(-len(items) // size)
    paging = {"page_number": number, "page_size": size, "total_entries": len(items), "total_pages": pages}
    return orjson.dumps({"meta": META, "data": items[(number - 1) * size : number * size], "paging": paging})


def one(status: int, item: Any) -> Served:
    """Give one resource in the envelope."""
    return Served(status, orjson.dumps({"meta": {**META, "code": status, "type": "object"}, "data": item}))


def error(status: int, kind: str) -> Served:
    """Give an error whose texts quote the request, as ЕСОЗ's do."""
    rule = {"rule": "invalid", "params": [], "description": personal_text("invalid")}
    body = {
        "meta": {**META, "code": status, "type": "object"},
        "error": {
            "type": kind,
            "message": personal_text("Person"),
            "invalid": [{"entry_type": "json_data_property", "entry": "$.tax_id", "rules": [rule]}],
        },
    }
    return Served(status, orjson.dumps(body))


def application(page_size: int = 50) -> Application:
    """Give the simulated registry; `page_size` is the most that it puts on one page."""
    people = Register(SAMPLES, found_by, lambda found: page([said["person"] for said in found]))
    records = [record["said"] for record in orjson.loads(SAMPLES.read_bytes()).values()]
    facts = {said["person"]["id"]: said["facts"] for said in records}
    approvals = Approvals({said["person"]["id"]: said["person"].get("tax_id", "") for said in records})

    def answer(scope: Scope, path: str, body: bytes) -> Served:
        if scope.get(FAULT) == "fault":
            return error(500, "internal_error")
        if path != PHONE and not header(scope, b"authorization").startswith("Bearer "):
            return error(401, "access_denied")
        if path == SEARCH and scope["method"] == "POST":
            found = people.find(found_by(orjson.loads(body)), scope)
            return Served(200, found or page([]))
        if "/approvals" in path or path == PHONE:
            status, said = approvals.answer(scope["method"], path, orjson.loads(body or b"{}"))
            return one(status, said) if status < BAD else error(status, said)
        patient = path.removeprefix(SUMMARY[0]).removesuffix(SUMMARY[1])
        if patient not in facts:
            return error(404, "not_found")
        query = parse_qs(scope["query_string"].decode())
        size = min(int(query.get("page_size", ["50"])[0]), page_size)
        return Served(200, page(facts[patient], int(query.get("page", ["1"])[0]), size))

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        try:
            served = answer(scope, scope["path"].removeprefix(scope.get("root_path", "")), body)
        except (ValueError, AttributeError):
            served = error(422, "validation_failed")
        await serve(send, served)

    return respond
