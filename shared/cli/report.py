"""`tandem report`, `reports` and `evidence`: what the partnership achieved, and how we know."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from shared.cli.evidence_text import evidence_text
from shared.cli.report_text import console, plain, quarters_table, report_text
from shared.cli.system import DEFAULT_DATA, Data, System, find, this_command
from shared.cli.words import Language
from shared.embedded.data_directory import OperatorError


class Format(StrEnum):
    """How a report is printed, or the kind of file that it is written to."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


FILES = (Format.CSV, Format.XLSX, Format.PDF)
BINARY = (Format.XLSX, Format.PDF)
"""What no terminal can show."""


class Printed(StrEnum):
    """How evidence and explanations are printed."""

    TEXT = "text"
    JSON = "json"


class Calendar(StrEnum):
    """Which year a period without FY is counted in."""

    CIVIL = "civil"
    NLC = "nlc"


Period = Annotated[
    str,
    typer.Argument(
        metavar="PERIOD", help="2024-Q1 or 2024; FY2024-Q2 or FY2024 for the fiscal year of NLC."
    ),
]
KnownAt = Annotated[
    str | None,
    typer.Option("--known-at", help="As known at this instant, such as 2024-04-10T12:00:00Z."),
]
InCalendar = Annotated[Calendar, typer.Option(help="The calendar of a period without FY.")]
As = Annotated[Printed, typer.Option("--format", help="How to print it.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="The file to write it to.", dir_okay=False)
]


def report(
    period: Period,
    format_: Annotated[
        Format, typer.Option("--format", help="How to print it, or the kind of file to write.")
    ] = Format.TEXT,
    lang: Annotated[Language, typer.Option(help="The language of it; JSON has all.")] = Language.EN,
    output: Output = None,
    known_at: KnownAt = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="As published under this number.")
    ] = None,
    calendar: InCalendar = Calendar.CIVIL,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print the report of a quarter or a year, as known now, then or as published, or write it."""
    if version is not None and known_at is not None:
        raise OperatorError("Give a version or a moment: a version was known at its own.")
    system = find(data)
    if format_ in FILES:
        if format_ in BINARY and output is None and sys.stdout.isatty():
            raise OperatorError(
                f"{format_.upper()} is not for the terminal: name a file with --output."
            )
        question = {"calendar": calendar, "known_at": known_at, "lang": lang}
        published = "" if version is None else f"/v{version}"
        address = f"/reports/{quote(period, safe='')}{published}.{format_}"
        _write(system.fetch(address, question), output)
        return
    document = ask_report(system, period, calendar, known_at, version)
    if format_ is Format.JSON:
        text = json_text(document)
    else:
        shown = report_text(document, lang, this_command(), as_known=known_at is not None)
        if output is None:
            console().print(shown)
            return
        text = plain(shown)
    _write(f"{text}\n".encode(), output)


def _write(content: bytes, output: Path | None) -> None:
    """Write a report to a file, or to the standard output when none is named."""
    if output is None:
        typer.echo(content, nl=False)
    else:
        output.write_bytes(content)
        typer.echo(f"{output}: {len(content):,} bytes", err=True)


def reports(data: Data = DEFAULT_DATA) -> None:
    """Print one line for each quarter that anything is known of."""
    system = find(data)
    listed = [entry["period"]["id"] for entry in system.get("/reports.json")["reports"]]
    found = [ask_report(system, period) for period in reversed(listed)]
    console().print(quarters_table(found) if found else "nothing to report yet")


def evidence(
    period: Period,
    metric: Annotated[str, typer.Argument(metavar="METRIC", help="Such as cities_engaged.")],
    facts: Annotated[bool, typer.Option("--facts", help="The recorded facts as well.")] = False,
    format_: As = Printed.TEXT,
    known_at: KnownAt = None,
    calendar: InCalendar = Calendar.CIVIL,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print what a figure counts, one by one."""
    document = find(data).get(
        f"/reports/{quote(period, safe='')}/figures/{quote(metric, safe='')}.json",
        {"calendar": calendar, "known_at": known_at},
    )
    if format_ is Printed.JSON:
        print_json(document)
    else:
        console().print(evidence_text(document, facts=facts))


def ask_report(
    system: System,
    period: str,
    calendar: str = Calendar.CIVIL,
    known_at: str | None = None,
    version: int | None = None,
) -> Any:
    """Return the report of a period as the document that the contract describes."""
    published = "" if version is None else f"/v{version}"
    return system.get(
        f"/reports/{quote(period, safe='')}{published}.json",
        {"calendar": calendar, "known_at": known_at},
    )


def print_json(document: Any) -> None:
    """Print a document so that people and programs can read it."""
    typer.echo(json_text(document))


def json_text(document: Any) -> str:
    """Return a document so that people and programs can read it."""
    return json.dumps(document, indent=2, ensure_ascii=False)
