"""(c) Obmin with every control on: a deployment of its own, filled through its own interface."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from contracts.store import ContractStore
from contracts.vocabulary import Purpose
from tests.benchmarks.processes import find_port, running
from tests.benchmarks.registries import CREDENTIAL, SOURCES
from tests.benchmarks.services import PERSON, PROGRAM, ROOT, Service

AGENCY, PURPOSE, OFFICIAL = "case-system", "needs-assessment", {"id": "worker-17"}
CASES = tuple(f"KYIV-2026-{number:06}" for number in range(120, 130))
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One configured and empty gateway: its settings, its port, the key that its agency signs with."""

    settings: Path
    port: int
    key: OKPKey

    @property
    def url(self) -> str:
        """The address at which it is known."""
        return f"http://127.0.0.1:{self.port}"

    def authorise(self) -> dict[str, str]:
        """Obtain an access token, as the agency does (RFC 7523)."""
        claims = {
            "iss": AGENCY,
            "sub": AGENCY,
            "aud": f"{self.url}/oauth/token",
            "jti": str(uuid4()),
            "exp": int(datetime.now(UTC).timestamp()) + 240,
        }
        header = {"alg": "EdDSA", "kid": str(self.key.kid)}
        assertion = jws.serialize_compact(header, orjson.dumps(claims), self.key, algorithms=["EdDSA"])
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": assertion,
        }
        reply = httpx.post(f"{self.url}/oauth/token", data=form, trust_env=False)
        reply.raise_for_status()
        return {"Authorization": f"Bearer {reply.json()['access_token']}"}


def deploy(folder: Path, registries: str, database: str = "sqlite+aiosqlite:///obmin.db") -> Deployment:
    """Write settings, agencies and credentials; make the keys and the tables."""
    folder.mkdir()
    deployment = Deployment(
        folder / "obmin.toml", find_port(), OKPKey.generate_key("Ed25519", {"kid": "bench"})
    )
    (folder / "credential").write_text("simulated")
    deployment.settings.write_text(_settings(deployment, registries, database))
    (folder / "agencies.toml").write_text(_agencies(deployment.key))
    for command in (("keys", "create"), ("db", "upgrade")):
        _run(folder, *command, "--config", str(deployment.settings))
    return deployment


@contextmanager
def serving(deployment: Deployment, name: str = "obmin", replicas: int = 1) -> Iterator[list[Service]]:
    """Run the gateway, in so many processes, with the main person's cases and consent on file."""
    with ExitStack() as stack:
        ports = [deployment.port, *(find_port() for _ in range(replicas - 1))]
        pids = [stack.enter_context(_process(deployment, port)) for port in ports]
        _fill(deployment)
        yield [
            Service(name, f"http://127.0.0.1:{port}/v1/social-history", pid, _queries(), deployment.authorise)
            for port, pid in zip(ports, pids, strict=True)
        ]


@contextmanager
def _process(deployment: Deployment, port: int) -> Iterator[int]:
    log = deployment.settings.with_name(f"gateway-{port}.log")
    command = [PROGRAM, "serve", "--config", str(deployment.settings)]
    with running(command, port, log, {"OBMIN_PORT": str(port)}) as pid:
        yield pid


def _fill(deployment: Deployment) -> None:
    """Open the cases and record the consent that the contract asks for."""
    subject = {
        "scheme": "rnokpp",
        "value": PERSON["rnokpp"],
        "name": {
            "family": PERSON["family_name"],
            "given": PERSON["given_name"],
            "patronymic": PERSON["patronymic"],
        },
        "birth_date": PERSON["birth_date"],
    }
    case = {"subject": subject, "officials": [OFFICIAL], "opened": "2026-01-01"}
    with httpx.Client(base_url=deployment.url, headers=deployment.authorise(), trust_env=False) as client:
        for number in CASES:
            client.put(f"/v1/cases/{number}", content=orjson.dumps(case)).raise_for_status()
        client.post("/v1/consents", content=orjson.dumps(_consent(subject))).raise_for_status()


def _consent(subject: Mapping[str, Any]) -> Mapping[str, Any]:
    words = ContractStore.load(ROOT / "contracts" / "library").vocabulary
    notice = words.purposes[Purpose(PURPOSE)].notice.uk
    return {
        "subject": {"scheme": subject["scheme"], "value": subject["value"]},
        "consumer": AGENCY,
        "purpose": PURPOSE,
        "sources": SOURCES,
        "notice_digest": f"sha-256:{hashlib.sha256(notice.encode()).hexdigest()}",
        "language": "uk",
        "until": (datetime.now(UTC) + timedelta(days=30)).isoformat(),
    }


def _queries() -> list[str]:
    subject = {"scheme": "rnokpp", "value": PERSON["rnokpp"]}
    return [
        orjson.dumps({"subject": subject, "purpose": PURPOSE, "case": case, "official": OFFICIAL}).decode()
        for case in CASES
    ]


def _settings(deployment: Deployment, registries: str, database: str) -> str:
    sources = "".join(
        # Everybody asks about one person: shared, fifty questions would be one and measure nothing.
        f'[sources.{source}]\nurl = "{registries}/{source}"\nshare = false\n'
        + ('credential = "credential"\n' if source in CREDENTIAL else "")
        for source in SOURCES
    )
    return (
        f'public_url = "{deployment.url}"\nport = {deployment.port}\nkeys = "gateway.json"\n'
        f'agencies = "agencies.toml"\n[database]\nurl = "{database}"\n{sources}'
    )


def _agencies(key: OKPKey) -> str:
    recipient = ECKey.generate_key("P-256", {"kid": "bench-seal"})
    signing, sealing = (_inline(one.as_dict(private=False)) for one in (key, recipient))
    return (
        f'[{AGENCY}]\nname = {{ uk = "Вимірювання", en = "Benchmark" }}\nroles = ["case-system"]\n'
        f"signing = [{signing}]\nrecipient = {sealing}\n"
    )


def _inline(jwk: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f'{name} = "{value}"' for name, value in jwk.items()) + " }"


def _run(folder: Path, *arguments: str) -> None:
    done = subprocess.run([PROGRAM, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"obmin {' '.join(arguments)}: {done.stdout[-500:]}{done.stderr[-1500:]}"
        raise RuntimeError(message)
