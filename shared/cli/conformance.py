"""`tandem conformance`: the kit for publishers, run against a system, and a table of the answers.

It records some facts of the year 1990 under ids of its own, so it belongs on a system for trying
things out; no quarter of the partnership counts them.
"""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from shared.cli.publish import seed_file_of
from shared.cli.system import DEFAULT_DATA, Data, System, find
from shared.cli.terminal import printable
from shared.conformance import Case, Outcome, Outlet, cases, over_http, over_nats
from shared.embedded.data_directory import DataDirectory, OperatorError

DETAIL_CHARACTERS_MAX = 160

Judged = tuple[Case, Outcome]


def conformance(
    over: Annotated[Literal["nats", "http"], typer.Option(help="The door to try.")] = "nats",
    credential: Annotated[str, typer.Option(help="The publisher who sends.")] = "demo",
    prefix: Annotated[
        str | None, typer.Option(help="What every id begins with; a new one when left out.")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Send good and bad messages, and compare what becomes of each with what should.

    Exits with 1 when one of them differs.
    """
    system = find(data)
    outlet = outlet_of(system, credential, over)
    chosen = cases(prefix or f"conformance-{secrets.token_hex(4)}", credential)
    judged = asyncio.run(run([case for case in chosen if over in case.over], outlet))
    tell(judged)
    if any(not outcome.meets(case.then) for case, outcome in judged):
        raise typer.Exit(1)


def outlet_of(
    system: System, credential: str, over: Literal["nats", "http"]
) -> AbstractAsyncContextManager[Outlet]:
    """Return the door of a system under a credential.

    Raises:
        OperatorError: there is no such credential or door.
    """
    seed_file = seed_file_of(system, credential)
    token_file = DataDirectory(system.root).token(credential)
    if over == "http":
        if "gateway" not in system.endpoints["http"]:
            raise OperatorError("This system has no gateway.")
        return over_http(system.endpoints["http"]["gateway"], token_file)
    from shared.client.over_grpc import Services  # gRPC takes half a second to load

    questions = Services(system.endpoints["grpc"], token_file)
    return over_nats(system.endpoints["nats"], credential, seed_file, questions)


async def run(chosen: Sequence[Case], outlet: AbstractAsyncContextManager[Outlet]) -> list[Judged]:
    """Send the cases one after the other, and return what became of each."""
    console = Console(stderr=True, highlight=False, markup=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    quiet = not console.is_terminal
    judged: list[Judged] = []
    async with outlet as send:
        with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
            for case in progress.track(chosen, description="sending"):
                judged.append((case, await send(case)))  # noqa: PERF401  one after the other
    return judged


def tell(judged: Sequence[Judged]) -> None:
    """Print a line for each case, and how many of them went as they should."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "case", "what it is about", "became"):
        table.add_column(heading, overflow="fold")
    passed = 0
    for case, outcome in judged:
        well = outcome.meets(case.then)
        passed += well
        became = printable(str(outcome))
        if not well:
            expected = Outcome(
                case.then.outcome, case.then.reason, (case.then.path,) if case.then.path else ()
            )
            detail = printable(outcome.detail)[:DETAIL_CHARACTERS_MAX]
            became = f"{became}, not {expected}" + (f": {detail}" if detail else "")
        table.add_row(
            "pass" if well else "FAIL", case.name, case.why, became, style=None if well else "red"
        )
    console = Console(highlight=False, markup=False)
    console.print(table)
    console.print(f"{passed} of {len(judged)} as they should be")
