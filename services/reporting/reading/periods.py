"""Reading the list of periods: the quarters in which something is dated."""

from datetime import date, datetime

from services.reporting.domain.dates import FOREVER
from services.reporting.domain.occurrences import date_of
from services.reporting.domain.period import Period, quarter_of
from services.reporting.reading import rows
from services.reporting.reading.tables import QUERIES, snapshot
from shared.queries import Connection


async def read_periods(connection: Connection, now: datetime) -> list[Period]:
    """Return the quarters in which something is dated and which have begun, the latest first."""
    async with snapshot(connection):
        sittings = await connection.fetch(QUERIES["occurrences"], FOREVER, date.min, date.max)
        dated = await connection.fetch(QUERIES["dated"], FOREVER)
    dates = [date_of(rows.state(row)) for row in sittings] + [rows.dates(row) for row in dated]
    quarters = {quarter_of(on.first) for on in dates if on is not None}
    certain = [
        quarter
        for quarter in quarters
        if quarter.dates.first <= now.date()
        and any(on is not None and on.lies_in(quarter.dates) for on in dates)
    ]
    return sorted(certain, key=lambda quarter: quarter.dates, reverse=True)
