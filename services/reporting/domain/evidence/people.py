"""People that a figure counts, by the occurrence at which it counts them."""

from collections import Counter
from collections.abc import Callable

from services.reporting.domain.evidence.item import FirstMet, Item, Question
from services.reporting.domain.evidence.occurrences import held, occurrence_items
from services.reporting.domain.knowledge import Sitting
from services.reporting.domain.occurrences import Occurrence


def registrations(question: Question) -> list[Item]:
    """Return the occurrences somebody registered for."""
    planned = [
        occurrence
        for occurrence in question.ground.within(question.period.dates)
        if occurrence.turnout.registrations and not occurrence.cancelled
    ]
    return occurrence_items(planned, lambda occurrence: occurrence.turnout.registrations)


def attendance(question: Question) -> list[Item]:
    """Return everything held, by who came."""
    return occurrence_items(held(question), lambda occurrence: occurrence.attendance)


def first_met(question: Question, count: Callable[[FirstMet], int]) -> list[Item]:
    """Return everything held, by who was met there for the first time in the period."""

    def counted(occurrence: Occurrence) -> int:
        return count(question.first_met.get(occurrence.sitting, FirstMet()))

    return occurrence_items(held(question), counted)


def attendance_rate(question: Question) -> list[Item]:
    """Return what has a final roll, by who had registered and by who of these came."""
    return occurrence_items(
        _settled(question),
        lambda each: each.turnout.attended_registered,
        lambda each: each.turnout.registrations,
    )


def attribution(question: Question) -> list[Item]:
    """Return everything held, by who came and by whose city is known."""
    ground, attributed = question.ground, Counter[Sitting | None]()
    for presence in ground.presences(question.period.dates):
        attributed[presence.sitting] += ground.attributed_of(presence)
    return occurrence_items(
        held(question),
        lambda occurrence: attributed[occurrence.sitting],
        lambda occurrence: occurrence.attendance,
    )


def _settled(question: Question) -> list[Occurrence]:
    return [each for each in held(question) if each.state.final_roll_at is not None]
