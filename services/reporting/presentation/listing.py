"""The list of reports: quarters in both calendars, and years, the latest first."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.reporting.domain.period import Calendar, Period, parse_period, quarter_of
from services.reporting.presentation.language import Language
from services.reporting.presentation.sheet import Cell, Column, Kind, Table

Entries = Sequence[Mapping[str, Any]]

QUARTERS_SHOWN = 40


def quarters_table(entries: Entries, language: Language) -> Table:
    """Return the quarters that hold data, each under its name in both calendars."""
    text = language.text
    return Table(
        id="quarters",
        caption=text("Quarters"),
        columns=[
            Column("quarter", text("Quarter")),
            Column("fiscal", text("Fiscal quarter of NLC")),
            Column("first", text("From"), Kind.DATE),
            Column("last", text("To"), Kind.DATE),
            Column("status", text("Status")),
            Column("versions", text("Published versions")),
        ],
        rows=[_quarter(entry, language) for entry in entries],
        shown=QUARTERS_SHOWN,
    )


def _quarter(entry: Mapping[str, Any], language: Language) -> list[Cell]:
    period = parse_period(entry["period"]["id"])
    fiscal = quarter_of(period.dates.first, Calendar.NLC)
    return [
        _linked(period, language),
        _linked(fiscal, language),
        Cell(period.dates.first),
        Cell(period.dates.last),
        Cell(language.named("status", entry["status"])),
        _versions(entry, language),
    ]


def _versions(entry: Mapping[str, Any], language: Language) -> Cell:
    versions = entry.get("versions") or []
    if not versions:
        return Cell(language.text("none"))
    return Cell(
        language.counted("{count} version", "{count} versions", len(versions)),
        href=f"/reports/{entry['period']['id']}/versions",
    )


def years_table(entries: Entries, language: Language) -> Table:
    """Return the years that these quarters lie in, of both calendars."""
    text = language.text
    firsts = [date.fromisoformat(entry["period"]["start"]) for entry in entries]
    years = {
        Period(calendar, quarter_of(first, calendar).year, None)
        for first in firsts
        for calendar in Calendar
    }
    return Table(
        id="years",
        caption=text("Years"),
        columns=[
            Column("year", text("Year")),
            Column("first", text("From"), Kind.DATE),
            Column("last", text("To"), Kind.DATE),
        ],
        rows=[
            [_linked(year, language), Cell(year.dates.first), Cell(year.dates.last)]
            for year in sorted(years, key=lambda year: year.dates, reverse=True)
        ],
        shown=QUARTERS_SHOWN,
    )


def _linked(period: Period, language: Language) -> Cell:
    return Cell(language.quarter(period.name), href=f"/reports/{period.id}", key=period.id)
