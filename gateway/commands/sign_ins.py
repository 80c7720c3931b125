"""Who signs in to the demo's cabinets: an official or two for each, and the person whose data it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import ECKey

from config.settings import Settings
from config.sign_in import SignInSettings
from gateway.commands.keys import write_private
from gateway.signin.officials import Cabinet

CLIENT = "obmin"
PERSON_CLAIM = "rnokpp"
LOW, HIGH = "urn:obmin:demo:password", "urn:obmin:demo:second-factor"
"""What the demo's identity provider knows us as, calls a person's identifier, and how sure it can be."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One of them: an official of an agency or, where `person` names a simulated one, the person herself."""

    name: str
    shown: str
    cabinet: Cabinet
    agency: str = ""
    role: str = ""
    person: str = ""

    @property
    def subject(self) -> str:
        """What the identity provider calls her: never what the record does."""
        return f"s-{self.name}"


WORKER, DUTY = "social-worker", "duty-officer"
SIGN_INS: Sequence[SignIn] = (
    SignIn("worker-17", "Олена Коваль", Cabinet.CASEWORK, "case-system", WORKER),
    SignIn("worker-18", "Ігор Мельник", Cabinet.CASEWORK, "case-system", DUTY),
    SignIn("partner-1", "Софія Бойко", Cabinet.PARTNERING, "partner"),
    SignIn("partner-2", "Дмитро Гнатюк", Cabinet.PARTNERING, "second-partner"),
    SignIn("auditor-1", "Наталія Шевченко", Cabinet.AUDITING, "auditor"),
    SignIn("auditor-2", "Петро Литвин", Cabinet.AUDITING, "auditor"),
    SignIn("operator-1", "Андрій Ткач", Cabinet.OPERATING, "operator"),
    SignIn("operator-2", "Ірина Савчук", Cabinet.OPERATING, "operator"),
    SignIn("maria", "Марія", Cabinet.PERSONAL, person="maria"),
)


def prepare_sign_in(folder: Path, issuer: str) -> SignInSettings:
    """Write the demo's list of officials, and give what its settings say of signing in."""
    _write_officials(folder / "officials.toml")
    key = folder / "keys" / "sign-in.jwk"
    if not key.exists():
        private = ECKey.generate_key("P-256").as_dict(private=True)
        write_private(key, json.dumps({**private, "kid": "sign-in-1"}))
    if not issuer:
        return SignInSettings(officials=folder / "officials.toml")
    return SignInSettings(
        officials=folder / "officials.toml",
        issuer=issuer,
        client_id=CLIENT,
        client_key=key,
        levels={"high": (HIGH,)},
        person_claim=PERSON_CLAIM,
        person_scheme=PERSON_CLAIM,
    )


def written(settings: SignInSettings) -> list[str]:
    """Give the section of the demo's settings file."""
    lines = ["", "[sign_in]", 'officials = "officials.toml"']
    if settings.issuer:
        lines += [
            f'issuer = "{settings.issuer}"',
            f'client_id = "{settings.client_id}"',
            'client_key = "keys/sign-in.jwk"',
            f'person_claim = "{settings.person_claim}"',
            f'person_scheme = "{settings.person_scheme}"',
            "",
            "[sign_in.levels]",
            f'high = ["{HIGH}"]',
        ]
    return lines


def _write_officials(path: Path) -> None:
    lines = ["# Who signs in to which cabinet. What somebody may do stands here, not in her token.", ""]
    for each in SIGN_INS:
        if each.person:
            continue
        lines += [
            "[[official]]",
            f'subject = "{each.subject}"',
            f'agency = "{each.agency}"',
            f'id = "{each.name}"',
            f'name = "{each.shown}"',
            *([f'role = "{each.role}"'] if each.role else []),
            f'cabinets = ["{each.cabinet.value}"]',
            "",
        ]
    path.write_text("\n".join(lines), "utf-8")


def cabinets_of_demo(settings: Settings) -> str:
    """Say where the cabinets are and who signs in to each."""
    lines = ["[bold]Cabinets[/]   (no password: the demo's own identity provider asks who you are)"]
    for cabinet in Cabinet:
        names = ", ".join(each.name for each in SIGN_INS if each.cabinet is cabinet)
        lines.append(f"  {settings.public_url}/cabinet/{cabinet.value}/   sign in as {names}")
    return "\n".join(lines) + "\n"
