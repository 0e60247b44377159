"""A service as a process: built once, ready, watched, stopped cleanly.

On SIGTERM it stops taking, finishes the batch and drains. When a part fails for good the process
ends, because a supervisor's restart is the one repair that is always right.
"""

import asyncio
import contextlib
import faulthandler
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Mapping,
)
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import uvicorn
from nats.aio.client import Client
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from shared.cancelling import cancelled
from shared.connections import Connections
from shared.database import connect_pool
from shared.hosts import KnownHosts
from shared.messaging import connect, leave
from shared.resident import collect_less
from shared.rpc import Serving
from shared.settings import DatabaseSettings, EdgeSettings
from shared.telemetry.http import Measured

logger = logging.getLogger(__name__)

SILENCE_SECONDS_MAX = 10.0
CHECK_SECONDS_MAX = 2.0
STUCK_EXIT_CODE = 70

Check = Callable[[], Awaitable[bool]]


@dataclass(slots=True)
class App:
    """What is alive in a service, and how to tell whether it works.

    `checks` are what it cannot work without. `neighbours` are told of beside them and do not count:
    a service that waits for a neighbour, or does without, is ready.
    """

    name: str
    stack: AsyncExitStack
    checks: dict[str, Check] = field(default_factory=dict)
    neighbours: dict[str, Check] = field(default_factory=dict)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    failed: bool = False

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something for as long as the service lives; its failure ends the service."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._on_done)
        self.stack.push_async_callback(cancelled, task)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a part of %s failed", self.name, exc_info=error)
            self.failed = True
            self.stopped.set()

    async def fail(self) -> None:
        """End the service: something it cannot live without is gone for good."""
        self.failed = True
        self.stopped.set()

    async def database(self, settings: DatabaseSettings, schema: str | None = None) -> asyncpg.Pool:
        """Return a pool of this service's database, on the tables of a schema when one is named."""
        pool = await connect_pool(settings.database, **{"search_path": schema} if schema else {})
        self.stack.push_async_callback(pool.close)

        async def answers() -> bool:
            return await pool.fetchval("select true") is True

        self.checks["database"] = answers
        return pool

    async def broker(self, settings: EdgeSettings) -> Client:
        """Return this service's connection to NATS."""
        connection = await connect(settings.nats(self.name), on_closed=self._on_closed)
        self.stack.push_async_callback(leave, connection)

        async def connected() -> bool:
            return bool(connection.is_connected)

        self.checks["nats"] = connected
        return connection

    async def _on_closed(self) -> None:
        if not self.stopped.is_set():
            logger.error("the connection to nats is closed for good")
            await self.fail()

    def grpc(self, serving: Serving) -> None:
        """Let a gRPC server live as long as the service; it counts as a part of readiness."""
        self.stack.push_async_callback(serving.stop)

        async def answers() -> bool:
            _, writer = await asyncio.open_connection("127.0.0.1", serving.port)
            writer.close()
            return True

        self.checks["grpc"] = answers

    async def http(
        self,
        listen: str,
        site: ASGIApp | None = None,
        trusted_proxies: str = "",
        allowed_hosts: str = "",
        connections: Connections | None = None,
        traced: bool = True,
        quiet: Collection[str] = (),
    ) -> None:
        """Serve /healthz, /readyz, /metrics, and at every other address the service's own site.

        Args:
            listen: host and port.
            site: answers every other address.
            trusted_proxies: whose word on who asks is believed, separated by commas.
            allowed_hosts: names that are answered for beside our own (hosts.py).
            connections: how many there may be, and how long each may take; unbounded when left out.
            traced: every request is a span; not for a site that opens them by itself.
            quiet: methods of whose requests nothing is traced.

        Raises:
            OSError: the address is taken.
        """
        host, _, port = listen.rpartition(":")
        own = [] if site is None else [Mount("/", site)]
        application = Starlette(routes=[*self._routes(), *own])
        config = uvicorn.Config(
            Measured(KnownHosts(application, allowed_hosts), traced=traced, quiet=quiet),
            **(connections.settings() if connections else {}),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=trusted_proxies,
        )
        server = _Server(config)
        # Ours from the start: uvicorn, when it cannot have an address, ends the process by itself.
        door = socket.create_server((host, int(port)))
        task = asyncio.create_task(server.serve(sockets=[door]))
        while not server.started:
            if task.done():
                await task
                raise OSError(f"cannot listen on {listen}")
            await asyncio.sleep(0.01)
        self.stack.push_async_callback(_http_stopped, server, task)

    def _routes(self) -> list[Route]:
        async def healthz(request: Request) -> Response:
            return PlainTextResponse("ok\n")

        async def readyz(request: Request) -> Response:
            found = await self.checked()
            ready = all(found[name] for name in self.checks)
            return JSONResponse(found, status_code=200 if ready else 503)

        async def metrics(request: Request) -> Response:
            return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

        return [
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
        ]

    async def checked(self) -> Mapping[str, bool]:
        """Return which parts answer, within CHECK_SECONDS_MAX each."""
        asked = {**self.checks, **self.neighbours}
        answers = await asyncio.gather(*(_answers(check) for check in asked.values()))
        return dict(zip(asked, answers, strict=True))


async def _answers(check: Check) -> bool:
    try:
        return await asyncio.wait_for(check(), CHECK_SECONDS_MAX)
    except Exception as error:
        logger.info("a check fails: %s", error or type(error).__name__)
        return False


async def _http_stopped(server: uvicorn.Server, task: asyncio.Task[None]) -> None:
    server.should_exit = True
    await task


class _Server(uvicorn.Server):
    """Uvicorn without signal handlers: the process has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@asynccontextmanager
async def app(name: str) -> AsyncIterator[App]:
    """Open an app whose parts close in the reverse order of their opening."""
    async with AsyncExitStack() as stack:
        opened = App(name, stack)
        try:
            yield opened
        finally:
            opened.stopped.set()


async def until_stopped(running: Callable[[], AbstractAsyncContextManager[App]]) -> bool:
    """Run what `running` opens until SIGINT or SIGTERM; returns whether a part failed."""
    _watch(asyncio.get_running_loop())
    async with running() as opened:
        collect_less()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, opened.stopped.set)
        logger.info("ready")
        await opened.stopped.wait()
        return opened.failed


def _watch(loop: asyncio.AbstractEventLoop) -> None:
    """End the process when its event loop is silent: a stuck loop answers no health check."""
    heard = [time.monotonic()]

    def beat() -> None:
        heard[0] = time.monotonic()
        loop.call_later(1.0, beat)

    def listen() -> None:
        while True:
            time.sleep(1.0)
            if time.monotonic() - heard[0] > SILENCE_SECONDS_MAX:
                faulthandler.dump_traceback(all_threads=True)
                os._exit(STUCK_EXIT_CODE)

    beat()
    threading.Thread(target=listen, name="watchdog", daemon=True).start()
