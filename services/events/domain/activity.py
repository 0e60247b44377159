"""An activity and its occurrences: announced, moved, called off, held, and who is named with it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from shared.contracts.events import (
    ActivityClaimed,
    ActivityDescription,
    ActivityEvent,
    ActivityMerged,
    ActivityScheduled,
    ActivityUnmerged,
    AttendanceRecorded,
    CityAttended,
    CityContributed,
    OccurrenceCancelled,
    OccurrenceHeld,
    OccurrenceRescheduled,
    ParticipantFact,
)
from shared.contracts.messages.events import (
    AttendAsCity,
    CancelActivity,
    ContributeAsCity,
    HoldActivity,
    MergeActivity,
    Participant,
    RecordAttendance,
    RescheduleActivity,
    ScheduleActivity,
    UnmergeActivity,
)
from shared.contracts.values import CityPointer, FileHash, LocalTime, TimeZone, local_instant
from shared.decider import Command, Decider
from shared.errors import Refused

EARLY_MAX = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Sitting:
    """What is known of one occurrence."""

    starts_at: LocalTime | None = None
    time_zone: TimeZone | None = None
    cancelled: bool = False
    held: OccurrenceHeld | None = None
    files: frozenset[tuple[FileHash, bool]] = frozenset()
    attended: Mapping[CityPointer, int | None] = field(default_factory=dict)
    contributed: frozenset[tuple[CityPointer, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Activity:
    """What is known of an activity; `announced` is None before it is scheduled.

    `merged_into` is the activity that it counts as, while it does not stand for itself.
    """

    announced: ActivityScheduled | None = None
    claims: frozenset[tuple[str, tuple[str, ...]]] = frozenset()
    sittings: Mapping[str, Sitting] = field(default_factory=dict)
    merged_into: str | None = None

    def sitting(self, occurrence: str) -> Sitting:
        """Return what is known of an occurrence; one that was never announced is blank."""
        return self.sittings.get(occurrence, Sitting())


def decide(command: Command, activity: Activity) -> Sequence[ActivityEvent]:
    """Return the facts that follow, or raise Refused with the rule that forbids it."""
    said = command.said
    match said:
        case ScheduleActivity():
            return _schedule(command, said, activity)
        case RescheduleActivity():
            return _reschedule(said, activity)
        case CancelActivity():
            return _cancel(said, activity)
        case HoldActivity():
            return _hold(command, said, activity)
        case RecordAttendance():
            return _record_attendance(command, said, activity)
        case AttendAsCity():
            pointer, attended = (
                command.cities[said.city],
                activity.sitting(said.occurrence).attended,
            )
            if pointer in attended and attended[pointer] == said.people:
                return []
            return [
                CityAttended(
                    activity_id=said.activity_id,
                    occurrence=said.occurrence,
                    city=pointer,
                    people=said.people,
                )
            ]
        case ContributeAsCity():
            pointer = command.cities[said.city]
            if (pointer, said.contribution) in activity.sitting(said.occurrence).contributed:
                return []
            return [
                CityContributed(
                    activity_id=said.activity_id,
                    occurrence=said.occurrence,
                    city=pointer,
                    contribution=said.contribution,
                )
            ]
        case MergeActivity():
            return _merge(said, activity)
        case UnmergeActivity() if activity.merged_into is not None:
            return [
                ActivityUnmerged(
                    activity_id=said.activity_id, into=activity.merged_into, reason=said.reason
                )
            ]
        case UnmergeActivity():
            return []  # it stands for itself already
        case _:
            raise TypeError(f"{type(said).__name__} is not a command for an activity")


def _merge(said: MergeActivity, activity: Activity) -> Sequence[ActivityEvent]:
    """Make an activity count as another one; what it is merged into first has to be undone."""
    if activity.merged_into == said.into:
        return []
    if activity.merged_into is not None:
        raise Refused(f"{said.activity_id} is merged into {activity.merged_into}: unmerge it first")
    return [ActivityMerged(activity_id=said.activity_id, into=said.into, reason=said.reason)]


def _schedule(
    command: Command, said: ScheduleActivity, activity: Activity
) -> Sequence[ActivityEvent]:
    """Announce; the same source may announce anew, another one only joins in leading it."""
    announced = activity.announced
    if announced is None or announced.announced_by == command.source:
        if announced is not None and _description(announced) == _description(said):
            return []
        return [ActivityScheduled(announced_by=command.source, **dict(said))]
    if (command.source, said.organisers) in activity.claims:
        return []
    return [
        ActivityClaimed(
            activity_id=said.activity_id,
            claimed_by=command.source,
            organisers=said.organisers,
            title=said.title,
        )
    ]


def _description(source: ActivityDescription) -> dict[str, object]:
    return {name: getattr(source, name) for name in ActivityDescription.model_fields}


def _reschedule(said: RescheduleActivity, activity: Activity) -> Sequence[ActivityEvent]:
    assert activity.announced is not None  # noqa: S101 - a command waits until it is announced
    sitting = activity.sitting(said.occurrence)
    if sitting.held is not None:
        raise Refused(f"{_named(said)} was held, so it cannot move to {said.starts_at}")
    if sitting.cancelled:
        raise Refused(f"{_named(said)} was cancelled, so it cannot move; announce another one")
    time_zone = said.time_zone or activity.announced.time_zone
    try:
        local_instant(said.starts_at, time_zone)
    except ValueError as error:
        raise Refused(f"starts_at: {error}") from None
    if (sitting.starts_at, sitting.time_zone) == (said.starts_at, time_zone):
        return []
    return [
        OccurrenceRescheduled(
            activity_id=said.activity_id,
            occurrence=said.occurrence,
            starts_at=said.starts_at,
            time_zone=time_zone,
        )
    ]


def _cancel(said: CancelActivity, activity: Activity) -> Sequence[ActivityEvent]:
    """Call off one occurrence, or all that were neither held nor called off yet."""
    if said.occurrence is not None:
        if activity.sitting(said.occurrence).held is not None:
            raise Refused(f"{_named(said)} was held, so it cannot be cancelled")
        names = [said.occurrence]
    else:
        names = [name for name, sitting in activity.sittings.items() if sitting.held is None]
        if not names:
            raise Refused(f"every occurrence of {said.activity_id} was held, none can be cancelled")
    open_names = [name for name in names if not activity.sitting(name).cancelled]
    return [
        OccurrenceCancelled(
            activity_id=said.activity_id,
            occurrence=name,
            reason=said.reason,
            # One count for the whole activity is told once, not for each of its sittings.
            registrations=said.registrations if n == 0 else None,
        )
        for n, name in enumerate(open_names)
    ]


def _hold(command: Command, said: HoldActivity, activity: Activity) -> Sequence[ActivityEvent]:
    if _is_early(said, command.now):
        raise Refused(f"{_named(said)} cannot have been held yet: it is {command.now.isoformat()}")
    held = OccurrenceHeld(**dict(said))
    return [] if activity.sitting(said.occurrence).held == held else [held]


def _is_early(said: HoldActivity, now: datetime) -> bool:
    tomorrow = now + EARLY_MAX
    if said.ended_at is not None:
        return said.ended_at > tomorrow
    return str(said.on) > tomorrow.date().isoformat()[: len(str(said.on))]


def _record_attendance(
    command: Command, said: RecordAttendance, activity: Activity
) -> Sequence[ActivityEvent]:
    """Take a file; one that came before changes nothing, whatever came in between."""
    participants = tuple(_participant(command, each) for each in said.participants)
    file_hash = said.file_hash or _hash(said)
    if (file_hash, said.final) in activity.sitting(said.occurrence).files:
        return []
    return [
        AttendanceRecorded(
            activity_id=said.activity_id,
            occurrence=said.occurrence,
            final=said.final,
            file_hash=file_hash,
            participants=participants,
        )
    ]


def _hash(said: RecordAttendance) -> str:
    rows = "\n".join(sorted(row.model_dump_json() for row in said.participants))
    return f"sha256:{hashlib.sha256(rows.encode()).hexdigest()}"


def _participant(command: Command, row: Participant) -> ParticipantFact:
    person = command.people[row.person]
    return ParticipantFact(
        person=person.key,
        weak=person.weak,
        role=row.role,
        city=command.city(row.city),
        city_by_domain=person.city_by_domain,
        position=row.position,
        intervals=row.intervals,
    )


def _named(said: RescheduleActivity | CancelActivity | HoldActivity) -> str:
    return f"occurrence {said.occurrence} of {said.activity_id}"


def evolve(activity: Activity, event: ActivityEvent) -> Activity:
    """Return the activity after a fact."""
    match event:
        case ActivityScheduled():
            planned = {
                each.occurrence: replace(
                    activity.sitting(each.occurrence),
                    starts_at=each.starts_at,
                    time_zone=event.time_zone,
                )
                for each in event.sittings()
            }
            return replace(activity, announced=event, sittings={**activity.sittings, **planned})
        case ActivityClaimed():
            claim = (event.claimed_by, event.organisers)
            return replace(activity, claims=activity.claims | {claim})
        case OccurrenceRescheduled():
            return _with(
                activity, event.occurrence, starts_at=event.starts_at, time_zone=event.time_zone
            )
        case OccurrenceCancelled():
            return _with(activity, event.occurrence, cancelled=True)
        case OccurrenceHeld():
            return _with(activity, event.occurrence, held=event, cancelled=False)
        case AttendanceRecorded():
            files = activity.sitting(event.occurrence).files | {(event.file_hash, event.final)}
            return _with(activity, event.occurrence, files=files)
        case CityAttended():
            attended = activity.sitting(event.occurrence).attended
            return _with(
                activity, event.occurrence, attended={**attended, event.city: event.people}
            )
        case CityContributed():
            contributed = activity.sitting(event.occurrence).contributed
            named = contributed | {(event.city, event.contribution)}
            return _with(activity, event.occurrence, contributed=named)
        case ActivityMerged():
            return replace(activity, merged_into=event.into)
        case ActivityUnmerged():
            return replace(activity, merged_into=None)
        case _:
            assert_never(event)


def _with(activity: Activity, occurrence: str, **changes: object) -> Activity:
    changed = replace(activity.sitting(occurrence), **changes)  # type: ignore[arg-type]
    return replace(activity, sittings={**activity.sittings, occurrence: changed})


DECIDER = Decider(Activity(), decide, evolve)
