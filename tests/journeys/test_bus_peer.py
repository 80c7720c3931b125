"""Whose word counts on the bus: the security server's that the settings name, and nobody else's."""

from __future__ import annotations

import base64
import signal
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.commands.certificates import self_signed
from tests.journeys.bus import at_bus, envelope, fault_of, trembita_headers
from tests.journeys.house import MARIA, House, open_house
from tests.journeys.program import replica_of, run

SUBJECT = {"subject": {"scheme": "rnokpp", "value": MARIA}}
HERE = {"proxy": "127.0.0.1"}


def _passed_on(house: House, name: str = "security-server") -> str:
    """Give a certificate as RFC 9440 passes it on."""
    pem = house.demo.certificate(name).with_suffix(".crt").read_bytes()
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    return f":{base64.b64encode(der).decode()}:"


async def _behind_proxy(house: House, certificate: str, **headers: str) -> httpx.Response:
    """Post to the gateway's plain listener, as the proxy that ended the TLS would."""
    sent = {**trembita_headers(), "Client-Cert": certificate, **headers}
    return await house.http.post("/restapi", headers=sent, json=SUBJECT)


@pytest.mark.parametrize("stranger", [None, "stranger"])
async def test_our_own_listener_shakes_hands_with_the_security_server_alone(
    lite: House, tmp_path: Path, stranger: str | None
) -> None:
    """Without a certificate, or with anybody else's, no request is heard."""
    self_signed(tmp_path / "stranger.pem", "security-server")
    trust = ssl.create_default_context(cafile=str(lite.demo.certificate("bus").with_suffix(".crt")))
    chosen = {"stranger": tmp_path / "stranger.pem"}
    _present(trust, chosen.get(stranger or ""))
    async with httpx.AsyncClient(base_url=lite.settings.bus.url, verify=trust, trust_env=False) as http:
        with pytest.raises((httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError)):
            await http.post("/restapi", headers=trembita_headers(), json=SUBJECT)


def _present(trust: ssl.SSLContext, certificate: Path | None) -> None:
    if certificate:
        trust.load_cert_chain(certificate)


async def test_a_header_from_outside_is_no_certificate(lite: House) -> None:
    """The public listener knows no proxy: whatever is passed on there is forged, refused and on record."""
    response = await _behind_proxy(lite, _passed_on(lite))
    events = [event for event in await lite.events() if event["kind"] == "token" and event["reason"]]

    assert response.status_code == 401
    assert [event["reason"] for event in events] == ["certificate-forged"]
    assert events[0]["exchange_id"] == response.headers["exchange-id"]


async def test_without_any_certificate_nobody_speaks_for_a_member(lite: House) -> None:
    """The client header alone is worth nothing on the public listener."""
    response = await lite.http.post("/restapi", headers=trembita_headers(), json=SUBJECT)
    soap = await lite.http.post("/xroad/soap", content=envelope(), headers={"Content-Type": "text/xml"})

    assert response.json()["type"] == "server.serverproxy.access_denied"
    assert "server.serverproxy.access_denied" in soap.text


async def test_a_header_over_the_direct_connection_is_refused(lite: House) -> None:
    """Nothing stands between the security server and our own listener that could pass one on."""
    async with at_bus(lite) as http:
        headers = {**trembita_headers(), "Client-Cert": _passed_on(lite)}
        response = await http.post("/restapi", headers=headers, json=SUBJECT)

    assert response.status_code == 401


@pytest.mark.parametrize("encode", ["rfc9440", "pem"])
async def test_the_named_proxy_passes_the_certificate_on(tmp_path: Path, encode: str) -> None:
    """Behind the proxy that the settings name, its word on the certificate counts, in either spelling."""
    async with open_house(tmp_path / "deployment", bus=HERE) as house:
        pem = house.demo.certificate("security-server").with_suffix(".crt").read_text("utf-8")
        spellings = {"rfc9440": _passed_on(house), "pem": quote(pem)}
        response = await _behind_proxy(house, spellings[encode])

    assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    ("settings", "certificate", "headers"),
    [
        ({"proxy": "192.0.2.7"}, "security-server", {}),
        ({"proxy": "192.0.2.7"}, "security-server", {"X-Forwarded-For": "192.0.2.7"}),
        (HERE, "bus", {}),
        (HERE, "", {}),
    ],
)
async def test_behind_a_proxy_others_stay_outside(
    tmp_path: Path, settings: Mapping[str, Any], certificate: str, headers: dict[str, str]
) -> None:
    """Another address, one that only claims to be the proxy's, another certificate and none: all refused."""
    async with open_house(tmp_path / "deployment", bus=settings) as house:
        passed_on = _passed_on(house, certificate) if certificate else ":AAAA:"
        response = await _behind_proxy(house, passed_on, **headers)

    assert response.status_code == 401


async def test_faults_are_spelt_as_the_settings_say(tmp_path: Path) -> None:
    """Before 7.8.0, and in the specification, codes are written in capitals."""
    async with open_house(tmp_path / "deployment", bus={"faults": "pascal"}) as house:
        code = await fault_of(house, envelope(""))
        async with at_bus(house) as http:
            rest = await http.post("/restapi", headers=trembita_headers(Uxp_Client=None), json=SUBJECT)

    assert code == "Client.MissingHeaderField"
    assert rest.json()["type"] == "Client.MissingHeaderField"


@pytest.mark.parametrize("path", ["/xroad/soap", "/restapi", "/r1/A/B/C/D/E"])
async def test_a_deployment_that_is_on_no_bus_has_no_such_address(tmp_path: Path, path: str) -> None:
    """Without a member of our own the addresses are unknown."""
    async with open_house(tmp_path / "deployment", bus={"member": ""}) as house:
        response = await house.http.post(path, content=b"")

    assert response.status_code == 404


async def test_each_gateway_has_a_listener_of_its_own(lite: House) -> None:
    """A gateway in a process of its own serves the bus, too, and ends when it is told."""
    async with replica_of(lite) as replica:
        async with at_bus(lite, replica.bus_url) as http:
            response = await http.post("/restapi", headers=trembita_headers(), json=SUBJECT)
        replica.process.terminate()
        code = await replica.process.wait()

    assert response.status_code == 200
    assert code == -signal.SIGTERM


async def test_a_port_that_is_taken_is_named(lite: House) -> None:
    """A gateway whose bus port another process has does not start, and says which it is."""
    port = str(lite.settings.bus.port)
    done = await run(
        lite.demo.folder, "serve", "--config", lite.demo.settings_file, OBMIN_PORT="0", OBMIN_BUS__PORT=port
    )

    assert done.code == 1
    assert f"bus.port: 127.0.0.1:{port}" in done.err
