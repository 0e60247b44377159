"""`tandem up --demo`: publishes the demonstration, waits until it is counted, and shows it."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from tandem.ledger.v1 import ledger_pb2, ledger_pb2_grpc

from shared.cli.report import ask_report
from shared.cli.report_text import console as report_console
from shared.cli.report_text import quarters_table, report_text
from shared.cli.system import OPERATOR, OWNERS, System, this_command
from shared.cli.words import Language
from shared.embedded.credentials import DEMO, PROVISION
from shared.embedded.data_directory import DataDirectory, OperatorError
from shared.jetstream import untaken
from shared.messaging import NatsAddress, connect

FIRST_QUARTER = (2024, 1)
SETTLED_SECONDS_MAX = 120.0
POLL_SECONDS = 0.1


async def demonstrate(root: Path, endpoints: Mapping[str, Any], console: Console) -> None:
    """Publish the demonstration to a running system and print its reports.

    Publishing it again changes no figure: every event keeps its id.

    Raises:
        OperatorError: it was not counted within SETTLED_SECONDS_MAX.
    """
    from deploy.demo.importer import publish_demo  # only the demonstration needs its files

    system = System(root, endpoints)
    if DEMO in endpoints["credentials"]:
        await publish_demo(endpoints, console)
    else:
        console.print(f"the credential {DEMO} was revoked, so nothing is published", style="dim")
    with console.status("waiting until every fact is counted"):
        await until_counted(system)
        quarters = quarters_since(FIRST_QUARTER, datetime.now(UTC).date())
        reports = [await asyncio.to_thread(ask_report, system, quarter) for quarter in quarters]
    wide = report_console()
    wide.print()
    wide.print(report_text(reports[0], Language.EN, this_command()))
    wide.print("\nEach quarter since", style="bold")
    wide.print(quarters_table(reports[1:]))
    _next_steps(console, endpoints)


async def until_counted(system: System) -> None:
    """Return once reporting has counted every fact that follows from what was published.

    Raises:
        OperatorError: it has not within SETTLED_SECONDS_MAX; the text says what is missing.
    """
    deadline = time.monotonic() + SETTLED_SECONDS_MAX
    async with AsyncExitStack() as stack:
        seed = DataDirectory(system.root).seed(PROVISION)
        broker = await connect(NatsAddress(system.endpoints["nats"], PROVISION, seed))
        stack.push_async_callback(broker.close)
        ledgers = {
            owner: ledger_pb2_grpc.LedgerServiceStub(
                await stack.enter_async_context(system.channel(owner, OPERATOR))
            )
            for owner in OWNERS
        }
        while missing := await _missing(system, broker.jetstream(), ledgers):
            if time.monotonic() > deadline:
                raise OperatorError(f"After {SETTLED_SECONDS_MAX:.0f} seconds {missing}.")
            await asyncio.sleep(POLL_SECONDS)


async def _missing(system: System, jetstream: Any, ledgers: Mapping[str, Any]) -> str | None:
    """Return what is still under way, along the way of a fact; None when nothing is."""
    for owner in OWNERS:
        if left := await untaken(jetstream, owner):
            return f"{owner} still has {left} messages to take"
    recorded = {owner: await _recorded(ledger) for owner, ledger in ledgers.items()}
    report = await asyncio.to_thread(ask_report, system, _quarter(*FIRST_QUARTER))
    counted = report["provenance"]["ledgers"]
    for owner, count in recorded.items():
        if counted.get(owner, 0) < count:
            return f"reporting has {counted.get(owner, 0)} of {count} facts of {owner}"
    return None


async def _recorded(ledger: "ledger_pb2_grpc.LedgerServiceAsyncStub") -> int:
    """Return how many facts a ledger holds; its last answer says so."""
    answers = ledger.ReadHeads(ledger_pb2.ReadHeadsRequest(after_position=0))
    return max([answer.total async for answer in answers], default=0)


def quarters_since(first: tuple[int, int], today: date) -> list[str]:
    """Return the quarters from the first up to the one that a day lies in."""
    last = (today.year, (today.month + 2) // 3)
    quarters = []
    year, quarter = first
    while (year, quarter) <= last:
        quarters.append(_quarter(year, quarter))
        year, quarter = (year, quarter + 1) if quarter < 4 else (year + 1, 1)
    return quarters


def _quarter(year: int, quarter: int) -> str:
    return f"{year}-Q{quarter}"


def _next_steps(console: Console, endpoints: Mapping[str, Any]) -> None:
    tandem = this_command()
    reporting = endpoints["http"]["reporting"]
    console.print("\nWhere to look next, in another terminal", style="bold")
    rows = (
        (f"{tandem} report 2024-Q2", "another quarter"),
        (f"{tandem} evidence 2024-Q1 cities_engaged", "what a figure counts"),
        (f"{tandem} status", "whether all is ready"),
        (f"{tandem} --help", "everything else"),
        (f"{reporting}/reports/2024-Q1.json", "over HTTP, with a token"),
        ("docs/", "guides for each user"),
    )
    width = max(len(where) for where, _ in rows)
    for where, what in rows:
        console.print(f"  {where:<{width}}  {what}")
    console.print()
