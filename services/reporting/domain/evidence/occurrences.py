"""Occurrences that a figure counts."""

from collections.abc import Callable, Iterable, Mapping

from services.reporting.domain.breakdowns import sitting_rows
from services.reporting.domain.evidence.item import Item, Question
from services.reporting.domain.occurrences import Occurrence

Parts = Mapping[str, Mapping[str, int]]
"""What an item adds to each row of some dimensions."""


def occurrence_items(
    occurrences: Iterable[Occurrence],
    counted: Callable[[Occurrence], int] = lambda occurrence: 1,
    of: Callable[[Occurrence], int | None] = lambda occurrence: None,
    parts: Callable[[Occurrence], Parts] = lambda occurrence: {},
    wholes: Callable[[Occurrence], tuple[int, ...]] = lambda occurrence: (),
) -> list[Item]:
    """Return occurrences as items, in the order given."""
    return [
        Item(
            key="/".join(occurrence.sitting),
            said={
                "activity_id": occurrence.activity.activity_id,
                "occurrence": occurrence.state.occurrence,
                "title": occurrence.activity.title,
                "kind": occurrence.activity.kind,
                "organisers": sorted(occurrence.activity.organisers),
                "on": occurrence.on.stated(),
                "attendance_final": occurrence.final,
            },
            counted=counted(occurrence),
            of=of(occurrence),
            rows=sitting_rows(occurrence),
            parts=parts(occurrence),
            wholes=wholes(occurrence),
            occurrences=(occurrence.sitting,),
        )
        for occurrence in occurrences
    ]


def held(question: Question) -> list[Occurrence]:
    """Return the occurrences held in the period."""
    return question.ground.held(question.period.dates)


def webinars(question: Question) -> list[Item]:
    """Return the webinars held."""
    return occurrence_items(each for each in held(question) if each.activity.kind == "webinar")


def activities(question: Question) -> list[Item]:
    """Return everything held."""
    return occurrence_items(held(question))


def timeliness(question: Question) -> list[Item]:
    """Return everything held; that with attendance in time counts."""
    return occurrence_items(held(question), lambda each: int(each.timely), lambda each: 1)


def completeness(question: Question) -> list[Item]:
    """Return everything held; that with final attendance counts."""
    return occurrence_items(held(question), lambda each: int(each.final), lambda each: 1)
