"""Facts as the ledgers would hold them: streams and versions by themselves, times by choice."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.contracts.events import (
    ActivityMerged,
    ActivityScheduled,
    ActivityUnmerged,
    AttendanceRecorded,
    CityAttended,
    CityContributed,
    DuplicateDismissed,
    DuplicateReopened,
    HelpGiven,
    Occurrence,
    OccurrenceCancelled,
    OccurrenceHeld,
    ParticipantFact,
    ParticipantJoined,
    ParticipantLeft,
    PersonErased,
    PersonMerged,
    PersonUnmerged,
    RegistrationCancelled,
    RegistrationReceived,
)
from shared.contracts.membership import (
    CityRegistered,
    MembershipEnded,
    MembershipStarted,
)
from shared.contracts.resources import (
    ResourceDelivered,
    ResourceDownloaded,
    ResourcePublished,
    ResourceShared,
)
from shared.contracts.values import (
    Channel,
    CityPointer,
    Fact,
    Network,
    Population,
    Position,
    Role,
)
from shared.recorded import Recorded

NEW_YORK, LOS_ANGELES = "America/New_York", "America/Los_Angeles"
LONG_AGO = datetime(2024, 1, 2, tzinfo=UTC)
SOURCE = "webinar-platform"


def at(local: str, zone: str = "UTC") -> datetime:
    """The instant of a local time such as "2024-03-27T14:00"."""
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def pointer_to(city_id: str) -> CityPointer:
    """A pointer to a city, or to an open question when it begins with "?"."""
    if city_id.startswith("?"):
        return CityPointer(reference_id=city_id[1:])
    return CityPointer(city_id=city_id)


def of(city_id: str | None) -> CityPointer | None:
    """The same; None of None."""
    return None if city_id is None else pointer_to(city_id)


class Book:
    """Facts in the order they are told; each is recorded a second after the one before.

    `told(fact, on)` sets the clock: this fact and those after it are recorded from then on.
    """

    def __init__(self) -> None:
        self.facts: list[Recorded] = []
        self._now = LONG_AGO
        self._versions: Counter[str] = Counter()
        self._positions: Counter[str] = Counter()

    def on(self, moment: str) -> "Book":
        """Record what follows from this UTC time on."""
        self._now = at(moment)
        return self

    def tell(self, *facts: Fact, source: str = SOURCE) -> "Book":
        """Record facts, one after the other."""
        for fact in facts:
            ledger, stream = place_of(fact)
            self._versions[stream] += 1
            self._positions[ledger] += 1
            number = len(self.facts) + 1
            self.facts.append(
                Recorded(
                    ledger=ledger,
                    stream=stream,
                    version=self._versions[stream],
                    position=self._positions[ledger],
                    fact_id=UUID(int=number),
                    fact=fact,
                    occurred_at=self._now,
                    recorded_at=self._now,
                    source=source,
                    source_id=f"message-{number}",
                    traceparent=f"00-{number:032x}-{number:016x}-01",
                )
            )
            self._now += timedelta(seconds=1)
        return self

    # Membership

    def city(
        self,
        city_id: str,
        subdivision: str | None = None,
        population: int | None = None,
        country: str = "US",
        networks: Iterable[Network] = (),
        since: str = "2023-01-01",
        source: tuple[str, int] = ("Census", 2023),
        **more: Any,
    ) -> "Book":
        """Register a city, and its memberships."""
        self.tell(
            CityRegistered(
                city_id=city_id,
                name=city_id.replace("-", " ").title(),
                kind=more.pop("kind", "city"),
                country=country,
                subdivision=subdivision,
                population=Population(value=population, source=source[0], year=source[1])
                if population is not None
                else None,
                **more,
            )
        )
        for network in networks:
            self.tell(MembershipStarted(city_id=city_id, network=network, on=since))
        return self

    def leaves(self, city_id: str, network: Network, on: str) -> "Book":
        return self.tell(MembershipEnded(city_id=city_id, network=network, on=on))

    # Events

    def webinar(
        self,
        activity_id: str,
        starts_at: str,
        zone: str = NEW_YORK,
        organisers: Sequence[str] = ("NLC", "SCN"),
        sittings: dict[str, str] | None = None,
        source: str = SOURCE,
        **more: Any,
    ) -> "Book":
        """Announce an activity, a webinar unless said otherwise."""
        return self.tell(
            ActivityScheduled(
                activity_id=activity_id,
                kind=more.pop("kind", "webinar"),
                title=more.pop("title", activity_id),
                organisers=tuple(organisers),
                starts_at=starts_at,
                time_zone=zone,
                occurrences=tuple(
                    Occurrence(occurrence=name, starts_at=start)
                    for name, start in (sittings or {}).items()
                ),
                announced_by=source,
                **more,
            ),
            source=source,
        )

    def held(
        self,
        activity_id: str,
        start: str,
        minutes: int = 60,
        zone: str = NEW_YORK,
        occurrence: str = "1",
        attendance: int | None = None,
    ) -> "Book":
        """Say that it was held: from a local time on, or on a date."""
        if "T" not in start:
            return self.tell(
                OccurrenceHeld(
                    activity_id=activity_id, occurrence=occurrence, on=start, attendance=attendance
                )
            )
        began = at(start, zone)
        return self.tell(
            OccurrenceHeld(
                activity_id=activity_id,
                occurrence=occurrence,
                started_at=began,
                ended_at=began + timedelta(minutes=minutes),
                attendance=attendance,
            )
        )

    def cancelled(
        self, activity_id: str, registrations: int | None = None, occurrence: str = "1"
    ) -> "Book":
        return self.tell(
            OccurrenceCancelled(
                activity_id=activity_id, occurrence=occurrence, registrations=registrations
            )
        )

    def roll(
        self,
        activity_id: str,
        *people: ParticipantFact,
        final: bool = True,
        occurrence: str = "1",
        file_hash: str = "sha256:one",
    ) -> "Book":
        """Hand in an attendance file."""
        return self.tell(
            AttendanceRecorded(
                activity_id=activity_id,
                occurrence=occurrence,
                final=final,
                file_hash=file_hash,
                participants=people,
            )
        )

    def registers(
        self,
        activity_id: str,
        *people: str,
        city: str | None = None,
        domain: str | None = None,
        occurrence: str = "1",
        weak: bool = False,
    ) -> "Book":
        for person in people:
            self.tell(
                RegistrationReceived(
                    activity_id=activity_id,
                    occurrence=occurrence,
                    person=person,
                    weak=weak,
                    city=of(city),
                    city_by_domain=of(domain),
                    at=self._now,
                )
            )
        return self

    def withdraws(
        self, activity_id: str, person: str, moment: datetime, occurrence: str = "1"
    ) -> "Book":
        return self.tell(
            RegistrationCancelled(
                activity_id=activity_id, occurrence=occurrence, person=person, at=moment
            )
        )

    def joins(
        self, activity_id: str, person: str, moment: datetime, city: str | None = None
    ) -> "Book":
        return self.tell(
            ParticipantJoined(
                activity_id=activity_id,
                occurrence="1",
                person=person,
                role="attendee",
                city=of(city),
                at=moment,
            )
        )

    def goes(self, activity_id: str, person: str, moment: datetime) -> "Book":
        return self.tell(
            ParticipantLeft(
                activity_id=activity_id,
                occurrence="1",
                person=person,
                role="attendee",
                at=moment,
            )
        )

    def named(self, activity_id: str, city_id: str, occurrence: str = "1") -> "Book":
        return self.tell(
            CityAttended(
                activity_id=activity_id,
                occurrence=occurrence,
                city=CityPointer(city_id=city_id),
            )
        )

    def speaks(self, activity_id: str, city_id: str) -> "Book":
        return self.tell(
            CityContributed(
                activity_id=activity_id,
                occurrence="1",
                city=CityPointer(city_id=city_id),
                contribution="speaker",
            )
        )

    def merged(self, activity_id: str, into: str) -> "Book":
        return self.tell(ActivityMerged(activity_id=activity_id, into=into))

    def unmerged(self, activity_id: str, into: str) -> "Book":
        return self.tell(ActivityUnmerged(activity_id=activity_id, into=into))

    def one_person(self, person: str, into: str) -> "Book":
        return self.tell(PersonMerged(person=person, into=into))

    def two_people(self, person: str, into: str) -> "Book":
        return self.tell(PersonUnmerged(person=person, into=into))

    def helps(self, city_id: str, on: str, network: Network = "SCN") -> "Book":
        return self.tell(HelpGiven(city=CityPointer(city_id=city_id), network=network, on=on))

    # Resources

    def work(self, resource_id: str, publisher: str, on: str, *languages: str) -> "Book":
        return self.tell(
            ResourcePublished(
                resource_id=resource_id,
                title=resource_id,
                kind="guide",
                publisher=publisher,
                on=on,
                languages=languages or ("en",),
            )
        )

    def shares(self, resource_id: str, network: Network, on: str) -> "Book":
        return self.tell(ResourceShared(resource_id=resource_id, shared_with=network, on=on))

    def delivers(self, resource_id: str, city: str, on: str, channel: Channel = "email") -> "Book":
        pointer = pointer_to(city)
        return self.tell(
            ResourceDelivered(resource_id=resource_id, city=pointer, channel=channel, on=on)
        )

    def download(self, resource_id: str, moment: datetime, city: str | None = None) -> "Book":
        return self.tell(ResourceDownloaded(resource_id=resource_id, city=of(city), at=moment))


def somebody(
    person: str,
    city: str | None = None,
    *spans: tuple[datetime, datetime],
    role: Role = "attendee",
    domain: str | None = None,
    weak: bool = False,
    position: Position | None = None,
) -> ParticipantFact:
    """A row of an attendance file."""
    return ParticipantFact(
        person=person,
        weak=weak,
        role=role,
        city=of(city),
        city_by_domain=of(domain),
        position=position,
        intervals=spans,
    )


def span(day: str, since: str, until: str, zone: str = NEW_YORK) -> tuple[datetime, datetime]:
    """The instants from one local time of a day to another."""
    return at(f"{day}T{since}", zone), at(f"{day}T{until}", zone)


def place_of(fact: Fact) -> tuple[str, str]:
    """The ledger of a fact and its stream, as the services choose them."""
    ledger = fact.TYPE.partition(".")[0]
    match fact:
        case (
            RegistrationReceived()
            | RegistrationCancelled()
            | ParticipantJoined()
            | ParticipantLeft()
        ):
            return ledger, f"participation-{fact.activity_id}~{fact.occurrence}~{fact.person}"
        case HelpGiven():
            return ledger, f"help-{fact.city.city_id or fact.city.reference_id}"
        case PersonErased() | PersonMerged() | PersonUnmerged():
            return ledger, f"person-{fact.person}"
        case DuplicateDismissed() | DuplicateReopened():
            return ledger, f"duplicate-{fact.kind}~{fact.first}~{fact.second}"
    for noun in ("activity", "reference", "resource", "city"):
        named = getattr(fact, f"{noun}_id", None)
        if named is not None:
            return ledger, f"{noun}-{named}"
    return ledger, "partnership-nlc-scn"


def golden_quarter() -> Book:
    """The quarter of the promise on metrics, section 7."""
    book = Book().on("2024-01-02T09:00")
    book.city("columbus-oh", "OH", 905_000, networks=["NLC"], within="franklin-county-oh")
    book.city("athens-oh", "OH", 25_000, networks=["NLC", "SCN"])
    book.city("albuquerque-nm", "NM", 560_000, networks=["NLC", "SCN"])
    book.city("golden-valley-mn", "MN", 21_000, networks=["NLC"])
    book.city("the-hague", "ZH", 550_000, country="NL", networks=["SCN"])
    book.city("franklin-county-oh", "OH", 1_300_000, kind="county")

    book.on("2024-02-01T09:00")
    book.webinar("w1", "2024-03-27T14:00")
    book.webinar("w2", "2024-03-31T21:00", LOS_ANGELES, ["NLC"])
    book.webinar("w3", "2024-03-14T10:00", "Europe/Amsterdam", ["SCN"])
    book.webinar("w4", "2024-03-12T14:00")

    book.on("2024-03-12T19:00").held("w4", "2024-03-12T14:00", minutes=8)
    book.roll("w4", somebody("p1", "columbus-oh", span("2024-03-12", "14:00", "14:08")))
    book.on("2024-03-13T09:00").cancelled("w3", registrations=120)
    book.on("2024-03-20T09:00").registers("w2", "p9", city="golden-valley-mn")

    day = "2024-03-27"
    book.on("2024-03-27T20:00").held("w1", "2024-03-27T14:00").roll(
        "w1",
        somebody("p1", "columbus-oh", span(day, "14:00", "14:40"), span(day, "14:30", "14:50")),
        somebody("p2", "columbus-oh", span(day, "14:00", "14:03")),
        somebody("p3", "athens-oh", span(day, "14:00", "14:03"), span(day, "14:10", "14:13")),
        somebody("p4", "the-hague", span(day, "14:00", "15:00")),
        somebody("p5", None, span(day, "14:00", "15:00")),
        somebody("p6", None, span(day, "14:00", "15:00"), role="staff"),
        somebody("p7", "albuquerque-nm", span(day, "14:00", "15:00"), role="panelist"),
    )
    book.on("2024-04-01T06:00").held("w2", "2024-03-31T21:00", minutes=45, zone=LOS_ANGELES)
    whole = span("2024-03-31", "21:00", "21:45", LOS_ANGELES)
    book.on("2024-04-20T09:00").roll(
        "w2",
        somebody("p1", "columbus-oh", whole),
        somebody("p8", "franklin-county-oh", whole),
    )
    return book
