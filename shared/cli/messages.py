"""`tandem waiting`: what came in and waits; and how pages of several services are read together."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import grpc
import typer
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from tandem.ledger.v1 import ledger_pb2 as pb
from tandem.ledger.v1 import ledger_pb2_grpc

from shared.cli.system import DEFAULT_DATA, OPERATOR, OWNERS, Data, System, find, run
from shared.cli.terminal import plain_console, printable

waiting = typer.Typer(help="Messages that wait for what they speak of.", no_args_is_help=True)

PAGE_MAX = 1000
PAGES_MAX = 1000

Limit = Annotated[int, typer.Option(min=1, max=PAGE_MAX, help="At most so many of each service.")]


@waiting.command("list")
def list_waiting(
    needs: Annotated[
        str | None, typer.Option("--for", help="Only those that wait for this, as listed.")
    ] = None,
    limit: Limit = 50,
    data: Data = DEFAULT_DATA,
) -> None:
    """List the messages that wait, and for what."""

    def page(token: str) -> pb.ListWaitingRequest:
        return pb.ListWaitingRequest(page_size=limit, page_token=token, waiting_for=needs)

    system = find(data)
    found, more = run(lambda: first_pages(system, "ListWaiting", page))
    console = plain_console()
    for message in sorted(found, key=lambda each: _moment(each.waiting_since)):
        console.print(
            f"{_moment(message.waiting_since):%Y-%m-%d %H:%M:%S}  {message.waiting_for}  "
            f"{message.source}"
        )
        console.print(f"    {message.type} {printable(message.id)}", style="dim")
    closing(console, len(found), more, "no message waits")


async def first_pages(
    system: System, method: str, page: Callable[[str], Any]
) -> tuple[Sequence[Any], bool]:
    """Return the first page of every owner, and whether any has more."""
    found: list[Any] = []
    more = False
    for owner in OWNERS:
        async with system.channel(owner, OPERATOR) as channel:
            answer = await getattr(_stub(channel), method)(page(""))
        found += answer.messages
        more = more or bool(answer.next_page_token)
    return found, more


def _stub(channel: grpc.aio.Channel) -> "ledger_pb2_grpc.LedgerServiceAsyncStub":
    return ledger_pb2_grpc.LedgerServiceStub(channel)


def _moment(timestamp: Timestamp) -> datetime:
    return timestamp.ToDatetime(tzinfo=UTC)


def closing(console: Console, count: int, more: bool, none: str) -> None:
    """Say that there was none, or that there are more than were shown."""
    if not count:
        console.print(none)
    elif more:
        console.print("there are more than these; --limit shows more", style="dim")
