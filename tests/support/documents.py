"""Reports composed from knowledge alone, with no database: the golden quarter, and a rich one.

The golden quarter is that of the promise on metrics, section 7, as it stands in version 2. The rich
quarter is invented: it holds something of everything that a report can say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from services.reporting.domain.dates import Dates, on_day, stated_dates
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import (
    Activity,
    City,
    CityPopulation,
    CityPresence,
    Delivery,
    Downloads,
    Edition,
    Help,
    Knowledge,
    MembershipChange,
    OccurrenceState,
    Share,
    Sitting,
    Succession,
    Turnout,
    Uniques,
    Work,
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


RICH_MOMENT = datetime(2025, 8, 20, 9, tzinfo=UTC)
NLC, SCN = frozenset({"NLC"}), frozenset({"SCN"})
JOINT = NLC | SCN

# city_id, name, country, subdivision, population, latitude, longitude, urban, networks
RICH_CITIES = [
    ("akron-oh", "Akron", "US", "OH", 190_000, 41.0814, -81.5190, "city", "NLC"),
    ("albany-ny", "Albany", "US", "NY", 101_000, 42.6526, -73.7562, "city", "NLC"),
    ("anchorage-ak", "Anchorage", "US", "AK", 291_000, 61.2181, -149.9003, "city", "NLC"),
    ("austin-tx", "Austin", "US", "TX", 975_000, 30.2672, -97.7431, "city", "NLC SCN"),
    ("boise-id", "Boise", "US", "ID", 236_000, 43.6150, -116.2023, "city", "NLC"),
    ("boulder-co", "Boulder", "US", "CO", 106_000, 40.0150, -105.2705, "town", "NLC"),
    ("chico-ca", "Chico", "US", "CA", 101_500, 39.7285, -121.8375, "town", "NLC"),
    ("denver-co", "Denver", "US", "CO", 715_000, 39.7392, -104.9903, "city", "NLC SCN"),
    ("dubuque-ia", "Dubuque", "US", "IA", 59_000, 42.5006, -90.6646, "town", "NLC"),
    ("elko-nv", "Elko", "US", "NV", 20_500, 40.8324, -115.7631, "rural", "NLC"),
    ("fargo-nd", "Fargo", "US", "ND", 126_000, 46.8772, -96.7898, "city", "NLC"),
    ("flagstaff-az", "Flagstaff", "US", "AZ", 76_000, 35.1983, -111.6513, "town", "NLC"),
    ("gary-in", "Gary", "US", "IN", 69_000, 41.5934, -87.3464, None, "NLC"),
    ("honolulu-hi", "Honolulu", "US", "HI", 350_000, 21.3069, -157.8583, "city", "NLC"),
    ("joplin-mo", "Joplin", "US", "MO", 52_000, 37.0842, -94.5133, None, "NLC"),
    ("laredo-tx", "Laredo", "US", "TX", 255_000, 27.5306, -99.4803, "city", "NLC"),
    ("macon-ga", "Macon", "US", "GA", 157_000, 32.8407, -83.6324, "city", "NLC"),
    ("marfa-tx", "Marfa", "US", "TX", 1_800, 30.3095, -104.0206, "rural", "NLC"),
    ("nome-ak", "Nome", "US", "AK", 3_700, 64.5011, -165.4064, "rural", "NLC"),
    ("ponce-pr", "Ponce", "US", "PR", 137_000, 18.0111, -66.6141, "city", "NLC"),
    ("salem-or", "Salem", "US", "OR", 175_000, 44.9429, -123.0351, "city", "NLC"),
    ("washington-dc", "Washington", "US", "DC", 690_000, 38.9072, -77.0369, "city", "NLC SCN"),
    ("travis-county-tx", "Travis County", "US", "TX", 1_290_000, 30.3345, -97.7817, None, ""),
    ("cape-town", "Cape Town", "ZA", "WC", 4_770_000, -33.9249, 18.4241, "city", "SCN"),
    ("elbasan", "Elbasan", "AL", None, 101_000, 41.1125, 20.0822, "city", "SCN"),
    ("florence-it", "Florence <on the Arno> & co.", "IT", None, 367_000, 43.7696, 11.2558,
     "city", "SCN"),
    ("hidden-city", "Not To Be Named", "FR", None, 30_000, 48.0, 2.0, "town", "SCN"),
    ("mombasa", "Mombasa", "KE", None, None, -4.0435, 39.6682, "city", "SCN"),
    ("rotterdam", "Rotterdam", "NL", "ZH", 655_000, 51.9244, 4.4777, "city", "SCN"),
    ("vancouver-bc", "Vancouver", "CA", "BC", 662_000, 49.2827, -123.1207, "city", "SCN"),
]  # fmt: skip


@dataclass(frozen=True)
class Told:
    """A sitting, and who was there: how many people of each city, and who spoke or was named."""

    activity: Activity
    state: OccurrenceState
    came: Mapping[str | None, int]
    spoke: Sequence[str] = ()
    named: Sequence[str] = ()
    registered: int = 0
    positions: Sequence[tuple[str | None, int]] = ()
    people: int | None = None

    @property
    def sitting(self) -> Sitting:
        return self.state.sitting

    @property
    def turnout(self) -> Turnout:
        """Everybody who came: by position as told, the rest without one."""
        attended = sum(self.came.values())
        rest = attended - sum(count for _, count in self.positions)
        return Turnout(
            people=attended if self.people is None else self.people,
            attended=attended,
            attended_registered=min(attended, self.registered),
            erased=1 if attended > 20 else 0,
            positions=[*self.positions, (None, rest)],
            named=len(self.named),
            registrations=self.registered,
        )

    def presences(self, on: Dates) -> list[CityPresence]:
        """How each city was there, when the sitting was held."""
        pointers = dict.fromkeys([*self.came, *self.spoke, *self.named])
        return [
            CityPresence(
                pointer,
                on,
                self.came.get(pointer, 0),
                int(pointer in self.spoke),
                int(pointer in self.named),
                self.sitting,
            )
            for pointer in pointers
        ]


def rich_told() -> list[Told]:
    """Return the sittings around the rich quarter: of it, of the one before, of a year before."""

    def activity(
        activity_id: str, kind: str, title: str, leads: frozenset[str], **more: Any
    ) -> Activity:
        return Activity(activity_id, "webinar-platform", kind, title, leads, **more)

    def utc(month: int, day: int, year: int = 2025) -> datetime:
        return datetime(year, month, day, 18, tzinfo=UTC)

    safe = activity(
        "safe-elections", "webinar", "Safe elections: what mayors can do", JOINT,
        delivery="online", themes=("elections", "hate"), phase="prevention", languages=("en",),
    )  # fmt: skip
    crisis = activity(
        "after-a-crisis", "webinar", "After a crisis", JOINT,
        delivery="online", themes=("crisis_response",), phase="recovery", languages=("en", "fr"),
    )  # fmt: skip
    rally = activity(
        "=rally", "workshop", "=HYPERLINK(\"x\") is a title like any other", NLC,
        delivery="in_person", themes=("polarisation", "a_theme_nobody_knows"), phase="response",
        languages=("en",),
    )  # fmt: skip
    hub = activity(
        "regional-hub", "convening", "Regional hub, « East & South »", SCN,
        delivery="hybrid", themes=("extremism", "social_cohesion"), phase="prevention",
        languages=("fr", "ar"),
    )  # fmt: skip
    twin = replace(
        hub, activity_id="regional-hub-2", title="Regional hub « East & South »", announced_by="crm"
    )
    march = activity("march", "roundtable", "A round table in June", frozenset({"other:isd"}))
    nobody = activity("nobody-came", "webinar", "Nobody came", SCN)
    ill = activity("called-off", "training", "Called off", NLC, delivery="online")
    coming = activity("no-word-yet", "summit", "No word yet", JOINT)
    earlier = activity("earlier", "webinar", "An earlier one", JOINT, phase="prevention")
    awaited = replace(held("regional-hub", utc(6, 20), 300, "Africa/Nairobi"), final_roll_at=None)
    return [
        Told(
            safe, held("safe-elections", utc(4, 9), 60),
            {"austin-tx": 12, "denver-co": 9, "akron-oh": 6, "boise-id": 5, "marfa-tx": 1,
             "cape-town": 7, None: 6, "?which-salem": 2, "hidden-city": 3},
            spoke=["washington-dc"], registered=70, people=55,
            positions=[("elected", 14), ("staff", 20), ("police", 2)],
        ),
        Told(
            replace(safe), held("safe-elections", utc(5, 7), 60, occurrence="2"),
            {"austin-tx": 8, "fargo-nd": 6, "rotterdam": 5, "travis-county-tx": 4, None: 1},
            registered=31, positions=[("elected", 5), ("staff", 9)],
        ),
        Told(
            crisis, held("after-a-crisis", utc(5, 21), 90),
            {"honolulu-hi": 5, "ponce-pr": 7, "vancouver-bc": 6, "mombasa": 8},
            registered=40, positions=[("civil_society", 6)],
        ),
        Told(rally, held("=rally", utc(6, 3), 120), {"denver-co": 15, "boulder-co": 11}),
        Told(hub, awaited, {}, named=["cape-town", "mombasa", "elbasan", "florence-it"]),
        Told(
            twin,
            OccurrenceState(
                "regional-hub-2", "1", "Africa/Nairobi", planned_on=date(2025, 6, 20),
                outcome="held", held_on=on_day(date(2025, 6, 20)), bare_count=25,
                counted_at=utc(6, 21),
            ),
            {},
        ),
        Told(
            march,
            OccurrenceState(
                "march", "1", AMSTERDAM, outcome="held", held_on=stated_dates("2025-06"),
                bare_count=18, counted_at=utc(7, 30),
            ),
            {},
        ),
        Told(nobody, held("nobody-came", utc(4, 2), 60), {}, registered=3, people=2),
        Told(
            ill,
            OccurrenceState(
                "called-off", "1", NEW_YORK, planned_on=date(2025, 5, 2), outcome="cancelled",
                registrations_stated=120,
            ),
            {},
        ),
        Told(
            coming, OccurrenceState("no-word-yet", "1", NEW_YORK, planned_on=date(2025, 6, 28)), {}
        ),
        Told(
            earlier, held("earlier", utc(2, 12), 60),
            {"austin-tx": 3, "laredo-tx": 6, "gary-in": 5, "old-name": 6, "elbasan": 4},
            registered=30, positions=[("staff", 15)],
        ),
        Told(
            replace(earlier), held("earlier", utc(9, 18, 2024), 60, occurrence="0"),
            {"akron-oh": 5, "macon-ga": 6}, registered=15,
        ),
        Told(
            replace(earlier), held("earlier", utc(5, 15, 2024), 60, occurrence="00"),
            {"rotterdam": 7, "denver-co": 6}, registered=20,
        ),
    ]  # fmt: skip


def rich_knowledge() -> Knowledge:
    """Return what is known around the rich quarter, 2025-Q2."""
    told = rich_told()
    cities = [
        City(
            city_id, name, "county" if "county" in city_id else "city", country, subdivision,
            "travis-county-tx" if city_id == "austin-tx" else None, population,
            latitude, longitude, urban, named=city_id != "hidden-city",
        )
        for city_id, name, country, subdivision, population, latitude, longitude, urban, _
        in RICH_CITIES
    ]  # fmt: skip
    ended = MembershipChange("gary-in", "NLC", False, on_day(date(2025, 4, 30)), "city-gary-in", 9)
    period = parse_period("2025-Q2")
    uniques = {
        period.dates: Uniques(attendees=110, weak=6, walk_ins=14, late_viewers=8),
        period.previous().dates: Uniques(attendees=24, weak=0, walk_ins=2, late_viewers=1),
        period.windows[2]: Uniques(attendees=13),
        period.windows[3]: Uniques(attendees=140, weak=6, walk_ins=16, late_viewers=9),
    }
    return Knowledge(
        cities=cities,
        populations=[
            CityPopulation(city.city_id, "Invented Statistics", 2024, city.population)
            for city in cities
            if city.population is not None
        ],
        successions=[
            Succession("old-name", ("dubuque-ia",), "rename", on_day(date(2025, 3, 1))),
        ],
        memberships=[
            *(
                change
                for city_id, *_, networks in RICH_CITIES
                for change in member(city_id, *networks.split())
            ),
            ended,
        ],
        references={"which-akron": "akron-oh"},
        activities={each.activity.activity_id: each.activity for each in told},
        occurrences=[each.state for each in told],
        turnouts={each.sitting: each.turnout for each in told if each.turnout.people},
        presences=[
            presence
            for each in told
            if each.state.outcome == "held" and each.activity.activity_id != "nobody-came"
            for presence in each.presences(
                each.state.held_on or on_day((each.state.began or RICH_MOMENT).date())
            )
        ],
        uniques=uniques,
        help=[Help("macon-ga", "NLC", on_day(date(2025, 5, 30)), "help-macon-ga", 1)],
        works=[
            Work("toolkit-1", "A toolkit for city halls", "toolkit", "SCN",
                 stated_dates("2025-04-10"), ("en", "fr"), ("hate", "prevention")),
            Work("brief-1", "+1 brief @ work", "policy_brief", "NLC", stated_dates("2025-05"),
                 ("en",), ("elections",)),
            Work("report-1", "An old report", "report", "other:isd", stated_dates("2023"),
                 ("en", "es"), ()),
            Work("study-1", "A study of this year", "case_study", "SCN", stated_dates("2025"),
                 ("en",), ("youth",)),
        ],
        editions=[
            Edition("toolkit-1", "es", None, on_day(date(2025, 6, 1))),
            Edition("toolkit-1", None, "2", on_day(date(2025, 6, 2))),
        ],
        shares=[
            Share("toolkit-1", "NLC", on_day(date(2025, 4, 12))),
            Share("brief-1", "SCN", stated_dates("2025-06")),
            Share("report-1", "NLC", on_day(date(2025, 4, 1))),
        ],
        deliveries=[
            Delivery("toolkit-1", "gary-in", on_day(date(2025, 5, 5)), 2),
            Delivery("toolkit-1", "austin-tx", on_day(date(2025, 5, 5)), 1),
            Delivery("brief-1", "?nobody-knows", on_day(date(2025, 6, 5)), 1),
        ],
        downloads=[
            Downloads("toolkit-1", "joplin-mo", stated_dates("2025-05"), 4),
            Downloads("toolkit-1", None, stated_dates("2025-05"), 1_234),
        ],
        facts={"membership": 73, "events": 1_204, "resources": 15},
        data_to=datetime(2025, 8, 19, 17, 30, tzinfo=UTC),
    )  # fmt: skip


@cache
def rich() -> dict[str, Any]:
    """Return the document of the rich quarter, 2025-Q2; do not change it."""
    return document(rich_knowledge(), "2025-Q2", RICH_MOMENT)
