"""`tandem rejected` and `tandem waiting`: what came in and could not be recorded, or not yet."""

from collections.abc import AsyncIterator, Callable, Sequence
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
from shared.embedded.data_directory import OperatorError

rejected = typer.Typer(help="Messages that could not be accepted.", no_args_is_help=True)
waiting = typer.Typer(help="Messages that wait for what they speak of.", no_args_is_help=True)

PAGE_MAX = 1000
PAGES_MAX = 1000
BODY_SHOWN_MAX = 20_000

Limit = Annotated[int, typer.Option(min=1, max=PAGE_MAX, help="At most so many of each service.")]


@rejected.command("list")
def list_rejected(
    source: Annotated[str | None, typer.Option(help="Only from this publisher.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="Only for this reason, such as invalid_data.")
    ] = None,
    limit: Limit = 50,
    data: Data = DEFAULT_DATA,
) -> None:
    """List the rejected messages, newest first, and why."""

    def page(token: str) -> pb.ListRejectedRequest:
        return pb.ListRejectedRequest(
            page_size=limit, page_token=token, source=source, reason=reason
        )

    system = find(data)
    found, more = run(lambda: _first_pages(system, "ListRejected", page))
    console = plain_console()
    for message in sorted(found, key=lambda each: _moment(each.rejected_at), reverse=True):
        console.print(
            f"{_moment(message.rejected_at):%Y-%m-%d %H:%M:%S}  {message.rejected_id}  "
            f"{message.source}  {message.reason}"
        )
        said = f"{message.type or message.subject}: {message.explanation}"
        console.print(f"    {printable(said)}", style="dim")
    _closing(console, len(found), more, "no message was rejected")


@rejected.command("show")
def show_rejected(
    rejected_id: Annotated[str, typer.Argument(metavar="ID", help="Its id, as the list shows it.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Show one rejected message as it came in."""
    system = find(data)
    message = run(lambda: _rejected(system, rejected_id))
    console = plain_console()
    said = {
        "rejected": f"{_moment(message.rejected_at):%Y-%m-%d %H:%M:%S} UTC",
        "reason": f"{message.reason}: {message.explanation}",
        "subject": message.subject,
        "source": message.source,
        "id": message.id or "(none could be read)",
        "type": message.type or "(none could be read)",
        "trace": message.traceparent or "(none)",
        **{f"header {name}": value for name, value in sorted(message.headers.items())},
    }
    for name, value in said.items():
        console.print(f"{name}: {printable(value)}")
    body = message.body.decode("utf-8", "replace")
    console.print(printable(body[:BODY_SHOWN_MAX]))
    if len(body) > BODY_SHOWN_MAX:
        console.print(f"({len(body) - BODY_SHOWN_MAX} more characters)", style="dim")


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
    found, more = run(lambda: _first_pages(system, "ListWaiting", page))
    console = plain_console()
    for message in sorted(found, key=lambda each: _moment(each.waiting_since)):
        console.print(
            f"{_moment(message.waiting_since):%Y-%m-%d %H:%M:%S}  {message.waiting_for}  "
            f"{message.source}"
        )
        console.print(f"    {message.type} {printable(message.id)}", style="dim")
    _closing(console, len(found), more, "no message waits")


async def _first_pages(
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


async def _rejected(system: System, rejected_id: str) -> pb.RejectedMessage:
    for owner in OWNERS:
        async with system.channel(owner, OPERATOR) as channel:
            async for message in _all_rejected(_stub(channel)):
                if message.rejected_id == rejected_id:
                    return message
    raise OperatorError(f"No rejected message has the id {rejected_id}.")


async def _all_rejected(
    stub: "ledger_pb2_grpc.LedgerServiceAsyncStub",
) -> AsyncIterator[pb.RejectedMessage]:
    token = ""
    for _ in range(PAGES_MAX):
        page = await stub.ListRejected(pb.ListRejectedRequest(page_size=PAGE_MAX, page_token=token))
        for message in page.messages:
            yield message
        token = page.next_page_token
        if not token:
            return


def _stub(channel: grpc.aio.Channel) -> "ledger_pb2_grpc.LedgerServiceAsyncStub":
    return ledger_pb2_grpc.LedgerServiceStub(channel)


def _moment(timestamp: Timestamp) -> datetime:
    return timestamp.ToDatetime(tzinfo=UTC)


def _closing(console: Console, count: int, more: bool, none: str) -> None:
    if not count:
        console.print(none)
    elif more:
        console.print("there are more than these; --limit shows more", style="dim")
