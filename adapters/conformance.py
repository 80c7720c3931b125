"""The one bar for every registry: what an adapter must do, checked through its protocol.

The same checks are run by the tests, over each simulator, and by `obmin adapters test`, also against a test
bench somewhere else that has been loaded with the samples.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from datetime import date
from typing import Final

import httpx
import orjson

from adapters.base import (
    Ambiguous,
    Answered,
    Pending,
    SourceError,
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from adapters.bench import PATIENCE, Bench, Check, One, Verdict, organisation_schemes, personal_values, whom
from adapters.catalog import Entry, build
from adapters.extracts import EXTRACTS, sent_bench
from adapters.nightly import sender_of
from adapters.people import (
    Person,
)
from adapters.places import PLACE, REGION
from adapters.protocols.connection import Connection
from adapters.simulation import Faults, Kind, simulate_registries
from contracts.vocabulary import (
    Identity,
    PersonName,
    Scheme,
    Subject,
)

IMPATIENCE: Final = 0.2
"""Seconds until a question's deadline, where no answer is expected."""

FAILURES: Final[Mapping[Kind, tuple[type[SourceError], frozenset[str]]]] = {
    Kind.SLOW: (SourceUnavailableError, frozenset({"timed-out"})),
    Kind.HANG: (SourceUnavailableError, frozenset({"timed-out"})),
    Kind.DOWN: (SourceUnavailableError, frozenset({"source-failed"})),
    Kind.FAULT: (SourceUnavailableError, frozenset({"source-failed"})),
    Kind.TRUNCATED: (SourceUnavailableError, frozenset({"disconnected"})),
    Kind.GARBAGE: (SourceMisbehavedError, frozenset({"unreadable"})),
    Kind.HUGE: (SourceMisbehavedError, frozenset({"too-large"})),
    Kind.WRONG_PERSON: (SourceMisbehavedError, frozenset({"wrong-person"})),
}
"""How each way of misbehaving must look to the gateway."""


async def _samples(bench: Bench) -> str:
    """Every person of the samples gets the record that the sample says, or an honest reason for none."""
    wrong = [key for key in bench.samples() if not await _as_sampled(bench, key)]
    return ", ".join(wrong)


async def _as_sampled(bench: Bench, key: str) -> bool:
    sample = bench.samples()[key]
    stuck = sample.get("never_ready", False)
    question = bench.question(bench.people[key].subject(), patience=IMPATIENCE if stuck else PATIENCE)
    reply = await bench.adapter.ask(question)
    match reply:
        case Answered():
            return bool(orjson.loads(orjson.dumps(reply.values)) == sample["means"])
        case Ambiguous():
            return reply.candidates > 1 and _shares_a_name(bench, key)
        case Pending():
            return bool(stuck)


def _shares_a_name(bench: Bench, key: str) -> bool:
    mine = _named(bench.people[key])
    return mine is not None and [_named(other) for other in bench.people.values()].count(mine) > 1


def _named(one: One) -> tuple[str, str, date] | None:
    return (one.family, one.given, one.birth_date) if isinstance(one, Person) else None


async def _fields(bench: Bench) -> str:
    """Exactly the fields asked for come back: one asked, one answered, whatever else the registry sends."""
    person = bench.people[bench.main].subject()
    wrong = []
    for field in bench.samples()[bench.main]["means"]:
        reply = await bench.adapter.ask(bench.question(person, frozenset({field})))
        if not isinstance(reply, Answered) or reply.values.keys() != {field}:
            wrong.append(field)
    return ", ".join(wrong)


async def _unknown(bench: Bench) -> str:
    """Somebody whom the registry does not hold is unknown, and that is no fault."""
    nobody = Identity(
        {
            Scheme("rnokpp"): "2500000003",
            Scheme("unzr"): "19680612-00000",
            PLACE: "UA99999999999999999",
            **dict.fromkeys(organisation_schemes(), "00000000"),
            REGION: "99",
        },
        PersonName("Невідомченко", "Ніхто"),
        date(1968, 6, 12),
    )
    return await _failing(bench, Subject(nobody), SubjectUnknownError, frozenset({"not-found"}), PATIENCE)


async def _unidentified(bench: Bench) -> str:
    """Somebody who cannot be named to the registry is not asked about."""
    nameless = Subject(Identity({Scheme("nickname"): "Ніхто"}))
    return await _failing(bench, nameless, SourceRefusedError, frozenset({"identifier-missing"}), PATIENCE)


async def _failing(
    bench: Bench, subject: Subject, kind: type[SourceError], reasons: frozenset[str], patience: float
) -> str:
    """Ask, and give what is wrong with the failure: its kind, its reason, or that it tells of a person."""
    try:
        reply = await bench.adapter.ask(bench.question(subject, patience=patience))
    except SourceError as error:
        if type(error) is not kind or error.reason not in reasons:
            return f"{type(error).__name__} {error.reason}"
        told = "".join(traceback.format_exception(error)) + repr(error)
        return "tells of the person" if any(value in told for value in personal_values(subject)) else ""
    return type(reply).__name__


def _misbehaving(kind: Kind) -> Check:
    """Give the check that one way of misbehaving is seen for what it is, and told without the person."""

    async def check(bench: Bench) -> str:
        if bench.faults is None:
            return "cannot be told to misbehave"
        bench.faults.set(bench.entry.source, kind)
        try:
            error, reasons = FAILURES[kind]
            impatient = kind in {Kind.SLOW, Kind.HANG}
            patience = IMPATIENCE if impatient else PATIENCE
            return await _failing(bench, bench.people[bench.main].subject(), error, reasons, patience)
        finally:
            bench.faults.clear(bench.entry.source)

    return check


CHECKS: Final[Mapping[str, Check]] = {
    "samples": _samples,
    "fields": _fields,
    "unknown": _unknown,
    "unidentified": _unidentified,
    **{kind.value: _misbehaving(kind) for kind in Kind},
}


ASKED: Final = frozenset(kind.value for kind in Kind)


def checks_of(entry: Entry, *, simulated: bool = True) -> Mapping[str, Check]:
    """Give the checks that there are for a registry, without misbehaviour where it is not simulated."""
    if entry.manifest.drop is None:
        checks = CHECKS
    else:
        checks = {**EXTRACTS, **{name: check for name, check in CHECKS.items() if name not in ASKED}}
    return {name: check for name, check in checks.items() if simulated or name not in ASKED}


def simulated_bench(entry: Entry) -> Bench:
    """Put one registry on trial over its own simulator, or the extract that it sends."""
    if sender := sender_of(entry):
        return sent_bench(entry, sender)
    faults = Faults()
    transport = httpx.ASGITransport(simulate_registries(faults, entries={entry.source: entry}))
    connection = Connection(f"http://simulated/{entry.source}", credential="conformance")
    return Bench(entry, build(entry, connection, transport), whom(entry), faults)


def remote_bench(entry: Entry, connection: Connection, transport: httpx.AsyncBaseTransport) -> Bench:
    """Put one registry on trial at an address, by the checks that need no misbehaviour."""
    return Bench(entry, build(entry, connection, transport), whom(entry), None)


async def try_check(bench: Bench, name: str) -> Verdict:
    """Run one check. A failure of ours where an answer was due is a verdict, not an exception."""
    try:
        return Verdict(name, await checks_of(bench.entry)[name](bench))
    except SourceError as error:
        return Verdict(name, f"{type(error).__name__} {error.reason}")
