"""`tandem credentials`: who may publish, and the keys they do it with."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from shared.access import unversioned
from shared.cli.system import DEFAULT_DATA, Data, existing, this_command
from shared.cli.terminal import plain_console
from shared.cli.webhooks import webhook
from shared.embedded.credentials import (
    add_publisher,
    finish_rotation,
    list_publishers,
    revoke_publisher,
    rotate_publisher,
)
from shared.embedded.data_directory import DataDirectory
from shared.embedded.nats import publisher_subjects
from shared.embedded.registry import Publisher

commands = typer.Typer(help="Who may publish.", no_args_is_help=True)
commands.command()(webhook)

DURATION = re.compile(r"([1-9][0-9]{0,5})([mhd])")
UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
WORDS = {"d": "day", "h": "hour", "m": "minute"}

Name = Annotated[str, typer.Argument(metavar="NAME", help="The publishing system, its `source`.")]


@commands.command()
def add(
    name: Name,
    service: Annotated[
        list[str] | None,
        typer.Option(help="A service it may publish to; again for more. All, when left out."),
    ] = None,
    type_: Annotated[
        list[str] | None,
        typer.Option(
            "--type", help="A type it may publish, as `tandem schemas` lists them; again for more."
        ),
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Let a system publish on `intake.NAME.>` alone."""
    directory = existing(data)
    publisher = add_publisher(directory.root, name, service, type_)
    console = plain_console()
    subjects = publisher_subjects(name, publisher.services, publisher.types)
    console.print(f"{name} may publish on {', '.join(subjects)}")
    _tell_secrets(console, directory, publisher)


@commands.command("list")
def list_(data: Data = DEFAULT_DATA) -> None:
    """List the publishers, what they may say and how old their keys are."""
    publishers = list_publishers(existing(data).root)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "may publish", "key", "made", "ends", "last rotated"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "may publish")
    now = datetime.now(UTC)
    for publisher in publishers:
        rotated = _ago(publisher.rotated_at, now, "never")
        first = (publisher.name, scope_text(publisher))
        for key in reversed(publisher.keys):
            ends = "-" if key.until is None else _minute(key.until)
            table.add_row(
                *first, str(key.number), _ago(key.made_at, now, "not known"), ends, rotated
            )
            first, rotated = ("", ""), ""
    plain_console().print(table if publishers else "no publishers")


@commands.command()
def rotate(
    name: Name,
    overlap: Annotated[
        str, typer.Option(help="For how long the older key works on: 30m, 24h, 7d.")
    ] = "24h",
    finish: Annotated[
        bool, typer.Option("--finish", help="End the older of its two keys, at once.")
    ] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Give a system a new key beside the one it has, which ends after a while."""
    directory, console = existing(data), plain_console()
    if finish:
        publisher = finish_rotation(directory.root, name)
        console.print(f"{name} has one valid key, number {publisher.key.number}")
        _tell_secrets(console, directory, publisher)
        return
    publisher = rotate_publisher(directory.root, name, duration(overlap))
    before = publisher.keys[0]
    console.print(f"{name} has a new key, number {publisher.key.number}; use it from now on")
    _tell_secrets(console, directory, publisher)
    if before.until is not None:
        console.print(
            f"key {before.number} works until {_minute(before.until)} UTC, "
            f"or until `{this_command()} credentials rotate {name} --finish`"
        )


@commands.command()
def revoke(
    name: Name,
    reason: Annotated[str | None, typer.Option(help="Why, for the operator log.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Take a credential back, at once."""
    revoke_publisher(existing(data).root, name, reason)
    plain_console().print(f"{name} may not publish any more; what it published stands")


def scope_text(publisher: Publisher) -> str:
    """Return what a publisher may say, in a few words."""
    if publisher.types is not None:
        return "\n".join(unversioned(type_).removeprefix("tandem.") for type_ in publisher.types)
    return ", ".join(publisher.services or ("everything",))


def duration(text: str) -> timedelta:
    """Return how long "24h" and its like are.

    Raises:
        typer.BadParameter: it is none.
    """
    match = DURATION.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is no duration such as 30m, 24h or 7d")
    return int(match[1]) * UNITS[match[2]]


def age_text(age: timedelta) -> str:
    """Return an age in its largest whole unit: "3 days ago"."""
    for unit, length in UNITS.items():
        if (count := age // length) >= 1:
            return f"{count} {WORDS[unit]}{'' if count == 1 else 's'} ago"
    return "just now"


def _ago(moment: datetime | None, now: datetime, otherwise: str) -> str:
    return otherwise if moment is None else age_text(now - moment)


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def _tell_secrets(console: Console, directory: DataDirectory, publisher: Publisher) -> None:
    stem = publisher.secrets_of(publisher.key)
    console.print(f"  NATS, nkey seed          {directory.seed(stem)}")
    console.print(f"  gRPC, HTTP: bearer token {directory.token(stem)}")
    console.print(f"  source of events         /systems/{publisher.name}")
