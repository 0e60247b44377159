"""`tandem generate`: an invented history of any length, the same for the same seed.

For measuring and for trying things out: the cities are real, what happens in them is not, so it
belongs into a system of its own.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from deploy.history.history import SEED, History
from deploy.history.shape import FACTS_MIN
from shared.cli.publish import seed_file_of, send
from shared.cli.system import DEFAULT_DATA, Data, find
from shared.cli.terminal import plain_console
from shared.client import Event, Publisher
from shared.embedded.data_directory import OperatorError

TOLD_EVERY = 1_000


def generate(
    facts: Annotated[
        int, typer.Option(min=FACTS_MIN, help="How many events; each becomes one fact.")
    ],
    seed: Annotated[int, typer.Option(min=0, help="The same seed tells the same history.")] = SEED,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write; else standard output.")
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Send the events instead of writing them.")
    ] = False,
    credential: Annotated[str, typer.Option(help="The publisher, its events' `source`.")] = "demo",
    data: Data = DEFAULT_DATA,
) -> None:
    """Tell an invented history of real cities, to measure with."""
    if publish and output is not None:
        raise OperatorError("Choose one: --publish sends the events, --output writes them.")
    events = map(Event.parse, History(facts, seed, credential).events())
    console = Console(stderr=True, highlight=False, markup=False)
    quiet = not console.is_terminal or (output is None and not publish)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=quiet) as progress:
        task = progress.add_task("publishing" if publish else "writing", total=facts)

        def advance(count: int) -> None:
            progress.advance(task, count)

        if publish:
            system = find(data)
            seed_file = seed_file_of(system, credential)
            publisher = Publisher.over_nats(system.endpoints["nats"], credential, seed_file)
            asyncio.run(send(publisher, events, advance))
        elif output is not None:
            with output.open("wb") as file:
                write(events, file, advance)
        else:
            write(events, sys.stdout.buffer, advance)
    if publish:
        plain_console().print(f"published {facts:,} events of seed {seed} as {credential}")


def write(events: Iterable[Event], file: BinaryIO, advance: Callable[[int], None]) -> None:
    """Write one event a line, as `tandem publish` reads them; told every TOLD_EVERY of them."""
    for n, event in enumerate(events, start=1):
        file.write(event.body + b"\n")
        if n % TOLD_EVERY == 0:
            advance(TOLD_EVERY)
