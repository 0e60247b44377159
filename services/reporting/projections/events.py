"""Activities, what became of their occurrences, and who took part."""

from typing import Any, assert_never

from services.reporting.domain.dates import instant_of, on_day, stated_dates
from services.reporting.domain.presence import one_row_each, pointer
from shared.contracts.events import (
    ActivityClaimed,
    ActivityMerged,
    ActivityScheduled,
    ActivityUnmerged,
    AttendanceRecorded,
    CityAttended,
    CityContributed,
    DuplicateDismissed,
    DuplicateReopened,
    EventsEvent,
    HelpGiven,
    OccurrenceCancelled,
    OccurrenceHeld,
    OccurrenceRescheduled,
    ParticipantJoined,
    ParticipantLeft,
    PersonErased,
    PersonMerged,
    PersonUnmerged,
    RegistrationCancelled,
    RegistrationReceived,
)
from shared.queries import Row
from shared.recorded import Recorded


def project(recorded: Recorded, event: EventsEvent) -> list[Row]:
    """Return the rows that a fact of events adds."""
    key = (recorded.stream, recorded.version, recorded.recorded_at)

    def add(table: str, *values: Any) -> list[Row]:
        return [Row(table, (*key, *values))]

    match event:
        case ActivityScheduled():
            return add("activity_description", *_description(event)) + [
                _plan(key, event, sitting.occurrence, sitting.starts_at)
                for sitting in event.sittings()
            ]
        case ActivityClaimed():
            return add(
                "activity_claim", event.activity_id, event.claimed_by, list(event.organisers)
            )
        case OccurrenceRescheduled():
            return [_plan(key, event, event.occurrence, event.starts_at)]
        case OccurrenceCancelled():
            return add(
                "occurrence_outcome",
                *(event.activity_id, event.occurrence, False),
                *(None, None, None, None, None, event.registrations),
            )
        case OccurrenceHeld():
            return add("occurrence_outcome", *_held(event))
        case AttendanceRecorded():
            return add("roll", *_roll(event)) + _participants(recorded, event)
        case CityAttended():
            return add(
                "city_mention",
                *(event.activity_id, event.occurrence, pointer(event.city)),
                *("attended", event.people),
            )
        case CityContributed():
            return add(
                "city_mention",
                *(event.activity_id, event.occurrence, pointer(event.city)),
                *(event.contribution, None),
            )
        case RegistrationReceived():
            return add(
                "registration",
                *(event.activity_id, event.occurrence, event.person, True, event.weak),
                *(pointer(event.city), pointer(event.city_by_domain), event.position, event.at),
            )
        case RegistrationCancelled():
            return add(
                "registration",
                *(event.activity_id, event.occurrence, event.person, False, False),
                *(None, None, None, event.at),
            )
        case ParticipantJoined() | ParticipantLeft():
            return add("passage", *_passage(event))
        case HelpGiven():
            on = stated_dates(event.on)
            return add("city_help", pointer(event.city), event.network, on.first, on.last)
        case PersonErased():
            return add("person_erasure", event.person)
        case ActivityMerged():
            return add("merge", "activities", event.activity_id, event.into)
        case ActivityUnmerged():
            return add("merge", "activities", event.activity_id, None)
        case PersonMerged():
            return add("merge", "people", event.person, event.into)
        case PersonUnmerged():
            return add("merge", "people", event.person, None)
        case DuplicateDismissed() | DuplicateReopened():
            dismissed = isinstance(event, DuplicateDismissed)
            return add("duplicate_dismissal", event.kind, event.first, event.second, dismissed)
        case _:
            assert_never(event)


def _description(activity: ActivityScheduled) -> tuple[Any, ...]:
    return (
        activity.activity_id,
        activity.announced_by,
        activity.kind,
        activity.title,
        list(activity.organisers),
        activity.time_zone,
        activity.delivery,
        list(activity.themes),
        activity.phase,
        list(activity.languages),
        activity.series,
        activity.duration_minutes,
    )


def _plan(
    key: tuple[Any, ...],
    event: ActivityScheduled | OccurrenceRescheduled,
    occurrence: str,
    starts_at: str,
) -> Row:
    planned_on = stated_dates(starts_at.partition("T")[0]).first
    planned_at = instant_of(starts_at, event.time_zone)
    return Row(
        "occurrence_plan",
        (*key, event.activity_id, occurrence, planned_on, planned_at, event.time_zone),
    )


def _held(event: OccurrenceHeld) -> tuple[Any, ...]:
    if event.started_at is not None:
        on = on_day(event.started_at.date())
    elif event.on is not None:
        on = stated_dates(event.on)
    else:
        raise ValueError(f"{event.activity_id}/{event.occurrence}: held, and on no date")
    return (
        event.activity_id,
        event.occurrence,
        True,
        event.started_at,
        event.ended_at,
        on.first,
        on.last,
        event.attendance,
        None,
    )


def _roll(event: AttendanceRecorded) -> tuple[Any, ...]:
    return (
        event.activity_id,
        event.occurrence,
        event.final,
        event.file_hash,
        len(event.participants),
    )


def _participants(recorded: Recorded, event: AttendanceRecorded) -> list[Row]:
    return [
        Row(
            "roll_participant",
            (
                recorded.stream,
                recorded.version,
                presence.person,
                presence.weak,
                presence.role,
                presence.city,
                presence.city_by_domain,
                presence.position,
                presence.listed,
                presence.spans,
            ),
        )
        for presence in one_row_each(event.participants)
    ]


def _passage(event: ParticipantJoined | ParticipantLeft) -> tuple[Any, ...]:
    return (
        event.activity_id,
        event.occurrence,
        event.person,
        event.weak,
        event.role,
        pointer(event.city),
        pointer(event.city_by_domain),
        isinstance(event, ParticipantJoined),
        event.at,
    )
