"""Members of the bus and agencies; and the one security server whose word counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Settings
from gateway.agencies import AgenciesError, load_agencies
from gateway.bus import Bus, BusUnusableError, SecurityServer, fingerprints_of
from gateway.commands.certificates import self_signed
from gateway.commands.deployment import CASE_SYSTEM, MEMBERS, PROVIDER, prepare_demo
from gateway.identity import UnauthenticatedError

NOBODY = SecurityServer(frozenset(), "", "client-cert")


def _agencies(folder: Path) -> Path:
    _, settings = prepare_demo(folder, 8000, "http://127.0.0.1:1", 8443)
    return settings.agencies


def test_a_member_is_the_agency_that_names_it(tmp_path: Path) -> None:
    """The list of agencies says who is who on the bus; a name beside it is nobody."""
    bus = Bus.of(PROVIDER, "", NOBODY, load_agencies(_agencies(tmp_path)), modern=True)
    caller = bus.caller(MEMBERS[CASE_SYSTEM])

    assert caller.id == CASE_SYSTEM
    with pytest.raises(UnauthenticatedError):
        bus.caller(MEMBERS[CASE_SYSTEM].lower())


def test_one_member_is_never_two_agencies(tmp_path: Path) -> None:
    """A list in which two agencies name the same member is refused whole."""
    path = _agencies(tmp_path)
    text = path.read_text("utf-8")
    members = f'members = ["{MEMBERS[CASE_SYSTEM]}"]\n'
    path.write_text(text.replace("\n[auditor]\n", f"\n{members}[auditor]\n"), "utf-8")

    with pytest.raises(AgenciesError, match="more than one agency"):
        load_agencies(path)


@pytest.mark.parametrize("member", ["GOV/1", "A/B/C/D/E", "A/B/C D", "A//C", ""])
def test_a_member_has_the_shape_of_one(tmp_path: Path, member: str) -> None:
    """What is no path of three or four parts is refused where it is written."""
    path = _agencies(tmp_path)
    path.write_text(path.read_text("utf-8").replace(MEMBERS[CASE_SYSTEM], member), "utf-8")

    with pytest.raises(AgenciesError, match="members"):
        load_agencies(path)


def test_two_certificates_are_known_while_one_replaces_the_other(tmp_path: Path) -> None:
    """The old and the next certificate of the peer stand in one file."""
    self_signed(tmp_path / "old.pem", "old")
    self_signed(tmp_path / "new.pem", "new")
    both = (tmp_path / "old.crt").read_text("utf-8") + (tmp_path / "new.crt").read_text("utf-8")
    (tmp_path / "peer.crt").write_text(both, "utf-8")

    assert len(fingerprints_of(tmp_path / "peer.crt")) == 2


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_peer_without_a_certificate_stops_the_start(tmp_path: Path, content: bytes) -> None:
    """A file that holds no certificate is named."""
    (tmp_path / "peer.crt").write_bytes(content)

    with pytest.raises(BusUnusableError, match=r"peer\.crt"):
        fingerprints_of(tmp_path / "peer.crt")


def test_no_deployment_is_on_a_bus_by_itself() -> None:
    """The settings put nobody on a bus."""
    assert Settings().bus.member == ""
