"""`make bench`: how fast facts flow, measured on this machine in one run.

Everything runs as users run it: NATS with `sync_interval: always`, PostgreSQL with fsync, every
service a process of its own. Absolute figures say little on a noisy machine; ratios carry over.
"""

import argparse
import asyncio
import os
import platform
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

from services.reporting.app import MIGRATIONS, ledgers_of, projector_of
from shared.database import DatabaseAddress, connect_pool, migrate
from shared.embedded import postgres
from shared.embedded.data_directory import DataDirectory
from shared.embedded.supervisor import running_system
from shared.messaging import NatsAddress, connect, publish_batches
from shared.rpc import channel
from tests.support.flow import Flow

PORT_BASE = 27_400
POLL_SECONDS = 0.05
FLOW_SECONDS_MAX = 600.0
SCRATCH = "reporting_rebuilt"


async def end_to_end(endpoints: dict[str, Any], directory: DataDirectory, flow: Flow) -> float:
    """Return events a second from the first publish until all of them are in the projections."""
    seed = Path(endpoints["credentials"]["demo"]["nkey_seed_file"])
    connection = await connect(NatsAddress(endpoints["nats"], "demo", seed))
    database = await postgres.connect(directory, database="reporting")
    messages = flow.messages()
    count = len(messages)
    before = await database.fetchval("select count(*) from fact")
    started = time.perf_counter()
    await publish_batches(connection, messages)
    while await database.fetchval("select count(*) from fact") < before + count:
        if time.perf_counter() - started > FLOW_SECONDS_MAX:
            raise TimeoutError(f"not all of {count} events arrived within {FLOW_SECONDS_MAX:.0f} s")
        await asyncio.sleep(POLL_SECONDS)
    rate = count / (time.perf_counter() - started)
    await connection.close()
    await database.close()
    return rate


@asynccontextmanager
async def scratch_database(directory: DataDirectory) -> AsyncIterator[asyncpg.Pool]:
    """Yield an empty database with reporting's tables, beside the one that serves."""
    owner = postgres.owner_role("reporting")
    administrator = await postgres.connect(directory)
    await administrator.execute(f"drop database if exists {SCRATCH}")
    await administrator.execute(f"create database {SCRATCH} owner {owner}")
    host = str(postgres.socket_directory(directory))
    address = DatabaseAddress(host, postgres.PORT, SCRATCH, owner, directory.password(owner))
    await migrate(address, "reporting", MIGRATIONS)
    pool = await connect_pool(address)
    yield pool
    await pool.close()
    await administrator.execute(f"drop database {SCRATCH}")
    await administrator.close()


async def rebuild(endpoints: dict[str, Any], directory: DataDirectory) -> tuple[int, float]:
    """Return how many facts there are, and facts a second to project them all from the ledgers."""
    token_file = directory.token("reporting")
    channels = {
        name: channel(endpoints["grpc"][name], token_file=token_file)
        for name in ("membership", "events", "resources")
    }
    async with scratch_database(directory) as pool:
        projector = projector_of(pool, channels)
        started = time.perf_counter()
        facts = 0
        for ledger in ledgers_of(channels).values():
            async for batch in ledger.whole():
                facts += await projector.apply(batch)
        rate = facts / (time.perf_counter() - started)
    for each in channels.values():
        await each.close()
    return facts, rate


def memory_of(endpoints: dict[str, Any]) -> dict[str, float]:
    """Return the resident memory of each service in MB."""
    return {
        name: psutil.Process(pid).memory_info().rss / 1e6
        for name, pid in endpoints["processes"].items()
        if name not in ("nats", "postgres")
    }


async def main(count: int, rounds: int) -> None:
    """Measure, and print one table."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder:
        directory = DataDirectory.at(Path(folder))
        async with running_system(directory.root, PORT_BASE) as endpoints:
            rates = []
            for round_ in range(rounds):
                flow = Flow(people=count // 2, name=f"round-{round_}")
                rates.append(await end_to_end(endpoints, directory, flow))
                console.print(f"round {round_ + 1} of {rounds}: {rates[-1]:,.0f} events/s")
            facts, rebuilt = await rebuild(endpoints, directory)
            table = Table(title=f"{os.cpu_count()} cores, Python {platform.python_version()}")
            table.add_column("work")
            table.add_column("measured", justify="right")
            table.add_row(
                f"published → in the projections, median of {rounds} × {count:,}",
                f"{statistics.median(rates):,.0f} events/s",
            )
            table.add_row(f"projections rebuilt from {facts:,} facts", f"{rebuilt:,.0f} facts/s")
            for name, megabytes in memory_of(endpoints).items():
                table.add_row(f"memory of {name} after it", f"{megabytes:,.0f} MB")
            console.print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small round")
    options = parser.parse_args()
    asyncio.run(main(*((5_000, 1) if options.quick else (20_000, 3))))
