"""The round of deletion: whose time is over is forgotten, and the log certifies it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from audit.event import Event, Kind
from audit.note import Verifier, open_note
from contracts.vocabulary import AgencyId, CaseId, Identity, OfficialId, Scheme, Subject
from gateway.app import lay_foundation
from gateway.cases import Cases
from gateway.oversight.services import Oversight
from tests.journeys.house import House

FORGOTTEN = Subject(Identity({Scheme("rnokpp"): "2222222225"}))


async def long_ago(house: House) -> str:
    """Put somebody on file whose newest entry was made years ago; give her pseudonym."""
    async with lay_foundation(house.settings) as foundation:
        services = Oversight.open(foundation)
        registration = await services.subjects.register(FORGOTTEN)
        event = Event(
            Kind.CASE,
            datetime(2021, 5, 4, tzinfo=UTC),
            agency="case-system",
            case="KYIV-2021-1",
            subject_ref=registration.ref,
            result="opened",
        )
        await foundation.log.note(event, registration.statements)
        return registration.ref


async def reopened(house: House) -> None:
    """Open a case for her without an entry of today."""
    async with lay_foundation(house.settings) as foundation:
        cases = Cases(foundation.database, foundation.log, Oversight.open(foundation).subjects)
        await cases.put(
            AgencyId("case-system"), CaseId("C-1"), FORGOTTEN, [OfficialId("w")], date(2021, 5, 4), None
        )


async def test_who_is_due_is_forgotten_with_a_certificate(house: House) -> None:
    """Everybody else stays; the certificate names entries and pseudonyms, and the log has signed it."""
    ref = await long_ago(house)
    done = (await house.post("/v1/retention", b"", "operator")).json()
    key = Verifier.parse((await house.http.get("/log/key")).text)
    recorded = (await house.events(kind="retention"))[0]

    assert done["erased"] == [ref]
    assert f": {ref}\n" in open_note(done["certificate"], key)
    assert recorded["details"]["erased"] == 1
    assert recorded["details"]["classes"] == {"consent": 3, "exchange": 3, "own": 1}
    assert (await house.events(kind="erasure"))[0]["reason"] == "term-ended"


async def test_a_second_round_finds_nobody(lite: House) -> None:
    """What is done is done."""
    await long_ago(lite)
    await lite.post("/v1/retention", b"", "operator")
    again = (await lite.post("/v1/retention", b"", "operator")).json()

    assert again["erased"] == []


async def test_a_person_in_touch_again_is_not_due(lite: House) -> None:
    """A new case makes a new entry, from which the years are counted."""
    await long_ago(lite)
    await reopened(lite)
    done = (await lite.post("/v1/retention", b"", "operator")).json()

    assert done["erased"] == []


async def test_a_hold_keeps_who_is_due(lite: House) -> None:
    """The hold's own entry is of today, so that its time begins anew as well."""
    ref = await long_ago(lite)
    hold = {"subject_ref": ref, "citation": "Суд, № 1", "official": {"id": "olha"}}
    await lite.post("/v1/holds", hold, "operator")
    done = (await lite.post("/v1/retention", b"", "operator")).json()

    assert done["erased"] == []


async def test_only_an_operator_runs_the_round(lite: House) -> None:
    """No other role may."""
    assert (await lite.post("/v1/retention", b"", "auditor")).status_code == 403
