"""What an operator's house has to look after: messages that did not arrive, partners that wait, a draft."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import Any

from joserfc.jwk import ECKey
from sqlalchemy import insert, text

from contracts.proposals import PROPOSED
from gateway.sealing.recipient import public_half
from gateway.storage.engine import Database, micros, now
from gateway.storage.outbox_tables import outbox
from tests.journeys.house import House

MARKUP = '<script>alert("x")</script><img src=x onerror=alert(1)>'
DRAFT = "case-system-crisis-intervention"


async def lose_messages(house: House, count: int, agency: str = "clinic") -> None:
    """Put dead letters on file that are owed by law, and so need no contract."""
    database = Database(house.settings.database.url)
    try:
        ref = (await database.fetch(text("SELECT subject_ref FROM cases LIMIT 1")))[0][0]
        at = micros(now())
        rows: list[dict[str, Any]] = [
            {
                "id": f"00000000-0000-7000-8000-{number:012}",
                "type": "obmin.recall",
                "agency": agency,
                "sender": "case-system",
                "official": "",
                "key": f"key-{number}",
                "subject_ref": ref,
                "purpose": "needs-assessment",
                "covers": "{}",
                "duty": "recall",
                "priority": 1,
                "exchange_id": "00000000-0000-7000-8000-000000000000",
                "content": b"",
                "state": "dead",
                "submitted_at": at,
                "expires_at": micros(now() + timedelta(days=1)),
                "due_at": at,
                "attempts": 1,
                "lost": 0,
                "doubtful": 0,
                "code": "http-422",
                "settled_at": at,
            }
            for number in range(count)
        ]
        await database.write(insert(outbox).values(rows))
    finally:
        await database.close()


async def apply(house: House, name: str = MARKUP, partner: str = "warm-hands") -> None:
    """Let an organisation with a name of its own choosing apply as a partner."""
    key = {**ECKey.generate_key("P-256").as_dict(private=True), "kid": f"{partner}-1"}
    contracts = (await house.get("/v1/contracts")).json()["contracts"]
    applied = await house.http.post(
        "/v1/partners",
        json={
            "id": partner,
            "scheme": "edrpou",
            "identifier": "37508596",
            "name": {"uk": name, "en": name},
            "contacts": [{"role": "programme", "address": "programme@example.org"}],
            "signing": [public_half(key)],
            "contract": contracts[0]["digest"],
        },
    )
    assert applied.status_code == 201, applied.text


def propose(house: House, line: str = '"donors.aid" = {}') -> None:
    """Lay a draft beside the contracts: the next version of one, with a field more."""
    folder = house.settings.contracts
    (folder / PROPOSED).mkdir(exist_ok=True)
    draft = folder / PROPOSED / f"{DRAFT}.toml"
    shutil.copy(folder / f"{DRAFT}.toml", draft)
    old = draft.read_text("utf-8")
    version = next(each for each in old.splitlines() if each.startswith("version ="))
    number = int(version.partition("=")[2])
    new = old.replace(version, f"version = {number + 1}", 1).replace(
        "[terms.donors.fields]\n", f"[terms.donors.fields]\n{line}\n", 1
    )
    draft.write_text(new, "utf-8")
