"""A real client of the gateway, over HTTP: what a case system does, in a few lines."""

from __future__ import annotations

import io
import json
import tarfile
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from joserfc import jws
from joserfc.jwk import ECKey, JWKRegistry, OKPKey

from contracts.vocabulary import AgencyId, ExchangeId, ObminError
from gateway.sealing.recipient import Binding, open_sealed


class CallRefusedError(ObminError):
    """The gateway answered with a problem, or did not answer. The message is the problem's own."""


@dataclass(frozen=True, slots=True)
class Client:
    """One agency's connection to one gateway."""

    gateway: str
    agency: str
    key: Path

    def token(self) -> str:
        """Exchange a fresh assertion (RFC 7523) for an access token."""
        with self._open() as http:
            response = http.post(
                "/oauth/token",
                data={
                    "grant_type": "client_credentials",
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    "client_assertion": self._assertion(),
                },
            )
            return str(_checked(response)["access_token"])

    def events(self, query: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Ask for a social history and give its server-sent events as they come."""
        headers = {**self._bearer(), "Accept": "text/event-stream"}
        with (
            self._open() as http,
            http.stream("POST", "/v1/social-history", json=query, headers=headers) as stream,
        ):
            if stream.status_code != httpx.codes.OK:
                stream.read()
                _checked(stream)
            name = ""
            for line in stream.iter_lines():
                member, _, value = line.partition(": ")
                if member == "event":
                    name = value
                elif member == "data":
                    yield name, json.loads(value)

    def get(self, path: str) -> bytes:
        """Read one resource."""
        with self._open() as http:
            response = http.get(path, headers=self._bearer())
            if not response.is_success:
                _checked(response)
            return response.content

    def post(self, path: str, body: Mapping[str, Any] | bytes, media_type: str = "application/json") -> Any:
        """Post a JSON body, or bytes of another type, and give the JSON that comes back."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        with self._open() as http:
            headers = {**self._bearer(), "Content-Type": media_type}
            return _checked(http.post(path, content=content, headers=headers))

    def export(self, folder: Path) -> None:
        """Fetch the whole record as an auditor may, into a folder that `obmin audit verify` reads."""
        with tarfile.open(fileobj=io.BytesIO(self.get("/v1/audit/export"))) as tar:
            tar.extractall(folder, filter="data")

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token()}"}

    def _open(self) -> httpx.Client:
        return httpx.Client(base_url=self.gateway, timeout=30, trust_env=False)

    def _assertion(self) -> str:
        key = JWKRegistry.import_key(json.loads(self.key.read_text("utf-8")))
        assert isinstance(key, ECKey | OKPKey)  # noqa: S101  what `obmin` and the README make
        at = int(time.time())
        claims = {
            "iss": self.agency,
            "sub": self.agency,
            "aud": f"{self.gateway}/oauth/token",
            "iat": at,
            "exp": at + 120,
            "jti": str(uuid.uuid4()),
        }
        algorithm = "Ed25519" if isinstance(key, OKPKey) else "ES256"
        header = {"alg": algorithm, "kid": key.kid or "", "typ": "JWT"}
        return jws.serialize_compact(header, json.dumps(claims), key, algorithms=[algorithm])


def open_fields(answer: Mapping[str, Any], agency: str, key: Path) -> Mapping[str, Any]:
    """Open the fields that were sealed to the agency, with its private key."""
    if "sealed" not in answer:
        return {}
    digest = answer["contract"]["digest"]
    binding = Binding(AgencyId(agency), ExchangeId(answer["exchange_id"]), digest)
    return open_sealed(answer["sealed"]["value"], json.loads(key.read_text("utf-8")), binding)


def _checked(response: httpx.Response) -> Mapping[str, Any]:
    if response.status_code == httpx.codes.NO_CONTENT:
        return {}
    try:
        body: Mapping[str, Any] = response.json()
    except ValueError:
        raise CallRefusedError(f"HTTP {response.status_code} without a problem document") from None
    if not response.is_success:
        raise CallRefusedError(f"{body.get('title')}. {body.get('advice')} ({body.get('instance')})")
    return body
