"""`tandem status`: which parts run and are ready."""

import json
from collections.abc import Mapping

import typer
from rich.console import Console
from rich.table import Table

from shared.cli.system import DEFAULT_DATA, Data, NotRunning, System, find

NOT_RUNNING: Mapping[str, bool] = {}


def status(data: Data = DEFAULT_DATA) -> None:
    """Say of each service whether it is ready; exits with 1 unless all are."""
    system = find(data)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("service", "state", "address"):
        table.add_column(heading, overflow="fold")
    every = True
    for service, address in system.endpoints["http"].items():
        state, ready = _state(system, service)
        every = every and ready
        table.add_row(service, state, address, style=None if ready else "red")
    Console(highlight=False).print(table)
    if not every:
        raise typer.Exit(1)


def _state(system: System, service: str) -> tuple[str, bool]:
    """Return what a service says of itself in a few words, and whether all is well."""
    try:
        code, body = system.ask(service, "/readyz")
        checks = json.loads(body)
    except NotRunning:
        return "does not answer", False
    except ValueError:
        return "answers, but not as a service of ours", False
    wrong = [part for part, well in checks.items() if not well]
    if code == 200 and not wrong:
        return f"ready ({', '.join(checks)})", True
    return f"waits for {', '.join(wrong)}", False
