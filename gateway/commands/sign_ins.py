"""Who signs in to the demo's cabinets: an official or two for each, and the person whose data it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.signin.officials import Cabinet


@dataclass(frozen=True, slots=True)
class SignIn:
    """One of them. `subject` is what the identity provider calls her."""

    name: str
    agency: str
    subject: str
    shown: str
    role: str
    cabinet: Cabinet


SIGN_INS: Sequence[SignIn] = (
    SignIn("worker-17", "case-system", "s-worker-17", "Олена Коваль", "social-worker", Cabinet.CASEWORK),
    SignIn("worker-18", "case-system", "s-worker-18", "Ігор Мельник", "social-worker", Cabinet.CASEWORK),
    SignIn("partner-1", "partner", "s-partner-1", "Софія Бойко", "", Cabinet.PARTNERING),
    SignIn("partner-2", "second-partner", "s-partner-2", "Дмитро Гнатюк", "", Cabinet.PARTNERING),
    SignIn("auditor-1", "auditor", "s-auditor-1", "Наталія Шевченко", "", Cabinet.AUDITING),
    SignIn("auditor-2", "auditor", "s-auditor-2", "Петро Литвин", "", Cabinet.AUDITING),
    SignIn("operator-1", "operator", "s-operator-1", "Андрій Ткач", "", Cabinet.OPERATING),
    SignIn("operator-2", "operator", "s-operator-2", "Ірина Савчук", "", Cabinet.OPERATING),
)


def write_officials(path: Path) -> None:
    """Write the demo's list of officials."""
    lines = ["# Who signs in to which cabinet. What somebody may do stands here, not in her token.", ""]
    for each in SIGN_INS:
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
