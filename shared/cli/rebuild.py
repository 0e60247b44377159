"""`tandem rebuild`: the projections again from the ledgers, while the old ones answer."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from shared.cli.system import DEFAULT_DATA, Data, System, find, run, this_command
from shared.cli.terminal import plain_console
from shared.embedded.catalogue import SERVICES, Ports
from shared.embedded.data_directory import DataDirectory, OperatorError
from shared.embedded.errands import errand
from shared.embedded.services import Servers, errand_program

REPORTING = next(service for service in SERVICES if service.name == "reporting")
FIGURES_SHOWN_MAX = 40
STEPS = {
    "prepare": "making new tables",
    "load": "reading the ledgers",
    "index": "making indexes",
    "derive": "deriving figures",
    "switch": "comparing and switching",
}


class RateColumn(ProgressColumn):
    """Facts a second, as measured lately."""

    def render(self, task: Task) -> Text:
        """Return the rate, or nothing before there is one."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")


def rebuild(
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only compare; exits with 1 when rows differ."),
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the old tables until the next rebuild.")
    ] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Build the projections again from the ledgers, and put them in place."""
    options = [*(["--dry-run"] if dry_run else []), *(["--keep"] if keep else [])]
    outcome = run(lambda: _run(find(data), options))
    _tell(plain_console(), outcome, switched=not dry_run)
    if dry_run and outcome["tables"]:
        raise typer.Exit(1)


async def _run(system: System, options: list[str]) -> Mapping[str, Any]:
    """Run reporting's rebuild to its end, showing how far it is; returns what it tells last."""
    directory = DataDirectory(system.root)
    servers = Servers(directory, Ports.of(system.endpoints))
    program = errand_program(servers, REPORTING, SERVICES, "rebuild", *options)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(compact=True),
    )
    console = Console(stderr=True, highlight=False, markup=False)
    outcome: Mapping[str, Any] | None = None
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task(STEPS["prepare"], total=None)
        try:
            async for said in errand(program):
                if "outcome" in said:
                    outcome = said["outcome"]
                elif said["of"]:
                    progress.update(
                        task, description=STEPS["load"], completed=said["done"], total=said["of"]
                    )
                else:
                    progress.update(task, description=STEPS[said["name"]])
        except OperatorError as error:
            raise _broken_off(str(error)) from None
    if outcome is None:
        raise _broken_off("It ended without a word.")
    return outcome


def _broken_off(reason: str) -> OperatorError:
    return OperatorError(
        f"The old tables go on serving; `{this_command()} rebuild` goes on from here. {reason}"
    )


def _tell(console: Console, outcome: Mapping[str, Any], *, switched: bool) -> None:
    facts, seconds = outcome["facts"], outcome["seconds"]
    again = ", going on where one was broken off" if outcome["resumed"] else ""
    console.print(f"rebuilt from {facts:,} facts in {seconds:,.1f} s{again}")
    if switched:
        console.print(
            f"the new tables serve; the projector waited {outcome['locked_seconds']:.1f} s, "
            f"readers at most {outcome['readers_seconds'] * 1000:.0f} ms"
        )
    if not outcome["tables"]:
        console.print("old and new tables hold the same rows, so every figure is the same")
        return
    console.print(_tables(outcome["tables"]))
    if outcome["figures"]:
        console.print(_figures(outcome["figures"][:FIGURES_SHOWN_MAX]))
        left = len(outcome["figures"]) - FIGURES_SHOWN_MAX
        if left > 0:
            console.print(f"and {left:,} figures more")
    else:
        console.print("every figure of every quarter is the same")


def _tables(differences: list[Mapping[str, Any]]) -> Table:
    table = _table("table", "rows only in the old", "rows only in the new")
    for each in differences:
        table.add_row(each["table"], f"{each['only_before']:,}", f"{each['only_rebuilt']:,}")
    return table


def _figures(moved: list[Mapping[str, Any]]) -> Table:
    table = _table("quarter and figure", "old", "new")
    for each in moved:
        table.add_row(
            f"{each['period']} {each['figure']}", _value(each["before"]), _value(each["rebuilt"])
        )
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first, overflow="fold")
    for heading in others:
        table.add_column(heading, justify="right")
    return table


def _value(value: float | None) -> str:
    return "-" if value is None else f"{value:,.10g}"
