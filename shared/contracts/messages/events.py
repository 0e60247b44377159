"""What other systems send to events."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field, field_validator, model_validator

from shared.contracts.events import (
    INTERVALS_MAX,
    PARTICIPANTS_MAX,
    ActivityDescription,
    DuplicateKind,
)
from shared.contracts.values import (
    SOLE_OCCURRENCE,
    CalendarDate,
    CityReference,
    Contract,
    Contribution,
    FileHash,
    HeadCount,
    Instant,
    Interval,
    LocalTime,
    Message,
    Network,
    Person,
    Position,
    Reason,
    Role,
    Slug,
    TimeZone,
    local_instant,
    overlong,
)

LONGEST_SITTING = timedelta(days=7)


class ScheduleActivity(Message, ActivityDescription):
    """Announce an activity."""

    TYPE: ClassVar[str] = "tandem.events.activity_scheduled.v1"

    @model_validator(mode="after")
    def _starts_exist(self) -> "ScheduleActivity":
        for start in (self.starts_at, *(sitting.starts_at for sitting in self.occurrences)):
            local_instant(start, self.time_zone)
        names = [sitting.occurrence for sitting in self.occurrences]
        if len(set(names)) != len(names):
            raise ValueError("occurrences: two of them carry the same name")
        return self


class AtOccurrence(Message):
    """What a message about one sitting of an activity says first."""

    activity_id: Slug
    occurrence: Slug = SOLE_OCCURRENCE


class RescheduleActivity(AtOccurrence):
    """Move an occurrence to another start."""

    TYPE: ClassVar[str] = "tandem.events.activity_rescheduled.v1"
    starts_at: LocalTime
    time_zone: TimeZone | None = None


class CancelActivity(Message):
    """Call off one occurrence, or the activity as a whole when none is named."""

    TYPE: ClassVar[str] = "tandem.events.activity_cancelled.v1"
    activity_id: Slug
    occurrence: Slug | None = None
    reason: Reason | None = None
    registrations: HeadCount | None = None


class HoldActivity(AtOccurrence):
    """Say that an occurrence took place."""

    TYPE: ClassVar[str] = "tandem.events.activity_held.v1"
    started_at: Instant | None = None
    ended_at: Instant | None = None
    on: CalendarDate | None = None
    attendance: HeadCount | None = None

    @model_validator(mode="after")
    def _window_or_date(self) -> "HoldActivity":
        if (self.started_at is None) != (self.ended_at is None):
            raise ValueError("started_at and ended_at go together")
        if (self.started_at is None) == (self.on is None):
            raise ValueError("give started_at and ended_at, or on when only the date is known")
        if (
            self.started_at
            and self.ended_at
            and overlong([(self.started_at, self.ended_at)], LONGEST_SITTING)
        ):
            raise ValueError("ended_at must follow started_at within 7 days")
        return self


class Registration(AtOccurrence):
    """What a message about somebody's registration says."""

    person: Person
    city: CityReference | None = None
    position: Position | None = None


class ReceiveRegistration(Registration):
    """Register somebody for an occurrence."""

    TYPE: ClassVar[str] = "tandem.events.registration_received.v1"


class CancelRegistration(Registration):
    """Withdraw somebody's registration."""

    TYPE: ClassVar[str] = "tandem.events.registration_cancelled.v1"


class Passage(AtOccurrence):
    """What a message about somebody at the door says."""

    person: Person
    role: Role = "attendee"
    city: CityReference | None = None
    at: Instant


class JoinParticipant(Passage):
    """Somebody entered."""

    TYPE: ClassVar[str] = "tandem.events.participant_joined.v1"


class LeaveParticipant(Passage):
    """Somebody went out."""

    TYPE: ClassVar[str] = "tandem.events.participant_left.v1"


class Participant(Contract):
    """One person's row of an attendance file."""

    person: Person
    role: Role
    city: CityReference | None = None
    position: Position | None = None
    intervals: Annotated[tuple[Interval, ...], Field(max_length=INTERVALS_MAX)]

    @field_validator("intervals")
    @classmethod
    def _in_order(cls, intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
        if overlong(intervals, LONGEST_SITTING):
            raise ValueError("an interval ends before it starts, or lasts more than 7 days")
        return intervals


class RecordAttendance(AtOccurrence):
    """Hand in an attendance file as a whole."""

    TYPE: ClassVar[str] = "tandem.events.attendance_recorded.v1"
    final: bool
    file_hash: FileHash | None = None
    participants: Annotated[tuple[Participant, ...], Field(max_length=PARTICIPANTS_MAX)]


class AttendAsCity(AtOccurrence):
    """Name a city as having taken part, without person rows."""

    TYPE: ClassVar[str] = "tandem.events.city_attended.v1"
    city: CityReference
    people: HeadCount | None = None


class ContributeAsCity(AtOccurrence):
    """Name a city as speaker or host."""

    TYPE: ClassVar[str] = "tandem.events.city_contributed.v1"
    city: CityReference
    contribution: Contribution


class GiveHelp(Message):
    """Say that a network gave a city direct technical help."""

    TYPE: ClassVar[str] = "tandem.events.help_given.v1"
    city: CityReference
    network: Network
    on: CalendarDate
    what: Reason | None = None


EventsMessage = (
    ScheduleActivity
    | RescheduleActivity
    | CancelActivity
    | HoldActivity
    | ReceiveRegistration
    | CancelRegistration
    | JoinParticipant
    | LeaveParticipant
    | RecordAttendance
    | AttendAsCity
    | ContributeAsCity
    | GiveHelp
)


class ErasePerson(Message):
    """Erase somebody from the vault, by key or by identity; what was counted stands."""

    TYPE: ClassVar[str] = "tandem.events.person_erased.v1"
    person: Slug | None = None
    identity: Person | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ErasePerson":
        if (self.person is None) == (self.identity is None):
            raise ValueError("give either person (the key) or identity")
        return self


class Merge(Message):
    """What a message says that makes two one, or two again."""

    reason: Reason | None = None


class MergeActivity(Merge):
    """Say that an activity is another one; what is known of it counts there from now on."""

    TYPE: ClassVar[str] = "tandem.events.activity_merged.v1"
    activity_id: Slug
    into: Slug

    @model_validator(mode="after")
    def _two(self) -> "MergeActivity":
        if self.activity_id == self.into:
            raise ValueError("into: an activity cannot be merged into itself")
        return self


class UnmergeActivity(Merge):
    """Say that an activity stands for itself after all."""

    TYPE: ClassVar[str] = "tandem.events.activity_unmerged.v1"
    activity_id: Slug


class MergePerson(Merge):
    """Say that two keys into the vault mean one person."""

    TYPE: ClassVar[str] = "tandem.events.person_merged.v1"
    person: Slug
    into: Slug

    @model_validator(mode="after")
    def _two(self) -> "MergePerson":
        if self.person == self.into:
            raise ValueError("into: a person cannot be merged into themselves")
        return self


class UnmergePerson(Merge):
    """Say that a key into the vault means a person of its own after all."""

    TYPE: ClassVar[str] = "tandem.events.person_unmerged.v1"
    person: Slug


class PairOf(Message):
    """Two activities, or two keys of people, in any order."""

    kind: DuplicateKind
    first: Slug
    second: Slug

    @model_validator(mode="after")
    def _two(self) -> "PairOf":
        if self.first == self.second:
            raise ValueError("second: is the same as first")
        return self


class DismissDuplicate(PairOf):
    """Say that two are not one, so that nobody is asked again."""

    TYPE: ClassVar[str] = "tandem.events.duplicate_dismissed.v1"
    reason: Reason


class ReopenDuplicate(PairOf):
    """Take a dismissal back."""

    TYPE: ClassVar[str] = "tandem.events.duplicate_reopened.v1"
    reason: Reason | None = None


EventsDecision = (
    ErasePerson
    | MergeActivity
    | UnmergeActivity
    | MergePerson
    | UnmergePerson
    | DismissDuplicate
    | ReopenDuplicate
)
