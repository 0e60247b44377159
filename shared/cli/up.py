"""`tandem up`: the whole system on this machine, until a signal."""

import asyncio
import logging
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shared.embedded.data_directory import DataDirectory, OperatorError
from shared.embedded.supervisor import running_system

LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"


def up(
    data: Annotated[Path, typer.Option(help="The folder that keeps everything.")] = Path(".tandem"),
    port_base: Annotated[
        int | None,
        typer.Option(min=1024, max=65_000, help="The first port, to run several side by side."),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Publish the demo facts as well.")] = False,
) -> None:
    """Start NATS, PostgreSQL and every service, and keep them running until Ctrl-C."""
    console = Console(soft_wrap=True, highlight=False, markup=False)
    directory = DataDirectory.at(data)
    try:
        directory.create()
        logging.basicConfig(
            filename=directory.log("supervisor"), format=LOG_FORMAT, level=logging.INFO
        )
        asyncio.run(_run(directory, port_base, demo, console))
    except OperatorError as problem:
        console.print(str(problem), style="red")
        raise typer.Exit(1) from problem


async def _run(
    directory: DataDirectory, port_base: int | None, demo: bool, console: Console
) -> None:
    """Run until a signal; a signal while starting stops what has started."""
    _cancel_on_signal()
    status = console.status("starting")

    def progress(step: str) -> None:
        console.print(step, style="dim")
        status.update(step)

    try:
        with status:
            async with running_system(directory.root, port_base, progress=progress) as endpoints:
                status.stop()
                if demo:
                    from deploy.demo.importer import publish_demo  # only the demo needs its files

                    await publish_demo(endpoints, console)
                address = f"{endpoints['http']['reporting']}/reports/latest"
                console.print(f"ready: {address} (tokens are in {directory.endpoints})")
                await asyncio.Event().wait()
    except asyncio.CancelledError:
        console.print("stopped; nothing is lost, and `tandem up` goes on from here")


def _cancel_on_signal() -> None:
    """Turn the first signal into a tidy stop; a second one does not cut that short."""
    loop, running = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        if running is not None and not running.cancelling():
            running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
