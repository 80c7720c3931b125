"""Which store a database URL asks for."""

from __future__ import annotations

from sqlalchemy import make_url

from audit.postgresql import PostgresqlStore
from audit.sqlite import SqliteStore
from audit.store import AuditUnavailableError, Store


def store_at(url: str, ended: str) -> Store:
    """Give the store for an SQLAlchemy URL, `sqlite+…` with a file or `postgresql+…`.

    `ended` is SQL of that database; see `Dialect`. Nothing is opened yet.
    """
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite" if parsed.database:
            return SqliteStore(parsed.database, ended)
        case "postgresql":
            plain = parsed.set(drivername="postgresql")
            return PostgresqlStore(plain.render_as_string(hide_password=False), ended)
        case _:
            raise AuditUnavailableError("unknown-database")
