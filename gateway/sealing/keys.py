"""The gateway's keys: one file, readable by its owner alone; a key in doubt is a refusal to start."""

from __future__ import annotations

import fcntl
import hmac
import os
import stat
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_bytes
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.vocabulary import ObminError
from gateway.sealing.binding import bind

FORMAT = "obmin-keys-1"
KEY_BYTES = 32
NONCE_BYTES = 12
OWNER_ONLY = 0o600
WRAP_SCHEME = 1
"""The first byte of a wrapped key: AES-256-GCM with the subject and version as associated data."""

ADVICE: Mapping[str, str] = {
    "missing": "create it with `obmin keys create`, or restore it from its backup",
    "exists": "a key file is never overwritten; choose another path",
    "not-a-file": "the path must lead to a regular file",
    "readable-by-others": "run `chmod 600` on it and ask who has read it",
    "unreadable": "the gateway's own user must own it",
    "unwritable": "the gateway's own user must own its folder",
    "malformed": "restore it from its backup; it is never repaired",
    "wrong-keys": "this is another deployment's key file; restore the right one",
    "in-use": "rotate first: the current version wraps every new key",
    "too-soon": "wait ten minutes after a rotation: a running gateway may still use the older version",
    "version-unknown": "`obmin keys list` names the versions",
    "version-missing": "data was sealed beneath a key that this file lacks; restore a newer backup of it",
}
"""What to do about each code."""


class KeysUnusableError(ObminError):
    """The keys cannot be used, so the gateway does not start: there is no fallback. Holds a code only."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code}: {ADVICE[code]}")
        self.code = code
        self.advice = ADVICE[code]


class EnvelopeBrokenError(ObminError):
    """What is sealed does not open here: changed, cut, moved, or sealed with another key. Says no more."""

    def __init__(self) -> None:
        super().__init__("envelope broken")


@dataclass(slots=True)
class KeyRing:
    """Every secret of one deployment; its `repr` shows none of them.

    It changes in one way only: `refresh` follows the versions in the file, so that a running gateway
    goes on while another process rotates.

    `keks` wrap the data keys of subjects, `current` the version for new ones; `index_key` keys the
    blind indexes; the seeds are Ed25519 private keys (RFC 8032) for the log named `origin` and for
    access tokens.
    """

    path: Path
    origin: str
    current: int
    keks: Mapping[int, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)
    log_seed: bytes = field(repr=False)
    token_seed: bytes = field(repr=False)

    @classmethod
    def create(cls, path: Path, origin: str) -> KeyRing:
        """Make a new key file of mode 0600; `KeysUnusableError("exists")` where there is one already.

        The file and its name in the folder are durable when this returns.
        """
        secrets = [token_bytes(KEY_BYTES) for _ in range(4)]
        ring = cls(path, origin, 1, {1: secrets[0]}, *secrets[1:])
        _write_new(path, _encode(ring))
        return ring

    @classmethod
    def load(cls, path: Path) -> KeyRing:
        """Read the key file, or raise `KeysUnusableError` with a code and what to do about it."""
        return _decode(path, _read_private(path))

    @classmethod
    def rotate(cls, path: Path) -> KeyRing:
        """Add a KEK version and make it current; atomically, one rotation at a time.

        A kill leaves either the old file or the new one. Older versions stay for unwrapping.
        """
        with _locked(path.parent):
            ring = cls.load(path)
            newest = max(ring.keks) + 1
            rotated = replace(ring, current=newest, keks={**ring.keks, newest: token_bytes(KEY_BYTES)})
            _replace(path, rotated)
        return rotated

    @classmethod
    def destroy(cls, path: Path, version: int) -> KeyRing:
        """Take an old KEK version out of the file; whatever it alone wraps can never be opened again.

        `KeysUnusableError` for the current version (`in-use`) and one that is not there.
        """
        with _locked(path.parent):
            ring = cls.load(path)
            if version == ring.current:
                raise KeysUnusableError("in-use")
            if version not in ring.keks:
                raise KeysUnusableError("version-unknown")
            left = replace(ring, keks={v: key for v, key in ring.keks.items() if v != version})
            _replace(path, left)
        return left

    def refresh(self) -> None:
        """Take in the versions that the file has gained or lost since.

        `KeysUnusableError` if it cannot be read, or is no longer the file of these keys; the ring then
        stays as it was.
        """
        newer = KeyRing.load(self.path)
        same = newer.index_key == self.index_key
        if not same or any(newer.keks.get(version, key) != key for version, key in self.keks.items()):
            raise KeysUnusableError("wrong-keys")
        self.keks, self.current = newer.keks, newer.current

    def kek(self, version: int) -> bytes:
        """Give the KEK of a version, looking into the file again where the version is a newer one.

        `EnvelopeBrokenError` if there is none.
        """
        if version > max(self.keks):
            with suppress(KeysUnusableError):
                self.refresh()
        if version not in self.keks:
            raise EnvelopeBrokenError
        return self.keks[version]

    def check(self, version: int) -> bytes:
        """Give 16 bytes that recognise a KEK version and the index key, and reveal nothing of them."""
        message = bind("obmin key check", str(version), self.origin) + self.index_key
        return hmac.digest(self.kek(version), message, "sha256")[:16]

    def recognise(self, stored: Mapping[int, bytes]) -> Mapping[int, bytes]:
        """Compare with the check values that a database holds; give those it does not hold yet.

        A different value raises `KeysUnusableError("wrong-keys")`, a version that the file lacks
        `KeysUnusableError("version-missing")`.
        """
        if stored.keys() - self.keks.keys():
            raise KeysUnusableError("version-missing")
        checks = {version: self.check(version) for version in self.keks}
        if not all(hmac.compare_digest(checks[version], value) for version, value in stored.items()):
            raise KeysUnusableError("wrong-keys")
        return {version: value for version, value in checks.items() if version not in stored}

    def wrap(self, key: bytes, owner: str) -> bytes:
        """Seal a data key beneath the current KEK, bound to its owner.

        A KEK may wrap 2³² keys before its random nonces are spent (NIST SP 800-38D §8.3): rotate before.
        """
        nonce = token_bytes(NONCE_BYTES)
        sealed = AESGCM(self.kek(self.current)).encrypt(nonce, key, _wrap_context(owner, self.current))
        return bytes([WRAP_SCHEME]) + nonce + sealed

    def unwrap(self, wrapped: bytes, owner: str, version: int) -> bytes:
        """Open a data key, or raise `EnvelopeBrokenError`."""
        nonce, sealed = wrapped[1 : 1 + NONCE_BYTES], wrapped[1 + NONCE_BYTES :]
        if wrapped[:1] != bytes([WRAP_SCHEME]):
            raise EnvelopeBrokenError
        try:
            return AESGCM(self.kek(version)).decrypt(nonce, sealed, _wrap_context(owner, version))
        except (InvalidTag, ValueError):
            raise EnvelopeBrokenError from None


def _wrap_context(owner: str, version: int) -> bytes:
    return bind("obmin data key", str(WRAP_SCHEME), owner, str(version))


def _encode(ring: KeyRing) -> bytes:
    content = {
        "format": FORMAT,
        "origin": ring.origin,
        "current": ring.current,
        "keks": {str(version): b64encode(key).decode() for version, key in ring.keks.items()},
        "index_key": b64encode(ring.index_key).decode(),
        "log_seed": b64encode(ring.log_seed).decode(),
        "token_seed": b64encode(ring.token_seed).decode(),
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _decode(path: Path, text: bytes) -> KeyRing:
    """Read exactly what `_encode` writes; anything else is malformed."""
    try:
        content = orjson.loads(text)
        ring = _take(path, content)
        if orjson.loads(_encode(ring)) == content:
            return ring
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise KeysUnusableError("malformed")


def _take(path: Path, content: dict[str, Any]) -> KeyRing:
    ring = KeyRing(
        path=path,
        origin=content["origin"],
        current=content["current"],
        keks={int(version): b64decode(key, validate=True) for version, key in content["keks"].items()},
        index_key=b64decode(content["index_key"], validate=True),
        log_seed=b64decode(content["log_seed"], validate=True),
        token_seed=b64decode(content["token_seed"], validate=True),
    )
    secrets = [*ring.keks.values(), ring.index_key, ring.log_seed, ring.token_seed]
    sound = all(len(secret) == KEY_BYTES for secret in secrets) and len(set(secrets)) == len(secrets)
    named = isinstance(ring.origin, str) and ring.origin != "" and type(ring.current) is int
    if not sound or not named or ring.current not in ring.keks:
        raise ValueError
    return ring


def _read_private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_IMODE(status.st_mode) & 0o077:
                raise KeysUnusableError("readable-by-others")
            return file.read()
    except FileNotFoundError:
        raise KeysUnusableError("missing") from None
    except IsADirectoryError:
        raise KeysUnusableError("not-a-file") from None
    except OSError:
        raise KeysUnusableError("unreadable") from None


def _write_new(path: Path, content: bytes) -> None:
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError:
        raise KeysUnusableError("exists") from None
    except OSError:
        raise KeysUnusableError("unwritable") from None
    with os.fdopen(number, "wb") as file:
        os.fchmod(number, OWNER_ONLY)
        file.write(content)
        file.flush()
        os.fsync(number)
    _sync_folder(path.parent)


def _replace(path: Path, ring: KeyRing) -> None:
    """Put a changed ring in the file's place: a kill leaves either the old file or the new one."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    _write_new(draft, _encode(ring))
    draft.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder for one writer; the kernel lets go when the process ends, however it ends."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:
        raise KeysUnusableError("missing") from None
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)
