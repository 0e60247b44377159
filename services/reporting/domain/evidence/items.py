"""Which items each figure counts."""

from collections.abc import Callable

from services.reporting.domain.evidence import cities, occurrences, people, works
from services.reporting.domain.evidence.item import Item, Question


def items_of(question: Question, metric: str) -> list[Item]:
    """Return everything that a figure counts."""
    return ITEMS[metric](question)


ITEMS: dict[str, Callable[[Question], list[Item]]] = {
    "cities_engaged": cities.engaged,
    "cities_engaged_broad": cities.engaged_broad,
    "webinars_held": occurrences.webinars,
    "activities_held": occurrences.activities,
    "resources_shared": works.shared,
    "resources_published": works.published,
    "resource_deliveries": works.deliveries,
    "registrations": people.registrations,
    "attendance": people.attendance,
    "attendees_unique": lambda question: people.first_met(question, lambda met: met.attendees),
    "attendance_rate": people.attendance_rate,
    "walk_ins": lambda question: people.first_met(question, lambda met: met.walk_ins),
    "late_viewers": lambda question: people.first_met(question, lambda met: met.late_viewers),
    "population_represented": cities.population,
    "member_share": cities.members,
    "new": cities.new,
    "returning": cities.returning,
    "reactivated": cities.reactivated,
    "not_repeated": cities.not_repeated,
    "left": cities.left,
    "retention": cities.retention,
    "lapsed": cities.lapsed,
    "coverage": cities.countries,
    "coverage_states": cities.states,
    "attribution_rate": people.attribution,
    "timeliness": occurrences.timeliness,
    "completeness": occurrences.completeness,
}
