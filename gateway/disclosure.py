"""Keep what the mandate names, mask what safety forbids, set what disagrees side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from adapters.normal import name_key
from audit.event import stamp
from contracts.contract import Mandate
from contracts.minimisation import reduce
from contracts.vocabulary import Field, Source, Value
from contracts.words import Vocabulary
from gateway.collection import Findings, Status
from gateway.quality import doubts


@dataclass(frozen=True, slots=True)
class Fact:
    """One value, and whose it is."""

    source: Source
    value: Value
    as_of: str
    doubts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Fact({self.source})"

    def as_json(self) -> dict[str, Any]:
        """Write one value with whose it is and from when, in the open and under a seal alike."""
        told: dict[str, Any] = {"value": self.value, "source": self.source, "as_of": self.as_of}
        if self.doubts:
            told["quality"] = self.doubts
        return told


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What may be told. `plain` and `sealed` share no field; `conflicts` were merged into neither.

    `withheld` names each field that was permitted or found and still is not told, with its reason.
    """

    findings: Findings
    plain: Mapping[Field, Fact]
    sealed: Mapping[Field, Sequence[Fact]]
    conflicts: Mapping[Field, Sequence[Fact]]
    withheld: Mapping[Field, str]

    def told(self) -> Mapping[Source, list[Field]]:
        """Name the fields that leave, by each source that is shown to say them: what the record keeps."""
        told: dict[Source, list[Field]] = {}
        for field, fact in self.plain.items():
            told.setdefault(fact.source, []).append(field)
        for several in (self.sealed, self.conflicts):
            for field, facts in several.items():
                for fact in facts:
                    told.setdefault(fact.source, []).append(field)
        return told


def minimise(
    findings: Findings,
    mandate: Mandate,
    vocabulary: Vocabulary,
    masks: frozenset[str],
    *,
    sealable: bool,
    on: date,
) -> Disclosure:
    """Reduce what was found to what may be told on a day.

    A field leaves only if the mandate permits it from that very source. A field whose category is
    masked for this person leaves from no source, whatever the contract says. A field to be sealed
    does not leave where the recipient has no key for it (`sealable`). A field that is minimised leaves
    reduced, or not at all where its value is not of the kind its rule is for. Where sources disagree about
    one field, all of what they say stands side by side and nothing is chosen.
    A field whose code is in quarantine is withheld, unless another source told it.
    """
    said: dict[Field, list[Fact]] = {}
    withheld: dict[Field, str] = {
        field: reason for reasons in mandate.withheld_fields.values() for field, reason in reasons.items()
    }
    sealed_fields: set[Field] = set()
    misread: set[Field] = set()
    for source, finding in findings.items():
        if finding.status is not Status.ANSWERED or finding.answer is None:
            continue
        permitted = mandate.permits[source].fields
        misread |= {
            code.field
            for code in finding.answer.unknown_codes
            if code.field in permitted and vocabulary.fields[code.field].category not in masks
        }
        as_of = stamp(finding.answer.as_of)
        for field, value in finding.answer.values.items():
            rule = permitted.get(field)
            if rule is None:
                continue
            if vocabulary.fields[field].category in masks:
                withheld[field] = "safety"
                continue
            if rule.sealed and not sealable:
                withheld[field] = "recipient-key-missing"
                continue
            try:
                told = reduce(value, rule, mandate.grant.contract, on)
            except TypeError:
                withheld[field] = "unreadable-field"
                continue
            if rule.sealed:
                sealed_fields.add(field)
            doubtful = doubts(field, finding.answer, vocabulary)
            said.setdefault(field, []).append(Fact(source, told, as_of, doubtful))
    for field in misread - said.keys():
        withheld.setdefault(field, "unknown-code")
    return _arranged(findings, said, sealed_fields, withheld)


def _arranged(
    findings: Findings,
    said: Mapping[Field, list[Fact]],
    sealed_fields: set[Field],
    withheld: Mapping[Field, str],
) -> Disclosure:
    plain: dict[Field, Fact] = {}
    conflicts: dict[Field, Sequence[Fact]] = {}
    sealed: dict[Field, Sequence[Fact]] = {}
    for field, facts in said.items():
        if field in sealed_fields:
            sealed[field] = facts
        elif all(_agree(facts[0].value, other.value) for other in facts[1:]):
            plain[field] = facts[0]
        else:
            conflicts[field] = facts
    return Disclosure(
        findings,
        MappingProxyType(plain),
        MappingProxyType(sealed),
        MappingProxyType(conflicts),
        MappingProxyType(dict(withheld)),
    )


def _agree(one: Value, other: Value) -> bool:
    """Say whether two registries mean the same: spellings of a name differ without disagreeing."""
    if one == other:
        return True
    if isinstance(one, str) and isinstance(other, str):
        return name_key(one) == name_key(other)
    return False
