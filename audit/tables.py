"""The tables of the record, and the triggers that keep it append-only.

The triggers are a convenience against mistakes; the tree is the evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.schema import SchemaItem

audit_metadata = MetaData()

_index = BigInteger().with_variant(Integer(), "sqlite")  # only INTEGER PRIMARY KEY is SQLite's row id

head = Table(
    "audit_head",
    audit_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="audit_head_is_one_row"),
)
"""How many entries there are. Its row lock puts the gateways on one database in order."""

entries = Table(
    "audit_entries",
    audit_metadata,
    Column("idx", _index, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False, comment="microseconds since 1970, UTC"),
    Column("exchange_id", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("official", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("subject_ref", Text, nullable=False),
    Column("sources", Text, nullable=False, comment="space before and after each"),
    Column("result", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Index("audit_entries_exchange", "exchange_id"),
    Index("audit_entries_agency", "agency", "idx"),
    Index("audit_entries_official", "official", "idx"),
    Index("audit_entries_case", "case_id", "idx"),
    Index("audit_entries_subject", "subject_ref", "idx"),
    Index("audit_entries_purpose", "purpose", "idx"),
    Index("audit_entries_result", "result", "idx"),
    Index("audit_entries_kind", "kind", "at"),
    Index("audit_entries_at", "at"),
    postgresql_partition_by="RANGE (at)",
)
"""The record. `entry` and `idx` are the truth; the other columns are copies of its members, to search by.

On PostgreSQL it has a partition for each month (`audit.months`). A partitioned table's keys contain
what it is parted by; that `idx` is unique comes from the head row, that `id` is from `IDS`.
"""

entries.primary_key.ddl_if(dialect="sqlite")
entries.append_constraint(UniqueConstraint("id").ddl_if(dialect="sqlite"))
entries.append_constraint(
    UniqueConstraint("idx", "at", name="audit_entries_order").ddl_if(dialect="postgresql")
)
entries.append_constraint(UniqueConstraint("id", "at", name="audit_entries_id").ddl_if(dialect="postgresql"))

sources = Table(
    "audit_sources",
    audit_metadata,
    Column("source", Text, primary_key=True),
    Column("idx", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""Which entries tell of a source, to search by: written with the entry, once for each source."""

tiles = Table(
    "audit_tiles",
    audit_metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("idx", BigInteger, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)
"""The tree, 256 hashes a tile. The rightmost tile of a level grows in place until it is full."""

checkpoints = Table(
    "audit_checkpoints",
    audit_metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("at", BigInteger, nullable=False, comment="microseconds since 1970, UTC"),
)
"""Every head that was ever signed."""

witness_sizes = Table(
    "audit_witness_sizes",
    audit_metadata,
    Column("witness", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
)
"""How far each witness has cosigned: where the next consistency proof begins."""

witnessed = Table(
    "audit_witnessed",
    audit_metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("at", BigInteger, nullable=False, comment="microseconds since 1970, UTC"),
)
"""Heads that a quorum cosigned, with the cosignatures. The first row, without a note, is where it began."""

FIRST_ROW = "INSERT INTO audit_head (id, size) VALUES (1, 0) ON CONFLICT DO NOTHING"
"""What the empty log needs besides its tables."""


def append_only(table: str) -> str:
    """Give the statement by which a table of PostgreSQL refuses to be changed."""
    return (
        f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
    )


TRIGGERS: Mapping[str, tuple[str, ...]] = {
    "sqlite": tuple(
        f"CREATE TRIGGER IF NOT EXISTS {table}_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in ("audit_entries", "audit_checkpoints")
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""",
        append_only("audit_entries"),
        append_only("audit_checkpoints"),
    ),
}
"""The triggers by dialect, in order; for `create_all` and for migrations alike."""

IDS = (
    "CREATE TABLE audit_entries_ids (id TEXT NOT NULL PRIMARY KEY)",
    """CREATE FUNCTION audit_keep_ids() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN INSERT INTO audit_entries_ids SELECT id FROM added; RETURN NULL; END $$""",
    """CREATE TRIGGER audit_entries_keep_ids AFTER INSERT ON audit_entries
       REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION audit_keep_ids()""",
)
"""What keeps ids unique over all months, also those that were taken away. For PostgreSQL."""

DEFAULT = "audit_entries_default"
"""The partition of what has no month of its own, so that no append fails for lack of one."""


def is_common(thing: SchemaItem, name: str | None, kind: str, *_: object) -> bool:
    """Whether Alembic compares it: not the record's pieces and keys, which differ between the databases."""
    if kind == "table":
        return not str(name).startswith("audit_entries_")
    return not (
        isinstance(thing, UniqueConstraint) and thing.table is not None and thing.table.name == entries.name
    )


def partition(table: str, bounds: str) -> Sequence[str]:
    """Give the statements that make a partition whose indexes carry its name, as plans then show.

    It is attached when it is finished: making it in place would lock out everybody who appends.
    """
    indexes = [
        f"CREATE INDEX {index.name} ON {table} ({', '.join(index.columns.keys())})".replace(
            "audit_entries", table, 1
        )
        for index in sorted(entries.indexes, key=lambda index: str(index.name))
    ]
    return (
        f"CREATE TABLE {table} (LIKE audit_entries)",
        *indexes,
        f"ALTER TABLE audit_entries ATTACH PARTITION {table} {bounds}",
        append_only(table),
    )


def beneath() -> Sequence[str]:
    """Give the statements that complete the partitioned table: its default partition, unique ids."""
    return (
        *IDS,
        *partition(DEFAULT, "DEFAULT"),
        append_only("audit_entries"),
        append_only("audit_entries_ids"),
    )


def _prepare(_: MetaData, connection: Connection, **__: object) -> None:
    """Complete what `create_all` made."""
    connection.exec_driver_sql(FIRST_ROW)
    statements = [*TRIGGERS[connection.dialect.name]]
    if connection.dialect.name == "postgresql":
        statements += beneath()
    for statement in statements:
        connection.exec_driver_sql(statement)


event.listen(audit_metadata, "after_create", _prepare)
