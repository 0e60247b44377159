"""`tandem up`: the whole system on this machine, until a signal."""

import asyncio
import logging
import signal
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from shared.cli.login import DASHBOARD, ONCE, login_address
from shared.cli.system import DEFAULT_DATA, OPERATOR, STAFF, Data, this_command
from shared.cli.terminal import plain_console
from shared.embedded.data_directory import DataDirectory
from shared.embedded.provisioning import Provision
from shared.embedded.supervisor import running_system
from shared.jetstream import KEPT_DAYS, provision

INTAKE_DAYS_MAX = 90
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"


def up(
    data: Data = DEFAULT_DATA,
    port_base: Annotated[
        int | None,
        typer.Option(min=1024, max=65_000, help="The first port, to run several side by side."),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Publish the demo facts, and print their reports.")
    ] = False,
    intake_days: Annotated[
        int,
        typer.Option(
            min=1,
            max=INTAKE_DAYS_MAX,
            envvar="TANDEM_INTAKE_DAYS",
            help="How long messages stay as they came, with names in them.",
        ),
    ] = KEPT_DAYS,
) -> None:
    """Start the whole system, and keep it running until Ctrl-C."""
    directory = DataDirectory.at(data)
    directory.create()
    logging.basicConfig(filename=directory.log("supervisor"), format=LOG_FORMAT, level=logging.INFO)
    provide = partial(provision, intake_days=intake_days)
    asyncio.run(_run(directory, data, port_base, demo, provide, plain_console()))


async def _run(
    directory: DataDirectory,
    data: Path,
    port_base: int | None,
    demo: bool,
    provide: Provision,
    console: Console,
) -> None:
    """Run until a signal; a signal while starting stops what has started."""
    _cancel_on_signal()
    status = console.status("starting")

    def progress(step: str) -> None:
        console.print(step, style="dim")
        status.update(step)

    try:
        with status:
            running = running_system(
                directory.root, port_base, provision=provide, progress=progress
            )
            async with running as endpoints:
                status.stop()
                if demo:
                    from shared.cli.demo import demonstrate  # only the demonstration needs it

                    await demonstrate(directory.root, endpoints, console)
                console.print(dashboard(directory.root, endpoints, data))
                console.print(ready(directory.root, endpoints, data))
                await asyncio.Event().wait()
    except asyncio.CancelledError:
        console.print("stopped; nothing is lost, and `tandem up` goes on from here")


def ready(root: Path, endpoints: Mapping[str, Any], data: Path) -> str:
    """Return the last line of a start: the address that opens the reports, and how to get more.

    Whoever starts the system has it in their hands, so the address logs in as staff.
    """
    address = login_address(root, endpoints, STAFF)
    again = f"`{this_command()} login{_where(data)}` prints another"
    return f"ready: {address} ({ONCE}; {again})"


def dashboard(root: Path, endpoints: Mapping[str, Any], data: Path) -> str:
    """Return the line that tells operators where the dashboard is."""
    address = login_address(root, endpoints, OPERATOR, DASHBOARD)
    again = f"`{this_command()} login --dashboard{_where(data)}` prints another"
    return f"dashboard: {address} ({ONCE}, as operator; {again})"


def _where(data: Path) -> str:
    return "" if data == DEFAULT_DATA else f" --data {data}"


def _cancel_on_signal() -> None:
    """Turn the first signal into a tidy stop; a second one does not cut that short."""
    loop, running = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        if running is not None and not running.cancelling():
            running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
