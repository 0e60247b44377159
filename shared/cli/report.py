"""`tandem report`, `reports` and `evidence`: what the partnership achieved, and how we know."""

import json
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer

from shared.cli.evidence_text import evidence_text
from shared.cli.report_text import console, quarters_table, report_text
from shared.cli.system import DEFAULT_DATA, Data, System, find, this_command
from shared.cli.words import Language
from shared.embedded.data_directory import OperatorError


class Format(StrEnum):
    """How a report is printed."""

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
As = Annotated[Format, typer.Option("--format", help="How to print it.")]


def report(
    period: Period,
    format_: As = Format.TEXT,
    lang: Annotated[Language, typer.Option(help="The language of a text report.")] = Language.EN,
    known_at: KnownAt = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="As published under this number.")
    ] = None,
    calendar: InCalendar = Calendar.CIVIL,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print the report of a quarter or a year, as known now or at a moment, or as published."""
    if version is not None and known_at is not None:
        raise OperatorError("Give a version or a moment: a version was known at its own.")
    document = ask_report(find(data), period, calendar, known_at, version)
    if format_ is Format.JSON:
        print_json(document)
    else:
        console().print(report_text(document, lang, this_command(), as_known=known_at is not None))


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
    format_: As = Format.TEXT,
    known_at: KnownAt = None,
    calendar: InCalendar = Calendar.CIVIL,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print what a figure counts, one by one."""
    document = find(data).get(
        f"/reports/{quote(period, safe='')}/figures/{quote(metric, safe='')}.json",
        {"calendar": calendar, "known_at": known_at},
    )
    if format_ is Format.JSON:
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
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
