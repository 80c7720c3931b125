"""Policies: what a file may say, and when enough witnesses have signed."""

from __future__ import annotations

import pytest

from audit.checkpoint import Checkpoint
from audit.cosignature import Cosigner
from audit.policy import Policy, PolicyError, urls_of
from tests.unit.audit.records import SIGNER

HEAD = Checkpoint(SIGNER.name, 3, bytes(32))
COSIGNERS = {name: Cosigner.of(f"{name}.example", bytes([number]) * 32) for number, name in enumerate("abc")}
A, B, C = (f"witness {name} {cosigner.public}" for name, cosigner in COSIGNERS.items())
TWO_OF_THREE = f"""# whom we believe
log {SIGNER.verifier} https://obmin.example/log

\twitness a  {COSIGNERS["a"].public}\thttp://127.0.0.1:1
{B}
{C}
group some 2 a b c
quorum some
"""


def note(signers: str) -> str:
    """Give a head cosigned by these."""
    return HEAD.sign(SIGNER) + "".join(COSIGNERS[name].cosign(HEAD.text, 7) for name in signers)


def test_a_policy_is_read() -> None:
    """Comments, tabs and empty lines do not matter; logs, witnesses and addresses are there."""
    policy = Policy.parse(TWO_OF_THREE)

    assert [known.verifier.name for known in policy.logs] == [SIGNER.name]
    assert list(policy.witnesses) == ["a", "b", "c"]
    assert [witness.url for witness in urls_of(policy)] == ["http://127.0.0.1:1"]


@pytest.mark.parametrize(("signers", "enough"), [("", False), ("a", False), ("ab", True), ("abc", True)])
def test_a_quorum_is_counted(signers: str, *, enough: bool) -> None:
    """Two of three are enough, one is not."""
    assert Policy.parse(TWO_OF_THREE).met(note(signers)) is enough


def test_a_witness_that_signs_twice_counts_once() -> None:
    """Repeating a line makes no quorum."""
    assert not Policy.parse(TWO_OF_THREE).met(note("aa"))


def test_a_bad_cosignature_counts_for_none() -> None:
    """A line that a witness made for another head is as if it were not there."""
    stray = COSIGNERS["b"].cosign(Checkpoint(SIGNER.name, 4, bytes(32)).text, 7)

    assert not Policy.parse(TWO_OF_THREE).met(note("a") + stray)


@pytest.mark.parametrize(
    ("groups", "signers", "enough"),
    [
        ("group x any a b\ngroup y all x c\nquorum y", "ac", True),
        ("group x any a b\ngroup y all x c\nquorum y", "ab", False),
        ("quorum b", "b", True),
        ("quorum b", "ac", False),
        ("quorum none", "", True),
    ],
)
def test_groups_are_made_of_groups(groups: str, signers: str, *, enough: bool) -> None:
    """`any`, `all`, a single witness and nobody at all can be asked for."""
    assert Policy.parse(f"{A}\n{B}\n{C}\n{groups}\n").met(note(signers)) is enough


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "no-quorum-line", 1),
        ("quorum none\nquorum none", "quorum-twice", 2),
        ("quorum a", "unknown-quorum", 1),
        (f"{A}\n{A}", "name-twice", 2),
        (f"{A}\n{A.replace('witness a', 'witness z')}", "key-twice", 2),
        (f"log {SIGNER.verifier}\nlog {SIGNER.verifier}", "key-twice", 2),
        (f"{A}\ngroup x any b", "unknown-member", 2),
        (f"{A}\ngroup x any a\ngroup y any a", "member-twice", 3),
        (f"{A}\ngroup x 2 a", "bad-threshold", 2),
        (f"{A}\ngroup x 01 a", "bad-threshold", 2),
        (f"{A}\ngroup none any a", "name-twice", 2),
        (f"{A}\ngroup x any", "malformed-line", 2),
        ("witness a nonsense", "not-a-cosigner", 1),
        (f"witness a {SIGNER.verifier}", "not-a-cosigner", 1),
        (f"log {COSIGNERS['a'].public}", "not-ed25519", 1),
        ("who knows", "malformed-line", 1),
        ("quorum\x0bnone", "control-character", 1),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(text: str, code: str, line: int) -> None:
    """Each mistake has its code, and the line at fault is named."""
    with pytest.raises(PolicyError) as raised:
        Policy.parse(text)

    assert (raised.value.code, raised.value.line) == (code, line)
