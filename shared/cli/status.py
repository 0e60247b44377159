"""`tandem status`: which parts run and are ready, and whether the projections are complete."""

import typer
from rich.console import Console
from rich.table import Table

from shared.cli.system import DEFAULT_DATA, Data, NotRunning, System, find, this_command
from shared.health import audited, readiness


def status(data: Data = DEFAULT_DATA) -> None:
    """Say whether all is ready and no fact is missing; exits with 1 if not."""
    system = find(data)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("service", "state", "address"):
        table.add_column(heading, overflow="fold")
    every = True
    for service, address in system.endpoints["http"].items():
        state, ready = _state(system, service)
        every = every and ready
        table.add_row(service, state, address, style=None if ready else "red")
    console = Console(highlight=False)
    console.print(table)
    complete, said = _projections(system)
    console.print(f"projections: {said}", style=None if complete else "red")
    if not (every and complete):
        raise typer.Exit(1)


def _state(system: System, service: str) -> tuple[str, bool]:
    """Return what a service says of itself in a few words, and whether all is well."""
    try:
        wrong, parts = readiness(*system.ask(service, "/readyz"))
    except NotRunning:
        return "does not answer", False
    return (wrong, False) if wrong else (f"ready ({', '.join(parts)})", True)


def _projections(system: System) -> tuple[bool, str]:
    """Return whether nothing is known to differ, and what reporting's auditor says."""
    try:
        _, body = system.ask("reporting", "/metrics")
    except NotRunning:
        return False, "not known, reporting does not answer"
    return audited(body.decode(), this_command())
