"""A nightly extract: sealed to us, taken in whole or put aside with line and reason, then searched."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from joserfc import jwe
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey

from adapters.base import (
    Ambiguous,
    Answered,
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from adapters.bench import Bench
from adapters.catalog import Entry, build, find_registries
from adapters.conformance import try_check
from adapters.manifest import ManifestError
from adapters.people import load_people
from adapters.protocols.connection import Connection
from adapters.protocols.drop_intake import Taken
from adapters.protocols.file_drop import FileDrop
from adapters.protocols.switches import Drop
from contracts.vocabulary import Identity, Scheme, Source, Subject
from gateway.background import watched
from tests.unit.adapters.asking import ask_for

KEY = ECKey.generate_key("P-256")
SECRET = bytes(range(32))
STATUS = frozenset({"education.status"})
COLUMNS = "rnokpp;surname;name;patronym;dateOfBirth;gender"
MARIA = "3311845622;Бондаренко;Марія;Олександрівна;1990-09-03;FEMALE"
TWIN = "3311845622;БОНДАРЕНКО;МАРІЯ;;03.09.1990;Ж"
NAME = frozenset({"person.family_name", "person.birth_date"})
NOBODY_HTTP = httpx.MockTransport(lambda _request: httpx.Response(500))


def education(**drop: Any) -> Entry:
    """Give the education registry as if it sent extracts, of people alone where they are a CSV."""
    entry = find_registries()[Source("education")]
    switches = Drop.model_validate({"format": "json", **drop})
    return replace(entry, manifest=entry.manifest.model_copy(update={"trembita": None, "drop": switches}))


class Flat(Entry):
    """A registry whose extract has the members of a person and nothing else."""

    def module(self, name: str) -> Any:
        """Give the mapping without what a flat row does not have."""
        whole = super().module(name)
        readers = {field: read for field, read in whole.READERS.items() if field.startswith("person.")}
        return type("mapping", (), {"READERS": readers, "IDENTITY": staticmethod(whole.IDENTITY)})


@pytest.fixture
def drop(tmp_path: Path) -> FileDrop:
    """A source over extracts in CSV."""
    entry = education(format="csv")
    return opened(Flat(entry.source, entry.folder, entry.manifest), tmp_path)


def opened(entry: Entry, folder: Path, secret: bytes = SECRET) -> FileDrop:
    """Open a source over a folder."""
    credential = orjson.dumps(KEY.as_dict(private=True)).decode()
    connection = Connection(folder.as_uri(), credential=credential, secret=secret)
    adapter = build(entry, connection, NOBODY_HTTP)
    assert isinstance(adapter, FileDrop)
    return adapter


def sealed(content: bytes, key: ECKey = KEY) -> bytes:
    """Seal an extract as a registry does."""
    header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}
    registry = JWERegistry(algorithms=["ECDH-ES+A256KW", "A256GCM"])
    return jwe.encrypt_compact(header, content, key, registry=registry).encode()


def put(folder: Path, *lines: str, name: str = "learners-2026-11-23.csv.jwe") -> Path:
    """Put a CSV with the usual header into the folder."""
    return put_bytes(folder, sealed("\r\n".join([COLUMNS, *lines]).encode()), name)


def put_bytes(folder: Path, content: bytes, name: str = "learners-2026-11-23.csv.jwe") -> Path:
    """Put a file into the folder as it is."""
    incoming = folder / "incoming"
    incoming.mkdir(exist_ok=True)
    (incoming / name).write_bytes(content)
    return incoming / name


async def test_an_extract_is_searched_like_a_source(drop: FileDrop, tmp_path: Path) -> None:
    """Who is in it is answered as of its date, who is not is unknown, and the file is gone."""
    file = put(tmp_path, MARIA)
    taken = drop.intake.run()

    reply = await drop.ask(ask_for(fields=NAME))

    assert taken == [Taken(file.name, 1)]
    assert isinstance(reply, Answered)
    assert reply.values == {"person.family_name": "Бондаренко", "person.birth_date": date(1990, 9, 3)}
    assert reply.as_of == datetime(2026, 11, 23, tzinfo=UTC)
    assert not file.exists()
    with pytest.raises(SubjectUnknownError):
        await drop.ask(ask_for("canary", NAME))


async def test_before_the_first_extract_there_is_no_answer(drop: FileDrop) -> None:
    """That nobody is found in nothing does not mean that nobody is known."""
    with pytest.raises(SourceUnavailableError, match="no-extract"):
        await drop.ask(ask_for(fields=NAME))


async def test_somebody_who_cannot_be_named_is_not_searched(drop: FileDrop, tmp_path: Path) -> None:
    """Without an identifier that the extract has, nothing is looked at."""
    put(tmp_path, MARIA)
    drop.intake.run()

    with pytest.raises(SourceRefusedError, match="identifier-missing"):
        await drop.ask(ask_for(Subject(Identity({Scheme("passport"): "АА123456"})), NAME))


async def test_two_records_of_one_number_are_not_chosen_from(drop: FileDrop, tmp_path: Path) -> None:
    """Both are counted and weighed."""
    put(tmp_path, MARIA, TWIN)
    drop.intake.run()

    reply = await drop.ask(ask_for(fields=NAME))

    assert isinstance(reply, Ambiguous)
    assert (reply.candidates, len(reply.likenesses)) == (2, 2)


async def test_a_newer_extract_takes_the_place_of_the_last(drop: FileDrop, tmp_path: Path) -> None:
    """Whoever is no longer in it is no longer known; files are taken in by date."""
    put(tmp_path, MARIA.replace("Бондаренко", "Нова"), name="a-2026-11-24.csv.jwe")
    put(tmp_path, MARIA, MARIA.replace("3311845622", "3111712316"), name="z-2026-11-23.csv.jwe")
    drop.intake.run()

    reply = await drop.ask(ask_for(fields=NAME))

    assert isinstance(reply, Answered)
    assert "Нова" in reply.values.values()
    assert drop.shelf.find("rnokpp=3111712316") == []


def test_nothing_of_a_person_lies_open(drop: FileDrop, tmp_path: Path) -> None:
    """No number, name or date is in any file, and the seal and the index need the secret."""
    put(tmp_path, MARIA)
    drop.intake.run()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    assert not [text for text in MARIA.split(";") if text.encode() in kept]


async def test_a_shelf_of_another_secret_answers_nothing(drop: FileDrop, tmp_path: Path) -> None:
    """With another key nobody is found, and a record that was changed is not believed."""
    put(tmp_path, MARIA)
    drop.intake.run()
    other = opened(education(), tmp_path, bytes(32))
    database = sqlite3.connect(tmp_path / "shelf.db")
    database.execute("update records set sealed = zeroblob(64)")
    database.commit()
    database.close()

    with pytest.raises(SubjectUnknownError):
        await other.ask(ask_for(fields=NAME))
    with pytest.raises(SourceMisbehavedError, match="untrusted"):
        await drop.ask(ask_for(fields=NAME))


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        ([MARIA, "3311845622;Бондаренко"], 3, "columns"),
        ([MARIA, MARIA.replace("1990-09-03", "вчора")], 3, "unreadable"),
        ([MARIA, MARIA.replace("1990-09-03", "31.02.1990")], 3, "unreadable"),
        ([";Бондаренко;Марія;;1990-09-03;F"], 2, "nobody"),
        (['"' + MARIA], 2, "not-csv"),
        ([], 0, "empty"),
    ],
)
async def test_a_malformed_line_puts_the_file_aside(
    drop: FileDrop, tmp_path: Path, lines: list[str], line: int, reason: str
) -> None:
    """The note says which line and why, nothing of what stood there; the last good extract stays."""
    put(tmp_path, MARIA, name="learners-2026-11-22.csv.jwe")
    drop.intake.run()
    file = put(tmp_path, *lines)

    taken = drop.intake.run()
    note = orjson.loads((tmp_path / "quarantine" / f"{file.name}.note.json").read_bytes())

    assert taken == [Taken(file.name, line=line, reason=reason)]
    assert note == {"line": line, "reason": reason}
    assert (tmp_path / "quarantine" / file.name).exists()
    assert not file.exists()
    assert isinstance(await drop.ask(ask_for(fields=NAME)), Answered)


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"not sealed at all", "a-2026-11-23.csv.jwe", "not-sealed-to-us"),
        (sealed(b"rnokpp\n1", ECKey.generate_key("P-256")), "a-2026-11-23.csv.jwe", "not-sealed-to-us"),
        (sealed(b"rnokpp;rnokpp\n1;2"), "a-2026-11-23.csv.jwe", "header"),
        (sealed(b"\xff\xfe"), "a-2026-11-23.csv.jwe", "not-utf-8"),
        (sealed(b"rnokpp\n1"), "a-2026-11-21.csv.jwe", "older"),
        (sealed(b"rnokpp\n1"), "a-2026-11-23.json.jwe", "name"),
        (sealed(b"rnokpp\n1"), "a-2026-13-45.csv.jwe", "name"),
        (sealed(b"rnokpp\n1"), "extract.csv.jwe", "name"),
    ],
)
def test_a_file_that_is_no_extract_is_put_aside(
    drop: FileDrop, tmp_path: Path, content: bytes, name: str, reason: str
) -> None:
    """Not sealed to us, of another form, undated or older than what is there: aside, with the reason."""
    put(tmp_path, MARIA, name="learners-2026-11-22.csv.jwe")
    drop.intake.run()
    put_bytes(tmp_path, content, name)

    (taken,) = drop.intake.run()

    assert (taken.reason, taken.records) == (reason, 0)


@pytest.mark.parametrize("document", [b"{}", b"[", b'[{"a":1,"a":2}]', b"[1]"])
def test_a_list_that_is_none_is_put_aside(tmp_path: Path, document: bytes) -> None:
    """Another document, a member twice or a record without members is not taken."""
    drop = opened(education(), tmp_path)
    put_bytes(tmp_path, sealed(document), "a-2026-11-23.json.jwe")

    (taken,) = drop.intake.run()

    assert taken.reason


async def test_the_folder_is_watched_while_the_gateway_runs(drop: FileDrop, tmp_path: Path) -> None:
    """What comes is taken in without being told, and watching ends with the gateway."""
    async with AsyncExitStack() as stack:
        assert watched(drop, stack) is drop
        put(tmp_path, MARIA)
        await until(lambda: drop.shelf.as_of() is not None)

    assert drop.shelf.as_of() == date(2026, 11, 23)


async def until(there: Callable[[], bool]) -> None:
    """Wait until something is there."""
    async with asyncio.timeout(5):
        while not there():  # noqa: ASYNC110  a file cannot set an event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("url", "credential", "secret"),
    [
        ("https://registry.example", orjson.dumps(KEY.as_dict(private=True)).decode(), SECRET),
        ("file:///tmp/drop", "token", SECRET),
        ("file:///tmp/drop", orjson.dumps(KEY.as_dict(private=True)).decode(), b""),
    ],
)
def test_a_drop_needs_a_folder_a_key_and_a_secret(url: str, credential: str, secret: bytes) -> None:
    """Another address, a credential that is no key or no secret to seal with is refused at start."""
    with pytest.raises(ManifestError):
        build(education(), Connection(url, credential=credential, secret=secret), NOBODY_HTTP)


@pytest.mark.parametrize("check", ["samples", "fields", "unknown", "unidentified"])
async def test_a_file_drop_meets_the_one_bar(tmp_path: Path, check: str) -> None:
    """An extract of the samples answers as the registry itself would."""
    entry = education()
    drop = opened(entry, tmp_path)
    bench = Bench(entry, drop, load_people(), None)
    said = [sample["said"] for sample in bench.samples().values()]
    put_bytes(tmp_path, sealed(orjson.dumps(said)), "learners-2026-11-23.json.jwe")
    drop.intake.run()

    verdict = await try_check(bench, check)

    assert verdict.because == ""
