"""People that a figure counts, by the occurrence at which it counts them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from services.reporting.domain.breakdowns import UNATTRIBUTED, UNKNOWN, place_of
from services.reporting.domain.evidence.item import (
    COUNTED_ONCE,
    PEOPLE,
    FirstMet,
    Item,
    Question,
)
from services.reporting.domain.evidence.occurrences import Parts, held, occurrence_items
from services.reporting.domain.knowledge import CityPresence, Sitting
from services.reporting.domain.occurrences import Occurrence
from services.reporting.domain.small_numbers import hidden_at, suppressed_sittings

OF_REGISTRATIONS = frozenset({"registrations", "attendance_rate"})
"""Figures whose items count registrations, or a part of them; the others count attendance."""


def registrations(question: Question) -> list[Item]:
    """Return everything that was not cancelled, by who registered."""
    planned = [
        occurrence
        for occurrence in question.ground.within(question.period.dates)
        if not occurrence.cancelled
    ]
    return occurrence_items(planned, lambda occurrence: occurrence.turnout.registrations)


def attendance(question: Question) -> list[Item]:
    """Return everything held, by who came, from where and in which position."""
    presences = _presences(question)
    return occurrence_items(
        held(question),
        lambda occurrence: occurrence.attendance,
        parts=lambda occurrence: _parts(question, occurrence, presences),
    )


def _parts(
    question: Question,
    occurrence: Occurrence,
    presences: Mapping[Sitting | None, Sequence[CityPresence]],
) -> Parts:
    """Return the attendance of an occurrence by country, subdivision and position."""
    country = Counter({UNATTRIBUTED: occurrence.count_only})
    position = Counter({UNKNOWN: occurrence.count_only})
    subdivision = Counter[str]()
    for presence in presences[occurrence.sitting]:
        of_country, of_subdivision = place_of(question.ground, presence, question.period.dates)
        country[of_country] += presence.attended
        if of_subdivision is not None:
            subdivision[of_subdivision] += presence.attended
    for name, attended in occurrence.turnout.positions:
        position[name or UNKNOWN] += attended
    return {"country": country, "subdivision": subdivision, "position": position}


def _presences(question: Question) -> Mapping[Sitting | None, Sequence[CityPresence]]:
    found = defaultdict[Sitting | None, list[CityPresence]](list)
    for presence in question.ground.presences(question.period.dates):
        found[presence.sitting].append(presence)
    return found


def first_met(question: Question, count: Callable[[FirstMet], int]) -> list[Item]:
    """Return everything held, by who was met there for the first time in the period."""

    def counted(occurrence: Occurrence) -> int:
        return count(question.first_met.get(occurrence.sitting, FirstMet()))

    return occurrence_items(held(question), counted)


def attendance_rate(question: Question) -> list[Item]:
    """Return what has a final roll, by who had registered and by who of these came."""
    settled = [each for each in held(question) if each.state.final_roll_at is not None]
    return occurrence_items(
        settled,
        lambda each: each.turnout.attended_registered,
        lambda each: each.turnout.registrations,
        wholes=lambda each: (each.turnout.registrations, each.attendance),
    )


def attribution(question: Question) -> list[Item]:
    """Return everything held, by who came and by whose city is known."""
    presences = _presences(question)
    return occurrence_items(
        held(question),
        lambda each: sum(map(question.ground.attributed_of, presences[each.sitting])),
        lambda each: each.attendance,
        wholes=lambda each: (each.attendance,),
    )


def hidden_people(question: Question, metric: str, items: Sequence[Item]) -> frozenset[str]:
    """Return the keys of the items whose counts of people are too small for everybody.

    A count is hidden when it, or what it leaves of a count printed elsewhere, is small; and so are
    others, where a printed sum would give it back. Where a person is met first says something of
    single people, so these counts are hidden all.
    """
    if metric not in PEOPLE:
        return frozenset()
    if metric in COUNTED_ONCE:
        return frozenset(item.key for item in items if item.counted)
    ground, window = question.ground, question.period.dates
    hidden = hidden_at(ground, window)
    of = hidden.registrations if metric in OF_REGISTRATIONS else hidden.attendance
    if metric in ("registrations", "attendance"):
        return frozenset(item.key for item in items if of.intersection(item.occurrences))
    shown_min = ground.registry.parameters.people_shown_min
    counted = {sitting: item.counted for item in items for sitting in item.occurrences}
    betraying = {
        sitting
        for item in items
        for sitting in item.occurrences
        if any(0 < whole - item.counted < shown_min for whole in item.wholes)
    }
    hiding = of.intersection(counted) | betraying
    all_hidden = suppressed_sittings(counted, ground.within(window), shown_min, hidden=hiding)
    return frozenset(item.key for item in items if all_hidden.intersection(item.occurrences))
