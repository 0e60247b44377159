"""`tandem credentials`: who may publish."""

from typing import Annotated

import typer
from rich.table import Table

from shared.cli.system import DEFAULT_DATA, Data
from shared.cli.terminal import plain_console
from shared.embedded.credentials import add_publisher, list_publishers, revoke_publisher
from shared.embedded.data_directory import DataDirectory, OperatorError
from shared.embedded.nats import publisher_subjects

commands = typer.Typer(help="Who may publish.", no_args_is_help=True)

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
    directory = _existing(DataDirectory.at(data))
    publisher = add_publisher(directory.root, name, service, type_)
    console = plain_console()
    subjects = publisher_subjects(name, publisher.services, publisher.types)
    console.print(f"{name} may publish on {', '.join(subjects)}")
    console.print(f"  NATS, nkey seed    {directory.seed(name)}")
    console.print(f"  gRPC, bearer token {directory.token(name)}")
    console.print(f"  source of events   /systems/{name}")


@commands.command("list")
def list_(data: Data = DEFAULT_DATA) -> None:
    """List the publishers."""
    publishers = list_publishers(_existing(DataDirectory.at(data)).root)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "may publish to", "public key"):
        table.add_column(heading, overflow="fold")
    for publisher in publishers:
        table.add_row(
            publisher.name, ", ".join(publisher.services or ("all",)), publisher.public_key
        )
    plain_console().print(table if publishers else "no publishers")


@commands.command()
def revoke(name: Name, data: Data = DEFAULT_DATA) -> None:
    """Take a credential back, at once."""
    revoke_publisher(_existing(DataDirectory.at(data)).root, name)
    plain_console().print(f"{name} may not publish any more; what it published stands")


def _existing(directory: DataDirectory) -> DataDirectory:
    if not directory.credentials.exists():
        raise OperatorError(
            f"{directory.root} is no data directory yet: `tandem up` makes one, or name another "
            "with --data."
        )
    return directory
