"""Reading a report: rows as known at a moment, in one snapshot, made into a report by the rules."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from services.reporting.domain.dates import FOREVER, Dates
from services.reporting.domain.evidence import (
    COUNTED_ONCE,
    Contribution,
    Evidence,
    FirstMet,
    Item,
    Question,
    contributions,
    hidden_items,
    items_of,
    recount,
)
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import (
    Activity,
    City,
    CityPopulation,
    Delivery,
    Downloads,
    Edition,
    Group,
    Help,
    Knowledge,
    MembershipChange,
    Mention,
    OccurrenceState,
    Share,
    Sitting,
    Succession,
    Uniques,
    Work,
)
from services.reporting.domain.occurrences import date_of, long_enough, occurrences, start_of
from services.reporting.domain.period import Period, quarter_of
from services.reporting.domain.registry import Parameters, Registry, parse_registry
from services.reporting.domain.report import Provenance, Report, compose
from shared.queries import Connection, Queries

HERE = Path(__file__).parent
QUERIES = Queries(HERE / "queries.sql")


FACTS_OF_CITY_MAX = 20
LEDGERS = ("membership", "events", "resources")


class UnknownMetric(LookupError):
    """The registry defines no such figure; the message says which it is."""


class FuturePeriod(LookupError):
    """The period has not begun; the message says when it will."""


def load_registry() -> Registry:
    """Return the metric registry of this version of the code."""
    return parse_registry((HERE / "registry.toml").read_text("utf-8"))


async def read_report(
    connection: Connection,
    registry: Registry,
    period: Period,
    now: datetime,
    known_at: datetime | None = None,
) -> Report:
    """Return the report of a period as it stands now, or as it was known at a moment.

    With `known_at` every fact recorded later is left out, and the status is that of then.

    Raises:
        FuturePeriod: the period has not begun at that moment.
    """
    _begun(period, known_at or now)
    async with snapshot(connection):
        knowledge = await read_knowledge(connection, registry, period, known_at)
    ground = Ground(knowledge, registry)
    return compose(ground, period, known_at or now, provenance_of(knowledge, registry))


async def read_evidence(
    connection: Connection,
    registry: Registry,
    period: Period,
    metric: str,
    now: datetime,
    known_at: datetime | None = None,
) -> Evidence:
    """Return what a figure counts, as it stands now or as it was known at a moment.

    Raises:
        UnknownMetric: the registry defines no such figure.
        FuturePeriod: the period has not begun at that moment.
    """
    _begun(period, known_at or now)
    definition, parameters = registry.metrics.get(metric), registry.parameters
    if definition is None:
        raise UnknownMetric(f"{metric!r} is not a figure; a report lists those there are")
    async with snapshot(connection):
        reader = _Reader(connection, parameters, period, known_at or FOREVER)
        knowledge = await reader.read()
        ground = Ground(knowledge, registry)
        first_met = await reader.first_met(ground) if metric in COUNTED_ONCE else {}
        items = items_of(Question(ground, period, first_met), metric)
        facts = await reader.facts(items, ground)
    report = compose(ground, period, known_at or now, provenance_of(knowledge, registry))
    return Evidence(
        definition=definition,
        period=period,
        known_at=report.known_at,
        data_to=report.data_to,
        value=report.figures[metric].measure.value,
        recounted=recount(definition, items, parameters.member_base_min),
        items=items,
        facts=facts,
        hidden=hidden_items(definition, items, parameters.people_shown_min),
        provenance=report.provenance,
    )


async def read_periods(connection: Connection, now: datetime) -> list[Period]:
    """Return the quarters in which something is dated and which have begun, the latest first."""
    async with snapshot(connection):
        rows = await connection.fetch(QUERIES["occurrences"], FOREVER, date.min, date.max)
        dated = await connection.fetch(QUERIES["dated"], FOREVER)
    dates = [date_of(_state(row)) for row in rows] + [_dates(row) for row in dated]
    quarters = {quarter_of(on.first) for on in dates if on is not None}
    certain = [
        quarter
        for quarter in quarters
        if quarter.dates.first <= now.date()
        and any(on is not None and on.lies_in(quarter.dates) for on in dates)
    ]
    return sorted(certain, key=lambda quarter: quarter.dates, reverse=True)


def _begun(period: Period, moment: datetime) -> None:
    if moment.astimezone(UTC).date() < period.dates.first:
        raise FuturePeriod(f"{period.name} begins on {period.dates.first.isoformat()}")


def provenance_of(knowledge: Knowledge, registry: Registry) -> Provenance:
    """Return what a report of this knowledge was made from and by."""
    return Provenance(
        ledgers=knowledge.facts,
        registry=registry.hash,
        code=version("tandem-cities"),
        tzdata=version("tzdata"),
    )


@asynccontextmanager
async def snapshot(connection: Connection) -> AsyncIterator[None]:
    """Let everything inside see one state of the tables, and change nothing."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(QUERIES["hold_tables"])
        await connection.execute(QUERIES["more_memory"])
        yield


async def read_knowledge(
    connection: Connection, registry: Registry, period: Period, known_at: datetime | None
) -> Knowledge:
    """Return all that the report of a period looks at."""
    return await _Reader(connection, registry.parameters, period, known_at or FOREVER).read()


@dataclass(frozen=True)
class _Reader:
    connection: Connection
    parameters: Parameters
    period: Period
    known_at: datetime

    async def read(self) -> Knowledge:
        span = self._span
        states = await self._states(span)
        candidates = [state for state in states if long_enough(state, self.parameters)]
        groups = [
            Group(*candidates[number - 1].sitting, *counts)
            for number, *counts in await self._people("groups", candidates)
        ]
        mentions = [Mention(*row) for row in await self._fetch("mentions", *_keys(candidates))]
        held = self._held(candidates, groups, mentions)
        ledgers = await self._fetch("ledgers")
        recent = Dates(self._windows[-1].first, span.last)
        return Knowledge(
            cities=[_city(row) for row in await self._fetch("cities")],
            populations=[CityPopulation(*row) for row in await self._fetch("populations")],
            successions=[
                Succession(row["city_id"], tuple(row["successors"]), row["reason"], _dates(row))
                for row in await self._fetch("successions")
            ],
            memberships=[
                MembershipChange(
                    row["city_id"],
                    row["network"],
                    row["active"],
                    _dates(row),
                    row["stream"],
                    row["version"],
                )
                for row in await self._fetch("memberships")
            ],
            references={
                row["reference_id"]: row["city_id"] for row in await self._fetch("references")
            },
            activities=await self._activities(states),
            occurrences=states,
            groups=groups,
            registrations=await self._registrations(states),
            uniques=await self._uniques(held),
            mentions=mentions,
            help=[
                Help(row["city"], row["network"], _dates(row), row["stream"], row["version"])
                for row in await self._fetch("help", span.first, span.last)
            ],
            works=[_work(row) for row in await self._fetch("works")],
            editions=[
                Edition(row["resource_id"], row["language"], row["edition"], _dates(row))
                for row in await self._fetch("editions")
            ],
            shares=[
                Share(row["resource_id"], row["shared_with"], _dates(row))
                for row in await self._fetch("shares")
            ],
            deliveries=[
                Delivery(row["resource_id"], row["city"], _dates(row), row["times"])
                for row in await self._fetch("deliveries", recent.first, recent.last)
            ],
            downloads=[
                Downloads(
                    row["resource_id"],
                    row["city"],
                    Dates(row["month"], row["month"]),
                    row["times"],
                )
                for row in await self._fetch("downloads", recent.first, recent.last)
            ],
            facts=dict.fromkeys(LEDGERS, 0) | {row["ledger"]: row["facts"] for row in ledgers},
            data_to=max((row["data_to"] for row in ledgers), default=None),
        )

    @property
    def _windows(self) -> list[Dates]:
        """The windows over which people are told apart, the one that begins first at the end."""
        windows = [self.period.dates, self.period.previous().dates]
        if self.period.rolling_four is not None:
            windows.append(self.period.rolling_four)
        return windows

    @property
    def _span(self) -> Dates:
        """The days that matter: back to the epoch, and to what the period before looks back at."""
        before = self.period.previous()
        first = min(
            self.parameters.partnership_epoch,
            before.previous().dates.first,
            before.four_quarters_before.first,
        )
        return Dates(first, self.period.dates.last)

    async def _fetch(self, query: str, *arguments: Any) -> list[Any]:
        return list(await self.connection.fetch(QUERIES[query], self.known_at, *arguments))

    async def _states(self, span: Dates) -> list[OccurrenceState]:
        rows = await self._fetch("occurrences", span.first, span.last)
        states = [_state(row) for row in rows]
        return sorted(
            (state for state in states if (on := date_of(state)) and on.may_lie_in(span)),
            key=lambda state: state.sitting,
        )

    async def first_met(self, ground: Ground) -> dict[Sitting, FirstMet]:
        """Return where each person of the period is met first."""
        held = [occurrence.state for occurrence in ground.held(self.period.dates)]
        rows = await self._people("first_met", held)
        return {held[number - 1].sitting: FirstMet(*counts) for number, *counts in rows}

    async def facts(
        self, items: Sequence[Item], ground: Ground
    ) -> dict[int, Sequence[Contribution]]:
        """Return the facts under each item, by the number of the item."""
        touches = [touch for item in items for touch in item.touches]
        sittings = sorted(
            {sitting for item in items for sitting in item.occurrences}
            | {touch.sitting for touch in touches if touch.sitting}
        )
        resources = sorted(
            {resource for item in items for resource in item.resources}
            | {touch.resource_id for touch in touches if touch.resource_id}
        )
        keys = sorted({touch.fact for touch in touches if touch.fact})
        window = self.period.dates
        by_sitting: dict[Sitting, list[Contribution]] = {}
        for row in await self._fetch(
            "facts_of_sittings", *_columns(sittings, 2), FACTS_OF_CITY_MAX
        ):
            sitting = (row["activity_id"], row["occurrence"])
            by_sitting.setdefault(sitting, []).append(_contribution(row))
        by_resource: dict[str, list[Contribution]] = {}
        for row in await self._fetch(
            "facts_of_resources", resources, window.first, window.last, FACTS_OF_CITY_MAX
        ):
            by_resource.setdefault(row["resource_id"], []).append(_contribution(row))
        by_fact = {
            (row["stream"], row["version"]): _contribution(row)
            for row in await self._fetch("facts_by_key", *_columns(keys, 2))
        }

        def lineage_of(fact: Contribution) -> str | None:
            city_id = ground.cities.resolve(fact.city, window)
            return city_id and ground.cities.lineage(city_id)

        return {
            number: contributions(item, by_sitting, by_resource, by_fact, lineage_of)
            for number, item in enumerate(items)
        }

    def _held(
        self,
        candidates: Sequence[OccurrenceState],
        groups: Sequence[Group],
        mentions: Sequence[Mention],
    ) -> list[OccurrenceState]:
        """Return the candidates to which somebody came, as far as that is known."""
        complete = occurrences(candidates, {}, groups, mentions, {}, self.parameters)
        return [occurrence.state for occurrence in complete if occurrence.held]

    async def _activities(self, states: Sequence[OccurrenceState]) -> dict[str, Activity]:
        ids = sorted({state.activity_id for state in states})
        return {row["activity_id"]: _activity(row) for row in await self._fetch("activities", ids)}

    async def _people(self, query: str, states: Sequence[OccurrenceState], *more: Any) -> list[Any]:
        return await self._fetch(
            query,
            *_keys(states),
            [state.began for state in states],
            [state.ended for state in states],
            [start_of(state) for state in states],
            self.parameters.attendance_seconds_min,
            self.parameters.recording_within_days,
            *more,
        )

    async def _uniques(self, held: Sequence[OccurrenceState]) -> dict[Dates, Uniques]:
        """Return the distinct people of each window, all counted in one pass."""
        recent = [state for state in held if any(_lies_in(state, each) for each in self._windows)]
        lying = [
            (number, index)
            for number, state in enumerate(recent, start=1)
            for index, window in enumerate(self._windows)
            if _lies_in(state, window)
        ]
        rows = await self._people("uniques", recent, *_columns(lying, 2))
        return {self._windows[index]: Uniques(*counts) for index, *counts in rows}

    async def _registrations(self, states: Sequence[OccurrenceState]) -> dict[tuple[str, str], int]:
        within = [
            state for state in states if any(_lies_in(state, window) for window in self._windows)
        ]
        rows = await self._fetch(
            "registrations", *_keys(within), [start_of(state) for state in within]
        )
        return {within[row["number"] - 1].sitting: row["registrations"] for row in rows}


def _keys(states: Sequence[OccurrenceState]) -> tuple[list[str], list[str]]:
    return [state.activity_id for state in states], [state.occurrence for state in states]


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Return rows as arrays, one for each column, which there are also without any row."""
    return [[row[column] for row in rows] for column in range(width)]


def _contribution(row: Any) -> Contribution:
    trace = row["traceparent"]
    return Contribution(
        part=row["part"],
        fact=(row["stream"], row["version"]),
        ledger=row["ledger"],
        type=row["type"],
        fact_id=str(row["fact_id"]),
        source=row["source"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        trace_id=trace.split("-")[1] if trace else None,
        city=row["city"],
        personal=row["personal"],
    )


def _lies_in(state: OccurrenceState, window: Dates) -> bool:
    on = date_of(state)
    return on is not None and on.lies_in(window)


def _dates(row: Any) -> Dates:
    return Dates(row["first_on"], row["last_on"])


def _city(row: Any) -> City:
    return City(
        city_id=row["city_id"],
        name=row["name"],
        kind=row["kind"],
        country=row["country"],
        subdivision=row["subdivision"],
        within=row["within_id"],
        population=row["population"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        urban=row["urban"],
        named=row["named"],
    )


def _activity(row: Any) -> Activity:
    return Activity(
        activity_id=row["activity_id"],
        announced_by=row["announced_by"],
        kind=row["kind"],
        title=row["title"],
        organisers=frozenset(row["organisers"]),
        delivery=row["delivery"],
        themes=tuple(row["themes"]),
        phase=row["phase"],
        languages=tuple(row["languages"]),
    )


def _state(row: Any) -> OccurrenceState:
    dated = row["outcome"] == "held" and row["began"] is None
    return OccurrenceState(
        activity_id=row["activity_id"],
        occurrence=row["occurrence"],
        time_zone=row["time_zone"] or "UTC",  # announced nowhere yet: its facts came first
        planned_on=row["planned_on"],
        planned_at=row["planned_at"],
        outcome=row["outcome"],
        began=row["began"],
        ended=row["ended"],
        held_on=_dates(row) if dated else None,
        bare_count=row["attendance"],
        registrations_stated=row["registrations"],
        counted_at=row["counted_at"],
        final_roll_at=row["final_roll_at"],
    )


def _work(row: Any) -> Work:
    withdrawn = row["withdrawn_first_on"]
    return Work(
        resource_id=row["resource_id"],
        title=row["title"],
        kind=row["kind"],
        publisher=row["publisher"],
        on=_dates(row),
        languages=tuple(row["languages"]),
        themes=tuple(row["themes"]),
        withdrawn_on=Dates(withdrawn, row["withdrawn_last_on"]) if withdrawn else None,
    )
