"""How quickly a report is answered with so many facts behind it, idle and while facts come.

`python -m tests.bench.standing --facts 1000000` runs a whole system on a scratch directory, lets
PostgreSQL fill reporting's tables (standing.sql), has everything derived, and asks over gRPC.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import psutil
from rich.console import Console
from rich.table import Table
from tandem.reporting.v1 import reporting_pb2 as pb
from tandem.reporting.v1 import reporting_pb2_grpc

from services.reporting.reading import load_registry
from services.reporting.standing import Standing
from shared.database import DatabaseAddress, connect_pool
from shared.embedded import postgres
from shared.embedded.data_directory import DataDirectory
from shared.embedded.supervisor import running_system
from shared.messaging import NatsAddress, connect
from shared.publishing import publish_batches, publish_one
from shared.queries import Queries
from shared.rpc import channel
from tests.support.flow import PERIOD as FLOW_PERIOD
from tests.support.flow import Flow
from tests.support.settling import until

SEEDING = Queries(Path(__file__).with_name("standing.sql"))
TABLES = (
    "cities", "activities", "plans", "outcomes", "rolls", "roll_participants", "registrations",
    "passages", "facts", "counts",
)  # fmt: skip
FACTS_PER_ACTIVITY = 3 * 555 + 3
PERIODS = ("2026-Q2", "2025-Q4", "FY2025")
READS = 400
FLOW_PER_SECOND = 1_000
FLOW_SECONDS = 15
SECONDS_MAX = 3_600.0
EVENTS = 20
PAUSE_SECONDS = 0.3
CROWD = 20_000


async def seed(database: asyncpg.Connection, facts: int) -> None:
    """Fill the tables of reporting, and mark everything stale."""
    await database.execute("set transaction_timeout = 0; set statement_timeout = 0")
    activities = max(1, facts // FACTS_PER_ACTIVITY)
    for name in TABLES:
        arguments = [activities] if "$1" in SEEDING[name] else []
        await database.execute(SEEDING[name], *arguments, timeout=SECONDS_MAX)
    await database.execute("vacuum analyze", timeout=SECONDS_MAX)


def address_of(directory: DataDirectory) -> DatabaseAddress:
    """Return the database of reporting, entered as the service does."""
    host, password = str(postgres.socket_directory(directory)), directory.password("reporting")
    return DatabaseAddress(host, postgres.PORT, "reporting", "reporting", password)


async def alone(standing: Standing, pool: asyncpg.Pool) -> float:
    """Return the milliseconds that it takes to derive one activity, beside the service."""
    await standing.derive_all()
    await pool.execute("insert into stale (activity_id) values ('a1')")
    started = time.perf_counter()
    await standing.derive_all()
    return (time.perf_counter() - started) * 1000


async def derived(database: asyncpg.Connection) -> float:
    """Return the seconds that it takes to derive everything."""
    started = time.perf_counter()
    await database.execute(
        "insert into stale (activity_id) select activity_id from activity_description"
    )
    await until(lambda: nothing_stale(database), "everything derived", SECONDS_MAX)
    return time.perf_counter() - started


async def nothing_stale(database: asyncpg.Connection) -> bool:
    """Tell whether everything is derived."""
    return not await database.fetchval("select exists (select from stale)")


async def latencies(reporting: Any, seconds: float = 0.0) -> list[float]:
    """Return the sorted latencies of reads in milliseconds: READS of them, or for some seconds."""
    found: list[float] = []
    started = time.perf_counter()
    while len(found) < READS or time.perf_counter() - started < seconds:
        before = time.perf_counter()
        period = PERIODS[len(found) % len(PERIODS)]
        await reporting.GetReport(pb.GetReportRequest(period=period), timeout=30)
        found.append((time.perf_counter() - before) * 1000)
        if seconds:
            await asyncio.sleep(0.01)
    return sorted(found)


@asynccontextmanager
async def flow(endpoints: dict[str, Any]) -> AsyncIterator[None]:
    """Publish FLOW_PER_SECOND events a second while inside."""
    seed_file = Path(endpoints["credentials"]["demo"]["nkey_seed_file"])
    connection = await connect(NatsAddress(endpoints["nats"], "demo", seed_file))
    messages = Flow(people=FLOW_PER_SECOND * FLOW_SECONDS).messages()

    async def publish() -> None:
        step = FLOW_PER_SECOND // 10
        for start in range(0, len(messages), step):
            await publish_batches(connection, messages[start : start + step])
            await asyncio.sleep(0.1)

    task = asyncio.create_task(publish())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        await connection.close()


async def moved(endpoints: dict[str, Any], reporting: Any) -> list[float]:
    """Return the sorted milliseconds from publishing one event until a watched figure moves."""
    seed_file = Path(endpoints["credentials"]["demo"]["nkey_seed_file"])
    connection = await connect(NatsAddress(endpoints["nats"], "demo", seed_file))
    request = pb.WatchReportRequest(period=FLOW_PERIOD)
    watching = reporting.WatchReport(request, timeout=30)
    await watching.read()
    found = []
    everybody = Flow(people=FLOW_PER_SECOND * FLOW_SECONDS + EVENTS).messages()
    for message in everybody[-2 * EVENTS :: 2]:  # who joins, and has not left
        before = time.perf_counter()
        await publish_one(connection, message)
        await watching.read()
        found.append((time.perf_counter() - before) * 1000)
        await asyncio.sleep(PAUSE_SECONDS)
    watching.cancel()
    await connection.close()
    return sorted(found)


def shown(found: list[float]) -> str:
    """Return the median and the ninety-ninth of a hundred."""
    return f"p50 {statistics.median(found):,.1f}   p99 {found[int(len(found) * 0.99)]:,.1f} ms"


async def main(facts: int, port_base: int) -> None:
    """Measure, and print one table."""
    table = Table(title=f"{facts:,} facts behind the report")
    with tempfile.TemporaryDirectory(prefix="tandem-standing-") as folder:
        directory = DataDirectory.at(Path(folder))
        async with running_system(directory.root, port_base) as endpoints:
            database = await postgres.connect(directory, database="reporting")
            started = time.perf_counter()
            await seed(database, facts)
            table.add_row("seeded in", f"{time.perf_counter() - started:,.0f} s")
            table.add_row("everything derived in", f"{await derived(database):,.1f} s")
            to = channel(endpoints["grpc"]["reporting"], token_file=directory.token("viewer"))
            reporting = reporting_pb2_grpc.ReportingServiceStub(to)
            process = psutil.Process(endpoints["processes"]["reporting"])
            for period in PERIODS:
                before = time.perf_counter()
                await reporting.GetReport(pb.GetReportRequest(period=period), timeout=30)
                took = (time.perf_counter() - before) * 1000
                table.add_row(f"first read of {period}", f"{took:,.0f} ms")
            table.add_row("read again, idle", shown(await latencies(reporting)))
            async with flow(endpoints):
                table.add_row("while facts come", shown(await latencies(reporting, FLOW_SECONDS)))
            await until(lambda: nothing_stale(database), "everything derived", SECONDS_MAX)
            table.add_row("one event until it shows", shown(await moved(endpoints, reporting)))
            pool = await connect_pool(address_of(directory))
            standing = Standing(pool, load_registry().parameters)
            table.add_row("a sitting of 555", f"{await alone(standing, pool):,.0f} ms")
            await database.execute(SEEDING["crowd"], "a1", CROWD)
            for what in ("first", "again"):
                took = await alone(standing, pool)
                table.add_row(f"a sitting of {CROWD:,}, {what}", f"{took:,.0f} ms")
            await pool.close()
            table.add_row("memory", f"{process.memory_info().rss / 1e6:,.0f} MB")
            await to.close()
            await database.close()
    Console().print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=100_000)
    parser.add_argument("--port-base", type=int, default=31_000)
    options = parser.parse_args()
    asyncio.run(main(options.facts, options.port_base))
