"""A SOAP service built with spyne, as a ministry's contractor would.

`echo` copies the request's header fields into the answer. Of one person it fails, and tells of her in the
fault, as careless services do. Envelopes that begin with an XML declaration are refused, as by services that
read text and not bytes. Runs in a process of its own: its imports warn.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, make_server

from lxml import etree
from spyne import Application, Boolean, ComplexModel, Date, Integer, ServiceBase, Unicode, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

NAMESPACE: Final = "urn:example:pensions"
FAILING: Final = "2831212705"
HEADER: Final = "{http://schemas.xmlsoap.org/soap/envelope/}Header"
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Pensioner(ComplexModel):  # type: ignore[misc]  # spyne is not typed
    """What the service tells of a person."""

    __namespace__ = NAMESPACE
    rnokpp = Unicode
    lastName = Unicode  # noqa: N815  as the registry spells it
    firstName = Unicode  # noqa: N815
    birth_date = Date
    status = Unicode(values=["ACTIVE", "STOPPED"])
    monthly_kopecks = Integer
    is_working = Boolean


class Quiet(WSGIRequestHandler):
    """A handler that writes no log of its own."""

    def log_message(self, *_arguments: object) -> None:
        """Write nothing."""


def application(people: Mapping[str, Mapping[str, str]], *, echo: bool) -> Any:
    """Give the service, holding these people by their number."""

    class Pensions(ServiceBase):  # type: ignore[misc]  # spyne is not typed
        """The one service."""

        @rpc(Unicode, _returns=Pensioner)  # type: ignore[untyped-decorator]
        def get_pensioner(self, rnokpp: str) -> Any:
            """Give one pensioner, or nothing."""
            if rnokpp == FAILING:
                message = f"cannot pay {people[rnokpp]['lastName']}, {rnokpp}"
                raise RuntimeError(message)
            found = people.get(rnokpp)
            return found and Pensioner(
                rnokpp=found["rnokpp"],
                lastName=found["lastName"],
                firstName=found["firstName"],
                birth_date=date.fromisoformat(found["birth_date"]),
                status=found["status"],
                monthly_kopecks=int(found["monthly_kopecks"]),
                is_working=found["is_working"] == "true",
            )

    def copy_header(context: Any) -> None:
        header = etree.Element(HEADER)
        header.extend(deepcopy(context.in_header_doc or []))
        context.out_document.insert(0, header)

    if echo:
        Pensions.event_manager.add_listener("method_return_document", copy_header)
    soap = {"in_protocol": Soap11(validator="lxml"), "out_protocol": Soap11()}
    return WsgiApplication(Application([Pensions], NAMESPACE, **soap))


def particular(inner: Wsgi) -> Wsgi:
    """Refuse envelopes that begin with an XML declaration, as one that reads text and not bytes does."""

    def serve(environment: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environment.get("CONTENT_LENGTH") or 0)
        body = environment["wsgi.input"].read(length)
        if body.startswith(b"<?xml"):
            start("500 Internal Server Error", [("Content-Type", "text/plain")])
            return [b"ValueError: Unicode strings with encoding declaration are not supported"]
        return inner({**environment, "wsgi.input": io.BytesIO(body)}, start)

    return serve


def main() -> None:
    """Serve the people of a file on loopback, and print the port."""
    parser = argparse.ArgumentParser()
    parser.add_argument("people", type=Path)
    parser.add_argument("--echo", action="store_true")
    asked = parser.parse_args()
    people = json.loads(asked.people.read_text("utf-8"))
    server = make_server(
        "127.0.0.1", 0, particular(application(people, echo=asked.echo)), handler_class=Quiet
    )
    print(server.server_port, flush=True)  # noqa: T201  how the test finds it
    server.serve_forever()


if __name__ == "__main__":
    main()
