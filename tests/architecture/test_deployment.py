"""The compose file starts what it says, and holds no secret."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from adapters.catalog import find_registries
from config.settings import load_settings
from tests.architecture.repository import ROOT

COMPOSE = ROOT / "docker-compose.yml"
OURS = {"prepare", "gateway", "worker", "simulators"}


def test_the_compose_file_is_valid() -> None:
    """The compose file satisfies the Compose Specification's schema."""
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        str(COMPOSE),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_every_lasting_service_says_how_it_is() -> None:
    """Each service that stays up has a health check; the one that ends has none."""
    services = _read_compose()["services"]
    silent = {name for name, service in services.items() if "healthcheck" not in service}

    assert set(services) == OURS | {"postgres"}
    assert silent == {"prepare"}


def test_our_services_run_with_nothing_to_spare() -> None:
    """Our services write to no root file system, gain no privilege and hold no capability."""
    services = [service for name, service in _read_compose()["services"].items() if name in OURS]

    assert all(service["read_only"] for service in services)
    assert all(service["cap_drop"] == ["ALL"] for service in services)
    assert all("no-new-privileges:true" in service["security_opt"] for service in services)


def test_the_image_does_not_run_as_root() -> None:
    """The image's last word on the account is ours."""
    accounts = re.findall(r"^USER (\w+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert accounts == ["obmin"]


def test_the_compose_file_holds_no_secret() -> None:
    """Every password comes from outside and is refused when absent, and no URL carries one."""
    text = COMPOSE.read_text()
    passwords = re.findall(r"PASSWORD: (.*)", text)

    assert passwords
    assert all(value.startswith("${POSTGRES_PASSWORD:?") for value in passwords)
    assert not re.search(r"://[^/\s]*:[^/\s]*@", text)


def test_the_settings_within_are_settings(tmp_path: Path) -> None:
    """The settings that compose writes are read by our own reader, and ask every simulated registry."""
    file = tmp_path / "obmin.toml"
    file.write_text(_read_compose()["configs"]["settings"]["content"])
    settings = load_settings(file, environment={})

    assert settings.database.url == "postgresql+asyncpg://obmin@postgres/obmin"
    assert set(settings.sources) == set(find_registries())


def test_no_private_key_is_in_the_repository() -> None:
    """No file but a published vector holds a private key."""
    folders = ("gateway", "adapters", "contracts", "audit", "config", "tests")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if _is_text(path)]
    key = re.compile(r"-----BEGIN [A-Z ]*PRIVATE" r" KEY-----|\"d\": ?\"[A-Za-z0-9_-]{40,}\"")
    holders = [str(path) for path in files if key.search(path.read_text("utf-8"))]

    assert files
    assert not holders


def _is_text(path: Path) -> bool:
    text = {".json", ".jwk", ".md", ".pem", ".py", ".toml", ".wsdl", ".xml", ".yml"}
    return path.suffix in text and "vectors" not in path.parts


def _read_compose() -> Any:
    return YAML(typ="safe").load(COMPOSE.read_text())
