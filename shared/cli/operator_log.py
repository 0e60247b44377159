"""`tandem log`: what operators did, and whether the log is as it was written."""

from typing import Annotated

import typer

from shared.cli.system import DEFAULT_DATA, Data, existing
from shared.cli.terminal import plain_console, printable
from shared.embedded.data_directory import OperatorError
from shared.operator_log import Entry, OperatorLog, Verified


def log(
    verify: Annotated[
        bool, typer.Option("--verify", help="Look for lines that were changed, moved or taken out.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many lines.")] = 50,
    data: Data = DEFAULT_DATA,
) -> None:
    """List what operators did, newest first."""
    file = existing(data).operator_log
    operator_log = OperatorLog(file)
    if verify:
        _tell_verified(operator_log.verify())
        return
    try:
        entries = operator_log.read()
    except ValueError as error:
        raise OperatorError(
            f"{file} holds a line that cannot be read ({error}): `tandem log --verify` says which."
        ) from error
    console = plain_console()
    for entry in reversed(entries[-limit:]):
        console.print(_told(entry))
        if said := _more(entry):
            console.print(f"    {said}", style="dim")
    if not entries:
        console.print("no act of an operator is on record")
    elif len(entries) > limit:
        console.print("there are more than these; --limit shows more", style="dim")


def _told(entry: Entry) -> str:
    actor = entry.actor
    who = actor.name if actor.kind == "user" else f"the {actor.kind} {actor.name}"
    moment = f"{entry.at:%Y-%m-%d %H:%M:%S}"
    return printable(f"{moment}  {entry.number:>5}  {entry.act}  {entry.on}  by {who}")


def _more(entry: Entry) -> str:
    said = [f"{name}: {_plain(value)}" for name, value in entry.details.items()]
    if entry.reason is not None:
        said.append(f"reason: {entry.reason}")
    return printable("; ".join(said)).replace("\n", " ")


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _tell_verified(verified: Verified) -> None:
    """Print what was found.

    Raises:
        typer.Exit: with 1, when something is wrong.
    """
    console = plain_console()
    lines = f"{verified.lines:,} {'line' if verified.lines == 1 else 'lines'}"
    if not verified.faults:
        console.print(f"{lines}: none was changed, moved or taken out")
        console.print(f"the last has the hash {verified.head}; note it elsewhere to compare later")
        return
    console.print(f"{lines}: the log is not as it was written")
    for fault in verified.faults:
        console.print(f"  {printable(fault)}")
    raise typer.Exit(1)
