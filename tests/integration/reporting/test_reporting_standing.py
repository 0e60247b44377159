"""What stands derived says the same as the rows themselves, whatever happened in any order."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from reporting_book import LOS_ANGELES, NEW_YORK, Book, at, pointer_to, somebody
from reporting_desk import NOW, Desk

from services.reporting.domain.period import parse_period
from services.reporting.reading import Inquiry
from services.reporting.reading.as_of_now import AsOfNow
from services.reporting.reading.surroundings import Surroundings
from services.reporting.reading.tables import snapshot
from shared.contracts.events import (
    ActivityClaimed,
    CityContributed,
    DuplicateDismissed,
    DuplicateReopened,
    OccurrenceRescheduled,
    PersonErased,
)
from shared.contracts.membership import (
    CityReferenceDismissed,
    CityReferenceResolved,
    CitySucceeded,
    CitySuccessionRevoked,
)
from shared.contracts.values import Network, Role, SuccessionReason

ACTIVITIES = [f"w{n}" for n in range(6)]
ATTENDEE: Role = "attendee"
SITTINGS = ("1", "2")
WORKS = ("guide", "brief")
PEOPLE = [f"p{n}" for n in range(9)]
CITIES = ["athens-oh", "columbus-oh", "gent", "aalst", "the-hague"]
SOMEWHERE = [*CITIES, "?q1", "?q2", "not-registered"]
POINTERS = [*SOMEWHERE, None]
PERIODS = [
    "2023-Q4", "2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4", "2025-Q1", "2025-Q2",
    "2024", "2025", "FY2024", "FY2025", "FY2024-Q3",
]  # fmt: skip
FIRST_DAY = date(2023, 10, 1)
DAYS = 560
STEPS = 90
STEPS_PER_BATCH_MAX = 12


class Chance:
    """Things that happen, chosen by a seed: most make sense together, and some do not."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.counted_as: dict[str, str] = {}
        self.book = Book().on("2024-01-02T09:00")
        both: list[Network] = ["NLC", "SCN"]
        for number, city in enumerate(CITIES):
            self.book.city(city, "OH", 1000 * number or None, networks=both[: number % 3])
        self.book.delivers(WORKS[0], CITIES[0], "2024-05-02")

    def day(self) -> date:
        """A day, often near the epoch of the partnership and the ends of quarters."""
        near = [date(2024, 2, 26), date(2024, 2, 27), date(2024, 3, 31), date(2024, 4, 1)]
        anywhere = FIRST_DAY + timedelta(days=self.random.randrange(DAYS))
        return self.random.choice([*near, anywhere, anywhere, anywhere, anywhere])

    def start(self) -> str:
        hour = self.random.choice(["09:00", "14:00", "21:30"])
        return self.random.choice([f"{self.day()}T{hour}", f"{self.day()}T{hour}", f"{self.day()}"])

    def steps(self) -> Iterator[int]:
        """Let one thing happen after the other; yield how many facts it took."""
        for _ in range(STEPS):
            before = len(self.book.facts)
            weights = [25, 8, 6, 12, 10, 10, 8, 4, 3, 1, 1, 2, 2, 1, 2, 1, 8, 5, 4, 4, 1]
            deeds = [
                self.webinar, self.announce, self.held, self.roll, self.joins, self.registers,
                self.goes, self.mention, self.reschedule, self.cancel, self.erase, self.answer,
                self.withdraw, self.succeed, self.helps, self.work, self.deliver, self.download,
                self.merge, self.unite, self.dismiss,
            ]  # fmt: skip
            self.random.choices(deeds, weights)[0]()
            yield len(self.book.facts) - before

    def activity(self) -> str:
        return self.random.choice(ACTIVITIES)

    def sitting(self) -> str:
        return self.random.choice(SITTINGS)

    def webinar(self) -> None:
        """A webinar as they mostly are: held when somebody was there, with a file of who came."""
        activity, sitting, day = self.activity(), self.sitting(), f"{self.day()}"
        self.book.webinar(activity, f"{day}T14:00").held(
            activity, f"{day}T14:00", occurrence=sitting
        )
        for person in self.random.sample(PEOPLE, 2):
            self.book.registers(activity, person, city=self.random.choice(CITIES))
            self.book.joins(activity, person, at(f"{day}T14:00", NEW_YORK))
        if self.random.random() < 0.7:
            self.book.roll(activity, *self.people(day), occurrence=sitting)

    def announce(self) -> None:
        some = self.random.sample(SITTINGS, self.random.randint(0, 2))
        zone = self.random.choice([NEW_YORK, LOS_ANGELES, "Asia/Karachi"])
        organisers = self.random.sample(["NLC", "SCN", "other:isd"], self.random.randint(1, 2))
        sittings = {name: self.start() for name in some}
        activity, kind = self.activity(), self.random.choice(["webinar", "training"])
        self.book.webinar(activity, self.start(), zone, organisers, sittings, kind=kind)
        if self.random.random() < 0.2:
            self.book.tell(
                ActivityClaimed(
                    activity_id=activity, claimed_by="crm", organisers=("SCN",), title=activity
                )
            )

    def held(self) -> None:
        on = f"{self.day()}"
        start = self.random.choice(
            [f"{on}T14:00", f"{on}T14:00", f"{on}T21:30", on, on[:7], on[:4]]
        )
        self.book.held(
            self.activity(),
            start,
            minutes=self.random.choice([8, 30, 60, 60]),
            occurrence=self.sitting(),
            attendance=self.random.choice([None, None, None, 0, 7]),
        )

    def people(self, day: str) -> Iterator[Any]:
        for person in self.random.sample(PEOPLE, self.random.randint(0, 6)):
            began = at(f"{day}T14:00", NEW_YORK) + timedelta(minutes=self.random.choice([0, 0, 90]))
            spans = [] if self.random.random() < 0.4 else [(began, began + timedelta(minutes=30))]
            yield somebody(
                person,
                self.random.choice(POINTERS),
                *spans,
                role=self.random.choice([ATTENDEE] * 5 + ["panelist", "host", "staff"]),
                domain=self.random.choice(POINTERS),
                weak=self.random.random() < 0.2,
                position=self.random.choice([None, "staff", "police"]),
            )

    def roll(self) -> None:
        final = self.random.random() < 0.7
        people = list(self.people(f"{self.day()}"))
        self.book.roll(self.activity(), *people, final=final, occurrence=self.sitting())

    def moment(self) -> datetime:
        return at(f"{self.day()}T14:00", NEW_YORK) + timedelta(minutes=self.random.randrange(90))

    def joins(self) -> None:
        person, city = self.random.choice(PEOPLE), self.random.choice(POINTERS)
        self.book.joins(self.activity(), person, self.moment(), city)

    def goes(self) -> None:
        self.book.goes(self.activity(), self.random.choice(PEOPLE), self.moment())

    def registers(self) -> None:
        self.book.registers(
            self.activity(),
            *self.random.sample(PEOPLE, 2),
            city=self.random.choice(POINTERS),
            occurrence=self.sitting(),
        )

    def withdraw(self) -> None:
        person = self.random.choice(PEOPLE)
        self.book.withdraws(self.activity(), person, self.moment(), self.sitting())

    def mention(self) -> None:
        pointer = self.random.choice(SOMEWHERE)
        if self.random.random() < 0.5:
            self.book.named(self.activity(), self.random.choice(CITIES), self.sitting())
            return
        self.book.tell(
            CityContributed(
                activity_id=self.activity(),
                occurrence="1",
                city=pointer_to(pointer),
                contribution="host",
            )
        )

    def reschedule(self) -> None:
        self.book.tell(
            OccurrenceRescheduled(
                activity_id=self.activity(),
                occurrence=self.sitting(),
                starts_at=self.start(),
                time_zone=NEW_YORK,
            )
        )

    def cancel(self) -> None:
        self.book.cancelled(self.activity(), self.random.choice([None, 12]), self.sitting())

    def erase(self) -> None:
        self.book.tell(PersonErased(person=self.random.choice(PEOPLE)))

    def answer(self) -> None:
        question = self.random.choice(["q1", "q2"])
        city = self.random.choice([*CITIES, None])
        self.book.tell(
            CityReferenceResolved(reference_id=question, city_id=city)
            if city
            else CityReferenceDismissed(reference_id=question, reason="nobody can tell")
        )

    def succeed(self) -> None:
        city, into = self.random.sample(CITIES, 2)
        if self.random.random() < 0.2:
            self.book.tell(CitySuccessionRevoked(city_id=city, reason="by mistake"))
            return
        reasons: list[SuccessionReason] = ["merger", "merger", "duplicate", "rename"]
        self.book.tell(
            CitySucceeded(
                city_id=city,
                successors=(into,),
                reason=self.random.choice(reasons),
                on=f"{self.day()}",
            )
        )

    def helps(self) -> None:
        self.book.helps(self.random.choice(CITIES), f"{self.day()}")

    def work(self) -> None:
        name = self.random.choice(WORKS)
        self.book.work(name, "SCN", f"{self.day()}").shares(name, "NLC", f"{self.day()}")

    def merge(self) -> None:
        """An activity counts as another one, in a circle too, or stands for itself again."""
        activity, into = self.random.sample(ACTIVITIES, 2)
        if activity in self.counted_as:  # nothing is merged twice: it is unmerged first
            self.book.unmerged(activity, self.counted_as.pop(activity))
        else:
            self.book.merged(activity, into)
            self.counted_as[activity] = into

    def unite(self) -> None:
        """A key means the person of another one, in a circle too, or its own again."""
        person, into = self.random.sample(PEOPLE, 2)
        if person in self.counted_as:
            self.book.two_people(person, self.counted_as.pop(person))
        else:
            self.book.one_person(person, into)
            self.counted_as[person] = into

    def dismiss(self) -> None:
        first, second = sorted(self.random.sample(ACTIVITIES, 2))
        pair: dict[str, Any] = {"kind": "activities", "first": first, "second": second}
        self.book.tell(
            self.random.choice(
                [DuplicateDismissed(**pair, reason="two"), DuplicateReopened(**pair)]
            )
        )

    def deliver(self) -> None:
        """The same work to a few, often again to whom it was handed before."""
        work, day = self.random.choice(WORKS), f"{self.day()}"
        on = self.random.choice([day, day, day, day[:7], day[:4]])
        for pointer in self.random.sample(SOMEWHERE, 2):
            self.book.delivers(work, pointer, on)

    def download(self) -> None:
        self.book.download(self.random.choice(WORKS), self.moment(), self.random.choice(POINTERS))


async def evidence_says_the_same(desk: Desk, period: str) -> None:
    """The same of what each figure counts, down to the facts."""
    for metric in desk.registry.metrics:
        now = await desk.trails.evidence(Inquiry(parse_period(period), metric))
        then = await desk.trails.evidence(Inquiry(parse_period(period), metric, NOW))
        standing, counted = (each.to_json(everything=True) for each in (now, then))
        for part in counted:
            assert standing[part] == counted[part], f"{part} of {metric} in {period}"


async def says_the_same(desk: Desk, periods: list[str]) -> None:
    """The report that stands derived, and the one counted from the rows as known at this moment."""
    for period in periods:
        standing = await desk.report(period)
        counted = await desk.report(period, known_at=NOW.replace(tzinfo=None).isoformat())
        for part in counted:
            assert standing[part] == counted[part], f"{part} of {period}"


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_happens_the_derived_report_is_the_counted_one(
    desk: Desk, seed: int
) -> None:
    chance = Chance(seed)
    taken, batch = 0, chance.random.randint(1, STEPS_PER_BATCH_MAX)

    for number, _ in enumerate(chance.steps(), start=1):
        if number % batch == 0:
            await desk.take(*chance.book.facts[taken:])
            taken = len(chance.book.facts)
            await says_the_same(desk, chance.random.sample(PERIODS, 2))
    await desk.take(*chance.book.facts[taken:])

    await says_the_same(desk, PERIODS)
    await evidence_says_the_same(desk, chance.random.choice(PERIODS))
    assert await desk.figure("attendance", "2024") > 0
    assert await desk.figure("attendees_unique", "2024") > 0
    assert await desk.figure("resource_deliveries", "2024") > 0
    async with desk.pool.acquire() as connection, snapshot(connection):
        period = parse_period("2024-Q1")
        now = AsOfNow(connection, desk.registry.parameters, period, Surroundings())
        assert await now.knowledge() is not None, "the report was not read from what stands derived"


async def test_what_was_counted_fact_by_fact_is_what_the_migration_counts_from_the_rows(
    desk: Desk,
) -> None:
    chance = Chance(7)
    for _ in range(40):
        chance.deliver()
        chance.download()
    for start in range(0, len(chance.book.facts), 9):
        await desk.take(*chance.book.facts[start : start + 9])
    fact_by_fact = await reach(desk)

    await desk.count_reach_again()

    assert await reach(desk) == fact_by_fact
    assert all(fact_by_fact.values())


async def reach(desk: Desk) -> dict[str, set[tuple[Any, ...]]]:
    """The counts of whom works reached."""
    return {
        table: {tuple(row) for row in await desk.pool.fetch(f"select * from {table}")}
        for table in ("reach", "reach_by_city", "reach_by_work")
    }


async def test_a_work_handed_to_two_names_of_one_city_reached_one_city(desk: Desk) -> None:
    book = Book().city("a-town", "OH").city("b-town", "MI").city("c-town", "NY")
    for day in ("2024-03-05", "2024-03-20"):
        for pointer in ("a-town", "?q1", "b-town", "c-town", "?q2"):
            book.delivers("guide", pointer, day)
    book.tell(
        CityReferenceResolved(reference_id="q1", city_id="a-town"),
        CitySucceeded(city_id="a-town", successors=("b-town",), on="2024-03-15", reason="merger"),
    )

    await desk.given(book)

    await says_the_same(desk, PERIODS)
    await evidence_says_the_same(desk, "2024-Q1")
    figure = (await desk.report())["figures"]["resource_deliveries"]
    assert figure["value"] == 3, "a-town until the merger, b-town and c-town"
    assert figure["detail"]["deliveries_unattributed"] == 2


async def test_a_city_merged_within_a_quarter_counts_as_itself_before_and_as_its_successor_after(
    desk: Desk,
) -> None:
    book = Book().city("a-town", "OH").city("b-town", "MI")
    for name, day, pointer in (("w1", "2024-03-05", "a-town"), ("w2", "2024-03-20", "?q1")):
        book.webinar(name, f"{day}T14:00").held(name, f"{day}T14:00")
        book.roll(name, somebody("p1", pointer), somebody("p2", pointer))
    book.tell(
        CityReferenceResolved(reference_id="q1", city_id="a-town"),
        CitySucceeded(city_id="a-town", successors=("b-town",), on="2024-03-15", reason="merger"),
    )

    await desk.given(book)

    await says_the_same(desk, PERIODS)
    report = await desk.report()
    assert report["figures"]["cities_engaged"]["value"] == 2
    assert report["breakdowns"]["cities_engaged"]["subdivision"] == {"US-MI": 1, "US-OH": 1}


async def test_everything_derived_at_once_is_what_was_derived_fact_by_fact(desk: Desk) -> None:
    """Other parameters or other code: every sitting is derived again, and nothing counts twice."""
    chance = Chance(99)
    for _ in chance.steps():
        continue
    await desk.take(*chance.book.facts)
    before = await desk.derived()
    await desk.pool.execute("update standing_level set meaning = 'of other code', facts = null")

    await says_the_same(desk, PERIODS)  # while it is not complete, the rows are counted
    await desk.take()

    assert await desk.derived() == before
