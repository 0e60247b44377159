"""The facts of events: activities, their occurrences, and who took part.

No name and no e-mail of a person stands here; `person` is a key into the vault.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.values import (
    SOLE_OCCURRENCE,
    ActivityKind,
    CalendarDate,
    CityPointer,
    Contract,
    Contribution,
    Delivery,
    Distinct,
    Fact,
    FileHash,
    HeadCount,
    Instant,
    Interval,
    Language,
    LocalTime,
    Network,
    Organisation,
    Phase,
    Position,
    Reason,
    Role,
    Slug,
    SourceName,
    ThemeSlug,
    TimeZone,
    Title,
)

PARTICIPANTS_MAX = 10_000
INTERVALS_MAX = 200
OCCURRENCES_MAX = 400

DuplicateKind = Literal["activities", "people"]


class Occurrence(Contract):
    """One sitting of an activity."""

    occurrence: Slug
    starts_at: LocalTime


class ActivityDescription(Contract):
    """What the organisers announce."""

    activity_id: Slug
    kind: ActivityKind
    title: Title
    organisers: Annotated[tuple[Organisation, ...], Distinct, Field(min_length=1, max_length=20)]
    starts_at: LocalTime
    time_zone: TimeZone
    duration_minutes: Annotated[int, Field(ge=1, le=100_000)] | None = None
    delivery: Delivery | None = None
    themes: Annotated[tuple[ThemeSlug, ...], Distinct, Field(max_length=30)] = ()
    phase: Phase | None = None
    languages: Annotated[tuple[Language, ...], Distinct, Field(max_length=30)] = ()
    series: Slug | None = None
    occurrences: Annotated[tuple[Occurrence, ...], Distinct, Field(max_length=OCCURRENCES_MAX)] = ()

    def sittings(self) -> tuple[Occurrence, ...]:
        """Return the declared occurrences, or the sole one at the activity's own start."""
        return self.occurrences or (
            Occurrence(occurrence=SOLE_OCCURRENCE, starts_at=self.starts_at),
        )


class ParticipantFact(Contract):
    """Somebody's part in an occurrence: a key into the vault, never a name.

    `city` was declared for the person; `city_by_domain` follows from the e-mail domain.
    """

    person: Slug
    weak: bool = False
    role: Role
    city: CityPointer | None = None
    city_by_domain: CityPointer | None = None
    position: Position | None = None
    intervals: Annotated[tuple[Interval, ...], Field(max_length=INTERVALS_MAX)] = ()


class AtOccurrence(Fact):
    """What a fact about one sitting of an activity says first."""

    activity_id: Slug
    occurrence: Slug


class ActivityScheduled(Fact, ActivityDescription):
    """An activity was announced, or announced anew by the same source."""

    TYPE: ClassVar[str] = "events.activity_scheduled.v1"
    announced_by: SourceName


class ActivityClaimed(Fact):
    """Another system published the same activity: it leads too, and adds nothing else."""

    TYPE: ClassVar[str] = "events.activity_claimed.v1"
    activity_id: Slug
    claimed_by: SourceName
    organisers: Annotated[tuple[Organisation, ...], Distinct, Field(min_length=1, max_length=20)]
    title: Title


class OccurrenceRescheduled(AtOccurrence):
    """An occurrence moved to another start."""

    TYPE: ClassVar[str] = "events.occurrence_rescheduled.v1"
    starts_at: LocalTime
    time_zone: TimeZone


class OccurrenceCancelled(AtOccurrence):
    """An occurrence will not be held."""

    TYPE: ClassVar[str] = "events.occurrence_cancelled.v1"
    reason: Reason | None = None
    registrations: HeadCount | None = None


class OccurrenceHeld(AtOccurrence):
    """An occurrence took place: with its actual window, or on a date when only that is known."""

    TYPE: ClassVar[str] = "events.occurrence_held.v1"
    started_at: Instant | None = None
    ended_at: Instant | None = None
    on: CalendarDate | None = None
    attendance: HeadCount | None = None


class AttendanceRecorded(AtOccurrence):
    """A whole attendance file; a final one supersedes provisional joins and earlier files."""

    TYPE: ClassVar[str] = "events.attendance_recorded.v1"
    final: bool
    file_hash: FileHash
    participants: Annotated[tuple[ParticipantFact, ...], Field(max_length=PARTICIPANTS_MAX)]


class CityAttended(AtOccurrence):
    """A city is named as having taken part, without person rows."""

    TYPE: ClassVar[str] = "events.city_attended.v1"
    city: CityPointer
    people: HeadCount | None = None


class CityContributed(AtOccurrence):
    """A city spoke at or hosted an occurrence."""

    TYPE: ClassVar[str] = "events.city_contributed.v1"
    city: CityPointer
    contribution: Contribution


class ActivityMerged(Fact):
    """A person said that an activity is another one: what is known of it counts there."""

    TYPE: ClassVar[str] = "events.activity_merged.v1"
    activity_id: Slug
    into: Slug
    reason: Reason | None = None


class ActivityUnmerged(Fact):
    """An activity stands for itself again."""

    TYPE: ClassVar[str] = "events.activity_unmerged.v1"
    activity_id: Slug
    into: Slug
    reason: Reason | None = None


class RegistrationReceived(AtOccurrence):
    """Somebody registered for an occurrence."""

    TYPE: ClassVar[str] = "events.registration_received.v1"
    person: Slug
    weak: bool = False
    city: CityPointer | None = None
    city_by_domain: CityPointer | None = None
    position: Position | None = None
    at: Instant


class RegistrationCancelled(AtOccurrence):
    """Somebody withdrew their registration."""

    TYPE: ClassVar[str] = "events.registration_cancelled.v1"
    person: Slug
    at: Instant


class Passage(AtOccurrence):
    """What a fact about somebody at the door says."""

    person: Slug
    weak: bool = False
    role: Role
    city: CityPointer | None = None
    city_by_domain: CityPointer | None = None
    at: Instant


class ParticipantJoined(Passage):
    """Somebody entered, as a live webhook tells; provisional until the final file."""

    TYPE: ClassVar[str] = "events.participant_joined.v1"


class ParticipantLeft(Passage):
    """Somebody went out again."""

    TYPE: ClassVar[str] = "events.participant_left.v1"


class HelpGiven(Fact):
    """A network gave a city direct technical help."""

    TYPE: ClassVar[str] = "events.help_given.v1"
    city: CityPointer
    network: Network
    on: CalendarDate
    what: Reason | None = None


class PersonErased(Fact):
    """The vault's row of this person is gone: nobody can say any more who it was."""

    TYPE: ClassVar[str] = "events.person_erased.v1"
    person: Slug


class PersonMerged(Fact):
    """A key into the vault means the same person as another one, under which they count."""

    TYPE: ClassVar[str] = "events.person_merged.v1"
    person: Slug
    into: Slug
    reason: Reason | None = None


class PersonUnmerged(Fact):
    """A key into the vault stands for a person of its own again."""

    TYPE: ClassVar[str] = "events.person_unmerged.v1"
    person: Slug
    into: Slug
    reason: Reason | None = None


class Pair(Contract):
    """Two activities, or two keys of people, in the order of their names."""

    kind: DuplicateKind
    first: Slug
    second: Slug


class DuplicateDismissed(Fact, Pair):
    """A person said that two are not one: nobody is asked again."""

    TYPE: ClassVar[str] = "events.duplicate_dismissed.v1"
    reason: Reason


class DuplicateReopened(Fact, Pair):
    """A dismissal was taken back: whether they are one is a question again."""

    TYPE: ClassVar[str] = "events.duplicate_reopened.v1"
    reason: Reason | None = None


ActivityEvent = (
    ActivityScheduled
    | ActivityClaimed
    | OccurrenceRescheduled
    | OccurrenceCancelled
    | OccurrenceHeld
    | AttendanceRecorded
    | CityAttended
    | CityContributed
    | ActivityMerged
    | ActivityUnmerged
)
ParticipationEvent = (
    RegistrationReceived | RegistrationCancelled | ParticipantJoined | ParticipantLeft
)
HelpEvent = HelpGiven
PersonEvent = PersonErased | PersonMerged | PersonUnmerged
DuplicateEvent = DuplicateDismissed | DuplicateReopened
EventsEvent = ActivityEvent | ParticipationEvent | HelpEvent | PersonEvent | DuplicateEvent
