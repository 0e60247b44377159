"""Cities of a history: registered at its beginning, joining and leaving networks, and helped."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random

from deploy.history.cities import City
from deploy.history.shape import (
    FIRST_DAY,
    QUARTER_STARTS,
    CloudEvent,
    at_noon,
    event,
)

POPULATION_SOURCE, POPULATION_YEAR = "GeoNames", 2026
EARLIEST_DAY = date(2016, 1, 1)
SHARE_OF_NLC, SHARE_OF_SCN_AT_HOME, SHARE_OF_SCN_ABROAD = 0.6, 0.08, 0.7
SHARE_HELPED = 0.15
SHARE_BEFORE, SHARE_LEAVING, SHARE_COMING_BACK = 0.6, 0.12, 0.3


def registrations(cities: Sequence[City]) -> Iterator[CloudEvent]:
    """Yield the registration of every city."""
    for city in cities:
        place = city.place
        yield event(
            f"{city.city_id}-registered",
            "membership.city_registered",
            at_noon(FIRST_DAY),
            city_id=city.city_id,
            name=place.name,
            kind="city",
            country=place.country,
            subdivision=place.subdivision,
            geonames_id=place.geonames_id,
            latitude=place.latitude,
            longitude=place.longitude,
            time_zone=place.time_zone,
            population={
                "value": place.population,
                "source": POPULATION_SOURCE,
                "year": POPULATION_YEAR,
            },
        )


def memberships(cities: Sequence[City], quarter: int, seed: int) -> Iterator[CloudEvent]:
    """Yield what begins and ends in a quarter; its first also tells what began before."""
    since = EARLIEST_DAY if quarter == 0 else QUARTER_STARTS[quarter]
    until = QUARTER_STARTS[quarter + 1]
    for city in cities:
        for network, change, on in _changes(city, seed):
            if since <= on < until:
                yield event(
                    f"{city.city_id}-{network.lower()}-{change}-{on}",
                    f"membership.membership_{change}",
                    at_noon(on),
                    city={"city_id": city.city_id},
                    network=network,
                    on=on.isoformat(),
                )


def helped(cities: Sequence[City], quarter: int, seed: int) -> Iterator[CloudEvent]:
    """Yield the direct help of a quarter; a city is helped once, if ever."""
    for city in cities:
        random = Random(f"{seed}/help/{city.city_id}")  # noqa: S311 - reproducible on purpose
        on = _day(random, FIRST_DAY, QUARTER_STARTS[-1])
        if random.random() < SHARE_HELPED and (
            QUARTER_STARTS[quarter] <= on < QUARTER_STARTS[quarter + 1]
        ):
            yield event(
                f"{city.city_id}-helped",
                "events.help_given",
                at_noon(on),
                city={"city_id": city.city_id},
                network="SCN",
                on=on.isoformat(),
                what="advice on a local plan",
            )


def _changes(city: City, seed: int) -> Iterator[tuple[str, str, date]]:
    """Yield each network's changes of a city in their order, told from the seed alone."""
    random = Random(f"{seed}/membership/{city.city_id}")  # noqa: S311 - reproducible on purpose
    shares = {
        "NLC": SHARE_OF_NLC if city.is_american else 0.0,
        "SCN": SHARE_OF_SCN_AT_HOME if city.is_american else SHARE_OF_SCN_ABROAD,
    }
    for network, share in shares.items():
        belongs, leaves, comes_back = (random.random() for _ in range(3))
        started = _day(random, EARLIEST_DAY, FIRST_DAY)
        if random.random() > SHARE_BEFORE:
            started = _day(random, FIRST_DAY, QUARTER_STARTS[-1])
        if belongs >= share:
            continue
        yield network, "started", started
        if leaves < SHARE_LEAVING:
            ended = _day(random, max(started, FIRST_DAY), QUARTER_STARTS[-1]) + timedelta(days=1)
            yield network, "ended", ended
            if comes_back < SHARE_COMING_BACK:
                yield network, "started", ended + timedelta(days=120)


def _day(random: Random, since: date, until: date) -> date:
    return since + timedelta(days=int(random.random() * (until - since).days))
