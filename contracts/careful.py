"""What a contract file may say and must not: each rule names the line at fault and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.clauses import LONGEST_EMERGENCY
from contracts.minimisation import KINDS, NEEDS_KEEP
from contracts.reading import Fault, Page, suggest
from contracts.shapes import ContractText, NoticeText, RuleText
from contracts.vocabulary import NAME, Field, Source
from contracts.words import Vocabulary

FEWEST_SIGNERS = 2
"""Each party signs by at least two people."""


def find_faults(page: Page[ContractText], vocabulary: Vocabulary) -> Iterator[Fault]:
    """Name everything that is wrong with one contract, taken by itself."""
    yield from _date_faults(page)
    yield from _word_faults(page, vocabulary)
    yield from _deadline_faults(page)
    yield from _ground_faults(page)
    yield from _party_faults(page)
    yield from _emergency_faults(page)


def _date_faults(page: Page[ContractText]) -> Iterator[Fault]:
    text = page.content
    if text.valid_until < text.valid_from:
        yield page.fault(("valid_until",), "valid_until is before valid_from", "swap or correct the dates")
    if text.hours and text.hours.end <= text.hours.begin:
        yield page.fault(("hours", "end"), "the hours end before they begin", "swap or correct them")
    if text.supersedes and text.version == 1:
        yield page.fault(("supersedes",), "a first version supersedes nothing", "raise the version")


def _word_faults(page: Page[ContractText], vocabulary: Vocabulary) -> Iterator[Fault]:
    text = page.content
    if text.purpose not in vocabulary.purposes:
        wrong = f'unknown purpose "{text.purpose}"'
        yield page.fault(("purpose",), wrong, suggest(text.purpose, vocabulary.purposes))
    for scheme in text.selectors or ():
        if scheme not in (*vocabulary.schemes, NAME):
            wrong = f'unknown identifier "{scheme}"'
            yield page.fault(("selectors",), wrong, suggest(scheme, (*vocabulary.schemes, NAME)))
    for source, terms in text.terms.items():
        if source not in vocabulary.sources:
            wrong = f'unknown source "{source}"'
            yield page.fault(("terms", source), wrong, suggest(source, vocabulary.sources))
            continue
        for name, rule in terms.fields.items():
            yield from _field_faults(page, Source(source), Field(name), rule, vocabulary)


def _field_faults(
    page: Page[ContractText], source: Source, name: Field, rule: RuleText, vocabulary: Vocabulary
) -> Iterator[Fault]:
    path = ("terms", source, "fields", name)
    held = [field for field, words in vocabulary.fields.items() if source in words.sources]
    if name not in vocabulary.fields:
        yield page.fault(path, f'unknown field "{name}"', suggest(name, held))
        return
    if name not in held:
        yield page.fault(path, f'"{source}" does not hold "{name}"', "ask it of a source that does")
    kind = vocabulary.fields[name].type
    if rule.minimise and kind not in KINDS[rule.minimise]:
        wrong = f'"{rule.minimise}" cannot be told of a field of type {kind}'
        fitting = ", ".join(manner for manner, kinds in KINDS.items() if kind in kinds)
        yield page.fault(path, wrong, f"take one of: {fitting}")
    if (rule.minimise in NEEDS_KEEP) != bool(rule.keep):
        wrong = f'"keep" goes with {" and ".join(sorted(NEEDS_KEEP))}, and they with it'
        yield page.fault(path, wrong, "say how many characters stay, or remove it")


def _deadline_faults(page: Page[ContractText]) -> Iterator[Fault]:
    for source, terms in page.content.terms.items():
        if terms.deadline > page.content.deadline:
            wrong = f'"{source}" may take longer than the whole query'
            mend = "shorten it, or lengthen the contract's deadline"
            yield page.fault(("terms", source, "deadline"), wrong, mend)


def _ground_faults(page: Page[ContractText]) -> Iterator[Fault]:
    for source, terms in page.content.terms.items():
        path = ("terms", source)
        yield from _notice_faults(page, (*path, "notice"), terms.notice)
        for kind, ground in terms.otherwise.items():
            yield from _notice_faults(page, (*path, "otherwise", kind, "notice"), ground.notice)
            if kind == terms.basis:
                wrong = f'"{kind}" is the basis of "{source}" already'
                yield page.fault((*path, "otherwise", kind), wrong, "remove it, or name another ground")


def _notice_faults(page: Page[ContractText], path: tuple[str, ...], notice: NoticeText) -> Iterator[Fault]:
    timed = (notice.after is not None) + (notice.until is not None)
    if timed != (notice.tell == "later"):
        mend = 'give "later" either `after` or `until`, and no other rule any'
        yield page.fault(path, "it is not clear when the person is told", mend)
    if (notice.tell == "now") == bool(notice.article):
        mend = "cite it for later and never, and not for now"
        yield page.fault(path, "telling later or never rests on an article, telling now on none", mend)


def _party_faults(page: Page[ContractText]) -> Iterator[Fault]:
    text = page.content
    if not text.parties:
        return
    others = text.parties.keys() - {text.consumer}
    if text.consumer not in text.parties or not others:
        wrong = "a contract has the consumer and at least one provider as parties"
        yield page.fault(("parties",), wrong, f"add [parties.{text.consumer}] and a provider")
    for name, party in text.parties.items():
        if len(set(party.signers)) < FEWEST_SIGNERS:
            wrong = f'"{name}" has fewer than two people who may sign'
            yield page.fault(("parties", name, "signers"), wrong, "name two different people")
    for source, terms in text.terms.items():
        if terms.provider and terms.provider not in others:
            wrong = f'"{terms.provider}" is no provider among the parties'
            yield page.fault(("terms", source, "provider"), wrong, suggest(terms.provider, others))
        elif not terms.provider and len(others) > 1:
            wrong = f'it is not clear which party answers for "{source}"'
            yield page.fault(("terms", source), wrong, "add provider = …")


def _emergency_faults(page: Page[ContractText]) -> Iterator[Fault]:
    text = page.content
    marked = [
        ("terms", source, "fields", name)
        for source, terms in text.terms.items()
        for name, rule in terms.fields.items()
        if rule.emergency
    ]
    if text.emergency is None:
        for path in marked:
            wrong = "an emergency would give more than the contract has terms for"
            yield page.fault(path, wrong, "add [emergency], or remove emergency = true")
        return
    yield from _notice_faults(page, ("emergency", "notice"), text.emergency.notice)
    if not marked:
        wrong = "no field may be given in an emergency"
        yield page.fault(("emergency",), wrong, "mark fields with emergency = true, or remove [emergency]")
    if text.emergency.lasting > LONGEST_EMERGENCY:
        yield page.fault(("emergency", "lasting"), "longer than an hour", "write at most 60 min")
