"""Resources of a history: published, translated, shared, delivered to cities and downloaded."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from deploy.history.cities import City
from deploy.history.shape import (
    QUARTER_STARTS,
    CloudEvent,
    at_noon,
    day_in,
    event,
    quarter_of,
)

KINDS = ("toolkit", "guide", "guide", "policy_brief", "policy_brief", "report", "case_study")
PUBLISHERS = ("SCN", "SCN", "NLC")
THEMES = ("hate", "extremism", "polarisation", "social_cohesion", "elections", "crisis_response")
TRANSLATIONS = ("es", "fr", "ar")
CHANNELS = ("email", "portal", "in_person")
SHARE_TRANSLATED, SHARE_SHARED, SHARE_WITHDRAWN = 0.3, 0.6, 0.04
SHARE_DELIVERED, SHARE_FROM_A_CITY = 0.25, 0.6


@dataclass(frozen=True, slots=True)
class Work:
    """A resource as it will turn out; `weight` is its part of all reach."""

    resource_id: str
    number: int
    on: date
    weight: float


def planned(number: int, count: int, prefix: str, seed: int) -> Work:
    """Return the number-th of `count` works, told from the seed alone."""
    random = Random(f"{seed}/work/{number}")  # noqa: S311 - reproducible on purpose
    on = day_in(quarter_of(number, count), random)
    return Work(f"{prefix}-work-{number}", number, on, 0.2 + random.expovariate(1.0))


def told(work: Work, cities: tuple[City, ...], facts: int, seed: int) -> Iterator[CloudEvent]:
    """Yield what is told of a work, `facts` of it about whom it reached."""
    random = Random(f"{seed}/told-of-work/{work.number}")  # noqa: S311 - reproducible on purpose
    theme, publisher = random.choice(THEMES), random.choice(PUBLISHERS)
    kind = random.choice(KINDS)
    yield event(
        f"{work.resource_id}-published",
        "resources.resource_published",
        at_noon(work.on),
        resource_id=work.resource_id,
        title=f"{kind.replace('_', ' ').capitalize()} {work.number}: {theme.replace('_', ' ')}",
        kind=kind,
        publisher=publisher,
        on=work.on.isoformat(),
        languages=["en"],
        themes=[theme],
    )
    for language in TRANSLATIONS:
        if random.random() < SHARE_TRANSLATED:
            on = _later(work.on, random)
            yield event(
                f"{work.resource_id}-{language}",
                "resources.edition_published",
                at_noon(on),
                resource_id=work.resource_id,
                on=on.isoformat(),
                language=language,
            )
    if random.random() < SHARE_SHARED:
        on = _later(work.on, random)
        yield event(
            f"{work.resource_id}-shared",
            "resources.resource_shared",
            at_noon(on),
            resource_id=work.resource_id,
            on=on.isoformat(),
            **{"with": "NLC" if publisher == "SCN" else "SCN"},
        )
    # One of its own, so that what is told beside it does not depend on how far the work reached.
    readers = Random(f"{seed}/reached/{work.number}")  # noqa: S311
    yield from _reached(work, cities, facts, readers)
    if random.random() < SHARE_WITHDRAWN:
        on = QUARTER_STARTS[-1] - timedelta(days=1)
        yield event(
            f"{work.resource_id}-withdrawn",
            "resources.resource_withdrawn",
            at_noon(on),
            resource_id=work.resource_id,
            on=on.isoformat(),
        )


def _reached(
    work: Work, cities: tuple[City, ...], facts: int, random: Random
) -> Iterator[CloudEvent]:
    """Yield deliveries, each to another city, and downloads for all the rest."""
    delivered = min(len(cities), int(facts * SHARE_DELIVERED))
    for city in random.sample(cities, delivered):
        on = _later(work.on, random)
        yield event(
            f"{work.resource_id}-to-{city.city_id}",
            "resources.resource_delivered",
            at_noon(on),
            resource_id=work.resource_id,
            city={"city_id": city.city_id},
            channel=random.choice(CHANNELS),
            on=on.isoformat(),
        )
    for n in range(facts - delivered):
        at = at_noon(_later(work.on, random)) + timedelta(seconds=random.randint(0, 36_000))
        known = random.random() < SHARE_FROM_A_CITY
        yield event(
            f"{work.resource_id}-download-{n}",
            "resources.resource_downloaded",
            at,
            resource_id=work.resource_id,
            city={"city_id": random.choice(cities).city_id} if known else None,
            at=at.isoformat(),
        )


def _later(day: date, random: Random) -> date:
    """Return a day within the half year behind a day, and within the history."""
    return min(day + timedelta(days=random.randint(0, 180)), QUARTER_STARTS[-1] - timedelta(days=1))
