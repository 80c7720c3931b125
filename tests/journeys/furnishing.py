"""A deployment made once and copied for each house: keys, signed contracts, the seeded database."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine

from config.settings import DatabaseSettings
from gateway.commands.demo import prepare_database
from gateway.commands.deployment import prepare_demo

_MADE: set[str] = set()
"""What this process has made so far: the folder, and the databases by their server."""


async def furnish(folder: Path, database: str) -> None:
    """Give a folder a demo deployment with its database: the one at the URL, where there is one."""
    template = _folder()
    if str(template) not in _MADE:
        _, settings = prepare_demo(template, 0, "http://127.0.0.1:0", 0)
        await prepare_database(settings)
        _MADE.add(str(template))
    shutil.copytree(template, folder, dirs_exist_ok=True)
    if database:
        await _copy_database(make_url(database), template)


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="obmin-furnished-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


async def _copy_database(wanted: URL, template: Path) -> None:
    """Make a database of a PostgreSQL server a copy of the seeded one, whatever it was."""
    if wanted.database == "postgres":  # a server of the test's own: that one cannot be replaced
        await _seed(wanted, template)
        return
    seeded = wanted.set(database=f"seeded-{template.name}")
    engine = create_async_engine(wanted.set(database="postgres"), isolation_level="AUTOCOMMIT")
    server = seeded.render_as_string()
    async with engine.connect() as connection:
        if server not in _MADE:
            await connection.execute(text(f'CREATE DATABASE "{seeded.database}" TEMPLATE template0'))
            await _seed(seeded, template)
            _MADE.add(server)
        await connection.execute(text(f'DROP DATABASE IF EXISTS "{wanted.database}"'))
        await connection.execute(text(f'CREATE DATABASE "{wanted.database}" TEMPLATE "{seeded.database}"'))
    await engine.dispose()


async def _seed(database: URL, template: Path) -> None:
    _, settings = prepare_demo(template, 0, "http://127.0.0.1:0", 0)
    url = DatabaseSettings(url=database.render_as_string(hide_password=False))
    await prepare_database(settings.model_copy(update={"database": url}))
