"""Envelopes: they open in their place, whole, with their own key, or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import SubjectRef
from gateway.sealing.envelope import SubjectKey
from gateway.sealing.keys import EnvelopeBrokenError, KeyRing
from tests.unit.sealing.samples import CANARY, PLACE, REF, make_ring

KEY = SubjectKey(REF, bytes(range(32)))
ENVELOPE = KEY.seal(CANARY, PLACE)
PARTS = ("tenant", "table", "record", "field", "contract")


def opens(envelope: bytes, key: SubjectKey = KEY) -> bool:
    """Say whether an envelope opens in its place; any other failure is one of the test."""
    try:
        return bool(key.open(envelope, PLACE))
    except EnvelopeBrokenError:
        return False


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_the_same(plaintext: bytes) -> None:
    """Any content comes back as it was, 29 bytes shorter than its envelope."""
    envelope = KEY.seal(plaintext, PLACE)

    assert KEY.open(envelope, PLACE) == plaintext
    assert len(envelope) == len(plaintext) + 29


def test_nothing_is_sealed_alike_twice() -> None:
    """Equal contents have different envelopes: nobody sees that they are equal."""
    envelopes = {KEY.seal(CANARY, PLACE) for _ in range(100)}

    assert len(envelopes) == 100


def test_every_flipped_bit_is_noticed() -> None:
    """Each bit of an envelope, header and nonce included, is under the seal."""
    flipped = [
        ENVELOPE[:byte] + bytes([ENVELOPE[byte] ^ 1 << bit]) + ENVELOPE[byte + 1 :]
        for byte in range(len(ENVELOPE))
        for bit in range(8)
    ]

    assert len(flipped) == len(ENVELOPE) * 8
    assert not any(map(opens, flipped))


def test_every_cut_and_every_addition_is_noticed() -> None:
    """An envelope of any other length does not open, the empty one included."""
    cut = [ENVELOPE[:length] for length in range(len(ENVELOPE))]

    assert opens(ENVELOPE)
    assert not any(map(opens, cut))
    assert not opens(ENVELOPE + b"\0")
    assert not opens(b"\0" + ENVELOPE)


@pytest.mark.parametrize("part", PARTS)
def test_an_envelope_opens_in_its_own_place_alone(part: str) -> None:
    """Moved to another tenant, table, record, field or contract, it is broken."""
    elsewhere = replace(PLACE, **{part: "other"})

    with pytest.raises(EnvelopeBrokenError):
        KEY.open(ENVELOPE, elsewhere)


def test_parts_of_a_place_do_not_run_together() -> None:
    """Names that join to the same text are different places."""
    envelope = KEY.seal(CANARY, replace(PLACE, table="ab", record="c"))

    with pytest.raises(EnvelopeBrokenError):
        KEY.open(envelope, replace(PLACE, table="a", record="bc"))


def test_another_persons_key_opens_nothing() -> None:
    """Each person's envelopes are beneath that person's key."""
    other = SubjectKey(SubjectRef("1" * 32), bytes(32))

    assert not opens(ENVELOPE, other)


def test_a_broken_envelope_tells_nothing() -> None:
    """The error is the same for every cause and holds nothing of the content."""
    with pytest.raises(EnvelopeBrokenError) as refused:
        KEY.open(ENVELOPE[:-1], PLACE)

    assert str(refused.value) == "envelope broken"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_key_is_not_shown() -> None:
    """The representation of a person's key names the pseudonym alone."""
    shown = repr(KEY)

    assert shown == f"SubjectKey(ref='{REF}')"


def test_a_kept_key_comes_out_of_its_wrapping(tmp_path: Path) -> None:
    """What is written for a person is enough to open that person's envelopes again."""
    ring = make_ring(tmp_path)
    key, wrapped, version = SubjectKey.create(ring, REF)
    again = SubjectKey.unwrap(KeyRing.load(ring.path), REF, wrapped, version)

    assert again.open(key.seal(CANARY, PLACE), PLACE) == CANARY
    assert again == key


def test_every_flipped_bit_of_a_wrapping_is_noticed(tmp_path: Path) -> None:
    """A wrapped key that was changed or cut anywhere does not come out."""
    ring = make_ring(tmp_path)
    _, wrapped, version = SubjectKey.create(ring, REF)
    spoilt = [
        wrapped[:byte] + bytes([wrapped[byte] ^ 1 << bit]) + wrapped[byte + 1 :]
        for byte in range(len(wrapped))
        for bit in range(8)
    ] + [wrapped[:length] for length in range(len(wrapped))]

    assert not any(unwraps(ring, some, version) for some in spoilt)


def unwraps(ring: KeyRing, wrapped: bytes, version: int) -> bool:
    """Say whether a wrapped key comes out."""
    try:
        return bool(SubjectKey.unwrap(ring, REF, wrapped, version))
    except EnvelopeBrokenError:
        return False
