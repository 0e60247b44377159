"""Reading the list of periods: the quarters in which something is dated."""

from datetime import date, datetime

from services.reporting.domain.dates import FOREVER, Dates
from services.reporting.domain.occurrences import date_of
from services.reporting.domain.period import Period, quarter_of
from services.reporting.reading import rows
from services.reporting.reading.tables import QUERIES, snapshot
from shared.queries import Connection


async def read_periods(connection: Connection, now: datetime) -> list[Period]:
    """Return the quarters in which something is dated and which have begun, the latest first."""
    async with snapshot(connection):
        dates = await _dates_of_sittings(connection)
        dates |= {rows.dates(row) for row in await connection.fetch(QUERIES["dated"], FOREVER)}
    quarters = {quarter_of(on.first) for on in dates}
    certain = [
        quarter
        for quarter in quarters
        if quarter.dates.first <= now.date() and any(on.lies_in(quarter.dates) for on in dates)
    ]
    return sorted(certain, key=lambda quarter: quarter.dates, reverse=True)


async def _dates_of_sittings(connection: Connection) -> set[Dates]:
    if await connection.fetchval(QUERIES["standing_complete"]):
        return {rows.dates(row) for row in await connection.fetch(QUERIES["standing_dates"])}
    sittings = await connection.fetch(QUERIES["occurrences"], FOREVER, date.min, date.max)
    return {on for row in sittings if (on := date_of(rows.state(row))) is not None}
