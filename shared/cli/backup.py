"""`tandem backup` and `tandem restore`: a whole system in one file, and the way back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from typer.core import TyperGroup

from shared.cli.keys_file import keys_in
from shared.cli.system import DEFAULT_DATA, Data, existing, run, this_command
from shared.cli.terminal import plain_console, printable
from shared.embedded.backup.making import make_backup
from shared.embedded.backup.manifest import Manifest
from shared.embedded.backup.restoring import restore_backup, verify_backup
from shared.embedded.data_directory import DataDirectory
from shared.sealing import Keys

OnStep = Callable[[str, int, int], None]


class _ToFile(TyperGroup):
    """Takes `tandem backup FILE` for `tandem backup to FILE`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Put the word in that people leave out."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["to", *args]
        return super().parse_args(ctx, args)


commands = typer.Typer(
    help="Write everything into one file, or verify one: `backup FILE`.",
    no_args_is_help=True,
    cls=_ToFile,
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]
KeysFile = Annotated[
    Path | None,
    typer.Option(
        "--keys", help="Public keys saved from /keys.json: only a backup sealed by one is taken."
    ),
]


@commands.command()
def to(file: File, data: Data = DEFAULT_DATA) -> None:
    """Write everything that must not be lost into one file; the system may run meanwhile."""
    directory = existing(data)
    with _progress("reading") as on_step:
        manifest = run(lambda: make_backup(directory, file.expanduser().absolute(), on_step))
    console = plain_console()
    console.print(f"{file} holds everything recorded by {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC")
    _tell(console, manifest, file)
    console.print("it holds every key and password too: keep it as safe as the data directory")


@commands.command()
def verify(file: File, keys: KeysFile = None) -> None:
    """Tell whether a backup is whole, and as it was made; exits with 1 when it is not."""
    with _progress("verifying") as on_step:
        manifest = verify_backup(file, _keys(keys), on_step)
    console = plain_console()
    console.print("Yes: this backup is whole, and as it was made.")
    who = printable(manifest.made_by)
    console.print(f"made {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC by {who}, {_version(manifest)}")
    _tell(console, manifest, file)
    if keys is None:
        console.print(
            "whether it was made here, --keys tells: compared with public keys kept elsewhere",
            style="dim",
        )


def restore(
    file: File,
    erased: Annotated[
        Path | None,
        typer.Option(
            help="A newer `erased/people.jsonl`: whoever is in either list is erased again."
        ),
    ] = None,
    keys: KeysFile = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Make a data directory of a backup, where there is none; `tandem up` goes on from it."""
    directory = DataDirectory.at(data)
    with _progress("restoring") as on_step:
        manifest = run(
            lambda: restore_backup(
                file, directory, keys=_keys(keys), erased=erased, on_step=on_step
            )
        )
    console = plain_console()
    console.print(f"{directory.root} is as it was at {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC")
    _tell(console, manifest, file)
    console.print(
        "let senders repeat what they sent since shortly before: repeats change nothing, and what "
        "no service had taken stands in no backup"
    )
    console.print(f"`{this_command()} up --data {data}` goes on from here")


def _tell(console: Console, manifest: Manifest, file: Path) -> None:
    facts = ", ".join(f"{name} {count:,}" for name, count in sorted(manifest.facts.items()))
    console.print(f"facts: {facts}; people erased: {manifest.erased:,}")
    console.print(f"{file.stat().st_size / 1e6:,.1f} MB, sealed with the key {manifest.key_id}")


def _version(manifest: Manifest) -> str:
    return f"Tandem {printable(manifest.tandem)}, PostgreSQL {manifest.postgresql}"


def _keys(file: Path | None) -> Keys | None:
    return None if file is None else keys_in(file)


@contextmanager
def _progress(doing: str) -> Iterator[OnStep]:
    """Show how far it is, where somebody looks."""
    console = Console(stderr=True, highlight=False, markup=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TimeRemainingColumn(compact=True),
    )
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task(doing, total=None)

        def on_step(what: str, done: int, of: int) -> None:
            progress.update(task, description=f"{doing} {what}", completed=done, total=of)

        yield on_step
