"""Reading the activities that may be one: over all that is known, whatever its period."""

from collections.abc import Sequence
from datetime import date

from services.reporting.domain.dates import FOREVER, Dates
from services.reporting.domain.duplicates import (
    PossibleDuplicate,
    double_entries,
    possible_duplicates,
)
from services.reporting.domain.occurrences import occurrences
from services.reporting.domain.registry import Registry
from services.reporting.reading import rows
from services.reporting.reading.tables import QUERIES, snapshot
from shared.queries import Connection

EVER = Dates(date.min, FOREVER.date())


async def read_duplicates(
    connection: Connection, registry: Registry, window: Dates = EVER
) -> tuple[Sequence[PossibleDuplicate], Sequence[PossibleDuplicate]]:
    """Return what is counted as possible duplicates within a window, and double entries.

    Read from what stands derived, so nothing before every sitting has been derived once.
    """
    async with snapshot(connection):
        found = await connection.fetch(QUERIES["standing_sittings"], window.first, window.last)
        states = [rows.state(row) for row in found]
        ids = sorted({state.activity_id for state in states})
        described = await connection.fetch(QUERIES["activities"], FOREVER, ids)
        dismissed = await connection.fetch(QUERIES["dismissals"], FOREVER)
    activities = {row["activity_id"]: rows.activity(row) for row in described}
    turnouts = {
        state.sitting: rows.turnout(row, 0) for state, row in zip(states, found, strict=True)
    }
    every = occurrences(states, activities, turnouts, registry.parameters)
    within = [occurrence for occurrence in every if occurrence.on.lies_in(window)]
    answered = frozenset(map(tuple, dismissed))
    return (
        possible_duplicates(within, registry.parameters.title_similarity_min, answered),
        double_entries(within, answered),
    )
