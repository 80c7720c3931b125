"""The demo's clinic: a small receiver on a loopback socket that can be down, as receivers are.

It does what "Receiving from Obmin" tells receivers to do: verify the signature, take each id once, open
what is sealed to it with its own key.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from standardwebhooks import Webhook, WebhookVerificationError

from contracts.vocabulary import AgencyId
from gateway.channels.webhook import VERIFICATION
from gateway.outbox.sealing import open_message
from gateway.sealing.keys import EnvelopeBrokenError

CLINIC: Final = AgencyId("clinic")
LARGEST: Final = 1 << 20


@dataclass
class Clinic:
    """One receiver. `key` is its private key, `secret` what its messages are signed with."""

    key: Mapping[str, Any] = field(repr=False)
    secret: str = field(default="", repr=False)
    port: int = 0
    messages: dict[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    came: threading.Event = field(default_factory=threading.Event)
    _server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        """Give the URL of the webhook."""
        return f"http://127.0.0.1:{self.port}/messages"

    def go_up(self) -> None:
        """Listen: on a free port at first, on the same one from then on."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler_of(self))
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}).start()

    def go_down(self) -> None:
        """Take no more calls."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def take(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
        """Take one call: 401 for one that is not signed, 202 for a message, which counts once."""
        try:
            event = Webhook(self.secret).verify(body, dict(headers))
        except WebhookVerificationError:
            return 401, {}
        if event["type"] == VERIFICATION:
            return 200, {"challenge": event["data"]["challenge"]}
        try:
            opened = open_message(event["data"], self.key, CLINIC, event["id"])
        except EnvelopeBrokenError:
            return 422, {}
        self.messages.setdefault(event["id"], opened)
        self.came.set()
        return 202, {}

    def message(self, kind: str, referral: str, seconds: float = 30.0) -> Mapping[str, Any] | None:
        """Wait for a message of a type about a referral; give its content, None where it does not come."""
        for _ in range(int(seconds * 20)):
            for opened in [*self.messages.values()]:
                content: Mapping[str, Any] = opened["content"]
                if opened["type"] == kind and content.get("referral") == referral:
                    return content
            self.came.wait(0.05)
            self.came.clear()
        return None


def _handler_of(clinic: Clinic) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Passes calls on to the clinic."""

        def do_POST(self) -> None:
            """Answer one call."""
            body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), LARGEST))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, said = clinic.take(body, headers)
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing: what is called may name a person."""

    return Handler
