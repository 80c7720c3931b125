"""A stand-in for any registry that speaks its protocol in the standard way: manifest and samples suffice.

It takes a question as the manifest says that it is asked, and answers with the sample of the person named in
it. What a real registry does beyond that (a tunnel, a ticket, a document in CDATA) wants a `simulator.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote

import orjson
from lxml import etree

from adapters.base import SourceRefusedError
from adapters.catalog import Entry, read_entry
from adapters.manifest import Manifest, ManifestError
from adapters.people import load_people
from adapters.protocols.serving import (
    FAULT,
    Application,
    Receive,
    Scope,
    Send,
    Served,
    header,
    personal_text,
    read_body,
    serve,
)
from adapters.protocols.subject import DateFormats, Wording
from adapters.protocols.switches import Request, XRoad
from adapters.protocols.xroad_serving import XRoadProvider, to_xml
from contracts.vocabulary import Scheme

SLOT: Final = re.compile(r"\\\{(\w+)\\\}")


def stand_in(folder: Path) -> Application:
    """Give the simulated registry of a folder, as an ASGI application.

    Raises `ManifestError` for a protocol of which there is no standard way.
    """
    entry = read_entry(folder)
    manifest, people = entry.manifest, _People(entry)
    match manifest:
        case Manifest(xroad=XRoad() as xroad):
            namespace = (
                etree.parse(folder / "samples" / "service.wsdl").getroot().get("targetNamespace") or ""
            )

            def answer(asked: Mapping[str, Any], scope: Scope) -> bytes:
                return _wrapped(xroad.record, people.find(dict(_flat(asked, ())), scope))

            return XRoadProvider(namespace, {xroad.operation: answer})
        case Manifest(rest=Request() as request) | Manifest(trembita=Request() as request):
            return _Rest(request, people)
        case Manifest(xroad_rest=Request() as request):
            return _Rest(request, people)
    raise ManifestError(f"{folder}: {manifest.protocol} has no standard stand-in; write a simulator.py")


class _People:
    """The samples, by what a question about each person would hold."""

    def __init__(self, entry: Entry) -> None:
        manifest = entry.manifest
        samples = orjson.loads((entry.folder / "samples" / "records.json").read_bytes())
        people = load_people()
        self._said: dict[frozenset[tuple[str, str]], list[Any]] = {}
        for need in manifest.needs:
            ways = Wording(
                entry.source,
                [frozenset(map(Scheme, need))],
                manifest.question,
                DateFormats(manifest.birth_date_format, manifest.date_formats),
            )
            for key, sample in samples.items():
                try:
                    asked = ways.say(people[key].subject())
                except SourceRefusedError:  # this one cannot be named so
                    continue
                self._said.setdefault(frozenset(asked.items()), []).append(sample["said"])

    def find(self, asked: Mapping[str, str], scope: Scope) -> Sequence[Any]:
        """Give who fits a question; under the fault, somebody else."""
        found = self._said.get(frozenset((name, value) for name, value in asked.items() if value), [])
        if scope.get(FAULT) == "wrong-person":
            return next(other for other in self._said.values() if other != found)
        return found


class _Rest:
    """One operation over REST, whatever bus it is on."""

    def __init__(self, request: Request, people: _People) -> None:
        self._request = request
        self._people = people
        pattern = SLOT.sub(r"(?P<\1>[^/]+)", re.escape(request.path))
        self._path = re.compile(f".*{pattern}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI 3 has it."""
        await serve(send, self._answer(scope, await read_body(receive)))

    def _answer(self, scope: Scope, body: bytes) -> Served:
        if scope.get(FAULT) == "fault":
            return Served(503, orjson.dumps({"error": personal_text("Запит відхилено")}))
        path = self._path.fullmatch(scope["path"])
        if path is None or scope["method"] != self._request.method:
            return Served(404, b"<html>404</html>", "text/html")
        try:
            asked = self._asked(scope, path.groupdict(), body)
        except (orjson.JSONDecodeError, AttributeError):
            return Served(400, b"{}")
        found = self._people.find(asked, scope)
        if not found:
            nobody = self._request.nobody
            return Served(nobody.status, orjson.dumps(_nested(nobody.member, nobody.value or "not found")))
        return Served(200, orjson.dumps(_nested(self._request.record, found if len(found) > 1 else found[0])))

    def _asked(self, scope: Scope, in_path: Mapping[str, str], body: bytes) -> dict[str, str]:
        query = dict(parse_qsl(scope["query_string"].decode()))
        said = dict(_flat(orjson.loads(body), ())) if body else {}
        places: Mapping[str, Mapping[str, str]] = {
            "path": {name: unquote(value) for name, value in in_path.items()},
            "query": query,
            "body": said,
        }
        asked = {**said}
        for element, place in self._request.place.items():
            if place == "header":
                asked[element] = unquote(header(scope, quote(element).lower().encode()))
            else:
                asked[element] = places[place].get(element, "")
        return asked


def _flat(said: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Give the plain members of what was asked, by their dotted paths."""
    for name, value in said.items():
        if isinstance(value, dict):
            yield from _flat(value, (*path, name))
        else:
            yield ".".join((*path, name)), str(value or "")


def _nested(path: str, value: Any) -> Any:
    for step in reversed(path.split(".") if path else ()):
        value = {step: value}
    return value


def _wrapped(record: str, found: Sequence[Any]) -> bytes:
    """Give the people found as the inside of the answer's wrapper."""
    if not found:
        return b""
    *above, last = record.split(".")
    if not last:
        return b"".join(to_xml(name, value) for name, value in found[0].items())
    inside = to_xml(last, list(found))
    for step in reversed(above):
        inside = f"<m:{step}>".encode() + inside + f"</m:{step}>".encode()
    return inside
