"""Reports composed from knowledge alone, with no database: the golden quarter, and a rich one.

The golden quarter is that of the promise on metrics, section 7, as it stands in version 2. The rich
quarter is invented: it holds something of everything that a report can say.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from services.reporting.domain.dates import Dates, on_day
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import (
    Activity,
    City,
    CityPopulation,
    CityPresence,
    Knowledge,
    MembershipChange,
    OccurrenceState,
    Turnout,
    Uniques,
)
from services.reporting.domain.period import parse_period
from services.reporting.domain.report import Provenance, compose
from services.reporting.reading import load_registry

VERSION_2 = datetime(2024, 4, 21, 9, tzinfo=UTC)
PROVENANCE = Provenance(
    ledgers={"membership": 16, "events": 21, "resources": 0},
    registry=load_registry().hash,
    code="0123abcd",
    tzdata="2025b",
)
NEW_YORK, LOS_ANGELES, AMSTERDAM = "America/New_York", "America/Los_Angeles", "Europe/Amsterdam"


def document(knowledge: Knowledge, period: str, moment: datetime) -> dict[str, Any]:
    """Return the whole document of a period that some knowledge makes."""
    ground = Ground(knowledge, load_registry())
    return compose(ground, parse_period(period), moment, PROVENANCE, whole=True).to_json()


def member(city_id: str, *networks: str, since: date = date(2023, 1, 1)) -> list[MembershipChange]:
    """Return the memberships of a city."""
    return [
        MembershipChange(city_id, network, True, on_day(since), f"city-{city_id}", number)
        for number, network in enumerate(networks, 2)
    ]


def golden_knowledge() -> Knowledge:
    """Return what is known of the golden quarter once the late attendance file has come."""
    cities = [
        City("columbus-oh", "Columbus", "city", "US", "OH", "franklin-county-oh", 905_000,
             39.9612, -82.9988),
        City("athens-oh", "Athens", "city", "US", "OH", None, 25_000, 39.3292, -82.1013),
        City("albuquerque-nm", "Albuquerque", "city", "US", "NM", None, 560_000,
             35.0844, -106.6504),
        City("golden-valley-mn", "Golden Valley", "city", "US", "MN", None, 21_000,
             45.0097, -93.3491),
        City("the-hague", "The Hague", "city", "NL", "ZH", None, 550_000, 52.0705, 4.3007),
        City("franklin-county-oh", "Franklin County", "county", "US", "OH", None, 1_300_000,
             39.9694, -83.0093),
    ]  # fmt: skip
    w1, w2 = on_day(date(2024, 3, 27)), on_day(date(2024, 3, 31))
    both = frozenset({"NLC", "SCN"})
    quarter = Dates(date(2024, 1, 1), date(2024, 3, 31))
    rolling = Dates(date(2023, 4, 1), date(2024, 3, 31))
    uniques = Uniques(attendees=5, walk_ins=5)
    return Knowledge(
        cities=cities,
        populations=[
            CityPopulation(city.city_id, "Census", 2023, city.population or 0) for city in cities
        ],
        memberships=[
            *member("columbus-oh", "NLC"),
            *member("athens-oh", "NLC", "SCN"),
            *member("albuquerque-nm", "NLC", "SCN"),
            *member("golden-valley-mn", "NLC"),
            *member("the-hague", "SCN"),
        ],
        activities={
            "w1": Activity("w1", "webinar-platform", "webinar", "w1", both),
            "w2": Activity("w2", "webinar-platform", "webinar", "w2", frozenset({"NLC"})),
            "w3": Activity("w3", "webinar-platform", "webinar", "w3", frozenset({"SCN"})),
            "w4": Activity("w4", "webinar-platform", "webinar", "w4", both),
        },
        occurrences=[
            held("w1", datetime(2024, 3, 27, 18, tzinfo=UTC), 60),
            replace(
                held("w2", datetime(2024, 4, 1, 4, tzinfo=UTC), 45, LOS_ANGELES),
                final_roll_at=datetime(2024, 4, 20, 9, tzinfo=UTC),
            ),
            OccurrenceState(
                "w3",
                "1",
                AMSTERDAM,
                planned_on=date(2024, 3, 14),
                outcome="cancelled",
                registrations_stated=120,
            ),
            held("w4", datetime(2024, 3, 12, 18, tzinfo=UTC), 8),
        ],
        turnouts={
            ("w1", "1"): Turnout(people=7, attended=4, positions=[(None, 4)]),
            ("w2", "1"): Turnout(people=2, attended=2, positions=[(None, 2)], registrations=1),
            ("w4", "1"): Turnout(people=1, attended=1, positions=[(None, 1)]),
        },
        presences=[
            CityPresence("columbus-oh", w1, 1, 0, 0, ("w1", "1")),
            CityPresence("athens-oh", w1, 1, 0, 0, ("w1", "1")),
            CityPresence("the-hague", w1, 1, 0, 0, ("w1", "1")),
            CityPresence(None, w1, 1, 0, 0, ("w1", "1")),
            CityPresence("albuquerque-nm", w1, 0, 1, 0, ("w1", "1")),
            CityPresence("columbus-oh", w2, 1, 0, 0, ("w2", "1")),
            CityPresence("franklin-county-oh", w2, 1, 0, 0, ("w2", "1")),
        ],
        uniques={quarter: uniques, rolling: uniques},
        facts=PROVENANCE.ledgers,
        data_to=datetime(2024, 4, 20, 9, tzinfo=UTC),
    )


def held(
    activity_id: str, began: datetime, minutes: int, zone: str = NEW_YORK, occurrence: str = "1"
) -> OccurrenceState:
    """Return a sitting that was held, with its attendance settled on the same day."""
    return OccurrenceState(
        activity_id,
        occurrence,
        zone,
        planned_on=began.date(),
        planned_at=began,
        outcome="held",
        began=began,
        ended=began + timedelta(minutes=minutes),
        final_roll_at=began + timedelta(hours=2),
    )


@cache
def golden() -> dict[str, Any]:
    """Return the document of the golden quarter, version 2 of its numbers; do not change it."""
    return document(golden_knowledge(), "2024-Q1", VERSION_2)
