"""The `obmin` program: one group of commands per module."""

from __future__ import annotations

import typer

from gateway.commands.adapters import adapters
from gateway.commands.bench import unseal
from gateway.commands.bundles import bundles
from gateway.commands.contracts import contracts
from gateway.commands.demo import demo
from gateway.commands.entries import entries, statement
from gateway.commands.history import history, token
from gateway.commands.keys import keys
from gateway.commands.people import people
from gateway.commands.record import audit
from gateway.commands.serve import serve, worker
from gateway.commands.simulate import simulate
from gateway.commands.upkeep import db, doctor

app = typer.Typer(
    name="obmin",
    help="Obmin: a lawful, sealed and provable exchange between agencies.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a pretty traceback prints local variables
    add_completion=False,
)
for command in (demo, serve, worker, simulate, token, history, doctor):
    app.command()(command)
audit.command()(entries)
audit.command()(statement)
audit.add_typer(unseal, name="unseal")
for name, group in (
    ("contracts", contracts),
    ("adapters", adapters),
    ("audit", audit),
    ("bundles", bundles),
    ("keys", keys),
    ("people", people),
    ("db", db),
):
    app.add_typer(group, name=name)
