"""The table of problems: every error has its row, every row both languages, and nothing else is said."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

import adapters
import audit
import config
import contracts
import gateway
from contracts.identifiers import InvalidIdentifierError
from contracts.vocabulary import ObminError
from gateway.faults import BodyInvalidError
from gateway.web.problem_table import INTERNAL, TABLE
from gateway.web.problems import BY_SLUG, problem_of, refuse

AT_START = {
    "AgenciesError",
    "BundleRefusedError",
    "BusUnusableError",
    "CallRefusedError",
    "ClocksError",
    "ContractInvalidError",
    "DescriptionError",
    "ExportFileError",
    "KeysUnusableError",
    "ManifestError",
    "OfficialsError",
    "PolicyUnusableError",
    "SchemaOutdatedError",
    "SignInUnusableError",
    "SigningError",
    "SourceUnknownError",
}
"""What ends a start or a command, and meets no caller."""

INSIDE = {
    "ContractTextError",  # a kept contract that is not what its digest says: only replays read them
    "ExportRefusedError",  # a folder that is not empty: the gateway's own is
    "SourceError",  # the four below it have rows
    "WeighedError",  # an entry from before decisions were written down: only replays read them
    "SubjectUnfiledError",  # an answer to those who need no case
}
"""What is dealt with before it reaches the edge; if it does not, it is internal by right."""


def _load(package: ModuleType) -> list[str]:
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    names = [module.name for module in found if ".migrations" not in module.name]
    return [importlib.import_module(name).__name__ for name in names]


def _descendants(kind: type[ObminError]) -> Iterator[type[ObminError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)


def _nearest(kind: type[BaseException]) -> type[BaseException]:
    return next(each for each in kind.__mro__ if each in TABLE)


def test_every_error_has_a_row() -> None:
    """An error of ours that meets callers has a row by a class nearer than the common one."""
    loaded = [name for package in (adapters, audit, config, contracts, gateway) for name in _load(package)]
    ours = [kind for kind in _descendants(ObminError) if not kind.__module__.startswith("tests")]
    rowless = {kind.__name__ for kind in ours if _nearest(kind) is ObminError}

    assert "gateway.commands.main" in loaded
    assert rowless == AT_START | INSIDE


def test_the_nearest_class_wins() -> None:
    """A subclass without a row has its parent's; what is not ours is internal."""

    class NarrowError(BodyInvalidError):
        """A narrower one."""

    assert problem_of(NarrowError("x")).slug == "invalid-body"
    assert problem_of(ZeroDivisionError("3311845622")) is INTERNAL


@pytest.mark.parametrize("slug", sorted(BY_SLUG))
def test_every_row_speaks_both_languages(slug: str) -> None:
    """Title and advice are there in Ukrainian and English, and differ."""
    row = BY_SLUG[slug]

    assert row.title.keys() == row.advice.keys() == {"uk", "en"}
    assert len({*row.title.values(), *row.advice.values()}) == 4
    assert 400 <= row.status < 600


def test_what_may_be_tried_again_says_when() -> None:
    """Each 503 has Retry-After, the 401 its challenge."""
    waiting = [row for row in BY_SLUG.values() if row.status == 503]

    assert len(waiting) == 5
    assert all("Retry-After" in row.headers for row in waiting)
    assert "WWW-Authenticate" in BY_SLUG["unauthenticated"].headers


@pytest.mark.parametrize("language", ["uk", "en"])
def test_a_problem_holds_its_row_and_the_exchange(language: str) -> None:
    """RFC 9457: type, title, status, instance and advice, and no word of the error."""
    response = refuse(InvalidIdentifierError("shoe-size"), "exchange-1", language)
    told = json.loads(bytes(response.body))
    row = BY_SLUG["invalid-identifier"]

    assert told == {
        "type": "/problems/invalid-identifier",
        "title": row.title[language],
        "status": 422,
        "instance": "exchange-1",
        "advice": row.advice[language],
    }
    assert response.media_type == "application/problem+json"


def test_an_error_of_nobodys_says_nothing() -> None:
    """What was not foreseen is a 500 without a word of it."""
    response = refuse(ValueError("Бондаренко 3311845622"), "exchange-1", "en")

    assert response.status_code == 500
    assert b"3311845622" not in bytes(response.body)
