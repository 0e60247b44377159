"""A client that reads reports while the projections are rebuilt beneath it, and what it saw."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
import httpx
from tandem.reporting.v1.reporting_pb2 import GetReportRequest
from tandem.reporting.v1.reporting_pb2_grpc import ReportingServiceStub
from typer.testing import CliRunner

from shared.cli.application import application
from shared.rpc import channel
from tests.support.quiet import parts
from tests.support.real_processes import RealProcesses

SECONDS_MAX = 10.0
PAUSE_SECONDS = 0.01


@dataclass
class Reading:
    """What a client was answered, in turn over HTTP and gRPC, while something went on."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    answers: dict[str, set[frozenset[tuple[str, float | None]]]] = field(
        default_factory=lambda: defaultdict(set)
    )
    """By period the figures that were told: the same ones each time, when nothing moved."""

    @property
    def told(self) -> str:
        """What is to be told of it, in a line."""
        p50, p99 = (1000 * part for part in parts(self.seconds))
        return (
            f"{len(self.seconds):,} reads, {len(self.errors)} errors, p50 {p50:.0f} ms, "
            f"p99 {p99:.0f} ms, longest {1000 * max(self.seconds):.0f} ms; "
            f"{sum(map(len, self.answers.values()))} answers for {len(self.answers)} periods"
        )

    @property
    def undisturbed(self) -> bool:
        """Whether there was no error, and one answer for each period."""
        return not self.errors and all(len(told) == 1 for told in self.answers.values())


async def rebuilt_meanwhile(real: RealProcesses, periods: Sequence[str]) -> tuple[str, Reading]:
    """Rebuild by the command line while a client reads; returns what it printed, and the reading.

    Raises:
        AssertionError: the command failed.
    """
    over = asyncio.Event()
    reading = asyncio.create_task(_read(real, periods, over))
    command = ["rebuild", "--data", str(real.system.servers.directory.root)]
    result = await asyncio.to_thread(CliRunner().invoke, application(command[:1]), command)
    over.set()
    assert result.exit_code == 0, result.output
    return result.output, await reading


async def _read(real: RealProcesses, periods: Sequence[str], over: asyncio.Event) -> Reading:
    found, token = Reading(), real.endpoints["tokens"]["viewer"]
    opened = channel(real.endpoints["grpc"]["reporting"], token=token)
    stub: Any = ReportingServiceStub(opened)
    client = httpx.AsyncClient(
        base_url=real.endpoints["http"]["reporting"],
        headers={"Authorization": f"Bearer {token}"},
        timeout=SECONDS_MAX,
    )

    async def over_http(period: str) -> dict[str, float | None]:
        document = (await client.get(f"/reports/{period}.json")).raise_for_status().json()
        return {name: figure["value"] for name, figure in document["figures"].items()}

    async def over_grpc(period: str) -> dict[str, float | None]:
        answer = await stub.GetReport(GetReportRequest(period=period), timeout=SECONDS_MAX)
        return {
            name: figure.value if figure.HasField("value") else None
            for name, figure in answer.report.figures.items()
        }

    while not over.is_set():
        for period in periods:
            for read in (over_http, over_grpc):
                began = time.perf_counter()
                try:
                    figures = await read(period)
                except (httpx.HTTPError, grpc.aio.AioRpcError) as error:
                    found.errors.append(f"{period}: {error or type(error).__name__}")
                else:
                    found.answers[period].add(frozenset(figures.items()))
                found.seconds.append(time.perf_counter() - began)
                await asyncio.sleep(PAUSE_SECONDS)
    await client.aclose()
    await opened.close()
    return found
