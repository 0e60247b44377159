"""The report of a period: its figures side by side, and the document they make."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from services.reporting.domain.breakdowns import Breakdowns, breakdowns
from services.reporting.domain.dates import Dates
from services.reporting.domain.duplicates import possible_duplicates
from services.reporting.domain.figures import Measure, Value, flow_measures, measures
from services.reporting.domain.ground import Ground
from services.reporting.domain.headline import Story, headline
from services.reporting.domain.lists import lists
from services.reporting.domain.numbers import difference, percent
from services.reporting.domain.occurrences import ORGANISER_ROWS, organisers_row
from services.reporting.domain.period import Period, Status
from services.reporting.domain.registry import Definition

NORMAL, PROVISIONAL, MISSING = "A", "P", "O"
"""SDMX observation status; suppressed cells (Q) stand under `suppressed`."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as printed: with its status, the same one period before, and how it is counted."""

    definition: Definition
    measure: Measure
    status: str
    previous: Value
    change: Value
    year_before: Value
    year_change: Value
    rolling_four: Value
    evidence: str

    def to_json(self) -> dict[str, Any]:
        """Return its part of the document."""
        document: dict[str, Any] = {
            "value": self.measure.value,
            "unit": self.definition.unit,
            "status": self.status,
            "previous": self.previous,
            "change": self.change,
            "year_before": self.year_before,
            "year_change": self.year_change,
            "rolling_four": self.rolling_four,
            "definition": self.definition.reference,
            "evidence": self.evidence,
            "title": self.definition.title["en"],
            "titles": self.definition.title,
            "how_counted": self.definition.formula,
            "detail": dict(self.measure.detail),
        }
        if self.measure.bounds is not None:
            document["range"] = list(self.measure.bounds)
        if self.measure.lower_bound:
            document["lower_bound"] = True
        return document


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the report was made from and by."""

    ledgers: Mapping[str, int]
    registry: str
    code: str
    tzdata: str

    def to_json(self) -> dict[str, Any]:
        """Return its part of the document."""
        return {
            "ledgers": dict(self.ledgers),
            "registry": self.registry,
            "code": self.code,
            "tzdata": self.tzdata,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The report of a period, as known at a moment."""

    period: Period
    status: Status
    version: int | None
    known_at: datetime
    data_to: datetime | None
    next_release: tuple[Status, date] | None
    headline: Mapping[str, str]
    notes: tuple[str, ...]
    figures: Mapping[str, Figure]
    breakdowns: Breakdowns
    data_quality: Mapping[str, Any]
    provenance: Provenance
    lists: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the document that the contract promises, with additions of ours.

        Two reports of the same state differ in `known_at` alone.
        """
        document: dict[str, Any] = {
            "period": period_json(self.period),
            "calendar": self.period.calendar.value,
            "status": self.status.value,
            "version": self.version,
            "known_at": instant_json(self.known_at),
            "data_to": instant_json(self.data_to) if self.data_to else None,
            "next_release": (
                {"status": self.next_release[0].value, "on": self.next_release[1].isoformat()}
                if self.next_release
                else None
            ),
            "headline": dict(self.headline),
            "notes": list(self.notes),
            "figures": {metric: figure.to_json() for metric, figure in self.figures.items()},
            "breakdowns": {
                metric: {dimension: dict(rows) for dimension, rows in dimensions.items()}
                for metric, dimensions in self.breakdowns.rows.items()
            },
            "suppressed": self.breakdowns.hidden(),
            "overlapping": list(self.breakdowns.overlapping),
            "data_quality": dict(self.data_quality),
            "provenance": self.provenance.to_json(),
        }
        if self.lists is not None:
            document["lists"] = dict(self.lists)
        return document


def period_json(period: Period) -> dict[str, Any]:
    """Return a period with its days and its other names."""
    return {
        "id": period.id,
        "name": period.name,
        "start": period.dates.first.isoformat(),
        "end": period.dates.last.isoformat(),
        "also": list(period.also),
    }


def instant_json(moment: datetime) -> str:
    """Write an instant in UTC, as RFC 3339."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def compose(
    ground: Ground,
    period: Period,
    moment: datetime,
    provenance: Provenance,
    *,
    whole: bool = False,
) -> Report:
    """Return the report of a period as known at a moment, whose UTC date decides its status.

    With `whole` it also lists the cities, occurrences and works behind its figures.
    """
    parameters = ground.registry.parameters
    today = moment.astimezone(UTC).date()
    status = period.status_on(today, parameters)
    awaiting = len(ground.awaiting(period.dates))
    current = measures(ground, period.dates) | flow_measures(ground, period)
    before = measures(ground, period.previous().dates) | flow_measures(ground, period.previous())
    year_before = measures(ground, period.year_before) if period.year_before else {}
    rolling = measures(ground, period.rolling_four) if period.rolling_four else {}
    figures = {
        metric: _figure(
            definition,
            current[metric],
            before[metric],
            year_before.get(metric),
            rolling.get(metric) if definition.rolls_up else None,
            _is_provisional(definition, status, awaiting),
            f"/reports/{period.id}/figures/{metric}",
        )
        for metric, definition in ground.registry.metrics.items()
    }
    rows = breakdowns(ground, period.dates)
    story = _story(ground, period, today, current)
    return Report(
        period=period,
        status=status,
        version=None,
        known_at=moment,
        data_to=ground.knowledge.data_to,
        next_release=period.next_release(today, parameters),
        headline=headline(story),
        notes=_notes(ground, current, rows, story),
        figures=figures,
        breakdowns=rows,
        data_quality=_data_quality(ground, period.dates, today, current),
        provenance=provenance,
        lists=lists(ground, period) if whole else None,
    )


def _figure(
    definition: Definition,
    now: Measure,
    before: Measure,
    year_before: Measure | None,
    rolling: Measure | None,
    provisional: bool,
    evidence: str,
) -> Figure:
    status = PROVISIONAL if provisional else NORMAL
    return Figure(
        definition=definition,
        measure=now,
        status=MISSING if now.missing else status,
        previous=before.value,
        change=_change(now, before),
        year_before=year_before.value if year_before else None,
        year_change=_change(now, year_before) if year_before else None,
        rolling_four=rolling.value if rolling else None,
        evidence=evidence,
    )


def _change(now: Measure, before: Measure) -> Value:
    if now.value is None or before.value is None:
        return None
    return difference(now.value, before.value)


def _is_provisional(definition: Definition, status: Status, awaiting: int) -> bool:
    return status is Status.OPEN or (definition.depends_on_attendance and awaiting > 0)


def _story(ground: Ground, period: Period, today: date, current: Mapping[str, Measure]) -> Story:
    held = ground.held(period.dates)
    webinars = [o.activity.organisers for o in held if o.activity.kind == "webinar"]
    rows = [organisers_row(organisers) for organisers in webinars]
    joint, nlc, scn, other = (rows.count(row) for row in ORGANISER_ROWS)
    attribution = current["attribution_rate"].value
    too_low = (
        attribution is not None and attribution < ground.registry.parameters.attribution_percent_min
    )
    residents = current["population_represented"]
    return Story(
        period=period.name,
        dates=period.dates,
        so_far=today <= period.dates.last,
        cities=_count(current["cities_engaged"]),
        countries=_count(current["coverage"]),
        webinars=len(webinars),
        joint=joint,
        nlc=nlc,
        scn=scn,
        other=other,
        activities=len(held),
        resources=_count(current["resources_shared"]),
        residents=None if residents.value is None else int(residents.value),
        residents_lower_bound=residents.lower_bound,
        awaiting=len(ground.awaiting(period.dates)),
        held=len(held),
        attribution=attribution if too_low else None,
    )


def _count(measure: Measure) -> int:
    return int(measure.value or 0)


def _notes(
    ground: Ground, current: Mapping[str, Measure], rows: Breakdowns, story: Story
) -> tuple[str, ...]:
    """Return the sentences a reader of the figures must not miss."""
    parameters = ground.registry.parameters
    notes = []
    if story.awaiting:
        verb = "awaits" if story.awaiting == 1 else "await"
        notes.append(f"{story.awaiting} of {story.held} held occurrences {verb} final attendance.")
    if story.attribution is not None:
        notes.append(
            f"{story.attribution:g} % of attendance could be attributed to a city, "
            f"under the {parameters.attribution_percent_min} % that a full picture needs."
        )
    if story.residents_lower_bound:
        unknown = current["population_represented"].detail["cities_unknown"]
        have = "engaged city has" if unknown == 1 else "engaged cities have"
        notes.append(f"Population is a lower bound: {unknown} {have} none known.")
    if current["member_share"].value is None:
        notes.append(
            f"Shares of members are given as counts on a base under {parameters.member_base_min}."
        )
    to_the_year = current["resources_published"].detail["dated_to_year_only"]
    if to_the_year:
        count = "resource is" if to_the_year == 1 else "resources are"
        notes.append(f"{to_the_year} {count} dated to the year only and counted in no quarter.")
    if rows.hidden():
        notes.append(
            f"Counts of people under {parameters.people_shown_min} are not printed in fine rows."
        )
    notes.append("Rows by theme and by language overlap: an activity with several counts in each.")
    return tuple(notes)


def _data_quality(
    ground: Ground, window: Dates, today: date, current: Mapping[str, Measure]
) -> dict[str, Any]:
    """Return what is missing, doubtful or waiting for a person."""
    knowledge = ground.knowledge
    within = ground.within(window)
    held = [occurrence for occurrence in within if occurrence.held]
    attendance = current["attendance"].detail
    alike_min = ground.registry.parameters.title_similarity_min
    pairs = possible_duplicates(within, alike_min, knowledge.dismissed)
    uncertain = [row.on for row in ground.occurrences if row.on.first != row.on.last]
    uniques = knowledge.uniques.get(window)
    pointers = {presence.city for presence in ground.presences(window)}
    unanswered = {p for p in pointers if p and p[0] == "?" and p[1:] not in knowledge.references}
    unregistered = [
        lineage
        for lineage in ground.engaged(window)
        if ground.cities.described(lineage, window.last) is None
    ]
    return {
        "awaiting_attendance": len(ground.awaiting(window)),
        "held": len(held),
        "awaiting_outcome": sum(
            occurrence.state.outcome is None and occurrence.on.last < today for occurrence in within
        ),
        "unattributed_people": attendance["unattributed"],
        "count_only": attendance["count_only"],
        "unanswered_city_questions": len(unanswered),
        "cities_not_registered": len(unregistered),
        "weak_identities_percent": percent(uniques.weak, uniques.attendees) if uniques else None,
        "occurrences_dated_to_year_only": sum(
            on.may_lie_in(window) and not on.lies_in(window) for on in uncertain
        ),
        "resources_dated_to_year_only": current["resources_published"].detail["dated_to_year_only"],
        "possible_duplicates": len(pairs),
        "possible_duplicate_pairs": [
            {
                "activity_ids": list(pair.activity_ids),
                "titles": list(pair.titles),
                "on": pair.on.stated(),
            }
            for pair in pairs
        ],
    }
