"""`tandem audit`: whether the projections hold every fact of every ledger."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from shared.cli.system import DEFAULT_DATA, OPERATOR, Data, System, find, run, this_command
from shared.cli.terminal import plain_console, printable

if TYPE_CHECKING:
    from tandem.reporting.v1 import reporting_pb2 as pb


def audit(
    full: Annotated[
        bool, typer.Option("--full", help="Compare every fact there is, and not only versions.")
    ] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Prove that the projections lack no fact; exits with 1 when they do."""
    system = find(data)
    verdicts = run(lambda: _audited(system, full=full))
    console = plain_console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("ledger")
    for heading in ("recorded", "projected", "streams compared"):
        table.add_column(heading, justify="right")
    table.add_column("verdict", overflow="fold")
    for each in verdicts:
        counts = [f"{count:,}" for count in (each.recorded, each.projected, each.streams)]
        table.add_row(
            each.ledger,
            *(["-"] * 3 if each.unavailable else counts),
            verdict_of(each),
            style=None if is_complete(each) else "red",
        )
    console.print(table)
    for each in verdicts:
        if each.HasField("first"):
            console.print(finding_text(each.ledger, each.first))
    if any(each.ahead or each.different for each in verdicts):
        console.print(f"what differs is mended by `{this_command()} rebuild`")
    elif any(each.missing for each in verdicts):
        console.print(
            "what is missing at the end of a stream is fetched within seconds; "
            f"what stays missing is mended by `{this_command()} rebuild`"
        )
    if not all(map(is_complete, verdicts)):
        raise typer.Exit(1)


async def _audited(system: System, *, full: bool) -> list["pb.AuditProjectionsResponse"]:
    """Return the verdict on each ledger, showing on a terminal how far the comparison is."""
    console = Console(stderr=True, highlight=False, markup=False)
    verdicts = []
    with console.status("comparing") as status:
        async for said in _answers(system, full=full):
            if said.finished:
                verdicts.append(said)
            else:
                status.update(f"comparing {said.ledger}: {said.streams:,} streams")
    return verdicts


async def _answers(system: System, *, full: bool) -> AsyncIterator["pb.AuditProjectionsResponse"]:
    from tandem.reporting.v1 import reporting_pb2 as pb
    from tandem.reporting.v1 import reporting_pb2_grpc

    async with system.channel("reporting", OPERATOR) as channel:
        stub = reporting_pb2_grpc.ReportingServiceStub(channel)
        async for said in stub.AuditProjections(pb.AuditProjectionsRequest(full=full)):
            yield said


def is_complete(verdict: "pb.AuditProjectionsResponse") -> bool:
    """Tell whether everything was compared and nothing differs."""
    return not (verdict.missing or verdict.ahead or verdict.different or verdict.unavailable)


def verdict_of(verdict: "pb.AuditProjectionsResponse") -> str:
    """Return the verdict in a few words."""
    if verdict.unavailable:
        return f"not known: {verdict.unavailable}"
    counted = [
        f"{count:,} {'fact' if count == 1 else 'facts'} {words}"
        for count, words in (
            (verdict.missing, "missing"),
            (verdict.ahead, "not in the ledger"),
            (verdict.different, "different"),
        )
        if count
    ]
    return ", ".join(counted) or "complete"


def finding_text(ledger: str, found: "pb.AuditFinding") -> str:
    """Return where the first fact that differs stands, in lines that can be copied."""
    return (
        f"\nfirst {found.kind} in {ledger}: {printable(found.stream)} version {found.version}\n"
        f"  {found.type}, fact {found.fact_id}\n"
        f"  recorded {found.recorded_at}, said by {printable(found.source)}"
        f" as {printable(found.source_id)}"
    )
