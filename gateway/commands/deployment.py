"""A demo deployment in one folder: keys, agencies, settings, cases and consents. Made once, kept."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from adapters.catalog import find_registries
from adapters.nightly import Nightly
from adapters.people import Person, load_people
from config.push import PushSettings
from config.settings import (
    PACKAGE,
    BusSettings,
    DatabaseSettings,
    GovstackSettings,
    Settings,
    SourceSettings,
    SpdciSettings,
)
from contracts.contract import Basis
from contracts.facts import Giver
from contracts.vocabulary import (
    AgencyId,
    CaseId,
    OfficialId,
    Purpose,
    Source,
    SubjectRef,
)
from gateway.agencies import Right, Role
from gateway.app import Foundation
from gateway.cases import Cases
from gateway.commands.certificates import self_signed
from gateway.commands.demo_settings import as_toml
from gateway.commands.keys import inline_table, write_private
from gateway.commands.sign_ins import prepare_sign_in
from gateway.commands.signing import prepare_signed
from gateway.consent.consents import GIVEN, Consent, Consents, notice_digest
from gateway.faults import NotFoundError
from gateway.revisions import Revisions, Schema
from gateway.sealing.keys import KeyRing
from gateway.sealing.recipient import public_half
from gateway.storage.engine import now
from gateway.subjects import Subjects

AGENCIES: Mapping[str, tuple[Role, str, str]] = {
    "case-system": (Role.CASE_SYSTEM, "Система ведення випадків (демо)", "Case system (demo)"),
    "partner": (Role.PARTNER, "Партнер (демо)", "Partner (demo)"),
    "second-partner": (Role.PARTNER, "Другий партнер (демо)", "Second partner (demo)"),
    "auditor": (Role.AUDITOR, "Аудитор (демо)", "Auditor (demo)"),
    "operator": (Role.OPERATOR, "Оператор (демо)", "Operator (demo)"),
    "person-portal": (Role.PERSON_PORTAL, "Кабінет особи (демо)", "The person's portal (demo)"),
    "clinic": (Role.RECEIVER, "Поліклініка (демо)", "Clinic (demo)"),
    "career-centre": (Role.RECEIVER, "Кар'єрний центр (демо)", "Career centre (demo)"),
}
RIGHTS: Mapping[str, list[Right]] = {"case-system": [Right.PROTECT, Right.LIFT_PROTECTION]}
KEEPS: Mapping[str, list[str]] = {"clinic": ["health"]}
"""Whose registers the demo's agencies answer for."""
CASE_SYSTEM = AgencyId("case-system")
MAIN_PERSON = "maria"
MAIN_CASES = tuple(CaseId(f"KYIV-2026-{number:06}") for number in range(120, 130))
PROVIDER = "SEVDEIR-TEST/GOV/37508596/OBMIN"
MEMBERS: Mapping[str, str] = {CASE_SYSTEM: "SEVDEIR-TEST/GOV/00034022/CASE_SYSTEM"}
DECLARED: Mapping[str, str] = {"9K9J65I75ILCLMPDUIRXS": "needs-assessment"}
"""The demo on its bus: our subsystem, the case system's, and the purpose that it declared there."""
SPDCI_IDENTIFIERS: Mapping[str, str] = {"UIN": "rnokpp", "NID": "unzr"}
POLICY: Mapping[str, Any] = {
    "name": "Needs assessment",
    "version": "1",
    "url": "https://obmin.example/policies/needs-assessment",
    "dataRetentionPeriodDays": 365,
}
AGREEMENT: Mapping[str, Any] = {
    "version": "1",
    "controller": {"id": CASE_SYSTEM},
    "policy": {"id": "1"},
    "purpose": "needs-assessment",
    "lawfulBasis": "consent",
    "dpia": "https://obmin.example/dpia/needs-assessment",
    "active": True,
    "forgettable": False,
}
OFFICIALS = (OfficialId("worker-17"), OfficialId("worker-18"))
HIDDEN_AT_RISK = ("whereabouts", "contact")


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo's files are."""

    folder: Path

    def private_key(self, agency: str) -> Path:
        """Give the file of the key with which an agency signs, and opens what is sealed to it.

        One key for both keeps the demo to one file an agency; a deployment registers two.
        """
        return self.folder / "keys" / f"{agency}.jwk"

    def certificate(self, name: str) -> Path:
        """Give the file of a certificate with its key; the certificate alone is beside it (`.crt`)."""
        return self.folder / "keys" / f"{name}.pem"

    @property
    def extracts_key(self) -> Path:
        """Give the file of the key that registries which send extracts seal them to."""
        return self.folder / "keys" / "extracts.jwk"

    def nightly(self) -> Nightly:
        """Give the simulated registries that send extracts, each to its folder here."""
        return Nightly(self.folder / "extracts", ECKey.import_key(json.loads(self.extracts_key.read_text())))

    @property
    def settings_file(self) -> Path:
        """Give the settings, for `obmin … --config`."""
        return self.folder / "obmin.toml"


def prepare_demo(
    folder: Path, port: int, simulators: str, bus_port: int, issuer: str = ""
) -> tuple[Demo, Settings]:
    """Make keys and agencies where there are none, and write the settings of this run.

    Without an `issuer` nobody can sign in to the cabinets.
    """
    demo = Demo(folder.resolve())
    (demo.folder / "keys").mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (demo.folder / "keys" / "gateway.json").exists():
        KeyRing.create(demo.folder / "keys" / "gateway.json", "demo.obmin.example/log")
    if not (demo.folder / "agencies.toml").exists():
        _write_agencies(demo)
    credential = demo.folder / "keys" / "registries.token"
    if not credential.exists():
        write_private(credential, os.urandom(16).hex())
    if not demo.extracts_key.exists():
        write_private(demo.extracts_key, json.dumps(ECKey.generate_key("P-256").as_dict(private=True)))
    for name in ("bus", "security-server"):
        if not demo.certificate(name).exists():
            self_signed(demo.certificate(name), name)
    prepare_signed(
        PACKAGE / "contracts" / "library",
        demo.folder / "contracts",
        demo.folder / "keys" / "signatories",
        demo.folder / "signatories.toml",
    )
    settings = Settings(
        public_url=f"http://127.0.0.1:{port}",
        port=port,
        database=DatabaseSettings(url=f"sqlite+aiosqlite:///{demo.folder / 'obmin.db'}"),
        keys=demo.folder / "keys" / "gateway.json",
        agencies=demo.folder / "agencies.toml",
        messages=demo.folder / "messages",
        contracts=demo.folder / "contracts",
        signatories=demo.folder / "signatories.toml",
        sources={
            **{
                source: SourceSettings(url=f"{simulators}/{source}", credential=credential)
                for source in find_registries()
            },
            **{
                source: SourceSettings(url=folder.as_uri(), credential=demo.extracts_key)
                for source, folder in demo.nightly().folders.items()
            },
        },
        bus=BusSettings(
            member=PROVIDER,
            peer=demo.certificate("security-server").with_suffix(".crt"),
            certificate=demo.certificate("bus"),
            port=bus_port,
            url=f"https://127.0.0.1:{bus_port}",
        ),
        spdci=SpdciSettings(identifiers=SPDCI_IDENTIFIERS),
        govstack=GovstackSettings(on=True),
        push=PushSettings(loopback=True),
        country="UA",
        sign_in=prepare_sign_in(demo.folder, issuer),
        entrusted={CASE_SYSTEM: demo.private_key(CASE_SYSTEM)},
        time_zone="Europe/Kyiv",
        log_level="warning",
    )
    demo.settings_file.write_text(as_toml(settings), "utf-8")
    return demo, settings


def _write_agencies(demo: Demo) -> None:
    lines = ["# Who may call. Roles stand here and nowhere else; keys are public halves (RFC 7517).", ""]
    for agency, (role, uk, en) in AGENCIES.items():
        private = {**ECKey.generate_key("P-256").as_dict(private=True), "kid": f"{agency}-1"}
        public = inline_table(public_half(private))
        write_private(demo.private_key(agency), json.dumps(private))
        lines += [
            f"[{agency}]",
            f'name = {{ uk = "{uk}", en = "{en}" }}',
            f'roles = ["{role.value}"]',
            f"rights = {json.dumps(RIGHTS.get(agency, []))}",
            f"signing = [{public}]",
            f"recipient = {public}",
        ]
        if agency in KEEPS:
            lines.append(f"keeps = {json.dumps(KEEPS[agency])}")
        if agency in MEMBERS:
            lines += [f'members = ["{MEMBERS[agency]}"]', f"purposes = {inline_table(DECLARED)}"]
        lines.append("")
    (demo.folder / "agencies.toml").write_text("\n".join(lines), "utf-8")


async def seed_demo(foundation: Foundation) -> None:
    """Open the demo's cases and put its consents on file, unless they are there. All of it is on record."""
    settings, database = foundation.settings, foundation.database
    vocabulary = foundation.contracts.vocabulary
    subjects = Subjects(database, foundation.ring, settings.tenant, vocabulary)
    cases = Cases(database, foundation.log, subjects)
    for number, (key, person) in enumerate(load_people().items()):
        wanted = MAIN_CASES if key == MAIN_PERSON else (CaseId(f"KYIV-2026-{200 + number:06}"),)
        for case in wanted:
            ref = await _open_case(cases, case, person)
        if key == MAIN_PERSON:
            await _give_consent(foundation, Consents(database, foundation.log), ref)
    if settings.govstack.on:
        await _write_agreement(Revisions(database, foundation.log))


async def _write_agreement(revisions: Revisions) -> None:
    """Put the policy and the data agreement on file that GovStack's own test suite looks for, both `1`."""
    for schema, document in ((Schema.POLICY, POLICY), (Schema.DATA_AGREEMENT, AGREEMENT)):
        try:
            await revisions.current(schema, "1")
        except NotFoundError:
            await revisions.write(schema, "1", document, AgencyId("operator"))


async def _open_case(cases: Cases, case: CaseId, person: Person) -> SubjectRef:
    try:
        return (await cases.get(CASE_SYSTEM, case)).subject_ref
    except NotFoundError:
        masks = HIDDEN_AT_RISK if person.at_risk else ()
        opened = date(2026, 1, 12)
        kept = await cases.put(CASE_SYSTEM, case, person.subject(), OFFICIALS, opened, None, masks=masks)
        return kept.subject_ref


async def _give_consent(foundation: Foundation, consents: Consents, ref: SubjectRef) -> None:
    """Consent to every source of the demo's contract that rests on consent."""
    purpose = Purpose("needs-assessment")
    contract = next(c for c in foundation.contracts.of(CASE_SYSTEM) if c.purpose == purpose)
    sources = {Source(s) for s, terms in contract.terms.items() if terms.basis is Basis.CONSENT}
    on_file = await consents.of(ref)
    if any(sources <= set(consent.sources) and consent.state(now()) == GIVEN for consent in on_file):
        return
    notice = foundation.contracts.vocabulary.purposes[purpose].notice.uk
    at = now()
    await consents.give(
        Consent(
            id="",
            subject_ref=ref,
            consumer=CASE_SYSTEM,
            purpose=purpose,
            sources=tuple(sorted(sources)),
            given_by=Giver.SELF,
            evidence="",
            notice_digest=notice_digest(notice),
            language="uk",
            given_at=at,
            until=at + timedelta(days=365),
            recorded_by=CASE_SYSTEM,
        )
    )
