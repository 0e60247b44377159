"""All that a report looks at, as it was known at a moment: people are counted from the rows.

Costs every person of every sitting since the partnership began; as of now, as_of_now.py tells the
same from what stands derived, and a test holds the two together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.reporting.domain.dates import FOREVER, Dates
from services.reporting.domain.knowledge import (
    CityPresence,
    Help,
    Knowledge,
    OccurrenceState,
    Sitting,
    Turnout,
    Uniques,
)
from services.reporting.domain.occurrences import (
    NOBODY,
    date_of,
    long_enough,
    start_of,
    was_held,
)
from services.reporting.domain.period import Period
from services.reporting.domain.registry import Parameters
from services.reporting.reading import reach, rows, surroundings
from services.reporting.reading.tables import QUERIES
from shared.queries import Connection

LEDGERS = ("membership", "events", "resources")


@dataclass(frozen=True)
class AsKnown:
    """The rows as known at a moment; FOREVER is what is known now."""

    connection: Connection
    parameters: Parameters
    period: Period
    known_at: datetime

    async def knowledge(self) -> Knowledge:
        """Return all that the report of the period looks at."""
        span = self.period.span(self.parameters.partnership_epoch)
        states = await self._states(span)
        turnouts, held, presences = await self._turnouts(states)
        facts, data_to = await self._ledgers()
        return Knowledge(
            **await surroundings.cities(self.connection, self.known_at),
            **await surroundings.works(self.connection, self.known_at),
            **await reach.one_by_one(self.connection, self.known_at, self.period.recent),
            activities={
                row["activity_id"]: rows.activity(row)
                for row in await self.fetch(
                    "activities", sorted({state.activity_id for state in states})
                )
            },
            occurrences=states,
            turnouts=turnouts,
            presences=presences,
            uniques=await self._uniques(held),
            dismissed=frozenset(map(tuple, await self.fetch("dismissals"))),
            help=[
                Help(row["city"], row["network"], rows.dates(row), row["stream"], row["version"])
                for row in await self.fetch("help", span.first, span.last)
            ],
            facts=facts,
            data_to=data_to,
        )

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        """Return the rows of a query as known at the moment."""
        return list(await self.connection.fetch(QUERIES[query], self.known_at, *arguments))

    async def of_people(self, query: str, states: Sequence[OccurrenceState], *more: Any) -> Any:
        """Return the rows of a query about the people of some occurrences."""
        return await self.fetch(
            query,
            *_keys(states),
            [state.began for state in states],
            [state.ended for state in states],
            [start_of(state) for state in states],
            self.parameters.attendance_seconds_min,
            self.parameters.recording_within_days,
            *more,
        )

    async def _states(self, span: Dates) -> list[OccurrenceState]:
        found = [rows.state(row) for row in await self.fetch("occurrences", span.first, span.last)]
        return sorted(
            (state for state in found if (on := date_of(state)) and on.may_lie_in(span)),
            key=lambda state: state.sitting,
        )

    async def _turnouts(
        self, states: Sequence[OccurrenceState]
    ) -> tuple[dict[Sitting, Turnout], list[OccurrenceState], list[CityPresence]]:
        """Return who came to each, which of them were held, and the cities at these."""
        registered = await self._registrations(states)
        turnouts = {sitting: Turnout(registrations=count) for sitting, count in registered.items()}
        candidates = [state for state in states if long_enough(state, self.parameters)]
        presences: dict[Sitting, list[CityPresence]] = {}
        for row in await self.of_people("turnouts", candidates):
            state = candidates[row["number"] - 1]
            turnouts[state.sitting] = rows.turnout(row, registered.get(state.sitting, 0))
            on = date_of(state)
            if on is not None:
                lists = row["cities"], row["city_attended"], row["city_contributed"]
                presences[state.sitting] = list(
                    rows.presences(*lists, row["city_named"], on, state.sitting)
                )
        held = [
            state
            for state in candidates
            if was_held(state, turnouts.get(state.sitting, NOBODY), self.parameters)
        ]
        at_held = [each for state in held for each in presences.get(state.sitting, ())]
        return turnouts, held, at_held

    async def _uniques(self, held: Sequence[OccurrenceState]) -> dict[Dates, Uniques]:
        """Return the distinct people of each window, all counted in one pass."""
        windows = self.period.windows
        recent = [state for state in held if any(_lies_in(state, each) for each in windows)]
        lying = [
            (number, index)
            for number, state in enumerate(recent, start=1)
            for index, window in enumerate(windows)
            if _lies_in(state, window)
        ]
        counted = await self.of_people("uniques", recent, *rows.columns(lying, 2))
        return {windows[index]: Uniques(*counts) for index, *counts in counted}

    async def _registrations(self, states: Sequence[OccurrenceState]) -> dict[Sitting, int]:
        within = [
            state
            for state in states
            if any(_lies_in(state, window) for window in self.period.windows)
        ]
        counted = await self.fetch(
            "registrations", *_keys(within), [start_of(state) for state in within]
        )
        return {within[row["number"] - 1].sitting: row["registrations"] for row in counted}

    async def _ledgers(self) -> tuple[dict[str, int], datetime | None]:
        """Return how many facts of each ledger are known, and when the last was recorded."""
        if self.known_at == FOREVER:
            counted = await self.connection.fetch(QUERIES["projected"])
        else:
            counted = await self.fetch("ledgers")
        facts = dict.fromkeys(LEDGERS, 0) | {row["ledger"]: row["facts"] for row in counted}
        return facts, max((row["data_to"] for row in counted), default=None)


def _keys(states: Sequence[OccurrenceState]) -> tuple[list[str], list[str]]:
    return [state.activity_id for state in states], [state.occurrence for state in states]


def _lies_in(state: OccurrenceState, window: Dates) -> bool:
    on = date_of(state)
    return on is not None and on.lies_in(window)
