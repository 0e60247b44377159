"""`tandem keep`: looks after servers and services that run in containers of their own."""

import asyncio
import logging
import signal
from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from shared.cli.system import DEFAULT_DATA, Data
from shared.embedded.elsewhere import Elsewhere
from shared.embedded.keeper import keep as kept

LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"


def keep(
    nats_url: Annotated[str, typer.Option(help="Where NATS is to listen.")] = "nats://nats:4222",
    database_host: Annotated[str, typer.Option(help="The host of PostgreSQL.")] = "postgres",
    database_port: Annotated[int, typer.Option(help="Its port.")] = 5432,
    public_address: Annotated[
        str, typer.Option(envvar="TANDEM_PUBLIC_ADDRESS", help="Where people open the reports.")
    ] = "http://localhost:8080",
    public_dashboard: Annotated[
        str,
        typer.Option(envvar="TANDEM_PUBLIC_DASHBOARD", help="Where operators open the dashboard."),
    ] = "http://localhost:8085",
    data: Data = DEFAULT_DATA,
) -> None:
    """Make and keep what containers need: keys, databases, streams (see docker-compose.yml)."""
    logging.basicConfig(format=LOG_FORMAT, level=logging.INFO)
    elsewhere = Elsewhere(nats_url, database_host, database_port, public_address, public_dashboard)
    asyncio.run(_until_told(kept(data, elsewhere, lambda step: logging.info("%s", step))))


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
