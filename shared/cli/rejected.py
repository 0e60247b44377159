"""`tandem rejected`: what could not be accepted, and what people do about it."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import grpc
import typer
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from tandem.ledger.v1 import ledger_pb2 as pb
from tandem.ledger.v1 import ledger_pb2_grpc

from shared.cli.effects import effect, effect_lines
from shared.cli.messages import PAGE_MAX, PAGES_MAX, Limit, closing, first_pages
from shared.cli.system import DEFAULT_DATA, OPERATOR, OWNERS, Data, System, find, run
from shared.cli.terminal import plain_console, printable
from shared.embedded.data_directory import OperatorError
from shared.replaying import Tally
from shared.replaying import replay as taken_again

commands = typer.Typer(help="Messages that could not be accepted.", no_args_is_help=True)

BODY_SHOWN_MAX = 20_000
FAULTS_SHOWN_MAX = 10

Id = Annotated[str, typer.Argument(metavar="ID", help="Its id, or the beginning of it.")]
From = Annotated[str | None, typer.Option("--source", help="Only from this publisher.")]
Rejected = tuple[str, pb.RejectedMessage]
"""A rejected message, and the service that keeps it."""


@commands.command("list")
def list_(
    source: From = None,
    reason: Annotated[
        str | None, typer.Option(help="Only for this reason, such as invalid_data.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that were replayed or discarded.")
    ] = False,
    limit: Limit = 50,
    data: Data = DEFAULT_DATA,
) -> None:
    """List the rejected messages that wait for a decision, newest first, and why."""

    def page(token: str) -> pb.ListRejectedRequest:
        return pb.ListRejectedRequest(
            page_size=limit,
            page_token=token,
            source=source,
            reason=reason,
            repaired_too=everything,
        )

    system = find(data)
    found, more = run(lambda: first_pages(system, "ListRejected", page))
    console = plain_console()
    for message in sorted(found, key=lambda each: _moment(each.rejected_at), reverse=True):
        done = f"  {message.repair.how}" if message.HasField("repair") else ""
        console.print(
            f"{_moment(message.rejected_at):%Y-%m-%d %H:%M:%S}  {message.rejected_id[:8]}  "
            f"{message.source}  {message.reason}{done}"
        )
        said = f"{message.type or message.subject}: {message.explanation}"
        console.print(f"    {printable(said)}", style="dim")
    closing(console, len(found), more, "no message waits for a decision")


@commands.command()
def show(rejected_id: Id, data: Data = DEFAULT_DATA) -> None:
    """Show one rejected message as it came in."""
    system = find(data)
    _, message = run(lambda: _one(system, rejected_id))
    console = plain_console()
    for line in _shown(message):
        console.print(printable(line))
    body = message.body.decode("utf-8", "replace")
    console.print(printable(body[:BODY_SHOWN_MAX]))
    if len(body) > BODY_SHOWN_MAX:
        console.print(f"({len(body) - BODY_SHOWN_MAX} more characters)", style="dim")


@commands.command()
def replay(
    rejected_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Their ids, or the beginnings.")
    ] = None,
    source: From = None,
    reason: Annotated[
        str | None, typer.Option(help="All that were rejected for this reason.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Take messages again as they came, once it is clear what that changes."""
    system = find(data)
    if bool(rejected_ids) == bool(source or reason):
        raise OperatorError("Give ids, or --reason or --source for all that match.")
    console = plain_console()
    messages = run(lambda: _chosen(system, rejected_ids or (), source, reason))
    if not messages:
        console.print("no message waits for a decision")
        return
    if not yes:
        tally = run(lambda: _replayed(system, messages, dry_run=True))
        _tell(console, tally, would=True)
        for line in run(lambda: _effects(system, tally)):
            console.print(printable(line))
        if not tally.outcomes or not typer.confirm("Replay?"):
            return
    _tell(console, run(lambda: _replayed(system, messages, dry_run=False)), would=False)


@commands.command()
def discard(
    rejected_id: Id,
    reason: Annotated[str, typer.Option(help="Why it is not to be taken.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Decide that a message is not to be taken; it is kept, with who and why."""
    system = find(data)

    async def ask() -> str:
        owner, message = await _one(system, rejected_id)
        async with system.channel(owner, OPERATOR) as channel:
            request = pb.DiscardRejectedRequest(rejected_id=message.rejected_id, reason=reason)
            await _stub(channel).DiscardRejected(request)
        return message.rejected_id

    plain_console().print(f"{run(ask)} is discarded; `replay` would still take it")


def _shown(message: pb.RejectedMessage) -> Iterator[str]:
    yield f"rejected: {message.rejected_id} at {_moment(message.rejected_at):%Y-%m-%d %H:%M:%S} UTC"
    yield f"reason: {message.reason}: {message.explanation}"
    for violation in message.violations:
        yield f"  {violation.path}: {violation.description} ({violation.hint})"
    yield f"hint: {message.hint}"
    if message.HasField("repair"):
        repair = message.repair
        what = ": ".join(filter(None, (repair.outcome, repair.reason)))
        yield f"{repair.how}: by {repair.by} at {_moment(repair.at):%Y-%m-%d %H:%M:%S} UTC, {what}"
    yield f"subject: {message.subject}"
    yield f"source: {message.source}"
    yield f"id: {message.id or '(none could be read)'}"
    yield f"type: {message.type or '(none could be read)'}"
    yield f"trace: {message.traceparent or '(none)'}"
    for name, value in sorted(message.headers.items()):
        yield f"header {name}: {value}"


def _tell(console: Console, tally: Tally, *, would: bool) -> None:
    said = {
        "recorded": ("would be recorded", "recorded"),
        "duplicate": ("came before and would change nothing", "came before and changed nothing"),
        "waiting": ("would wait for what they speak of", "wait for what they speak of"),
    }
    for outcome, count in sorted(tally.outcomes.items()):
        facts = f", facts: {tally.facts}" if outcome == "recorded" else ""
        console.print(f"{count} {said[outcome][not would]}{facts}")
    if tally.faults:
        console.print(f"{len(tally.faults)} still not acceptable, and left as before")
    for message in tally.faults[:FAULTS_SHOWN_MAX]:
        fault = f"{message.fault.reason}: {message.fault.explanation}"
        console.print(f"    {message.rejected_id[:8]}  {printable(fault)}", style="dim")
    if (more := len(tally.faults) - FAULTS_SHOWN_MAX) > 0:
        console.print(f"    and {more} more", style="dim")


async def _effects(system: System, tally: Tally) -> list[str]:
    lines: list[str] = []
    for owner, facts in tally.preview.items():
        if facts:
            lines += effect_lines(await effect(system, owner, facts))
    return lines


async def _replayed(system: System, messages: Sequence[Rejected], *, dry_run: bool) -> Tally:
    """Take messages again, those of one service after those of another, oldest first."""
    tally = Tally()
    console = Console(stderr=True, highlight=False, markup=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
    )
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task("looking" if dry_run else "replaying", total=len(messages))
        for owner in OWNERS:
            ids = [message.rejected_id for keeper, message in messages if keeper == owner]
            async with system.channel(owner, OPERATOR) as channel:
                await taken_again(
                    channel,
                    owner,
                    ids,
                    tally,
                    dry_run=dry_run,
                    on_batch=partial(progress.advance, task),
                )
    return tally


async def _chosen(
    system: System, ids: Sequence[str], source: str | None, reason: str | None
) -> list[Rejected]:
    """Return the messages with these ids, or all open ones that match; oldest first."""
    if ids:
        found = [await _one(system, id_) for id_ in ids]
    else:
        found = [each async for each in _open(system, source, reason)]
    return sorted(found, key=lambda each: _moment(each[1].rejected_at))


async def _open(system: System, source: str | None, reason: str | None) -> AsyncIterator[Rejected]:
    for owner in OWNERS:
        token = ""
        async with system.channel(owner, OPERATOR) as channel:
            for _ in range(PAGES_MAX):
                request = pb.ListRejectedRequest(
                    page_size=PAGE_MAX, page_token=token, source=source, reason=reason
                )
                page = await _stub(channel).ListRejected(request)
                for message in page.messages:
                    yield owner, message
                token = page.next_page_token
                if not token:
                    break


async def _one(system: System, beginning: str) -> Rejected:
    for owner in OWNERS:
        async with system.channel(owner, OPERATOR) as channel:
            try:
                request = pb.GetRejectedRequest(rejected_id=beginning)
                return owner, (await _stub(channel).GetRejected(request)).message
            except grpc.aio.AioRpcError as error:
                if error.code() != grpc.StatusCode.NOT_FOUND:
                    raise
    raise OperatorError(f"No rejected message has an id that begins with {beginning}.")


def _stub(channel: grpc.aio.Channel) -> "ledger_pb2_grpc.LedgerServiceAsyncStub":
    return ledger_pb2_grpc.LedgerServiceStub(channel)


def _moment(timestamp: Timestamp) -> datetime:
    return timestamp.ToDatetime(tzinfo=UTC)
