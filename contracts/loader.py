"""Read contracts from their TOML files: every word checked against the vocabulary, every fault named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path

from contracts.canonical import digest
from contracts.careful import find_faults
from contracts.clauses import UNLIMITED, EmergencyTerms, GroundRule, Hours, Limits, NoticeRule, Party, Tell
from contracts.contract import Basis, Contract, FieldRule, Operation, Terms
from contracts.glossary import load_vocabulary
from contracts.reading import ContractInvalidError, Fault, Page, read
from contracts.shapes import DAYS, ContractText, HoursText, NoticeText, RuleText, TermsText
from contracts.signing import Signatories, SigningError, missing, signatures_of
from contracts.vocabulary import AgencyId, Field, Purpose, Scheme, Source
from contracts.words import Vocabulary

VOCABULARY = "vocabulary"
"""The folder of a library that holds the words of its contracts."""


def load_contract(path: Path, vocabulary: Vocabulary) -> Contract:
    """Read one contract, or raise `ContractInvalidError` that names every line at fault."""
    return _make_contract(_read_checked(path, vocabulary), vocabulary)


def load_library(
    folder: Path, register: Signatories | None = None
) -> tuple[Vocabulary, tuple[Contract, ...]]:
    """Read a folder's vocabulary and every contract beside it.

    All or nothing: `ContractInvalidError` gathers the faults of all files, overlaps included. With a
    `register`, a contract without the signatures that it needs is a fault like any other.
    """
    vocabulary = load_vocabulary(folder / VOCABULARY)
    pages: list[Page[ContractText]] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            pages.append(_read_checked(path, vocabulary))
        except ContractInvalidError as invalid:
            faults.extend(invalid.faults)
    faults.extend(_overlaps(pages))
    made = [(page, _make_contract(page, vocabulary)) for page in pages]
    if register is not None:
        faults.extend(fault for page, contract in made for fault in _unsigned(page, contract, register))
    if faults:
        raise ContractInvalidError(tuple(faults))
    return vocabulary, tuple(contract for _, contract in made)


def _read_checked(path: Path, vocabulary: Vocabulary) -> Page[ContractText]:
    page = read(path, ContractText)
    faults = tuple(find_faults(page, vocabulary))
    if faults:
        raise ContractInvalidError(faults)
    return page


def _unsigned(page: Page[ContractText], contract: Contract, register: Signatories) -> Iterator[Fault]:
    try:
        lacking = missing(contract, signatures_of(Path(page.file)), register)
    except SigningError as unusable:
        lacking = [str(unusable)]
    for lack in lacking:
        yield page.fault((), lack, "see `obmin contracts sign` and `activate`")


def _overlaps(pages: Iterable[Page[ContractText]]) -> Iterator[Fault]:
    for earlier, later in combinations(pages, 2):
        one, other = earlier.content, later.content
        if (one.id, one.version) == (other.id, other.version):
            wrong = f"{earlier.file} is the same contract and version"
            yield later.fault(("version",), wrong, "give the newer one the next version")
        elif (one.consumer, one.purpose) == (other.consumer, other.purpose) and (
            one.valid_from <= other.valid_until and other.valid_from <= one.valid_until
        ):
            wrong = f"{earlier.file} is in force on some of the same days for the same consumer and purpose"
            yield later.fault(("valid_from",), wrong, "let one end the day before the other begins")


def _make_contract(page: Page[ContractText], vocabulary: Vocabulary) -> Contract:
    text = page.content
    emergency = text.emergency
    contract = Contract(
        id=text.id,
        version=text.version,
        digest="",
        consumer=AgencyId(text.consumer),
        purpose=Purpose(text.purpose),
        valid_from=text.valid_from,
        valid_until=text.valid_until,
        case_required=text.case_required,
        minors=text.minors,
        keep=text.keep,
        deadline=text.deadline,
        terms={Source(name): _make_terms(Source(name), text, vocabulary) for name in text.terms},
        majority=vocabulary.majority,
        time_zone=vocabulary.time_zone,
        age_bands=vocabulary.age_bands,
        parties={
            name: Party(each.uk, each.en, each.contact, each.signers, each.keys)
            for name, each in text.parties.items()
        },
        operations=frozenset(map(Operation, text.operations)),
        relations=frozenset(text.relations),
        deceased=text.deceased,
        selectors=None if text.selectors is None else frozenset(map(Scheme, text.selectors)),
        hours=_make_hours(text.hours) if text.hours else None,
        limits=Limits(text.limits.per_minute, text.limits.per_day) if text.limits else UNLIMITED,
        retention=text.retention,
        onward=frozenset(map(AgencyId, text.onward)),
        emergency=EmergencyTerms(
            emergency.citation,
            frozenset(emergency.roles),
            emergency.lasting,
            emergency.review,
            _make_notice(emergency.notice),
        )
        if emergency
        else None,
        transparency=asdict(text.transparency) if text.transparency else {},
        supersedes=text.supersedes,
    )
    return replace(contract, digest=digest(contract))


def _make_terms(source: Source, contract: ContractText, vocabulary: Vocabulary) -> Terms:
    text = contract.terms[source]
    return Terms(
        source=source,
        fields={Field(name): _make_rule(Field(name), rule, vocabulary) for name, rule in text.fields.items()},
        basis=Basis(text.basis),
        citation=text.citation,
        required=text.required,
        deadline=text.deadline,
        purpose_id=text.purpose_id,
        notice=_make_notice(text.notice),
        otherwise={
            Basis(kind): GroundRule(each.citation, _make_notice(each.notice))
            for kind, each in text.otherwise.items()
        },
        provider=_provider(contract, text),
        dataset=text.dataset,
    )


def _provider(contract: ContractText, terms: TermsText) -> str:
    """Name the party that answers for a source: the one other party where the terms name none."""
    others = [name for name in contract.parties if name != contract.consumer]
    return terms.provider or (others[0] if len(others) == 1 else "")


def _make_rule(name: Field, text: RuleText, vocabulary: Vocabulary) -> FieldRule:
    words = vocabulary.fields[name]
    return FieldRule(
        sealed=text.sealed,
        category=words.category,
        sensitivity=words.sensitivity,
        required=text.required,
        minimise=text.minimise or "",
        keep=text.keep,
        emergency=text.emergency,
    )


def _make_notice(text: NoticeText) -> NoticeRule:
    return NoticeRule(Tell(text.tell), text.after, text.until, text.article)


def _make_hours(text: HoursText) -> Hours:
    days = frozenset(DAYS.index(day) + 1 for day in text.days)
    return Hours(days, minute_of(text.begin), minute_of(text.end))


def minute_of(clock: str) -> int:
    """Count the minutes from midnight to `08:30`."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
