"""`tandem person`: the right to be forgotten, and whether anything is left."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from shared.cli.system import DEFAULT_DATA, Data, NotRunning, find, run
from shared.cli.terminal import plain_console, printable
from shared.contracts.values import Person
from shared.embedded import postgres
from shared.embedded.data_directory import DataDirectory, OperatorError, held_lock, write_private
from shared.erasing.needles import Needles, is_telling
from shared.erasing.scanning import scan as scan_files
from shared.errors import violations_of

commands = typer.Typer(help="People: who asks to be forgotten.", no_args_is_help=True)

FILES_SHOWN_MAX = 50

Id = Annotated[str | None, typer.Option("--id", help="The id that --source gives them.")]
Email = Annotated[str | None, typer.Option(help="Their e-mail address.")]
Name = Annotated[str | None, typer.Option(help="Their name; with --organisation if alone.")]
Organisation = Annotated[str | None, typer.Option(help="Whom they work for.")]


@commands.command()
def erase(
    id_: Id = None,
    email: Email = None,
    name: Name = None,
    organisation: Organisation = None,
    source: Annotated[str, typer.Option(help="The publisher whose id it is.")] = "demo",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether to.")] = False,
    output: Annotated[
        Path | None, typer.Option(help="Write the certificate to this file as well.")
    ] = None,
    backups_kept_days: Annotated[
        int | None, typer.Option(min=0, help="How long backups made before are kept.")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Erase a person everywhere, and certify it; what was counted stands.

    Without --id, --email or --name it asks who, so that no name stands in a history of commands.
    """
    from shared.cli.erasing import Asked, erase  # loads gRPC, which most commands need not

    system = find(data)
    person = _identity(id_, email, name, organisation)
    if not yes:
        typer.confirm("This cannot be undone. Erase this person?", abort=True, err=True)
    asked = Asked(source, person, backups_kept_days)
    with (
        held_lock(system.root / "erasing.lock", wait=False) as ours,
        _progress() as on_step,
    ):
        if not ours:
            raise OperatorError("Somebody else is being erased just now: wait for that.")
        certificate = run(lambda: erase(system, asked, on_step))
    if output is not None:
        write_private(output.resolve(), json.dumps(certificate, indent=2) + "\n")
    console = plain_console()
    for line in certificate_lines(certificate):
        console.print(line)
    if output is not None:
        console.print(f"certificate: {output}", style="dim")
    if not is_clean(certificate):
        raise typer.Exit(1)


@commands.command()
def scan(
    text: Annotated[
        list[str] | None,
        typer.Option(help="What to look for, several times over; asked for if none."),
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Look for somebody's words in every file of the data directory; exits with 1 when found.

    The system may run or not. A text is found however a file has written it: UTF-8 or UTF-16, in
    any capitals, escaped, in base64, in hexadecimal.
    """
    directory = DataDirectory.at(data)
    if not directory.root.is_dir():
        raise OperatorError(f"{directory.root} is no directory.")
    texts = text or [typer.prompt("Text to look for", hide_input=True, err=True)]
    for each in texts:
        if not is_telling(each):
            raise OperatorError("So short a text stands in some file by chance: give a longer one.")
    _flush(data)
    with _progress() as on_step:
        found = scan_files(
            directory.root,
            Needles.of(texts),
            lambda path: on_step(str(path.relative_to(directory.root))),
        )
    console = plain_console()
    console.print(f"{found.files:,} files read, {found.bytes / 1e6:,.1f} MB")
    for path, count in sorted(found.hits.items())[:FILES_SHOWN_MAX]:
        word = "text" if count == 1 else "texts"
        console.print(f"{printable(str(path.relative_to(directory.root)))}: {count} {word}")
    for path in found.unread[:FILES_SHOWN_MAX]:
        console.print(f"{printable(str(path))}: cannot be read")
    console.print("nothing was found" if found.clean else f"found in {len(found.hits):,} files")
    if not found.clean:
        raise typer.Exit(1)


def is_clean(certificate: Mapping[str, Any]) -> bool:
    """Tell whether the scan behind a certificate read everything and found nothing."""
    scanned = certificate["scan"]
    return not scanned["files_with_hits"] and not scanned["files_unread"]


def certificate_lines(certificate: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a certificate says, line by line."""
    yield f"certificate of erasure {certificate['certificate']}"
    yield f"asked for {certificate['asked']['at']}, finished {certificate['finished_at']}"
    for step in certificate["steps"]:
        counts = {name: said for name, said in step.items() if name not in ("step", "at")}
        told = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())
        yield f"  {step['step']}: {told}"
    kept = certificate["kept"]
    yield (
        f"{kept['figures']:,} figures compared, {len(kept['figures_moved'])} moved; "
        f"{kept['published_versions']:,} published versions, "
        f"{len(kept['published_versions_changed'])} changed"
    )
    scanned = certificate["scan"]
    yield (
        f"{scanned['files']:,} files read for {scanned['texts']} texts: found in "
        f"{scanned['files_with_hits']}"
    )
    for name in scanned["hits"]:
        yield f"  {printable(name)}"
    yield "what remains:"
    for each in certificate["remains"]:
        yield f"  {each['what']}: {each['until']}"
    yield f"sealed sha256:{certificate['seal']['sha256']}, key {certificate['seal']['key_id']}"


def _identity(
    id_: str | None, email: str | None, name: str | None, organisation: str | None
) -> Person:
    said = {"id": id_, "email": email, "name": name, "organisation": organisation}
    if not any(said.values()):
        for field in said:
            word = "Id" if field == "id" else field.capitalize()
            said[field] = typer.prompt(f"{word} (empty for none)", default="", err=True) or None
    try:
        return Person(**{field: value for field, value in said.items() if value is not None})
    except ValidationError as error:
        problems = "; ".join(each.description for each in violations_of(error))
        raise OperatorError(f"That describes nobody: {problems.partition(', got ')[0]}.") from None


def _flush(data: Path) -> None:
    """Let a running PostgreSQL write to its files what it holds in memory."""
    try:
        system = find(data)
    except NotRunning:
        return

    async def checkpoint() -> None:
        connection = await postgres.connect(DataDirectory(system.root))
        try:
            await connection.execute("checkpoint")
        finally:
            await connection.close()

    run(checkpoint)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show what is being done, on a terminal."""
    console = Console(stderr=True, highlight=False, markup=False)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task("beginning", total=None)
        yield lambda step: progress.update(task, description=printable(step))
