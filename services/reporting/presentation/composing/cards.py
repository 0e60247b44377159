"""The six figures at the top, each with its changes and what else is to be said of it at once."""

from collections.abc import Callable, Iterator

from services.reporting.presentation.composing.subject import Subject
from services.reporting.presentation.sheet import Card

SIX = (
    "cities_engaged",
    "population_represented",
    "activities_held",
    "webinars_held",
    "attendance",
    "resources_shared",
)
"""What leaders ask first: how many cities and residents, what was done for them, who came."""


def cards(subject: Subject) -> list[Card]:
    """Return the six figures as cards."""
    return [_card(subject, metric) for metric in SIX]


def _card(subject: Subject, metric: str) -> Card:
    language = subject.language
    changes = [(subject.since(subject.previous), subject.change(metric))]
    if subject.year_before is not None:
        since = subject.since(subject.year_before)
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
