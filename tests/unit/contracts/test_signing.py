"""Signatures of contracts: both parties, two people each, over this very digest, by keys of the register."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, OKPKey

from contracts.contract import Contract
from contracts.reading import ContractInvalidError
from contracts.signing import (
    OPERATOR,
    Act,
    Key,
    Signature,
    SigningError,
    holds,
    load_signatories,
    missing,
    sign,
    signatures_of,
    write_signatures,
)
from contracts.store import refuse_older
from tests.unit.contracts.samples import FULL

KEYS: dict[tuple[str, str], Key] = {
    ("case-system", "anna-k"): OKPKey.generate_key("Ed25519"),
    ("case-system", "petro-m"): ECKey.generate_key("P-256"),
    ("health-agency", "olena-h"): OKPKey.generate_key("Ed25519"),
    ("health-agency", "taras-h"): OKPKey.generate_key("Ed25519"),
    (OPERATOR, "dmytro-o"): OKPKey.generate_key("Ed25519"),
    (OPERATOR, "iryna-o"): OKPKey.generate_key("Ed25519"),
}
REGISTER = {
    party: {who: key for (theirs, who), key in KEYS.items() if theirs == party}
    for party in ("case-system", "health-agency", OPERATOR)
}
OTHER_TEXT = replace(FULL, digest="sha-256:" + "1" * 64)


def signed(contract: Contract, party: str, signer: str, key: Key | None = None) -> Signature:
    """Sign as somebody, with her own key unless another is given."""
    act = Act.ACTIVATE if party == OPERATOR else Act.SIGN
    return sign(contract, act, party, signer, key or KEYS[party, signer])


ALL = tuple(signed(FULL, party, signer) for party, signer in KEYS)


def test_a_contract_with_every_signature_lacks_nothing() -> None:
    """Two people of each party and two of the operator are enough."""
    assert missing(FULL, ALL, REGISTER) == []


@pytest.mark.parametrize(
    ("left_out", "lack"),
    [
        (0, "signed for case-system by 1 of the two people that are needed"),
        (2, "signed for health-agency by 1 of the two people that are needed"),
        (4, "activated by the operator by 1 of the two people that are needed"),
    ],
)
def test_each_party_signs_by_two_people(left_out: int, lack: str) -> None:
    """One signature fewer is one too few, and the party is named."""
    assert missing(FULL, ALL[:left_out] + ALL[left_out + 1 :], REGISTER) == [lack]


def test_one_person_twice_is_one_person() -> None:
    """The same signature again counts once."""
    assert missing(FULL, (ALL[0], *ALL[0:1], *ALL[2:]), REGISTER) == [
        "signed for case-system by 1 of the two people that are needed"
    ]


@pytest.mark.parametrize(
    "forged",
    [
        signed(FULL, "case-system", "anna-k", KEYS["health-agency", "olena-h"]),
        signed(OTHER_TEXT, "case-system", "anna-k"),
        replace(ALL[0], signer="petro-m"),
        replace(ALL[0], party="health-agency"),
        replace(ALL[0], act=Act.ACTIVATE),
        replace(ALL[0], party=OPERATOR),
        replace(ALL[0], jws=ALL[0].jws[:-4] + "AAAA"),
        replace(ALL[0], jws=""),
        replace(ALL[0], jws=ALL[0].jws.replace("..", ".e30.")),
        replace(signed(FULL, OPERATOR, "dmytro-o"), act=Act.SIGN),
        sign(FULL, Act.SIGN, "case-system", "olena-h", KEYS["health-agency", "olena-h"]),
    ],
)
def test_a_signature_of_the_wrong_party_person_or_text_holds_for_nothing(forged: Signature) -> None:
    """A signature holds for the one who gave it, for her party, her act and this digest."""
    assert not holds(FULL, forged, REGISTER)
    assert "does not hold" in missing(FULL, (*ALL, forged), REGISTER)[0]


def test_a_party_may_bind_its_keys() -> None:
    """Where a contract names thumbprints, a registered key that is not among them does not sign."""
    named = KEYS["case-system", "petro-m"].thumbprint()
    parties = {**FULL.parties, "case-system": replace(FULL.parties["case-system"], keys=(named,))}
    bound = replace(FULL, parties=parties)

    assert not holds(bound, signed(bound, "case-system", "anna-k"), REGISTER)
    assert holds(bound, signed(bound, "case-system", "petro-m"), REGISTER)


def test_signatures_are_read_as_they_were_written(tmp_path: Path) -> None:
    """The file beside a contract holds each person's signature once."""
    path = tmp_path / "full.toml"
    write_signatures(path, (*ALL, *ALL))

    assert set(signatures_of(path)) == set(ALL)
    assert signatures_of(tmp_path / "other.toml") == ()


@pytest.mark.parametrize(
    "text", ["[case-system]\nanna-k = { kty = 'oct', k = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }", "a = 1", "["]
)
def test_a_register_holds_public_keys_alone(tmp_path: Path, text: str) -> None:
    """A register that is not TOML, or whose keys are of another kind, is refused by name."""
    path = tmp_path / "signatories.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SigningError, match=r"signatories\.toml"):
        load_signatories(path)


def test_an_older_version_never_comes_back(tmp_path: Path) -> None:
    """A folder that replays an older version of a contract is refused, and the contract is named."""
    with pytest.raises(ContractInvalidError, match="full was in force as version 3, here it is 2"):
        refuse_older(tmp_path, (FULL,), {"full": 3})

    refuse_older(tmp_path, (FULL,), {"full": 2, "other": 9})
