"""The key file: made once, readable by its owner, and refused in any doubt."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gateway.sealing.keys import ADVICE, EnvelopeBrokenError, KeyRing, KeysUnusableError
from tests.unit.sealing.samples import ORIGIN, make_ring


def refusal_of(load: Callable[[], object]) -> str:
    """Give the code with which the keys are refused, after seeing that it comes with advice."""
    with pytest.raises(KeysUnusableError) as refused:
        load()

    assert refused.value.advice == ADVICE[refused.value.code]
    return refused.value.code


def secrets_of(path: Path) -> list[str]:
    """Give every secret that a key file holds, as it stands there."""
    content = json.loads(path.read_text())
    return [*content["keks"].values(), content["index_key"], content["log_seed"], content["token_seed"]]


def test_a_key_file_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    """What is created has mode 0600 and reads back the same."""
    ring = make_ring(tmp_path)

    assert ring.path.stat().st_mode & 0o777 == 0o600
    assert KeyRing.load(ring.path) == ring
    assert (ring.origin, ring.current) == (ORIGIN, 1)


def test_every_secret_is_its_own(tmp_path: Path) -> None:
    """No two keys of a ring, and no two rings, share a secret."""
    (tmp_path / "other").mkdir()
    secrets = secrets_of(make_ring(tmp_path).path) + secrets_of(make_ring(tmp_path / "other").path)

    assert len(set(secrets)) == 8


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    """Creating twice leaves the first file as it was, also where the path is a link."""
    ring = make_ring(tmp_path)
    (tmp_path / "link.json").symlink_to(tmp_path / "elsewhere.json")

    assert refusal_of(lambda: KeyRing.create(ring.path, ORIGIN)) == "exists"
    assert refusal_of(lambda: KeyRing.create(tmp_path / "link.json", ORIGIN)) == "exists"
    assert KeyRing.load(ring.path) == ring


def test_a_ring_shows_no_secret(tmp_path: Path) -> None:
    """Neither the representation of a ring nor an error of its file holds a key."""
    ring = make_ring(tmp_path)
    shown = repr(ring) + str(ring)

    assert not [secret for secret in secrets_of(ring.path) if secret in shown]
    assert not [key for key in (*ring.keks.values(), ring.log_seed) if repr(key) in shown]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o777])
def test_a_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    """A key that somebody else may have read or changed is not used."""
    ring = make_ring(tmp_path)
    ring.path.chmod(mode)

    assert refusal_of(lambda: KeyRing.load(ring.path)) == "readable-by-others"
    assert refusal_of(lambda: KeyRing.rotate(ring.path)) == "readable-by-others"


def test_a_missing_file_is_refused_and_not_made(tmp_path: Path) -> None:
    """A ring that is not there is not replaced by a fresh one."""
    path = tmp_path / "keys.json"

    assert refusal_of(lambda: KeyRing.load(path)) == "missing"
    assert refusal_of(lambda: KeyRing.load(tmp_path)) == "not-a-file"
    assert refusal_of(lambda: KeyRing.rotate(tmp_path / "nowhere" / "keys.json")) == "missing"
    assert not path.exists()


def without(name: str) -> Callable[[dict[str, Any]], object]:
    """Give a change that takes a member away."""
    return lambda content: content.pop(name)


def having(**members: Any) -> Callable[[dict[str, Any]], object]:
    """Give a change that sets members."""
    return lambda content: content.update(members)


@pytest.mark.parametrize(
    "change",
    [
        *[without(name) for name in ("format", "origin", "current", "keks", "index_key", "log_seed")],
        having(format="obmin-keys-2"),
        having(extra=1),
        having(current=2),
        having(current="1"),
        having(current=True),
        having(keks={}),
        having(keks={"1": "AAAA"}),
        having(keks={"01": "A" * 43 + "="}),
        having(keks=[]),
        having(index_key="!" * 44),
        having(log_seed=None),
        having(token_seed="A" * 42 + "B="),
        having(origin=""),
        having(origin=5),
    ],
)
def test_a_malformed_file_is_refused(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Anything but exactly what was written is refused, never repaired."""
    ring = make_ring(tmp_path)
    content = json.loads(ring.path.read_text())
    change(content)
    ring.path.write_text(json.dumps(content))

    assert refusal_of(lambda: KeyRing.load(ring.path)) == "malformed"


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format": "obmin-keys-1"}'])
def test_what_is_no_key_file_is_refused(tmp_path: Path, text: bytes) -> None:
    """An empty, cut or foreign file is malformed."""
    ring = make_ring(tmp_path)
    ring.path.write_bytes(text)

    assert refusal_of(lambda: KeyRing.load(ring.path)) == "malformed"


def test_one_secret_in_two_places_is_refused(tmp_path: Path) -> None:
    """A key that serves two purposes would undo what separates them."""
    ring = make_ring(tmp_path)
    content = json.loads(ring.path.read_text())
    content["token_seed"] = content["log_seed"]
    ring.path.write_text(json.dumps(content))

    assert refusal_of(lambda: KeyRing.load(ring.path)) == "malformed"


def test_a_rotation_keeps_what_was(tmp_path: Path) -> None:
    """A new version becomes current, the older ones stay, and the file stays private."""
    ring = make_ring(tmp_path)
    rotated = KeyRing.rotate(ring.path)

    assert rotated == KeyRing.load(ring.path)
    assert (rotated.current, set(rotated.keks)) == (2, {1, 2})
    assert rotated.keks[1] == ring.keks[1]
    assert (rotated.index_key, rotated.log_seed) == (ring.index_key, ring.log_seed)
    assert ring.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def test_a_rotation_goes_on_after_a_killed_one(tmp_path: Path) -> None:
    """What a killed rotation left lying does not stop the next one, nor is it taken."""
    ring = make_ring(tmp_path)
    (tmp_path / ".keys.json.new").write_bytes(b'{"half": ')
    rotated = KeyRing.rotate(ring.path)

    assert (rotated.current, rotated.keks[1]) == (2, ring.keks[1])


def test_a_running_ring_takes_in_a_rotation(tmp_path: Path) -> None:
    """What another process sealed beneath a newer version opens without a restart."""
    ring = make_ring(tmp_path)
    rotated = KeyRing.rotate(ring.path)
    opened = ring.unwrap(rotated.wrap(b"k" * 32, "owner"), "owner", 2)

    assert opened == b"k" * 32
    assert ring == rotated


def test_a_running_ring_is_not_replaced_by_another(tmp_path: Path) -> None:
    """A file that no longer holds the ring's own keys is refused, and the ring goes on as it was."""
    ring = make_ring(tmp_path)
    (tmp_path / "other").mkdir()
    make_ring(tmp_path / "other").path.replace(ring.path)
    code = refusal_of(ring.refresh)
    ring.path.unlink()

    assert code == "wrong-keys"
    assert refusal_of(ring.refresh) == "missing"
    assert ring.unwrap(ring.wrap(b"k" * 32, "owner"), "owner", 1) == b"k" * 32


def test_rotations_at_once_lose_none(tmp_path: Path) -> None:
    """Of several rotations at the same time each adds its own version."""
    ring = make_ring(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        versions = [rotated.current for rotated in pool.map(KeyRing.rotate, [ring.path] * 8)]

    assert sorted(versions) == list(range(2, 10))
    assert set(KeyRing.load(ring.path).keks) == set(range(1, 10))


def test_a_database_recognises_its_key_file(tmp_path: Path) -> None:
    """The check values that a database holds are matched, and those of new versions given to keep."""
    ring = make_ring(tmp_path)
    stored = ring.recognise({})
    rotated = KeyRing.rotate(ring.path)

    assert stored.keys() == {1}
    assert rotated.recognise(stored).keys() == {2}
    assert rotated.recognise({**stored, **rotated.recognise(stored)}) == {}


def test_another_deployments_keys_are_refused(tmp_path: Path) -> None:
    """A file whose check values differ, or that lacks a version in use, is not the right one."""
    (tmp_path / "other").mkdir()
    ring, other = make_ring(tmp_path), make_ring(tmp_path / "other")
    rotated = KeyRing.rotate(ring.path)

    assert refusal_of(lambda: other.recognise(ring.recognise({}))) == "wrong-keys"
    assert refusal_of(lambda: ring.recognise(rotated.recognise({}))) == "version-missing"


def test_a_check_value_notices_another_index_key(tmp_path: Path) -> None:
    """A file with the right KEK and another index key would find nobody: it is refused."""
    ring = make_ring(tmp_path)
    stored = ring.recognise({})
    content = json.loads(ring.path.read_text())
    content["index_key"] = "A" * 43 + "="
    ring.path.write_text(json.dumps(content))

    assert refusal_of(lambda: KeyRing.load(ring.path).recognise(stored)) == "wrong-keys"


@pytest.mark.parametrize("version", [0, 2, -1])
def test_a_key_of_an_unknown_version_does_not_open(tmp_path: Path, version: int) -> None:
    """A version that the ring lacks is a broken envelope, not a failure of another kind."""
    ring = make_ring(tmp_path)
    wrapped = ring.wrap(b"k" * 32, "owner")

    with pytest.raises(EnvelopeBrokenError):
        ring.unwrap(wrapped, "owner", version)


def test_a_wrapped_key_is_its_owners_and_versions(tmp_path: Path) -> None:
    """A wrapped key moved to another person or version does not open."""
    ring = make_ring(tmp_path)
    wrapped = ring.wrap(b"k" * 32, "owner")
    rotated = KeyRing.rotate(ring.path)

    assert rotated.unwrap(wrapped, "owner", 1) == b"k" * 32
    with pytest.raises(EnvelopeBrokenError):
        rotated.unwrap(wrapped, "other", 1)
    with pytest.raises(EnvelopeBrokenError):
        rotated.unwrap(wrapped, "owner", 2)
