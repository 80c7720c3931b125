"""Messages in a file: carried by hand, taken in once, in order, and by nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from joserfc.jwk import OKPKey

from contracts.vocabulary import AgencyId
from gateway.app import lay_foundation
from gateway.bundles.bundle import Bundle, BundleRefusedError, signing_key
from gateway.bundles.exporting import write_whole
from gateway.bundles.importing import Importing
from gateway.commands.bundles import exporting_of
from gateway.storage.engine import now
from tests.journeys.house import House
from tests.journeys.posting import Beside, beside, content_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
LASTS = timedelta(hours=72)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(house_of: House) -> AsyncIterator[Beside]:
    """Give what submits messages beside the house."""
    async with beside(house_of) as opened:
        yield opened


async def exported(house: House, file: Path, lasts: timedelta = LASTS) -> Bundle:
    """Write what waits for the clinic into a file."""
    async with lay_foundation(house.settings) as foundation, exporting_of(foundation) as exporting:
        bundle = await exporting.export(AgencyId("clinic"), lasts, lambda text: write_whole(file, text))
    assert bundle
    return bundle


async def imported(house: House, content: str) -> int:
    """Take a file in, as another gateway does."""
    async with lay_foundation(house.settings) as foundation:
        bundle = Bundle.opened(content, signing_key(foundation.ring.log_seed), now())
        return await Importing(foundation.database, foundation.log, foundation.agencies).take(bundle)


async def carried(house: House, agency: str = "clinic") -> list[dict[str, object]]:
    """Fetch what came in bundles."""
    found: list[dict[str, object]] = (await house.get("/v1/messages", agency)).json()["carried"]
    return found


async def emptied(house: House) -> None:
    """Acknowledge everything that came."""
    for each in await carried(house):
        await house.post(f"/v1/messages/{each['id']}/acknowledgement", {}, "clinic")


async def state_of(house: House, key: str) -> str:
    """Give how the messages of a lane stand."""
    return await house.stored(f"SELECT state, code FROM outbox WHERE key = '{key}' ORDER BY seq")  # noqa: S608  ours


async def test_a_bundle_is_carried_and_acknowledged(house_of: House, office: Beside, tmp_path: Path) -> None:
    """The whole lane goes, sealed; the record has every step, and the acknowledgement ends it."""
    first = await office.submit(1, key="carried")
    second = await office.submit(2, key="carried")
    bundle = await exported(house_of, tmp_path / "bundle")
    content = (tmp_path / "bundle").read_text("ascii")
    handed = await state_of(house_of, "carried")
    taken = await imported(house_of, content)
    came = await carried(house_of)
    await emptied(house_of)
    recorded = [each["result"] for each in await house_of.events(kind="bundle")]

    assert [each["id"] for each in bundle.events] == [first.id, second.id]
    assert handed == "unknown bundled unknown bundled"
    assert taken == 2
    assert [content_of(house_of, each)["number"] for each in came] == [1, 2]
    assert await state_of(house_of, "carried") == "delivered  delivered "
    assert recorded[-2:] == ["exported", "imported"]
    assert "number" not in content


async def test_a_file_that_comes_twice_counts_once(house_of: House, office: Beside, tmp_path: Path) -> None:
    """The second time nothing is new, and the record says that it came."""
    await office.submit(key="twice")
    await exported(house_of, tmp_path / "bundle")
    content = (tmp_path / "bundle").read_text("ascii")
    await emptied(house_of)

    assert [await imported(house_of, content), await imported(house_of, content)] == [1, 0]


async def test_files_may_come_in_any_order(house_of: House, office: Beside, tmp_path: Path) -> None:
    """What was written first is given first."""
    await emptied(house_of)
    first = await office.submit(1, key="order")
    await exported(house_of, tmp_path / "one")
    second = await office.submit(2, key="order")
    await exported(house_of, tmp_path / "two")
    await imported(house_of, (tmp_path / "two").read_text("ascii"))
    await imported(house_of, (tmp_path / "one").read_text("ascii"))
    came = [each["id"] for each in await carried(house_of) if each["id"] in {first.id, second.id}]

    assert came == [first.id, second.id]


async def test_an_altered_file_is_refused(house_of: House, office: Beside, tmp_path: Path) -> None:
    """One character in it, or another gateway's signature, and nothing is taken."""
    await office.submit(key="altered")
    await exported(house_of, tmp_path / "bundle")
    content = (tmp_path / "bundle").read_text("ascii")
    middle = len(content) // 2
    altered = content[:middle] + ("A" if content[middle] != "A" else "B") + content[middle + 1 :]

    with pytest.raises(BundleRefusedError, match="not-genuine"):
        await imported(house_of, altered)
    with pytest.raises(BundleRefusedError, match="not-genuine"):
        Bundle.opened(content, OKPKey.generate_key("Ed25519"), now())


async def test_an_expired_file_is_refused(house_of: House, office: Beside, tmp_path: Path) -> None:
    """What a bundle holds may be told for as long as it says."""
    await office.submit(key="expired")
    await exported(house_of, tmp_path / "bundle", timedelta(0))

    with pytest.raises(BundleRefusedError, match="expired"):
        await imported(house_of, (tmp_path / "bundle").read_text("ascii"))


async def test_a_file_for_somebody_else_is_refused(house_of: House) -> None:
    """An agency that does not fetch here gets nothing here."""
    async with lay_foundation(house_of.settings) as foundation:
        stranger = Bundle("b-1", "other.example/log", AgencyId("stranger"), now(), now() + LASTS, [])
        importing = Importing(foundation.database, foundation.log, foundation.agencies)

        with pytest.raises(BundleRefusedError, match="not-for-here"):
            await importing.take(stranger)


async def test_what_came_is_given_to_its_agency_alone(
    house_of: House, office: Beside, tmp_path: Path
) -> None:
    """Another agency neither sees nor acknowledges it."""
    message = await office.submit(key="mine")
    await exported(house_of, tmp_path / "bundle")
    await imported(house_of, (tmp_path / "bundle").read_text("ascii"))
    foreign = await house_of.post(f"/v1/messages/{message.id}/acknowledgement", {}, "career-centre")

    assert await carried(house_of, "career-centre") == []
    assert foreign.status_code == 404
