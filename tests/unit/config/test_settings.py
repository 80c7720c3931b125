"""Settings: one file, the environment over it, and an error that names the key and never the value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from config.settings import PACKAGE, Settings, SettingsError, load_settings

SECRET = "hunter2"


def _file(folder: Path, text: str) -> Path:
    path = folder / "obmin.toml"
    path.write_text(text, "utf-8")
    return path


def test_nothing_set_is_the_defaults() -> None:
    """Without file and variables there is a deployment, with paths from the current folder."""
    settings = load_settings(None, {})

    assert settings.limits == Settings().limits
    assert settings.keys == Path.cwd() / "keys" / "gateway.json"
    assert settings.contracts == PACKAGE / "contracts" / "library"


def test_relative_paths_are_the_files_neighbours(tmp_path: Path) -> None:
    """Keys, agencies, credentials and an SQLite file are looked for beside the settings."""
    text = """
        keys = "keys/gateway.json"
        agencies = "/etc/obmin/agencies.toml"
        [database]
        url = "sqlite+aiosqlite:///obmin.db"
        [sources.donors]
        url = "https://donors.example"
        credential = "donors.token"
    """
    settings = load_settings(_file(tmp_path, text), {})

    assert settings.keys == tmp_path / "keys" / "gateway.json"
    assert settings.agencies == Path("/etc/obmin/agencies.toml")
    assert settings.database.url == f"sqlite+aiosqlite:///{tmp_path}/obmin.db"
    assert settings.sources["donors"].credential == tmp_path / "donors.token"


def test_an_absolute_database_file_stays_where_it_is(tmp_path: Path) -> None:
    """Four slashes are an absolute path."""
    text = '[database]\nurl = "sqlite+aiosqlite:////var/lib/obmin.db"'
    settings = load_settings(_file(tmp_path, text), {})

    assert settings.database.url == "sqlite+aiosqlite:////var/lib/obmin.db"


def test_the_environment_wins(tmp_path: Path) -> None:
    """A variable replaces the file's value, nested ones with two underscores; others are not ours."""
    file = _file(tmp_path, 'port = 1\n[database]\nurl = "sqlite+aiosqlite:///a.db"\n[limits]\nexchanges = 5')
    variables = {
        "OBMIN_PORT": "2",
        "OBMIN_DATABASE__URL": "postgresql+asyncpg://obmin@db/obmin",
        "OBMIN_SOURCES__HEALTH__URL": "https://health.example",
        "PATH": "/bin",
    }
    settings = load_settings(file, variables)

    assert (settings.port, settings.limits.exchanges) == (2, 5)
    assert settings.database.url == "postgresql+asyncpg://obmin@db/obmin"
    assert settings.sources["health"].url == "https://health.example"


@pytest.mark.parametrize(
    ("text", "variables", "key"),
    [
        ("prot = 1", {}, "prot"),
        ("[database]\nurll = 'x'", {}, "database.urll"),
        ("[sources.health]\nurl = 'x'\npassword = 'hunter2'", {}, "sources.health.password"),
        ("", {"OBMIN_PROT": "hunter2"}, "prot"),
        ("", {"OBMIN_LIMITS__PORTIONS": "hunter2"}, "limits.portions"),
        ("port = 'hunter2'", {}, "port"),
        ("", {"OBMIN_PORT": "hunter2"}, "port"),
        ("port = 70000", {}, "port"),
        ("", {"OBMIN_LIMITS__EXCHANGES": "0"}, "limits.exchanges"),
        ("", {"OBMIN_DATABASE__URL": "mysql://u:hunter2@db/x"}, "database.url"),
        ("log_level = 'loud'", {}, "log_level"),
        ("[sources.health]\nclient = 'x'", {}, "sources.health.url"),
        ("port = 1", {"OBMIN_PORT__DEEP": "hunter2"}, "OBMIN_PORT__DEEP"),
    ],
)
def test_a_wrong_key_is_named_without_its_value(
    tmp_path: Path, text: str, variables: Mapping[str, str], key: str
) -> None:
    """Unknown, of the wrong kind or out of range: the message says which, and holds nothing that was set."""
    with pytest.raises(SettingsError) as raised:
        load_settings(_file(tmp_path, text), variables)

    assert key in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    """The message says which file, and that it is not TOML."""
    path = tmp_path / "obmin.toml"
    path.write_bytes(content)

    with pytest.raises(SettingsError, match=r"obmin\.toml: not TOML"):
        load_settings(path, {})


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    """The message says which file cannot be read and why."""
    with pytest.raises(SettingsError, match=r"absent\.toml: cannot be read"):
        load_settings(tmp_path / "absent.toml", {})
