"""`obmin contracts`: look at contracts as code before anything runs on them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Console
from rich.table import Table

from contracts.canonical import describe
from contracts.contract import Contract, Terms
from contracts.glossary import load_vocabulary
from contracts.loader import VOCABULARY, load_contract, load_library
from contracts.page import write_page
from contracts.reading import ContractInvalidError, Fault
from contracts.telling import Speaker
from contracts.words import Vocabulary
from gateway.commands.asking import (
    LIBRARY,
    Language,
    Library,
    activate_contract,
    diff,
    explain_contract,
    load,
    sign_contract,
    simulate,
)
from gateway.commands.settling import print_json

PASSED, REFUSED = 0, 1

Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

contracts = typer.Typer(
    no_args_is_help=True, help="Contracts as code: check, show, question, compare, sign and activate them."
)
contracts.command("explain")(explain_contract)
contracts.command()(diff)
contracts.command()(simulate)
contracts.command("sign")(sign_contract)
contracts.command("activate")(activate_contract)


@contracts.command()
def lint(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Contract files or whole library folders.")
    ] = None,
    library: Library = LIBRARY,
    as_json: Json = False,
) -> None:
    """Say of every fault in which file and line it is, what is wrong, and how to mend it.

    A single file is read with the vocabulary of the library. Exits 1 if anything is wrong.
    """
    faults = [fault for path in paths or [library] for fault in _faults(path, library)]
    if as_json:
        print_json([_fault_json(fault) for fault in faults])
    else:
        for fault in faults:
            typer.echo(str(fault))
        typer.echo(f"{len(faults)} wrong" if faults else "nothing wrong")
    raise typer.Exit(REFUSED if faults else PASSED)


@contracts.command("list")
def list_contracts(library: Library = LIBRARY, as_json: Json = False) -> None:
    """List the contracts of a library."""
    _, held = load(library)
    if as_json:
        print_json([{**describe(contract), "digest": contract.digest} for contract in held])
        return
    table = Table("contract", "from", "until", "sources")
    for one in held:
        identity = f"{one.id}, version {one.version}\n{one.consumer}: {one.purpose}"
        table.add_row(identity, str(one.valid_from), str(one.valid_until), "\n".join(one.terms))
    Console().print(table)


@contracts.command()
def show(
    contract_id: Annotated[str, typer.Argument(metavar="ID", help="The contract's id.")],
    library: Library = LIBRARY,
    as_html: Annotated[bool, typer.Option("--html", help="Print a page for people who sign it.")] = False,
    language: Language = "uk",
    as_json: Json = False,
) -> None:
    """Show every version of one contract: what may be asked, of whom, on which ground."""
    vocabulary, held = load(library)
    versions = [contract for contract in held if contract.id == contract_id]
    if not versions:
        typer.echo("no such contract; `obmin contracts list` names them", err=True)
        raise typer.Exit(REFUSED)
    if as_json:
        print_json([{**describe(contract), "digest": contract.digest} for contract in versions])
        return
    for contract in versions:
        if as_html:
            typer.echo(write_page(contract, Speaker(vocabulary, language)), nl=False)
        else:
            _print_contract(contract, vocabulary)


def _faults(path: Path, library: Path) -> tuple[Fault, ...]:
    try:
        if path.is_dir():
            load_library(path)
        else:
            load_contract(path, load_vocabulary(library / VOCABULARY))
    except ContractInvalidError as invalid:
        return invalid.faults
    return ()


def _print_contract(contract: Contract, vocabulary: Vocabulary) -> None:
    console = Console()
    purpose = vocabulary.purposes[contract.purpose]
    console.print(f"[bold]{contract.id}[/bold], version {contract.version}: {contract.consumer} asks")
    console.print(f"for: {purpose.uk} / {purpose.en}")
    console.print(f"in force: {contract.valid_from} – {contract.valid_until}; digest {contract.digest}")
    console.print(f"open case: {_word(contract.case_required, 'required', 'not required')}")
    console.print(f"children: {_word(contract.minors, 'covered', 'not covered')}")
    console.print(f"kept: {_spell(contract.keep)}; whole answer within {_spell(contract.deadline)}")
    for terms in contract.terms.values():
        console.print(_table(terms, vocabulary))


def _table(terms: Terms, vocabulary: Vocabulary) -> Table:
    presence = _word(terms.required, "required", "not required")
    title = (
        f"{vocabulary.sources[terms.source].uk}\n{terms.source}, {presence}, within {_spell(terms.deadline)}"
    )
    table = Table("field", "leaves", "", title=title, caption=f"{terms.basis}: {terms.citation}", width=80)
    for name, rule in terms.fields.items():
        table.add_row(name, _word(rule.sealed, "sealed", "plain"), vocabulary.fields[name].uk)
    return table


def _fault_json(fault: Fault) -> dict[str, str | int]:
    return {"file": fault.file, "line": fault.line, "wrong": fault.wrong, "mend": fault.mend}


def _word(fact: bool, yes: str, no: str) -> str:
    return yes if fact else no


def _spell(duration: timedelta) -> str:
    hours, rest = divmod(duration, timedelta(hours=1))
    return f"{duration.total_seconds():g} s" if rest or not hours else f"{hours} h"
