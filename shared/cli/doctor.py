"""`tandem doctor`: what is wrong, and what to do about it."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from shared.cli.system import DEFAULT_DATA, Data, existing, run
from shared.cli.terminal import plain_console, printable
from shared.embedded.doctor.finding import Finding, Verdict
from shared.embedded.doctor.looking import examine

STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red", Verdict.SKIPPED: "dim"}


def doctor(
    every: Annotated[
        bool, typer.Option("--all", help="Tell also of what is well, or was not looked at.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    port_base: Annotated[
        int | None,
        typer.Option(min=1024, max=65_000, help="The first port that a start would take."),
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Look for what can be wrong, of a stopped system or a running one; exits with 1 if it is."""
    directory = existing(data)
    findings = run(lambda: examine(directory, port_base))
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in findings], indent=2))
    else:
        _tell(findings, every)
    if any(each.verdict is Verdict.FAIL for each in findings):
        raise typer.Exit(1)


def _tell(findings: Sequence[Finding], every: bool) -> None:
    console = plain_console()
    for each in findings:
        if each.verdict in (Verdict.WARN, Verdict.FAIL) or every:
            console.print(f"{each.verdict:7}", style=STYLES[each.verdict], end="  ")
            console.print(printable(f"{each.check}: {each.seen}"))
            if each.advice:
                console.print(printable(f"         {each.advice}"), style="dim")
    counts = Counter(each.verdict for each in findings)
    told = [f"{count} {verdict}" for verdict in Verdict if (count := counts[verdict])]
    console.print(f"{len(findings)} checks: {', '.join(told)}")
