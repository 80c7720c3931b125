"""Assertions and tokens under a clock of the test's own."""

from __future__ import annotations

import json
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry

from contracts.vocabulary import AgencyId
from gateway.agencies import Agency, PublicKey, Role
from gateway.identity import Caller, Tokens, UnauthenticatedError

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
URL = "https://obmin.example"
EDWARDS = OKPKey.generate_key("Ed25519", {"kid": "edwards"})
P256 = ECKey.generate_key("P-256", {"kid": "p256"})
P384 = ECKey.generate_key("P-384", {"kid": "p384"})
KEYS: Mapping[str, OKPKey | ECKey] = {"edwards": EDWARDS, "p256": P256, "p384": P384}


@dataclass
class Memory:
    """A ledger in memory. See `AssertionLedger`."""

    used: dict[tuple[str, str], datetime] = field(default_factory=dict)

    async def use(self, agency: str, jti: str, until: datetime) -> bool:
        """See `AssertionLedger.use`."""
        fresh = (agency, jti) not in self.used
        self.used.setdefault((agency, jti), until)
        return fresh


def _agency(name: str, *keys: OKPKey | ECKey, role: Role = Role.CASE_SYSTEM) -> Agency:
    public: dict[str, PublicKey] = {str(key.kid): key for key in keys}
    return Agency(AgencyId(name), {"uk": name, "en": name}, frozenset({role}), public, None)


def _tokens(agencies: Mapping[AgencyId, Agency] | None = None, memory: Memory | None = None) -> Tokens:
    known = agencies or {AgencyId("agency"): _agency("agency", EDWARDS, P256, P384)}
    return Tokens(known, memory or Memory(), b"\x07" * 32, URL)


def _assertion(key: OKPKey | ECKey = EDWARDS, algorithm: str = "Ed25519", **claims: Any) -> str:
    said = {
        "iss": "agency",
        "sub": "agency",
        "aud": f"{URL}/oauth/token",
        "exp": int(NOW.timestamp()) + 120,
        "jti": str(uuid.uuid4()),
        **claims,
    }
    return _signed({"alg": algorithm, "kid": key.kid}, said, key)


def _signed(header: Mapping[str, Any], said: Mapping[str, Any], key: OKPKey | ECKey) -> str:
    """Write a compact JWS by hand: the library warns of the older name of Ed25519, which we still take."""
    algorithms = {"Ed25519": "Ed25519", "P-256": "ES256", "P-384": "ES384"}
    parts = [_encode(json.dumps(part).encode()) for part in (header, said)]
    signed = ".".join(parts)
    signature = JWSRegistry.algorithms[algorithms[key.curve_name]].sign(signed.encode(), key)
    return f"{signed}.{_encode(signature)}"


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


async def _caller(tokens: Tokens, at: datetime = NOW) -> Caller:
    token, _ = await tokens.issue(_assertion(), NOW)
    return tokens.authenticate(token, at)


@pytest.mark.parametrize(
    ("key", "algorithm"), [("edwards", "Ed25519"), ("edwards", "EdDSA"), ("p256", "ES256")]
)
async def test_the_two_algorithms_work(key: str, algorithm: str) -> None:
    """Ed25519 by its new and its old name (RFC 9864), and ES256."""
    tokens = _tokens()
    token, seconds = await tokens.issue(_assertion(KEYS[key], algorithm), NOW)

    assert tokens.authenticate(token, NOW).id == "agency"
    assert seconds == 300


async def test_another_curve_is_not_taken() -> None:
    """A P-384 key is no ES256 key, though the agency has registered it."""
    with pytest.raises(UnauthenticatedError) as raised:
        await _tokens().issue(_assertion(P384, "ES384"), NOW)

    assert raised.value.code == "assertion-algorithm"


async def test_a_token_ends_after_five_minutes() -> None:
    """Good until its last second, and not in the next one."""
    tokens = _tokens()
    token, _ = await tokens.issue(_assertion(), NOW)
    before = tokens.authenticate(token, NOW + timedelta(seconds=299))

    assert before.id == "agency"
    with pytest.raises(UnauthenticatedError, match="token-expired"):
        tokens.authenticate(token, NOW + timedelta(seconds=300))


@pytest.mark.parametrize(
    ("seconds", "good"), [(-61, False), (-59, True), (1, True), (300, True), (360, True), (361, False)]
)
async def test_an_assertion_lives_five_minutes_and_a_minute_of_skew(seconds: int, good: bool) -> None:  # noqa: FBT001
    """`exp` may lie at most five minutes ahead, a minute of difference between clocks allowed."""
    tokens = _tokens()
    assertion = _assertion(exp=int(NOW.timestamp()) + seconds)
    outcome = await _outcome(tokens, assertion)

    assert outcome == ("" if good else "assertion-lifetime")


async def _outcome(tokens: Tokens, assertion: str) -> str:
    try:
        await tokens.issue(assertion, NOW)
    except UnauthenticatedError as error:
        return error.code
    return ""


async def test_an_assertion_is_remembered_for_as_long_as_it_could_be_used() -> None:
    """The ledger keeps it until its expiry and the skew have passed."""
    memory = Memory()
    await _tokens(memory=memory).issue(_assertion(jti="once"), NOW)
    until = memory.used[("agency", "once")]

    assert until == NOW + timedelta(seconds=120 + 60)


async def test_a_forged_assertion_uses_nothing_up() -> None:
    """Only one that is signed rightly is taken note of: nobody else can spend an agency's ids."""
    memory = Memory()
    forged = _assertion(OKPKey.generate_key("Ed25519", {"kid": "edwards"}), jti="once")
    refused = await _outcome(_tokens(memory=memory), forged)

    assert refused == "signature-wrong"
    assert memory.used == {}


async def test_the_token_of_a_removed_agency_is_worth_nothing() -> None:
    """Taken off the list, an agency is nobody, though its token has not run out and was seen before."""
    agencies = {AgencyId("agency"): _agency("agency", EDWARDS)}
    tokens = _tokens(agencies)
    token, _ = await tokens.issue(_assertion(), NOW)
    tokens.authenticate(token, NOW)
    agencies.clear()

    with pytest.raises(UnauthenticatedError, match="agency-unknown"):
        tokens.authenticate(token, NOW)


async def test_roles_are_the_lists_and_not_the_tokens() -> None:
    """A role taken away is gone at once; one that an assertion claims was never there."""
    agencies = {AgencyId("agency"): _agency("agency", EDWARDS, role=Role.AUDITOR)}
    tokens = _tokens(agencies)
    token, _ = await tokens.issue(_assertion(roles=["operator"], scope="operator"), NOW)
    before = tokens.authenticate(token, NOW)
    agencies[AgencyId("agency")] = _agency("agency", EDWARDS, role=Role.PARTNER)
    after = tokens.authenticate(token, NOW)

    assert (before.has(Role.AUDITOR), before.has(Role.OPERATOR)) == (True, False)
    assert (after.has(Role.AUDITOR), after.has(Role.PARTNER)) == (False, True)


async def test_a_token_of_another_deployment_is_not_ours() -> None:
    """Another seed is another signature; the same seed at another address is another audience."""
    token, _ = await _tokens().issue(_assertion(), NOW)
    agencies = {AgencyId("agency"): _agency("agency", EDWARDS)}
    other_seed = Tokens(agencies, Memory(), b"\x08" * 32, URL)
    other_address = Tokens(agencies, Memory(), b"\x07" * 32, "https://elsewhere.example")

    with pytest.raises(UnauthenticatedError, match="signature-wrong"):
        other_seed.authenticate(token, NOW)
    with pytest.raises(UnauthenticatedError, match="token-audience"):
        other_address.authenticate(token, NOW)


async def test_an_assertion_is_no_token() -> None:
    """What an agency signs itself opens nothing."""
    with pytest.raises(UnauthenticatedError, match="token-header"):
        _tokens().authenticate(_assertion(), NOW)


async def test_without_a_key_id_the_only_key_is_meant() -> None:
    """`kid` may be left out by an agency with one key."""
    agencies = MappingProxyType({AgencyId("agency"): _agency("agency", EDWARDS)})
    said = {"iss": "agency", "sub": "agency", "aud": f"{URL}/oauth/token", "jti": "x"}
    bare = _signed({"alg": "Ed25519"}, {**said, "exp": int(NOW.timestamp()) + 60}, EDWARDS)
    outcome = await _outcome(_tokens(agencies), bare)

    assert outcome == ""
    assert (await _caller(_tokens(agencies))).id == "agency"
