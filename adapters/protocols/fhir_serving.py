"""A FHIR R4 server for simulators: `_search` by form, `read`, bundles in pages, talkative outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl

import orjson

from adapters.protocols.serving import (
    FAULT,
    Receive,
    Scope,
    Send,
    Served,
    header,
    personal_text,
    read_body,
    serve,
)

TYPE: Final = "application/fhir+json"
SEARCH: Final = "/_search"


class FhirServer:
    """An ASGI application over samples whose `said` is `{"person", "related", "references"}`.

    `found_by` gives what a search for one patient may hold, as `parameter=value`; all that a search holds
    must be among it. `page` is the most that one bundle holds.
    """

    def __init__(self, samples: Path, found_by: Callable[[Any], Iterable[str]], page: int = 50) -> None:
        records = [record["said"] for record in orjson.loads(samples.read_bytes()).values()]
        self._patients = [(frozenset(found_by(said["person"])), said["person"]) for said in records]
        self._related = {f"Patient/{said['person']['id']}": _flat(said["related"]) for said in records}
        self._resources = {
            f"{resource['resourceType']}/{resource['id']}": resource
            for said in records
            for resource in (*_flat(said["related"]), *said["references"].values(), said["person"])
        }
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI 3 has it."""
        body = await read_body(receive)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        await serve(send, self._answer(scope, path, body.decode()))

    def _answer(self, scope: Scope, path: str, body: str) -> Served:
        if scope.get(FAULT) == "fault":
            return outcome(500, "exception")
        if not header(scope, b"authorization"):
            return outcome(401, "login")
        if path.endswith(SEARCH) and scope["method"] == "POST":
            kind = path.strip("/").removesuffix(SEARCH)
            return self._bundle(kind, dict(parse_qsl(body)), scope, body, 0)
        query = parse_qs(scope["query_string"].decode())
        if "page" in query:
            form = query["search"][0]
            return self._bundle(path.strip("/"), dict(parse_qsl(form)), scope, form, int(query["page"][0]))
        resource = self._resources.get(path.strip("/"))
        return outcome(404, "not-found") if resource is None else Served(200, orjson.dumps(resource), TYPE)

    def _bundle(self, kind: str, criteria: Mapping[str, str], scope: Scope, form: str, page: int) -> Served:
        if not criteria:
            return outcome(400, "required")
        found = self._found(kind, criteria, scope)
        shown = found[page * self._page : (page + 1) * self._page]
        bundle: dict[str, Any] = {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(found),
            "entry": [{"resource": one, "search": {"mode": "match"}} for one in shown],
        }
        if (page + 1) * self._page < len(found):
            root = scope.get("root_path", "")
            more = f"{root}/{kind}?page={page + 1}&search={form.replace('&', '%26').replace('=', '%3D')}"
            bundle["link"] = [{"relation": "next", "url": more}]
        return Served(200, orjson.dumps(bundle), TYPE)

    def _found(self, kind: str, criteria: Mapping[str, str], scope: Scope) -> Sequence[Any]:
        if kind != "Patient":
            about = self._related.get(criteria.get("patient", ""), ())
            return [resource for resource in about if resource["resourceType"] == kind]
        wanted = {f"{name}={value}" for name, value in criteria.items()}
        found = [patient for keys, patient in self._patients if wanted <= keys]
        if scope.get(FAULT) == "wrong-person":
            return [next(patient for _, patient in self._patients if patient not in found)]
        return found


def outcome(status: int, code: str) -> Served:
    """Give an OperationOutcome whose diagnostics tell of the person, as careless servers' do."""
    issue = {"severity": "error", "code": code, "diagnostics": personal_text("Patient")}
    return Served(status, orjson.dumps({"resourceType": "OperationOutcome", "issue": [issue]}), TYPE)


def _flat(related: Mapping[str, Sequence[Any]]) -> list[Any]:
    return [resource for resources in related.values() for resource in resources]
