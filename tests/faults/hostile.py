"""Sends hostile events to a system of real processes, and counts what became of each.

`make hostile` sends 100,000 and prints a table; a slice of them is a test. While they are taken, a
source that behaves is timed. None may be lost, none may stand still, and no log may hold a
traceback.
"""

import argparse
import asyncio
import json
import logging
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from tandem.ledger.v1 import ledger_pb2 as pb
from tandem.ledger.v1 import ledger_pb2_grpc

from shared.publishing import Outgoing, publish_batches
from shared.rpc import channel
from tests.support.hostile import OWNERS, SOURCE, TAKEN, Hostile, hostile
from tests.support.quiet import QUIET, Quiet, lag_of, parts
from tests.support.real_processes import RealProcesses, real_processes
from tests.support.settling import until
from tests.support.telling import published, scheduled

EVENTS = 100_000
HEARD_MIN = 20
"""Events of the source that behaves, before the others come and while they are taken."""
LOOK_SECONDS = 0.05
LAG_MAX = 5_000
"""Messages that may stand in the stream at once: it is bounded in bytes, and some are large."""
CHUNK = 500
WIDTH = 140
TAKEN_SECONDS_MAX = 300.0
PAGES_MAX = 10_000
REASONS = {
    "malformed", "unknown_type", "invalid_data", "source_mismatch", "too_large", "id_reused",
    "refused",
}  # fmt: skip
FAILURE = re.compile(r'Traceback|"exception"|"level": "(ERROR|CRITICAL)"')
REJECTED = """
select id, reason, detail, violations::text <> '[]' as named, headers->>'X-Number' as number
  from rejected where source = $1
"""
KEPT = """
select (select count(*) from inbox where source = $1) as recorded,
       (select count(*) from waiting where source = $1) as waiting
"""
"""In one statement: what waits is released, and then recorded, at any moment."""
TOLD_WRONG = """
select count(*) from rejected
 where source = $1 and reason = 'invalid_data'
   and (violations = '[]' or exists (
        select from jsonb_array_elements(violations) v
         where coalesce(v->>'field', '') = '' or coalesce(v->>'description', '') = ''))
"""


@dataclass
class Outcome:
    """What became of the hostile messages, and what the others felt."""

    sent: int = 0
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    rejected: int = 0
    recorded: int = 0
    waiting: int = 0
    repeated: int = 0
    """Taken as what somebody had said before under the same id."""
    calm: Mapping[str, list[float]] = field(default_factory=dict)
    during: Mapping[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)
    unexplained: int = 0
    hintless: int = 0
    """Rejections that do not tell, over gRPC, what their sender can do."""
    against: list[str] = field(default_factory=list)
    """Messages of which it was plain what must become of them, and which met another fate."""

    @property
    def lost(self) -> int:
        """How many nobody can account for."""
        return self.sent - self.rejected - self.recorded - self.waiting - self.repeated


async def run(real: RealProcesses, count: int, progress: Progress | None = None) -> Outcome:
    """Send so many hostile messages beside a source that behaves; returns what became of them."""
    outcome = Outcome(sent=count)
    messages = hostile(count)
    quiet = {
        "events": Quiet(real, "events", lambda id_: scheduled(f"quiet-{id_}")),
        "resources": Quiet(real, "resources", lambda id_: published(f"quiet-{id_}")),
    }
    stop = asyncio.Event()
    speaking = [asyncio.create_task(each.speak(stop)) for each in quiet.values()]
    watching = asyncio.create_task(_watch(list(quiet.values())))

    async def enough() -> bool:
        return all(len(each.seconds) >= HEARD_MIN for each in quiet.values())

    await until(enough, "the source that behaves is heard in calm", TAKEN_SECONDS_MAX)
    outcome.calm = {name: each.taken() for name, each in quiet.items()}
    began = time.monotonic()
    sent = await _send(real, messages, count, progress)

    async def taken() -> bool:
        return not any([await lag_of(real, owner) for owner in OWNERS])

    await until(taken, "every hostile message is taken", TAKEN_SECONDS_MAX)
    outcome.seconds = time.monotonic() - began
    await until(enough, "the source that behaves is heard meanwhile", TAKEN_SECONDS_MAX)
    stop.set()
    await asyncio.gather(*speaking)

    async def heard() -> bool:
        return not any(each.waiting for each in quiet.values())

    await until(heard, "the source that behaves is heard", TAKEN_SECONDS_MAX)
    watching.cancel()
    outcome.during = {name: each.taken() for name, each in quiet.items()}
    await _account(real, outcome, sent)
    outcome.failures = failures_in(real.system.servers.directory.logs)
    outcome.failures += [f"{name} was started again" for name in await restarted(real)]
    return outcome


async def _watch(quiet: list[Quiet]) -> None:
    while True:
        for each in quiet:
            await each.watch()
        await asyncio.sleep(LOOK_SECONDS)


async def _send(
    real: RealProcesses, messages: Iterator[Hostile], count: int, progress: Progress | None
) -> dict[str, Hostile]:
    """Send, never more than the stream can hold; returns each message by its number, sans body."""
    connection = await real.system.nats(SOURCE)
    task = progress.add_task("hostile events", total=count) if progress else None
    sent: dict[str, Hostile] = {}
    while chunk := await asyncio.to_thread(lambda: list(islice(messages, CHUNK))):
        await publish_batches(connection, (each.message for each in chunk))
        for each in chunk:
            empty = Outgoing(each.message.subject, {}, b"")
            sent[each.message.headers["X-Number"]] = replace(each, message=empty)

        async def room() -> bool:
            return sum([await lag_of(real, owner) for owner in OWNERS]) < LAG_MAX

        await until(room, "the services keep up", TAKEN_SECONDS_MAX)
        if progress and task is not None:
            progress.advance(task, len(chunk))
    return sent


async def _account(real: RealProcesses, outcome: Outcome, sent: dict[str, Hostile]) -> None:
    refused: dict[str, str] = {}
    for owner in OWNERS:
        for row in await real.system.rows(owner, REJECTED, SOURCE):
            refused[row["number"]] = row["reason"]
            outcome.rejected += 1
        [kept] = await real.system.rows(owner, KEPT, SOURCE)
        outcome.recorded += kept["recorded"]
        outcome.waiting += kept["waiting"]
        outcome.unexplained += await real.system.value(owner, TOLD_WRONG, SOURCE)
        async for message in _told(real, owner):
            outcome.hintless += not all(
                [message.hint, *(each.hint and each.path for each in message.violations)]
            )
    said: set[str] = set()
    for number, each in sent.items():
        fate = refused.get(number, TAKEN)
        outcome.kinds[each.kind, fate] += 1
        if each.says is not None and fate == TAKEN:
            outcome.repeated += each.says in said
            said.add(each.says)
        if each.must_be is not None and (each.must_be == TAKEN) != (fate == TAKEN):
            outcome.against.append(f"{number} ({each.kind}): {fate}")
    outcome.against += [reason for reason in set(refused.values()) if reason not in REASONS]


async def _told(real: RealProcesses, owner: str) -> AsyncIterator[pb.RejectedMessage]:
    """Yield the rejected messages as operators are told of them, bodies and all."""
    address, token = real.endpoints["grpc"][owner], real.endpoints["tokens"]["operator"]
    opened = channel(address, token=token)
    stub = ledger_pb2_grpc.LedgerServiceStub(opened)
    page_token = ""
    for _ in range(PAGES_MAX):
        page = await stub.ListRejected(
            pb.ListRejectedRequest(page_size=1000, page_token=page_token, source=SOURCE)
        )
        for message in page.messages:
            yield message
        page_token = page.next_page_token
        if not page_token:
            break
    await opened.close()


async def restarted(real: RealProcesses) -> list[str]:
    """Return which processes are not those of the beginning."""
    file = real.system.servers.directory.endpoints
    now: dict[str, int] = json.loads(file.read_text())["processes"]
    return [name for name, pid in real.endpoints["processes"].items() if now.get(name) != pid]


def failures_in(logs: Path) -> list[str]:
    """Return the lines of logs that tell of a failure of ours."""
    return [
        f"{log.name}: {line[:300]}"
        for log in sorted(logs.iterdir())
        for line in log.read_text(errors="replace").splitlines()
        if FAILURE.search(line)
    ]


def tables(outcome: Outcome) -> list[Table | str]:
    """Return what is to be told of an outcome."""
    fates = sorted({fate for _, fate in outcome.kinds})
    kinds = Table("what is wrong with it", *fates)
    for kind in sorted({kind for kind, _ in outcome.kinds}):
        kinds.add_row(kind, *(f"{outcome.kinds[kind, fate]:,}" for fate in fates))
    sums = (sum(count for (_, of), count in outcome.kinds.items() if of == fate) for fate in fates)
    kinds.add_row("all", *(f"{each:,}" for each in sums), style="bold")
    heard = Table("a source that behaves, to", "when", "events", "p50 ms", "p99 ms", "most ms")
    for name in outcome.calm:
        for when, seconds in (("before", outcome.calm[name]), ("during", outcome.during[name])):
            p50, p99 = (1000 * part for part in parts(seconds))
            most = 1000 * max(seconds)
            heard.add_row(name, when, str(len(seconds)), f"{p50:.0f}", f"{p99:.0f}", f"{most:.0f}")
    told = (
        f"{outcome.sent:,} sent in {outcome.seconds:.1f} s: {outcome.rejected:,} rejected, "
        f"{outcome.recorded:,} recorded, {outcome.waiting:,} waiting, {outcome.repeated:,} "
        f"repeated, {outcome.lost:,} lost"
    )
    wrong = (
        f"{outcome.unexplained} without a path and a word, {outcome.hintless} without a hint, "
        f"{len(outcome.failures)} failures in "
        f"logs, {len(outcome.against)} that met another fate than they must"
    )
    return [kinds, heard, told, wrong, *outcome.failures[:10], *outcome.against[:10]]


async def _main(count: int) -> bool:
    console = Console(width=WIDTH)
    logging.basicConfig(level=logging.ERROR)
    async with real_processes(QUIET, SOURCE) as real:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            outcome = await run(real, count, progress)
    for each in tables(outcome):
        console.print(each)
    wrong = outcome.lost, outcome.unexplained, outcome.hintless
    return not (any(wrong) or outcome.failures or outcome.against)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    raise SystemExit(0 if asyncio.run(_main(parser.parse_args().events)) else 1)
