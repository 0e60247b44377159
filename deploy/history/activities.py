"""Activities of a history: announced, moved, called off or held, and who came to each sitting."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from deploy.history.cities import City
from deploy.history.people import People
from deploy.history.shape import Budget, CloudEvent, day_in, event, quarter_of
from deploy.history.visits import Visit, visits
from shared.contracts.values import local_instant

KINDS = (
    *(("webinar", "online"),) * 10,
    *(("workshop", "in_person"),) * 3,
    *(("training", "hybrid"),) * 2,
    *(("cohort_module", "online"),) * 2,
    *(("office_hours", "online"),) * 2,
    *(("roundtable", "online"),) * 2,
    *(("convening", "in_person"),) * 2,
    ("summit", "hybrid"),
)
ORGANISERS = (("NLC", "SCN"), ("NLC", "SCN"), ("NLC",), ("NLC",), ("SCN",), ("SCN",), ("SCN",))
ANOTHER = "other:us-conference-of-mayors"
THEMES = (
    *("hate", "extremism", "polarisation", "social_cohesion", "elections", "communications"),
    *("youth", "civil_discourse", "crisis_response"),
)
PHASES = ("prevention", "prevention", "prevention", "response", "recovery", None)
LANGUAGES = (["en"], ["en"], ["en"], ["en", "es"], ["en", "fr"], ["es"])
IN_SITTINGS = frozenset({"training", "cohort_module", "office_hours"})
SITTINGS_MAX = 4
OFFICE_ZONES = {"NLC": "America/New_York", "SCN": "Europe/London"}
WEEKS_BETWEEN_SITTINGS = 1
SHARE_CANCELLED, SHARE_MOVED, SHARE_SPOKEN, SHARE_NAMED = 0.05, 0.06, 0.6, 0.3
WEIGHT_CANCELLED, WEIGHT_IN_PERSON, WEIGHT_MAX = 0.2, 0.4, 4.0


@dataclass(frozen=True, slots=True)
class Sitting:
    """One occurrence as it will turn out; `weight` is its part of all participation."""

    occurrence: str
    starts_at: str
    moved_to: str | None
    cancelled: bool
    weight: float

    def begins(self, time_zone: str) -> datetime:
        """Return the instant at which it was to begin, or did."""
        instant = local_instant(self.moved_to or self.starts_at, time_zone)
        assert instant is not None  # noqa: S101 - it is planned with a time
        return instant


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity as it will turn out."""

    activity_id: str
    number: int
    kind: str
    delivery: str
    organisers: tuple[str, ...]
    themes: tuple[str, ...]
    phase: str | None
    languages: list[str]
    time_zone: str
    minutes: int
    sittings: tuple[Sitting, ...]

    @property
    def is_online(self) -> bool:
        """Whether comings and goings are told one by one, as a platform does."""
        return self.delivery != "in_person"

    @property
    def weight(self) -> float:
        """Its part of all participation."""
        return sum(sitting.weight for sitting in self.sittings)


def planned(number: int, count: int, prefix: str, seed: int) -> Activity:
    """Return the number-th of `count` activities, told from the seed alone."""
    random = Random(f"{seed}/activity/{number}")  # noqa: S311 - reproducible on purpose
    kind, delivery = random.choice(KINDS)
    organisers = random.choice(ORGANISERS) if random.random() > 0.03 else (ANOTHER,)
    sittings = random.randint(2, SITTINGS_MAX) if kind in IN_SITTINGS else 1
    span = timedelta(weeks=WEEKS_BETWEEN_SITTINGS * (sittings - 1))
    first = day_in(quarter_of(number, count), random, before_the_end=span.days + 1)
    hour = random.randint(9, 16)
    return Activity(
        activity_id=f"{prefix}-activity-{number}",
        number=number,
        kind=kind,
        delivery=delivery,
        organisers=organisers,
        themes=tuple(random.sample(THEMES, random.randint(1, 3))),
        phase=random.choice(PHASES),
        languages=random.choice(LANGUAGES),
        time_zone=OFFICE_ZONES.get(organisers[0], "America/New_York"),
        minutes=random.choice((60, 60, 60, 90, 120)),
        sittings=tuple(
            _sitting(n, first + n * timedelta(weeks=WEEKS_BETWEEN_SITTINGS), hour, delivery, random)
            for n in range(sittings)
        ),
    )


def _sitting(number: int, day: date, hour: int, delivery: str, random: Random) -> Sitting:
    cancelled = random.random() < SHARE_CANCELLED
    weight = min(WEIGHT_MAX, 0.25 + random.expovariate(1.3))
    weight *= WEIGHT_IN_PERSON if delivery == "in_person" else 1.0
    moved = random.random() < SHARE_MOVED
    return Sitting(
        occurrence=str(number + 1),
        starts_at=f"{day}T{hour:02}:00",
        moved_to=f"{day}T{hour + 1:02}:30" if moved and not cancelled else None,
        cancelled=cancelled,
        weight=weight * WEIGHT_CANCELLED if cancelled else weight,
    )


def told(
    activity: Activity, people: People, cities: tuple[City, ...], budget: Budget, seed: int
) -> Iterator[CloudEvent]:
    """Yield what is told of an activity, from its announcement to the last attendance file."""
    random = Random(f"{seed}/told/{activity.number}")  # noqa: S311 - reproducible on purpose
    # One of their own, so that what is told beside them does not depend on how many come.
    visitors = Random(f"{seed}/visits/{activity.number}")  # noqa: S311
    begins = activity.sittings[0].begins(activity.time_zone)
    yield event(
        f"{activity.activity_id}-scheduled",
        "events.activity_scheduled",
        begins - timedelta(days=40),
        activity_id=activity.activity_id,
        kind=activity.kind,
        title=_title(activity),
        organisers=list(activity.organisers),
        starts_at=activity.sittings[0].starts_at,
        time_zone=activity.time_zone,
        duration_minutes=activity.minutes,
        delivery=activity.delivery,
        themes=list(activity.themes),
        phase=activity.phase,
        languages=activity.languages,
        series=f"{activity.activity_id}-series" if len(activity.sittings) > 1 else None,
        occurrences=[
            {"occurrence": sitting.occurrence, "starts_at": sitting.starts_at}
            for sitting in activity.sittings
        ],
    )
    for sitting in activity.sittings:
        facts = budget.share(sitting.weight)
        begins = sitting.begins(activity.time_zone)
        window = begins, begins + timedelta(minutes=activity.minutes)
        came = visits(
            people.some(visitors),
            window,
            facts,
            visitors,
            cancelled=sitting.cancelled,
            online=activity.is_online,
        )
        yield from _sitting_told(activity, sitting, window, list(came), people, random)
        if not sitting.cancelled:
            yield from _named(activity, sitting, cities, random)


def _title(activity: Activity) -> str:
    kind, theme = activity.kind.replace("_", " "), activity.themes[0].replace("_", " ")
    return f"{kind.capitalize()} {activity.number}: {theme}"


def _sitting_told(
    activity: Activity,
    sitting: Sitting,
    window: tuple[datetime, datetime],
    visits: list[Visit],
    people: People,
    random: Random,
) -> Iterator[CloudEvent]:
    begins, ends = window
    place = {"activity_id": activity.activity_id, "occurrence": sitting.occurrence}
    key = f"{activity.activity_id}-{sitting.occurrence}"
    if sitting.moved_to is not None:
        yield event(
            f"{key}-moved",
            "events.activity_rescheduled",
            begins - timedelta(days=35),
            **place,
            starts_at=sitting.moved_to,
        )
    yield from _registrations(key, place, visits, people)
    if sitting.cancelled:
        at = begins - timedelta(hours=20)
        yield event(
            f"{key}-cancelled", "events.activity_cancelled", at, **place, reason="called off"
        )
        return
    if activity.is_online:
        yield from _passages(key, place, visits, people)
    yield event(
        f"{key}-held",
        "events.activity_held",
        ends,
        **place,
        started_at=begins.isoformat(),
        ended_at=ends.isoformat(),
    )
    came = [visit for visit in visits if visit.intervals]
    yield event(
        f"{key}-file",
        "events.attendance_recorded",
        ends + timedelta(days=random.randint(1, 14)),
        **place,
        final=True,
        participants=[_listed(visit, people) for visit in came],
    )


def _registrations(
    key: str, place: dict[str, str], visits: list[Visit], people: People
) -> Iterator[CloudEvent]:
    for visit in visits:
        if visit.registered_at is not None:
            yield event(
                f"{key}-{visit.number}-registered",
                "events.registration_received",
                visit.registered_at,
                **place,
                person=people.person(visit.number),
                city=people.city(visit.number),
                position=people.position(visit.number),
            )
    for visit in visits:
        if visit.withdrew_at is not None:
            yield event(
                f"{key}-{visit.number}-withdrew",
                "events.registration_cancelled",
                visit.withdrew_at,
                **place,
                person=people.person(visit.number),
            )


def _passages(
    key: str, place: dict[str, str], visits: list[Visit], people: People
) -> Iterator[CloudEvent]:
    """Yield who came, then who went: nobody's two facts are neighbours."""
    for n, name in enumerate(("joined", "left")):
        for visit in visits:
            for time, interval in enumerate(visit.intervals, start=1):
                yield event(
                    f"{key}-{visit.number}-{name}-{time}",
                    f"events.participant_{name}",
                    interval[n],
                    **place,
                    person=people.person(visit.number),
                    city=people.city(visit.number),
                    at=interval[n].isoformat(),
                )


def _listed(visit: Visit, people: People) -> dict[str, Any]:
    """Return somebody's row of the attendance file."""
    row = {
        "person": people.person(visit.number),
        "role": "attendee",
        "city": people.city(visit.number),
        "position": people.position(visit.number),
        "intervals": [[came.isoformat(), went.isoformat()] for came, went in visit.intervals],
    }
    return {field: value for field, value in row.items() if value is not None}


def _named(
    activity: Activity, sitting: Sitting, cities: tuple[City, ...], random: Random
) -> Iterator[CloudEvent]:
    """Yield the cities that are named with a sitting: one that spoke, one without person rows."""
    at = sitting.begins(activity.time_zone) + timedelta(days=1)
    place = {"activity_id": activity.activity_id, "occurrence": sitting.occurrence}
    key = f"{activity.activity_id}-{sitting.occurrence}"
    if random.random() < SHARE_SPOKEN:
        city = {"city_id": random.choice(cities).city_id}
        yield event(
            f"{key}-spoke",
            "events.city_contributed",
            at,
            **place,
            city=city,
            contribution="speaker",
        )
    if random.random() < SHARE_NAMED:
        city = {"city_id": random.choice(cities).city_id}
        yield event(
            f"{key}-named",
            "events.city_attended",
            at,
            **place,
            city=city,
            people=random.randint(1, 6),
        )
