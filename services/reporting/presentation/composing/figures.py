"""The six figures at the top, and every figure of the report in two tables: counts and shares."""

from collections.abc import Callable, Iterator
from typing import Any

from services.reporting.presentation.composing.names import capital, country, subdivision, tongue
from services.reporting.presentation.composing.subject import ONE_PERIOD, Subject
from services.reporting.presentation.sheet import Card, Cell, Column, Kind, Section, Status, Table

SIX = (
    "cities_engaged",
    "population_represented",
    "activities_held",
    "webinars_held",
    "attendance",
    "resources_shared",
)
"""What leaders ask first: how many cities and residents, what was done for them, who came."""

SHARES = {
    "attendance_rate": ("attended_registered", "registrations"),
    "member_share": ("engaged", "members"),
    "retention": ("engaged_again", "still_eligible"),
    "attribution_rate": ("attributed", "attendance"),
    "timeliness": ("in_time", "held"),
    "completeness": ("final", "held"),
}
"""The figures in percent, by the names of their part and their whole."""


def figures(subject: Subject) -> Section:
    """Return the figures: six as cards, all as tables."""
    text = subject.language.text
    return Section(
        id="figures",
        title=text("Six figures"),
        cards=[_card(subject, metric) for metric in SIX],
        tables=[_counts(subject), _shares(subject), *_over_a_year(subject), _details(subject)],
    )


def _card(subject: Subject, metric: str) -> Card:
    language = subject.language
    changes = [(_since(subject, subject.called(subject.previous)), subject.change(metric))]
    if subject.year_before is not None:
        since = _since(subject, subject.called(subject.year_before))
        changes.append((since, subject.year_change(metric)))
    return Card(
        metric=metric,
        title=subject.title(metric),
        unit=subject.unit_of_value(metric),
        value=subject.value(metric),
        changes=changes,
        details=list(DETAILS[metric](subject)),
        how_counted=language.text(subject.figures[metric]["how_counted"]),
    )


def _since(subject: Subject, period: str) -> str:
    return subject.language.text("since {period}", period=period)


def _of_cities(subject: Subject) -> Iterator[str]:
    language = subject.language
    counted, number = language.counted, language.number
    countries = subject.figures["coverage"]["value"] or 0
    states = subject.figures["coverage_states"]["value"] or 0
    yield language.text(
        "in {countries} and {states}",
        countries=counted("{count} country", "{count} countries", countries),
        states=counted("{count} US state", "{count} US states", states),
    )
    yield language.text(
        "{new} new, {returning} returning, {reactivated} reactivated",
        **{
            flow: number(subject.figures[flow]["value"])
            for flow in ("new", "returning", "reactivated")
        },
    )
    share = subject.detail("member_share", "any")
    yield counted(
        "{engaged} of {count} member",
        "{engaged} of {count} members",
        share["members"],
        engaged=number(share["engaged"]),
    )
    not_named = subject.detail("cities_engaged", "not_named")
    if not_named:
        yield counted("{count} city not named", "{count} cities not named", not_named)


def _of_residents(subject: Subject) -> Iterator[str]:
    language = subject.language
    detail = subject.figures["population_represented"]["detail"]
    if detail["source"]:
        yield language.text("{source}, {year}", source=detail["source"], year=detail["year"])
    if detail["cities_unknown"]:
        yield language.counted(
            "at least: the population of {count} city is not known",
            "at least: the population of {count} cities is not known",
            detail["cities_unknown"],
        )
    if detail["cities_inside_another"]:
        yield language.counted(
            "{count} city lies inside another and counts once",
            "{count} cities lie inside another and count once",
            detail["cities_inside_another"],
        )


def _of_activities(subject: Subject) -> Iterator[str]:
    yield _sessions(subject, "activities_held")
    kinds = {key: count for key, count in subject.rows("activities_held", "kind").items() if count}
    language = subject.language
    if kinds:
        yield ", ".join(
            language.text(
                "{row}: {count}",
                row=language.named("activity_kind", key),
                count=language.number(count),
            )
            for key, count in kinds.items()
        )
    yield from _called_off(subject, "activities_held")


def _of_webinars(subject: Subject) -> Iterator[str]:
    yield _sessions(subject, "webinars_held")
    language = subject.language
    rows = subject.rows("webinars_held", "organisers")
    yield language.text(
        "{joint} joint, {nlc} NLC only, {scn} SCN only",
        joint=language.number(rows.get("joint") or 0),
        nlc=language.number(rows.get("NLC") or 0),
        scn=language.number(rows.get("SCN") or 0),
    )
    yield from _called_off(subject, "webinars_held")


def _sessions(subject: Subject, metric: str) -> str:
    """Say "8 sessions of 6 titles"."""
    detail, counted = subject.figures[metric]["detail"], subject.language.counted
    return subject.language.text(
        "{sessions} of {titles}",
        sessions=counted("{count} session", "{count} sessions", detail["sessions"]),
        titles=counted("{count} title", "{count} titles", detail["titles"]),
    )


def _called_off(subject: Subject, metric: str) -> Iterator[str]:
    detail, language = subject.figures[metric]["detail"], subject.language
    if detail["cancelled"]:
        counted = language.counted
        yield language.text(
            "{cancelled} ({registrations})",
            cancelled=counted("{count} cancelled", "{count} cancelled", detail["cancelled"]),
            registrations=counted(
                "{count} registration",
                "{count} registrations",
                detail["cancelled_registrations"],
            ),
        )


def _of_attendance(subject: Subject) -> Iterator[str]:
    language = subject.language
    unique = subject.figures["attendees_unique"]
    if "range" in unique:
        low, high = (language.number(bound) for bound in unique["range"])
        yield language.text("{low} to {high} distinct people", low=low, high=high)
    elif unique["value"]:
        yield language.counted(
            "{count} distinct person", "{count} distinct people", unique["value"]
        )
    detail = subject.figures["attendance"]["detail"]
    if detail["count_only"]:
        yield language.counted(
            "{count} known by number only", "{count} known by number only", detail["count_only"]
        )
    rate = subject.figures["attribution_rate"]["value"]
    if rate is not None:
        yield language.text("{share} attributed to a city", share=language.percent(rate))


def _of_resources(subject: Subject) -> Iterator[str]:
    language = subject.language
    detail, counted = subject.figures["resources_shared"]["detail"], language.counted
    if subject.figures["resources_shared"]["value"]:
        yield ", ".join(
            [
                counted("{count} edition", "{count} editions", detail["editions"]),
                counted("{count} language", "{count} languages", len(detail["languages"])),
            ]
        )
    published = subject.figures["resources_published"]["value"] or 0
    yield counted("{count} published in the period", "{count} published in the period", published)


DETAILS: dict[str, Callable[[Subject], Iterator[str]]] = {
    "cities_engaged": _of_cities,
    "population_represented": _of_residents,
    "activities_held": _of_activities,
    "webinars_held": _of_webinars,
    "attendance": _of_attendance,
    "resources_shared": _of_resources,
}


def _counts(subject: Subject) -> Table:
    language = subject.language
    text = language.text
    metrics = [metric for metric in subject.figures if metric not in SHARES]
    more = sum((subject.figures[metric]["change"] or 0) > 0 for metric in metrics)
    less = sum((subject.figures[metric]["change"] or 0) < 0 for metric in metrics)
    return Table(
        id="all-figures",
        caption=text("Every count of the report"),
        columns=[
            Column("figure", text("Figure")),
            Column("value", subject.called(), Kind.COUNT),
            Column("unit", text("Unit")),
            *_beside(subject, Kind.COUNT),
            Column("how_counted", text("How counted")),
        ],
        rows=[
            [
                Cell(subject.title(metric), key=metric),
                subject.value(metric),
                Cell(subject.unit(metric), key=subject.figures[metric]["unit"]),
                subject.change(metric),
                subject.before(metric),
                Cell(text(subject.figures[metric]["how_counted"])),
            ]
            for metric in metrics
        ],
        summary=text(
            "Of {all} counts, {more} rose and {less} fell since {period}.",
            all=language.number(len(metrics)),
            more=language.number(more),
            less=language.number(less),
            period=subject.called(subject.previous),
        ),
        shown=len(metrics),
    )


def _shares(subject: Subject) -> Table:
    language = subject.language
    text = language.text
    metrics = [metric for metric in subject.figures if metric in SHARES]
    return Table(
        id="all-shares",
        caption=text("Every share of the report"),
        columns=[
            Column("figure", text("Figure")),
            Column("value", subject.called(), Kind.PERCENT, language.named("unit", "percent")),
            Column("part", text("Part"), Kind.COUNT),
            Column("whole", text("Of"), Kind.COUNT),
            *_beside(subject, Kind.PERCENT),
            Column("how_counted", text("How counted")),
        ],
        rows=[
            [
                Cell(subject.title(metric), key=metric),
                subject.value(metric),
                *parts(subject, metric),
                subject.change(metric),
                subject.before(metric),
                Cell(text(subject.figures[metric]["how_counted"])),
            ]
            for metric in metrics
        ],
        summary=_in_full(subject),
        note=text("Changes of shares are in percentage points."),
        shown=len(metrics),
    )


def _beside(subject: Subject, kind: Kind) -> list[Column]:
    """Return the columns that compare with the period before."""
    before = subject.called(subject.previous)
    return [
        Column("change", _since(subject, before), Kind.CHANGE, _points(subject, kind)),
        Column("previous", before, kind),
    ]


def _points(subject: Subject, kind: Kind) -> str | None:
    return subject.language.named("unit", "percentage points") if kind is Kind.PERCENT else None


def _over_a_year(subject: Subject) -> list[Table]:
    """Return the figures beside those of a year before and of four quarters; none for a year."""
    year_before = subject.year_before
    if year_before is None:
        return []
    text = subject.language.text
    name = subject.called(year_before)
    return [
        Table(
            id=table,
            caption=caption,
            columns=[
                Column("figure", text("Figure")),
                Column("value", subject.called(), kind),
                Column("year_change", _since(subject, name), Kind.CHANGE, _points(subject, kind)),
                Column("year_before", name, kind),
                Column("rolling_four", text("Four quarters"), kind),
            ],
            rows=[
                [
                    Cell(subject.title(metric), key=metric),
                    subject.value(metric),
                    subject.year_change(metric),
                    subject.a_year_before(metric),
                    subject.rolling_four(metric),
                ]
                for metric in subject.figures
                if (metric in SHARES) is (kind is Kind.PERCENT) and metric not in ONE_PERIOD
            ],
            summary=text(
                "Beside the same quarter a year before, and the four quarters to {period}.",
                period=subject.called(),
            ),
            shown=len(subject.figures),
        )
        for table, caption, kind in (
            ("figures-over-a-year", text("Counts over a year"), Kind.COUNT),
            ("shares-over-a-year", text("Shares over a year"), Kind.PERCENT),
        )
    ]


def parts(subject: Subject, metric: str) -> list[Cell]:
    """Return the two counts of a share."""
    detail = subject.figures[metric]["detail"]
    counts = detail["any"] if metric == "member_share" else detail
    return [Cell(counts[name], Status.NORMAL, subject.evidence(metric)) for name in SHARES[metric]]


def _in_full(subject: Subject) -> str:
    """Say how many of the shares stand at 100 %."""
    language = subject.language
    full = sum(subject.figures[metric]["value"] == 100 for metric in SHARES)
    none = sum(subject.figures[metric]["value"] is None for metric in SHARES)
    return language.text(
        "Shares in all: {all}; at {whole}: {full}; not printed: {none}.",
        all=language.number(len(SHARES)),
        full=language.number(full),
        whole=language.percent(100),
        none=language.number(none),
    )


def _details(subject: Subject) -> Table:
    """Return what else is counted about the figures, a row each."""
    language = subject.language
    text = language.text
    rows = [
        [
            Cell(subject.title(metric), key=metric),
            Cell(capital(language.named("detail", name)), key=name),
            Cell(value, Status.NORMAL, subject.evidence(metric)) if counted else Cell(None),
            Cell(None) if counted else Cell(str(value)),
        ]
        for metric in subject.figures
        if metric not in SHARES
        for name, value, counted in _said_beside(subject, metric)
    ]
    return Table(
        id="figure-details",
        caption=text("What else is counted about the figures"),
        columns=[
            Column("figure", text("Figure")),
            Column("detail", text("Detail")),
            Column("value", subject.called(), Kind.COUNT),
            Column("text", text("In words")),
        ],
        rows=rows,
        summary=language.counted(
            "{count} detail stands beside the figures.",
            "{count} details stand beside the figures.",
            len(rows),
        ),
        shown=0,
    )


def _said_beside(subject: Subject, metric: str) -> Iterator[tuple[str, Any, bool]]:
    """Yield the details of a figure: name, value, and whether it is a number."""
    figure = subject.figures[metric]
    if "range" in figure:
        low, high = figure["range"]
        yield "range_low", low, True
        yield "range_high", high, True
    for name, value in sorted(figure["detail"].items()):
        if name == "year":
            yield name, value, False
        elif isinstance(value, int | float):
            yield name, value, True
        elif isinstance(value, list):
            yield name, _listed(subject, name, value), False
        elif value is not None:
            yield name, value, False


def _listed(subject: Subject, name: str, codes: list[str]) -> str:
    language = subject.language
    match name:
        case "countries":
            names = [country(language, code) for code in codes]
        case "languages":
            names = [tongue(language, code) for code in codes]
        case _:
            names = [subdivision(language, f"US-{code}") for code in codes]
    return language.listed(names) if names else language.named("row", "none")
