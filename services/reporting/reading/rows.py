"""Rows of the tables as what the rules look at."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from services.reporting.domain.dates import Dates
from services.reporting.domain.evidence import Contribution
from services.reporting.domain.knowledge import (
    Activity,
    City,
    CityPresence,
    OccurrenceState,
    Sitting,
    Turnout,
    Work,
)

DATES_KEPT_MAX = 10_000


def columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Return rows as arrays, one for each column, which there are also without any row."""
    return [[row[column] for row in rows] for column in range(width)]


def dates(row: Any) -> Dates:
    """Return the stated date of a row; many rows share one, and then the object too."""
    return _stated(row["first_on"], row["last_on"])


def month(row: Any) -> Dates:
    """Return the first day of the month of a row, which stands for all of it."""
    return _stated(row["month"], row["month"])


@lru_cache(maxsize=DATES_KEPT_MAX)
def _stated(first: date, last: date) -> Dates:
    return Dates(first, last)


def state(row: Any) -> OccurrenceState:
    """Return the state of a sitting, from a row of `sitting_at`."""
    dated = row["outcome"] == "held" and row["began"] is None
    return OccurrenceState(
        activity_id=row["activity_id"],
        occurrence=row["occurrence"],
        time_zone=row["time_zone"] or "UTC",  # announced nowhere yet: its facts came first
        planned_on=row["planned_on"],
        planned_at=row["planned_at"],
        outcome=row["outcome"],
        began=row["began"],
        ended=row["ended"],
        held_on=dates(row) if dated else None,
        bare_count=row["attendance"],
        registrations_stated=row["registrations"],
        counted_at=row["counted_at"],
        final_roll_at=row["final_roll_at"],
    )


def turnout(row: Any, registrations: int) -> Turnout:
    """Return who came to a sitting, from a row of `turnout_at` or of the standing sittings."""
    return Turnout(
        people=row["people"],
        attended=row["attended"],
        attended_registered=row["attended_registered"],
        erased=row["erased"],
        positions=tuple(zip(row["positions"], row["position_attended"], strict=True)),
        named=row["named"],
        registrations=registrations,
    )


def presences(
    cities: Sequence[str],
    attended: Sequence[int],
    contributed: Sequence[int],
    named: Sequence[int],
    on: Dates,
    sitting: Sitting | None = None,
) -> Iterator[CityPresence]:
    """Yield how cities were there on a date, from lists that go together by position."""
    for row in zip(cities, attended, contributed, named, strict=True):
        yield CityPresence(row[0] or None, on, row[1], row[2], row[3], sitting)


def city(row: Any) -> City:
    """Return a city as described."""
    return City(
        city_id=row["city_id"],
        name=row["name"],
        kind=row["kind"],
        country=row["country"],
        subdivision=row["subdivision"],
        within=row["within_id"],
        population=row["population"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        urban=row["urban"],
        named=row["named"],
    )


def activity(row: Any) -> Activity:
    """Return an activity as announced and claimed."""
    return Activity(
        activity_id=row["activity_id"],
        announced_by=row["announced_by"],
        kind=row["kind"],
        title=row["title"],
        organisers=frozenset(row["organisers"]),
        delivery=row["delivery"],
        themes=tuple(row["themes"]),
        phase=row["phase"],
        languages=tuple(row["languages"]),
    )


def work(row: Any) -> Work:
    """Return a work as described."""
    withdrawn = row["withdrawn_first_on"]
    return Work(
        resource_id=row["resource_id"],
        title=row["title"],
        kind=row["kind"],
        publisher=row["publisher"],
        on=dates(row),
        languages=tuple(row["languages"]),
        themes=tuple(row["themes"]),
        withdrawn_on=Dates(withdrawn, row["withdrawn_last_on"]) if withdrawn else None,
    )


def contribution(row: Any) -> Contribution:
    """Return a fact that an item of a figure stands on."""
    trace = row["traceparent"]
    return Contribution(
        part=row["part"],
        fact=(row["stream"], row["version"]),
        ledger=row["ledger"],
        type=row["type"],
        fact_id=str(row["fact_id"]),
        source=row["source"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        trace_id=trace.split("-")[1] if trace else None,
        city=row["city"],
        personal=row["personal"],
    )
