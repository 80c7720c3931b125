"""Is this the key file that the database was written with: asked before anything is opened."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database
from gateway.storage.tables import key_checks


async def recognise(database: Database, ring: KeyRing) -> None:
    """Compare the key file with what the database knows of it, and note new key versions.

    Raises:
        KeysUnusableError: versions are missing from the file, or it is another deployment's.
    """
    stored = {row.version: row.check_value for row in await database.fetch(select(key_checks))}
    for version, check_value in ring.recognise(stored).items():
        try:
            await database.write(insert(key_checks).values(version=version, check_value=check_value))
        except IntegrityError:
            continue  # another process was first; it has the same file or would have been refused
