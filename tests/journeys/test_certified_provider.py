"""Signing in at a certified OpenID Connect provider that nobody here wrote (npm `oidc-provider`)."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import pytest_asyncio
from joserfc.jwk import ECKey

from gateway.app import create_app
from gateway.commands.demo import listening, serving
from tests.journeys.house import MARIA, House, open_house
from tests.signing_in import browsing, fill_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE = Path(__file__).parents[1] / "services" / "oidc"
if not (SERVICE / "node_modules").exists():
    pytest.skip("oidc-provider is absent: make system", allow_module_level=True)


@contextmanager
def certified(back: str, key: ECKey) -> Iterator[str]:
    """Run the provider; yield its address."""
    public = json.dumps({**key.as_dict(private=False), "use": "sig", "alg": "ES256"})
    people = json.dumps({"maria": MARIA, "stranger": "3311845630"})
    with subprocess.Popen(
        ["node", "provider.js", back, public, people],
        cwd=SERVICE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


class Doors(NamedTuple):
    """One house by its two doors: the demo's own, and the one with the certified provider before it."""

    back: House
    front: House


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    """Give a second front door to a house, before which the certified provider stands."""
    folder = tmp_path_factory.mktemp("house") / "deployment"
    async with open_house(folder) as opened:
        with listening(0) as door:
            url = f"http://127.0.0.1:{door.getsockname()[1]}"
            key = folder / "keys" / "sign-in.jwk"
            client = ECKey.import_key(json.loads(key.read_text("utf-8")))
            with certified(f"{url}/sign-in/back", client) as issuer:
                sign_in = opened.settings.sign_in.model_copy(
                    update={
                        "issuer": issuer,
                        "client_key": key,
                        "person_claim": "identifier",
                        "person_scheme": "rnokpp",
                        "levels": {"high": ("urn:example:high",)},
                    }
                )
                settings = opened.settings.model_copy(update={"public_url": url, "sign_in": sign_in})
                async with serving(create_app(settings), door):
                    yield Doors(opened, replace(opened, url=url))


async def signed_in(browser: httpx.AsyncClient, login: str, address: str = "/cabinet/") -> httpx.Response:
    """Go to the provider, type a login on its page, consent on its next one, and come back."""
    asked = await browser.get(address)
    typed = await fill_in(browser, asked, {"login": login, "password": "any"})
    return await fill_in(browser, typed, {})


async def test_an_official_of_theirs_is_one_of_ours(doors: Doors) -> None:
    """A login that our list names comes to the cabinet that our list opens."""
    async with browsing(doors.front) as browser:
        page = await signed_in(browser, "s-operator-1")

    assert page.url.path == "/cabinet/operating/"


async def test_a_person_is_found_by_what_it_tells_of_users(doors: Doors) -> None:
    """The identifier stands in no token but where the provider tells of users, and is read from there."""
    async with browsing(doors.front) as browser:
        page = await signed_in(browser, "maria")
    events = await doors.back.events(kind="sign-in", agency="person-portal")

    assert page.url.path == "/cabinet/personal/"
    assert [event["result"] for event in events] == ["signed-in"]


@pytest.mark.parametrize(
    ("login", "reason"), [("nobody", "official-unknown"), ("stranger", "person-unclear")]
)
async def test_whom_nobody_knows_is_refused(doors: Doors, login: str, reason: str) -> None:
    """Neither an official of ours nor somebody we ever asked about: a page says so, the record why."""
    async with browsing(doors.front) as browser:
        page = await signed_in(browser, login)
    events = await doors.back.events(kind="sign-in", outcome="refused")

    assert page.status_code == 403
    assert events[-1]["reason"] == reason


async def test_who_cancels_is_told(doors: Doors) -> None:
    """Turning back at the provider's page is a refusal like others."""
    async with browsing(doors.front) as browser:
        asked = await browser.get("/sign-in")
        cancel = re.search(r'href="([^"]+/abort)"', asked.text)
        assert cancel
        page = await browser.get(asked.url.join(cancel[1]))

    assert page.status_code == 403


async def test_a_level_that_it_cannot_reach_is_refused(doors: Doors) -> None:
    """A provider that ignores which level was asked for lets nobody in at that level."""
    async with browsing(doors.front) as browser:
        page = await signed_in(browser, "s-operator-1", "/sign-in?level=high")

    assert page.status_code == 403
