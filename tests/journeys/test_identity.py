"""Who is calling: every wrong way looks the same from outside, and is on record exactly."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping

import httpx
import pytest
from joserfc.jwk import ECKey

from tests.journeys.forging import AGENCY, Forgery
from tests.journeys.house import ASSERTION_TYPE, House, query_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

STRANGER = ECKey.generate_key("P-256")
JWK = STRANGER.as_dict(private=False)

FORGERIES = {
    "none": (Forgery({"alg": "none"}, unsigned=True), "assertion-algorithm"),
    "none in capitals": (Forgery({"alg": "nOnE"}, unsigned=True), "assertion-algorithm"),
    "no signature": (Forgery(unsigned=True), "signature-wrong"),
    "RS256": (Forgery({"alg": "RS256"}), "assertion-algorithm"),
    "EdDSA over a P-256 key": (Forgery({"alg": "EdDSA"}), "signature-wrong"),
    "ES512 over a P-256 key": (Forgery({"alg": "ES512"}), "assertion-algorithm"),
    "key in the header": (Forgery({"jwk": JWK, "kid": None}, key=STRANGER), "assertion-header"),
    "key set elsewhere": (Forgery({"jku": "http://127.0.0.1/keys"}, key=STRANGER), "assertion-header"),
    "certificate elsewhere": (Forgery({"x5u": "http://127.0.0.1/x"}, key=STRANGER), "assertion-header"),
    "certificate chain": (Forgery({"x5c": ["MIIB"]}, key=STRANGER), "assertion-header"),
    "unknown critical member": (Forgery({"crit": ["b64"], "b64": False}), "assertion-header"),
    "empty crit": (Forgery({"crit": []}), "assertion-header"),
    "kid of a path": (Forgery({"kid": "../../keys/case-system.jwk"}), "key-unknown"),
    "kid of a device": (Forgery({"kid": "/dev/null"}), "key-unknown"),
    "kid of another agency": (Forgery({"kid": "partner-1"}, key_of="partner"), "key-unknown"),
    "a stranger's key": (Forgery(key=STRANGER), "signature-wrong"),
    "another agency's key": (Forgery(key_of="partner"), "signature-wrong"),
    "issuer is not subject": (Forgery(claims={"iss": "partner"}), "agency-unknown"),
    "unknown agency": (Forgery(claims={"iss": "nobody", "sub": "nobody"}), "agency-unknown"),
    "agency of a strange type": (Forgery(claims={"iss": ["x"], "sub": ["x"]}), "agency-unknown"),
    "no audience": (Forgery(claims={"aud": None}), "assertion-audience"),
    "another audience": (Forgery(claims={"aud": "https://elsewhere/token"}), "assertion-audience"),
    "one audience among others": (Forgery(claims={"aud": ["https://elsewhere", 1]}), "assertion-audience"),
    "expired": (Forgery(claims={"exp": lambda at: at - 61}), "assertion-lifetime"),
    "no expiry": (Forgery(claims={"exp": None}), "assertion-lifetime"),
    "too far expiry": (Forgery(claims={"exp": lambda at: at + 3600}), "assertion-lifetime"),
    "expiry beyond all time": (Forgery(claims={"exp": 10**30}), "assertion-lifetime"),
    "expiry as text": (Forgery(claims={"exp": "9999999999"}), "assertion-lifetime"),
    "expiry true": (Forgery(claims={"exp": True}), "assertion-lifetime"),
    "not valid yet": (Forgery(claims={"nbf": lambda at: at + 200}), "assertion-lifetime"),
    "issued tomorrow": (Forgery(claims={"iat": lambda at: at + 86400}), "assertion-lifetime"),
    "no jti": (Forgery(claims={"jti": None}), "assertion-jti"),
    "empty jti": (Forgery(claims={"jti": ""}), "assertion-jti"),
    "jti of a strange type": (Forgery(claims={"jti": 7}), "assertion-jti"),
}


async def test_an_honest_assertion_gives_a_short_token(common: House) -> None:
    """The answer is a bearer token of at most five minutes, and its issue costs the assertion."""
    response = await common.present(Forgery().write(common))
    issued = response.json()

    assert response.status_code == 200
    assert issued["token_type"] == "Bearer"
    assert 0 < issued["expires_in"] <= 300


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_forged_assertion_is_refused_and_recorded(common: House, name: str) -> None:
    """Outside there is one 401 for all of them; the record has the exact reason, and no value."""
    forgery, reason = FORGERIES[name]
    response = await common.present(forgery.write(common))
    told = response.json()
    (event,) = await common.story(told["instance"])

    assert response.status_code == 401
    assert (told["type"], set(told)) == (
        "/problems/unauthenticated",
        {"type", "title", "status", "instance", "advice"},
    )
    assert (event["kind"], event["result"], event["reason"]) == ("token", "refused", reason)


async def test_a_public_key_is_no_shared_secret(common: House) -> None:
    """HS256 over each spelling of the public key is refused before any key is looked at."""
    public = ECKey.import_key(json.loads(common.demo.private_key(AGENCY).read_text()))
    secrets = [str(public.as_dict(private=False)["x"]).encode(), public.as_pem(private=False)]
    answers = [
        await common.present(Forgery({"alg": "HS256"}, secret=secret).write(common)) for secret in secrets
    ]

    assert {answer.status_code for answer in answers} == {401}


SPOILT: Mapping[str, Callable[[str], str]] = {
    "padding": lambda token: f"{token}=",
    "an empty part": lambda token: token.replace(".", "..", 1),
    "no signature part": lambda token: token.rpartition(".")[0],
    "six parts": lambda token: f"{token}.{token}",
    "a line break": lambda token: f"\n{token}",
    "stray padding within": lambda token: token.replace(".", "=.", 1),
    "dots alone": lambda _: "." * 8000,
    "too long": lambda token: "A" * 9000 + token,
    "members twice": lambda token: f"eyJhbGciOiJub25lIiwiYWxnIjoiRWQyNTUxOSJ9.{token.partition('.')[2]}",
}


@pytest.mark.parametrize("name", SPOILT)
async def test_a_spoilt_assertion_is_refused(common: House, name: str) -> None:
    """Stray padding, parts or characters too many, a header member twice: not a token."""
    response = await common.present(SPOILT[name](Forgery().write(common)))
    (event,) = await common.story(response.json()["instance"])

    assert response.status_code == 401
    assert event["reason"] == "not-a-token"


async def test_an_assertion_is_used_once(common: House) -> None:
    """The second use is refused with its reason on record."""
    assertion = Forgery().write(common)
    first, second = await common.present(assertion), await common.present(assertion)
    (event,) = await common.story(second.json()["instance"])

    assert (first.status_code, second.status_code) == (200, 401)
    assert (event["agency"], event["reason"]) == (AGENCY, "assertion-reused")


async def test_ten_at_once_with_one_assertion_get_one_token(common: House) -> None:
    """Exactly one of ten concurrent uses wins."""
    assertion = Forgery().write(common)
    answers = await asyncio.gather(*(common.present(assertion) for _ in range(10)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 9}


FORMS: Mapping[str, Mapping[str, str | None]] = {
    "no grant type": {"grant_type": None},
    "another grant type": {"grant_type": "password"},
    "another assertion type": {"client_assertion_type": "urn:ietf:params:oauth:grant-type:saml2-bearer"},
    "no assertion": {"client_assertion": None},
    "an unknown member": {"client_secret": "abc"},
}


@pytest.mark.parametrize("name", FORMS)
async def test_a_form_of_another_kind_is_refused(common: House, name: str) -> None:
    """Only client credentials with a signed assertion are taken."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": Forgery().write(common),
        **FORMS[name],
    }
    sent = {member: value for member, value in form.items() if value is not None}
    response = await common.http.post("/oauth/token", data=sent)

    assert response.status_code == 422
    assert response.json()["type"] == "/problems/invalid-body"


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"\xff\xfe", b"grant_type", b"a=1&a=2", b"&".join([b"a=1"] * 20)]
)
async def test_what_is_no_form_is_refused(common: House, body: bytes) -> None:
    """JSON, bytes, a member twice or too many of them: 422."""
    response = await common.http.post("/oauth/token", content=body)

    assert response.status_code == 422


TOKENS = {
    "none": None,
    "basic": "Basic Y2FzZS1zeXN0ZW06eA==",
    "empty": "Bearer",
    "no JWT": "Bearer abc",
    "an assertion": "Bearer {assertion}",
    "altered": "Bearer {token}A",
    "unsigned": "Bearer {unsigned}",
}


@pytest.mark.parametrize("name", TOKENS)
async def test_without_a_token_of_ours_nothing_is_served(common: House, name: str) -> None:
    """No token, another scheme, an assertion in place of a token, an altered one: 401 with a challenge."""
    token = (await common.bearer())["Authorization"].removeprefix("Bearer ")
    unsigned = Forgery({"alg": "none", "typ": "at+jwt"}, unsigned=True).write(common)
    written = (TOKENS[name] or "").format(assertion=Forgery().write(common), token=token, unsigned=unsigned)
    headers = {"Authorization": written} if written else {}
    response = await common.http.post("/v1/social-history", json=query_of(), headers=headers)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="obmin"'
    assert response.json()["type"] == "/problems/unauthenticated"


ROLES = [
    ("POST", "/v1/social-history", "partner"),
    ("POST", "/v1/social-history", "auditor"),
    ("POST", "/v1/social-history/preview", "person-portal"),
    ("GET", "/v1/social-history/0192", "operator"),
    ("PUT", "/v1/cases/KYIV-1", "partner"),
    ("GET", "/v1/cases/KYIV-2026-000120", "auditor"),
    ("POST", "/v1/consents", "partner"),
    ("GET", "/v1/consents?subject_ref=x", "auditor"),
    ("POST", "/v1/consents/x/withdrawal", "operator"),
    ("GET", "/v1/audit/events", "case-system"),
    ("GET", "/v1/audit/events/x", "operator"),
    ("GET", "/v1/audit/events/x/proof", "partner"),
    ("GET", "/v1/audit/export", "person-portal"),
    ("GET", "/log/tile/entries/000.p/1", "case-system"),
]


@pytest.mark.parametrize(("method", "path", "agency"), ROLES)
async def test_a_role_is_needed(common: House, method: str, path: str, agency: str) -> None:
    """A token is not enough: the agency's entry must hold the role, whatever the token says."""
    response = await common.http.request(method, path, headers=await common.bearer(agency))

    assert response.status_code == 403
    assert response.json()["type"] == "/problems/role-missing"


async def test_entries_are_not_public_though_hashes_are(common: House) -> None:
    """Without a token the log gives its head and tiles, and no entry bundle."""
    newest = (await common.events())[-1]
    await common.get(f"/v1/audit/events/{newest['id']}/proof", "auditor")
    paths = ("/log/checkpoint", "/log/key", "/log/tile/0/000.p/1", "/log/tile/entries/000.p/1")
    answers: list[httpx.Response] = [await common.http.get(path) for path in paths]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 401]
