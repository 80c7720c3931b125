"""FHIR R4: search for the patient, then what refers to her, and what she refers to.

Searches are POSTed as forms (R4 §3.1.1.6.2), so that no identifier stands in a URL. An `OperationOutcome` is
read by its codes alone: its texts quote what was sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, NoReturn
from urllib.parse import urlencode, urlsplit

from adapters.base import (
    Ambiguous,
    Question,
    Reply,
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from adapters.protocols.finding import beyond_person, dig
from adapters.protocols.reading import Reading, readable
from adapters.protocols.strict_json import read_json
from adapters.protocols.subject import Wording
from adapters.protocols.switches import Fhir
from adapters.protocols.wire import Response, Wire, header_text, refuse_status
from contracts.vocabulary import Scheme, Source

FORM: Final = {"Accept": "application/fhir+json", "Content-Type": "application/x-www-form-urlencoded"}
FORBIDDEN: Final = frozenset({"security", "login", "unknown", "expired", "forbidden", "suppressed"})
LATER: Final = frozenset(
    {"transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled"}
)
"""Issue types (R4 value set `issue-type`) that mean something else than a question they do not accept."""


@dataclass(frozen=True, slots=True)
class FhirR4:
    """A registry that is a FHIR server. See `adapters.base.Adapter`.

    Readers get `{"person": Patient, "related": {name: [resource, …]}, "references": {name: resource}}`.
    """

    source: Source
    manifest: Fhir
    wire: Wire
    wording: Wording
    reading: Reading

    @property
    def needs(self) -> Sequence[frozenset[Scheme]]:
        """See `Adapter.needs`."""
        return self.wording.needs

    async def ask(self, question: Question) -> Reply:
        """See `Adapter.ask`."""
        criteria = {
            element.partition(".")[0]: "|".join(filter(None, (self.manifest.systems.get(element), value)))
            for element, value in self.wording.say(question.subject).items()
        }
        found = await self._search("Patient", criteria, question)
        if not found:
            raise SubjectUnknownError(self.source, "not-found")
        if len(found) > 1:
            people = [{"person": one, "related": {}, "references": {}} for one in found]
            return Ambiguous(len(found), "", likenesses=self.reading.liken(people, question))
        said = {"person": found[0], "related": {}, "references": {}}
        if beyond_person(question):
            said |= await self._around(found[0], question)
        return self.reading.answer(said, question)

    async def _around(self, patient: Any, question: Question) -> dict[str, Any]:
        """Give what refers to the patient and what she refers to, all asked for at once."""
        with readable(self.source):
            reference = f"Patient/{patient['id']}"
            wanted = {name: dig(patient, path) for name, path in self.manifest.references.items()}
        searches = [
            self._search(kind, {"patient": reference, **criteria}, question)
            for kind, criteria in map(_criteria, self.manifest.related.values())
        ]
        reads = [self._read(str(target), question) for target in wanted.values() if target]
        found = await asyncio.gather(*searches, *reads)
        return {
            "related": dict(zip(self.manifest.related, found[: len(searches)], strict=True)),
            "references": dict(
                zip((name for name in wanted if wanted[name]), found[len(searches) :], strict=True)
            ),
        }

    async def _search(self, kind: str, criteria: Mapping[str, str], question: Question) -> list[Any]:
        """Give every match of a search, following its pages within the registry's own address."""
        body = urlencode(criteria).encode()
        bundle = self._resource(await self._send("POST", f"/{kind}/_search", question, body), "Bundle")
        found: list[Any] = []
        for _ in range(self.manifest.pages):
            with readable(self.source):
                found += [entry["resource"] for entry in bundle.get("entry", ()) if _is_match(entry, kind)]
                links = [link["url"] for link in bundle.get("link", ()) if link["relation"] == "next"]
            if not links:
                return found
            bundle = self._resource(await self._send("GET", self._within(links[0]), question), "Bundle")
        raise SourceMisbehavedError(self.source, "too-large")

    async def _read(self, reference: str, question: Question) -> Any:
        kind, slash, identifier = reference.partition("/")
        if not slash or not kind.isalpha() or not set(identifier) <= IDENTIFIER:
            raise SourceMisbehavedError(self.source, "unreadable")
        return self._resource(await self._send("GET", f"/{reference}", question), kind)

    async def _send(self, method: str, path: str, question: Question, content: bytes = b"") -> Response:
        headers = {
            **FORM,
            "X-Request-Id": question.message_id,
            "X-Official": header_text(question.official),
        }
        return await self.wire.send(
            method, path, deadline=question.deadline, headers=headers, content=content
        )

    def _within(self, url: str) -> str:
        """Give the path of a page's address. Whoever else it names is not asked: it would be our asking."""
        page, base = urlsplit(url), urlsplit(self.wire.base)
        if page.netloc and page.netloc != base.netloc:
            raise SourceMisbehavedError(self.source, "redirected")
        path = page.path.removeprefix(base.path)
        return f"/{path.lstrip('/')}" + (f"?{page.query}" if page.query else "")

    def _resource(self, response: Response, kind: str) -> Any:
        """Give the resource that was asked for; raise what an outcome or a status in its place means."""
        if response.status != HTTPStatus.OK and "json" not in response.headers.get("content-type", ""):
            refuse_status(self.source, response.status)  # not the server's own words: a proxy's page
        with readable(self.source):
            document = read_json(response.body) if response.body else {}
            outcome = document.get("resourceType") == "OperationOutcome"
            codes = {issue["code"] for issue in document["issue"]} if outcome else set()
        if outcome:
            self._refuse(response.status, codes)
        if response.status != HTTPStatus.OK:
            refuse_status(self.source, response.status)
        if document.get("resourceType") != kind:
            raise SourceMisbehavedError(self.source, "unreadable")
        return document

    def _refuse(self, status: int, codes: set[str]) -> NoReturn:
        if codes & FORBIDDEN:
            raise SourceRefusedError(self.source, "access-denied")
        if codes & LATER:
            raise SourceUnavailableError(self.source, "source-failed")
        if status != HTTPStatus.OK:
            refuse_status(self.source, status)
        raise SourceRefusedError(self.source, "bad-question")


IDENTIFIER: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.")
"""What an id may be made of (R4 §2.24.0.1)."""


def _criteria(related: str) -> tuple[str, dict[str, str]]:
    """Split `Observation?category=social-history` into a type and its fixed criteria."""
    kind, _, query = related.partition("?")
    return kind, dict(pair.split("=", 1) for pair in query.split("&") if pair)


def _is_match(entry: Any, kind: str) -> bool:
    """Say whether an entry is what was searched for: outcomes and included resources stand among them."""
    mode = entry.get("search", {}).get("mode", "match")
    return bool(mode == "match" and entry["resource"]["resourceType"] == kind)
