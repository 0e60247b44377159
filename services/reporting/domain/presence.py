"""One row per person of an attendance file, before anything is counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.events import ParticipantFact
from shared.contracts.values import CityPointer

Span = tuple[datetime, datetime]

ROLES_DECISIVE_LAST = ("attendee", "panelist", "host", "staff", "test")
"""A person named under two roles counts under the later of these: a test account that also joined
as an attendee is still a test account."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody at an occurrence; `listed` when the file names them without any times."""

    person: str
    weak: bool
    role: str
    city: str | None
    city_by_domain: str | None
    position: str | None
    listed: bool
    spans: tuple[Span, ...]


def pointer(city: CityPointer | None) -> str | None:
    """Write a city pointer as one word: the city_id, or "?" and the id of the open question."""
    if city is None:
        return None
    return city.city_id if city.city_id is not None else f"?{city.reference_id}"


def united(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the union of the spans, in order; overlapping and touching ones become one."""
    union: list[Span] = []
    for since, until in sorted(span for span in spans if span[0] < span[1]):
        if union and since <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], until))
        else:
            union.append((since, until))
    return tuple(union)


def one_row_each(participants: Iterable[ParticipantFact]) -> list[Presence]:
    """Return one row for each person of a file, whatever number of rows the file gave them."""
    rows: dict[str, list[ParticipantFact]] = {}
    for participant in participants:
        rows.setdefault(participant.person, []).append(participant)
    return [_merged(person, given) for person, given in rows.items()]


def _merged(person: str, rows: list[ParticipantFact]) -> Presence:
    spans = [span for row in rows for span in row.intervals]
    return Presence(
        person=person,
        weak=any(row.weak for row in rows),
        role=max((row.role for row in rows), key=ROLES_DECISIVE_LAST.index),
        city=next((pointer(row.city) for row in rows if row.city), None),
        city_by_domain=next(
            (pointer(row.city_by_domain) for row in rows if row.city_by_domain), None
        ),
        position=next((row.position for row in rows if row.position), None),
        listed=not spans,
        spans=united(spans),
    )
