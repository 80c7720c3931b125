"""Sealing to a recipient: one JWE for all marked fields, opened by that agency and for that answer alone."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from contracts.contract import Mandate
from contracts.store import ContractStore
from contracts.vocabulary import AgencyId, ExchangeId, Field, OfficialId, Purpose, Source, SubjectRef
from gateway.disclosure import Disclosure, Fact
from gateway.sealing.keys import EnvelopeBrokenError
from gateway.sealing.recipient import (
    Binding,
    RecipientKey,
    RecipientKeyError,
    can_seal,
    create_recipient_jwk,
    open_sealed,
    public_half,
    seal_fields,
    seal_for,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GROUP = Field("health.disability_group")
BINDING = Binding(AgencyId("case-system"), ExchangeId("x-1"), "sha-256:00")
FIELDS = {GROUP: [{"value": "CANARY-II", "source": "health", "as_of": "2026-11-23"}]}

P256 = create_recipient_jwk("key-1")
X25519 = {**OKPKey.generate_key("X25519").as_dict(private=True), "kid": "key-2"}
PUBLIC = ECKey.import_key(public_half(P256))
SEALED = seal_fields(PUBLIC, BINDING, FIELDS, NOW)


def opens(value: str, jwk: dict[str, Any] = P256, binding: Binding = BINDING) -> bool:
    """Say whether a JWE opens; any other failure is one of the test."""
    try:
        return bool(open_sealed(value, jwk, binding))
    except EnvelopeBrokenError:
        return False


def header_of(value: str) -> dict[str, Any]:
    """Read the protected header of a compact JWE."""
    part = value.split(".", maxsplit=1)[0]
    return dict(json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))))


@pytest.mark.parametrize(
    ("jwk", "public"),
    [(P256, PUBLIC), (X25519, OKPKey.import_key(public_half(X25519)))],
    ids=["P-256", "X25519"],
)
def test_the_recipient_opens_what_was_sealed(jwk: dict[str, Any], public: RecipientKey) -> None:
    """The fields come back, and the header names the algorithms and the key, nothing of the content."""
    sealed = seal_fields(public, BINDING, FIELDS, NOW)
    header = header_of(sealed)

    assert open_sealed(sealed, jwk, BINDING) == FIELDS
    assert header.keys() == {"alg", "enc", "kid", "typ", "epk"}
    assert (header["alg"], header["enc"], header["kid"]) == ("ECDH-ES+A256KW", "A256GCM", jwk["kid"])
    assert "CANARY" not in sealed


def test_another_library_habit_is_understood() -> None:
    """Any JWE stack opens it by the standard alone: the payload is one JSON object."""
    opened = jwe.decrypt_compact(SEALED, ECKey.import_key(P256), algorithms=["ECDH-ES+A256KW", "A256GCM"])
    claims = json.loads(opened.plaintext or b"")

    assert claims.keys() == {"aud", "exchange_id", "contract", "iat", "fields"}
    assert claims["iat"] == int(NOW.timestamp())


@pytest.mark.parametrize(
    "binding",
    [
        replace(BINDING, agency=AgencyId("partner")),
        replace(BINDING, exchange_id=ExchangeId("x-2")),
        replace(BINDING, contract="sha-256:01"),
    ],
)
def test_fields_of_another_answer_are_refused(binding: Binding) -> None:
    """Sealed fields cannot be shown as those of another exchange, agency or contract."""
    accepted = opens(SEALED, binding=binding)

    assert not accepted


def test_another_key_opens_nothing() -> None:
    """Neither another key of the same kind nor one of another kind opens it."""
    opened = [opens(SEALED, create_recipient_jwk("key-1")), opens(SEALED, X25519), opens(SEALED, {})]

    assert opened == [False, False, False]


def test_every_changed_character_is_noticed() -> None:
    """Each character of the compact form is under the seal, unused bits of base64 included."""
    spoilt = [
        f"{SEALED[:index]}{'A' if character != 'A' else 'B'}{SEALED[index + 1 :]}"
        for index, character in enumerate(SEALED)
    ]

    assert opens(SEALED)
    assert not any(map(opens, spoilt))


def test_unused_bits_of_base64_are_noticed() -> None:
    """A text that decodes to the very same bytes and is not their one spelling is refused."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    loose = SEALED[:-1] + alphabet[alphabet.index(SEALED[-1]) ^ 1]

    assert urlsafe_b64decode(loose.split(".")[-1] + "==") == urlsafe_b64decode(SEALED.split(".")[-1] + "==")
    assert not opens(loose)


@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        "....",
        SEALED + "=",
        SEALED + ".A",
        SEALED[:-4],
        " " + SEALED,
        SEALED + "\n",
        SEALED.replace(".", ".\n"),
        "é.....",
    ],
)
def test_a_loose_spelling_is_refused(value: str) -> None:
    """Only the one canonical compact form is taken."""
    accepted = opens(value)

    assert not accepted


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ({"alg": "ECDH-ES"}, ["ECDH-ES"]),
        ({"enc": "A128GCM"}, ["A128GCM"]),
        ({"typ": "JWT"}, []),
        ({"zip": "DEF"}, ["DEF"]),
        ({"cty": "json"}, []),
    ],
)
def test_other_algorithms_and_headers_are_refused(change: dict[str, str], more: list[str]) -> None:
    """What a well-meaning or hostile sender chooses otherwise is not opened, compression included."""
    header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": "key-1", "typ": "obmin-sealed+json"}
    claims = {"aud": "case-system", "exchange_id": "x-1", "contract": "sha-256:00", "fields": FIELDS}
    known = [header["alg"], header["enc"], *more]
    ours = jwe.encrypt_compact(header, json.dumps(claims), PUBLIC, algorithms=known)
    foreign = jwe.encrypt_compact({**header, **change}, json.dumps(claims), PUBLIC, algorithms=known)

    assert opens(ours)
    assert not opens(foreign)


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b"{}", b'{"aud": "case-system"}', b"\xff"])
def test_a_payload_of_another_shape_is_refused(payload: bytes) -> None:
    """A JWE to the right key that holds something else is broken."""
    header = header_of(SEALED)
    foreign = jwe.encrypt_compact(
        {name: header[name] for name in ("alg", "enc", "kid", "typ")},
        payload,
        PUBLIC,
        algorithms=[header["alg"], header["enc"]],
    )

    assert not opens(foreign)


@pytest.mark.parametrize(
    "key",
    [
        None,
        ECKey.generate_key("P-384"),
        OKPKey.generate_key("Ed25519"),
        RSAKey.generate_key(2048),
        OctKey.generate_key(256),
        ECKey.import_key({**public_half(P256), "use": "sig"}),
    ],
    ids=["none", "P-384", "Ed25519", "RSA", "symmetric", "for-signatures"],
)
def test_a_key_that_cannot_seal_is_refused(key: object) -> None:
    """No key, another kind, or one for signatures: the fields then leave not at all."""
    with pytest.raises(RecipientKeyError) as refused:
        seal_for(key, make_disclosure(), make_mandate(), NOW)

    assert not can_seal(key)
    assert str(refused.value) == "case-system"


def test_all_marked_fields_leave_in_one_jwe() -> None:
    """What the disclosure marks sealed is sealed together, with each fact's source, dates as ISO 8601."""
    mandate = make_mandate()
    sealed = seal_for(PUBLIC, make_disclosure(), mandate, NOW)
    binding = Binding(AgencyId("case-system"), ExchangeId("x-9"), mandate.grant.contract.digest)
    opened = open_sealed(sealed.value, P256, binding)

    assert sealed.fields == (GROUP, Field("person.birth_date"))
    assert opened[GROUP] == [{"value": "II", "source": "health", "as_of": "2026-11-23"}]
    assert [fact["value"] for fact in opened[Field("person.birth_date")]] == ["1990-09-03", "1990-09-04"]


def test_nothing_to_seal_needs_no_key() -> None:
    """An agency without a key gets answers whose contract seals nothing."""
    sealed = seal_for(None, replace(make_disclosure(), sealed={}), make_mandate(), NOW)

    assert (sealed.value, sealed.fields) == ("", ())


def make_disclosure() -> Disclosure:
    """Give a disclosure of two sealed fields, one of them told by two sources."""
    health, border = Source("health"), Source("border")
    return Disclosure(
        findings={},
        plain={},
        sealed={
            Field("person.birth_date"): [
                Fact(health, date(1990, 9, 3), "2026-11-23"),
                Fact(border, date(1990, 9, 4), "2026-11-23"),
            ],
            GROUP: [Fact(health, "II", "2026-11-23")],
        },
        conflicts={},
        withheld={},
    )


def make_mandate() -> Mandate:
    """Give a mandate under the shipped contract."""
    store = ContractStore.load(Path(__file__).parents[3] / "contracts" / "library")
    return Mandate(
        grant=store.permit(AgencyId("case-system"), Purpose("needs-assessment"), NOW),
        exchange_id=ExchangeId("x-9"),
        official=OfficialId("worker-17"),
        case=None,
        subject_ref=SubjectRef("0" * 32),
        permits={},
        withheld={},
    )
