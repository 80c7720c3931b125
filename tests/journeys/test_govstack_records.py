"""GovStack's consent records are our consents: what one side writes, the other one knows."""

from __future__ import annotations

from tests.journeys.govstack import call, did, individual
from tests.journeys.house import House, query_about


async def test_a_record_given_there_opens_the_registry_here(lite: House) -> None:
    """A yes by GovStack's paths is our consent: the query that lacked it goes through, and ends with a no."""
    query = query_about("olena", sources=["health"])
    before = await lite.ask(query)
    person = await individual(lite, "olena")
    given = await did(lite, "POST", "/service/individual/record/data-agreement/1/", individualId=person)
    during = await lite.ask(query)
    record = given["consentRecord"]
    body = {"consentRecord": {"id": record["id"], "optIn": False}}
    ended = await did(lite, "PUT", f"/service/individual/record/consent-record/{record['id']}/", body=body)
    after = await lite.ask(query)

    assert [before.status_code, during.status_code, after.status_code] == [403, 200, 403]
    assert (record["optIn"], ended["consentRecord"]["optIn"]) == (True, False)
    assert during.json()["sources"]["health"]["ground"]["id"] == record["id"]


async def test_a_consent_given_here_is_a_record_there(lite: House) -> None:
    """The demo's own consent stands in the verification list, under its agreement's revision."""
    listed = await did(lite, "GET", "/service/verification/consent-records/")
    one = listed["consentRecords"][0]
    consent = await lite.get(f"/v1/consents/{one['id']}")

    assert consent.json()["subject_ref"] == one["individual"]["id"]
    assert one["dataAgreementRevisionHash"] == one["dataAgreementRevision"]["serializedHash"]


async def test_a_draft_is_signed_and_then_on_file(lite: House) -> None:
    """The signature is over what the draft showed; one over anything else is refused."""
    person = await individual(lite)
    path = "/service/individual/record/consent-record/draft/"
    drafted = await did(lite, "POST", path, individualId=person, dataAgreementId="1")
    signature = {
        **drafted["signature"],
        "signature": "c2lnbmVk",
        "verificationMethod": "qualified",
        "timestamp": "2026-11-24T10:00:00Z",
    }
    body = {"consentRecord": drafted["consentRecord"], "signature": signature}
    forged = {**body, "signature": {**signature, "verificationPayload": "{}"}}
    refused = await call(lite, "POST", "/service/individual/record/consent-record/", body=forged)
    kept = await did(lite, "POST", "/service/individual/record/consent-record/", body=body)

    assert drafted["consentRecord"]["state"] == "unsigned"
    assert refused.status_code == 400
    assert kept["consentRecord"]["state"] == "signed"
    assert kept["signature"]["objectReference"] == kept["consentRecord"]["id"]


async def test_everything_of_a_person_is_withdrawn_at_once(lite: House) -> None:
    """The deletion of all records is the withdrawal of all consents; the record keeps that they were."""
    person = await individual(lite, "maria")
    await did(lite, "DELETE", "/service/individual/record/", individualId=person)
    answer = (await lite.ask()).json()

    assert answer["sources"]["health"]["status"] == "withheld"


async def test_a_withdrawal_there_recalls_what_was_given_here(lite: House) -> None:
    """An answer that rested on the consent is read no more, as after a withdrawal by our own interface."""
    answer = (await lite.ask()).json()
    consent = answer["sources"]["health"]["ground"]["id"]
    body = {"consentRecord": {"id": consent, "optIn": False}}
    await did(lite, "PUT", f"/service/individual/record/consent-record/{consent}/", body=body)
    again = await lite.get(f"/v1/social-history/{answer['exchange_id']}")
    recalls = await lite.get("/v1/recalls")

    assert "sealed" in answer
    assert "sealed" not in again.json()
    assert consent in recalls.text
