"""The tables of the record, and the triggers that keep it append-only.

The triggers are a convenience against mistakes; the tree is the evidence.
"""

from __future__ import annotations

from collections.abc import Mapping

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
    event,
)

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
    Column("id", Text, nullable=False, unique=True),
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
)
"""The record. `entry` and `idx` are the truth; the other columns are copies of its members, to search by."""

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
        *(
            f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
            for table in ("audit_entries", "audit_checkpoints")
        ),
    ),
}
"""The triggers by dialect, in order; for `create_all` and for migrations alike."""


def _prepare(_: MetaData, connection: Connection, **__: object) -> None:
    """Complete what `create_all` made."""
    connection.exec_driver_sql(FIRST_ROW)
    for statement in TRIGGERS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


event.listen(audit_metadata, "after_create", _prepare)
