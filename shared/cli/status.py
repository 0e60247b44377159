"""`tandem status`: which parts run and are ready, and whether the projections are complete."""

import json

import typer
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

from shared.cli.system import DEFAULT_DATA, Data, NotRunning, System, find, this_command

AUDITED = {
    "missing": "missing",
    "ahead": "not in the ledger",
    "different": "different",
}
"""Metrics of the auditor, in words."""


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


def _projections(system: System) -> tuple[bool, str]:
    """Return whether nothing is known to differ, and what reporting's auditor says."""
    try:
        _, body = system.ask("reporting", "/metrics")
    except NotRunning:
        return False, "not known, reporting does not answer"
    return audited(body.decode())


def audited(metrics: str) -> tuple[bool, str]:
    """Return what the metrics of a service say of its projections, and whether all is well."""
    wrong = [
        f"{ledger}: {count:,.0f} {'fact' if count == 1 else 'facts'} {words}"
        for name, words in AUDITED.items()
        for ledger, count in _samples(metrics, f"tandem_audit_{name}").items()
        if count
    ]
    if wrong:
        return False, f"{'; '.join(wrong)} (`{this_command()} audit --full` names the first)"
    ages = _samples(metrics, "tandem_audit_age_seconds")
    if not ages:
        return True, "not compared with the ledgers yet"
    return True, f"complete, compared {max(ages.values()):,.0f} s ago"


def _samples(text: str, metric: str) -> dict[str, float]:
    """Return the values of a metric by ledger."""
    return {
        sample.labels["ledger"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == metric
    }
