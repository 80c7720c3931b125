"""The simulators' side of HTTP: bare ASGI, so that thousands of answers a second cost next to nothing."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

FAULT: Final = "obmin.fault"
"""Key of the scope under which the simulation tells a simulator which fault it must show."""

LARGEST: Final = 65_536


@dataclass(frozen=True, slots=True)
class Served:
    """One HTTP answer of a simulator."""

    status: int
    body: bytes
    type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


async def read_body(receive: Receive) -> bytes:
    """Read a request's body; what is beyond 64 kB is cut off, and so will not be understood."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")[: LARGEST - len(body)]
        more = message.get("more_body", False)
    return body


async def serve(send: Send, served: Served) -> None:
    """Send one whole answer."""
    headers = [
        (b"content-type", served.type.encode()),
        (b"content-length", str(len(served.body)).encode()),
        *((name.encode(), value.encode()) for name, value in served.headers.items()),
    ]
    await send({"type": "http.response.start", "status": served.status, "headers": headers})
    await send({"type": "http.response.body", "body": served.body})


def header(scope: Scope, name: bytes) -> str:
    """Give a request header, empty where absent. `name` is in lower case."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def by_members(*names: str, inside: str = "") -> Callable[[Mapping[str, Any]], Iterable[str]]:
    """Give the keys by which a record, or a question, is found: its members `names` that are not empty.

    A record has them inside the member `inside`, if that is given; a question never has.
    """

    def found_by(said: Mapping[str, Any]) -> Iterable[str]:
        asked = said.get(inside, said) if inside else said
        return [asked[name] for name in names if asked.get(name)]

    return found_by


class Register:
    """Ready answers by what people are found by. Homonyms share an answer that lists them all.

    `found_by` gives the keys of one person's record, `render` the answer for those who share a key.
    """

    def __init__(
        self,
        samples: Path,
        found_by: Callable[[Any], Iterable[str]],
        render: Callable[[Sequence[Any]], bytes],
    ) -> None:
        people: dict[str, list[Any]] = {}
        for record in json.loads(samples.read_text(encoding="utf-8")).values():
            for key in found_by(record["said"]):
                people.setdefault(key, []).append(record["said"])
        self._answers = {key: render(found) for key, found in people.items()}

    def find(self, keys: Iterable[str], scope: Scope) -> bytes | None:
        """Give the answer for the first key known, None for nobody; under the fault, somebody else's."""
        answer = next((self._answers[key] for key in keys if key in self._answers), None)
        if scope.get(FAULT) == "wrong-person":
            return next(other for other in self._answers.values() if other != answer)
        return answer


def personal_text(prefix: str) -> str:
    """Give what careless providers put into error texts: the very person asked about."""
    return f"{prefix}: Бондаренко Марія Олександрівна, 03.09.1990, РНОКПП 3311845622, УНЗР 19900903-13025"
