"""`tandem publish` and `tandem schemas`: facts from a file, and what they must look like.

Every line is judged first, by the rules that the owning service will apply, and nothing is sent
while one of them is wrong. A repeat changes nothing: each service knows an event by its id.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from shared.cli.system import DEFAULT_DATA, Data, System, find, this_command
from shared.cli.terminal import plain_console, printable
from shared.client import Event, NotAccepted, Publisher
from shared.embedded.credentials import list_publishers
from shared.embedded.data_directory import DataDirectory, OperatorError
from shared.schemas import schemas as all_schemas

BAD_LINES_SHOWN_MAX = 20


def publish(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Structured CloudEvents, one a line.")
    ],
    credential: Annotated[str, typer.Option(help="The publisher, its events' `source`.")] = "demo",
    data: Data = DEFAULT_DATA,
) -> None:
    """Publish a file of events; none is sent while one is wrong."""
    system = find(data)
    seed_file = seed_file_of(system, credential)
    console = Console(stderr=True, highlight=False, markup=False)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    size = file.stat().st_size
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        checking = progress.add_task("checking", total=size)
        count, bad = _check(file, credential, lambda read: progress.advance(checking, read))
        if not bad:
            sending = progress.add_task("publishing", total=size)
            publisher = Publisher.over_nats(system.endpoints["nats"], credential, seed_file)
            read = partial(progress.advance, sending)
            asyncio.run(send(publisher, _events(file, read)))
    if bad:
        _tell(bad)
        raise OperatorError(
            f"{len(bad):,} of {count:,} lines cannot be accepted, so nothing was sent."
        )
    said = plain_console()
    said.print(f"published {count:,} {'event' if count == 1 else 'events'} as {credential}")
    said.print(
        f"what is refused or waits: {this_command()} rejected list, {this_command()} waiting list",
        style="dim",
    )


def schemas(
    type_: Annotated[
        str | None,
        typer.Argument(metavar="[TYPE]", help="Such as tandem.events.activity_held.v1."),
    ] = None,
) -> None:
    """List the types of events, or print the JSON Schema of one."""
    known = all_schemas()
    if type_ is None:
        width = max(map(len, known))
        for name, schema in known.items():
            typer.echo(f"{name:<{width}}  {schema.get('description', '')}".rstrip())
    elif type_ in known:
        typer.echo(json.dumps(known[type_], indent=2, ensure_ascii=False))
    else:
        raise OperatorError(f"No type is named {type_}; `{this_command()} schemas` lists them.")


def seed_file_of(system: System, credential: str) -> Path:
    """Return the file with which a publisher connects.

    Raises:
        OperatorError: there is no such publisher.
    """
    for publisher in list_publishers(system.root):
        if publisher.name == credential:
            return DataDirectory(system.root).seed(publisher.secrets_of(publisher.key))
    raise OperatorError(
        f"No credential is named {credential}: `{this_command()} credentials add {credential}` "
        "makes one."
    )


def _check(file: Path, credential: str, on_read: Callable[[int], None]) -> tuple[int, list[str]]:
    """Return how many lines hold an event, and what is wrong with which."""
    count = 0
    bad = []
    for line_number, line in _lines(file, on_read):
        count += 1
        problem = problem_of(line, credential)
        if problem is not None:
            bad.append(f"line {line_number}: {problem}")
    return count, bad


def problem_of(line: bytes, credential: str) -> str | None:
    """Return why a line cannot be accepted, in the words of the service that would refuse it."""
    try:
        Event.parse(line).check(credential)
    except NotAccepted as error:
        return printable(f"{error.reason}: {error.told}")
    return None


def _events(file: Path, on_read: Callable[[int], None]) -> Iterator[Event]:
    return (Event.parse(line) for _, line in _lines(file, on_read))


def _lines(file: Path, on_read: Callable[[int], None]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not empty, with their numbers from 1."""
    with file.open("rb") as lines:
        for line_number, line in enumerate(lines, start=1):
            on_read(len(line))
            if stripped := line.strip():
                yield line_number, stripped


async def send(
    publisher: Publisher,
    events: Iterable[Event],
    on_published: Callable[[int], None] = lambda count: None,
) -> None:
    """Publish events that were judged before; they are durable when this returns."""
    async with publisher:
        await publisher.publish_many(events, on_published, checked=True)


def _tell(bad: list[str]) -> None:
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    for problem in bad[:BAD_LINES_SHOWN_MAX]:
        console.print(problem)
    if len(bad) > BAD_LINES_SHOWN_MAX:
        console.print(f"and {len(bad) - BAD_LINES_SHOWN_MAX:,} more")
