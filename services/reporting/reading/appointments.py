"""Reading the calendar: every sitting that was announced, in its latest state."""

from datetime import date

from services.reporting.domain.appointment import Appointment
from services.reporting.domain.dates import FOREVER
from services.reporting.reading import rows
from services.reporting.reading.tables import QUERIES, snapshot
from shared.queries import Connection


async def read_appointments(connection: Connection) -> list[Appointment]:
    """Return every sitting that was announced, in the order of its keys."""
    async with snapshot(connection):
        found = await connection.fetch(QUERIES["appointments"], FOREVER, date.min, date.max)
        ids = sorted({row["activity_id"] for row in found})
        described = await connection.fetch(QUERIES["activities"], FOREVER, ids)
    activities = {row["activity_id"]: rows.activity(row) for row in described}
    return [
        Appointment(
            state=rows.state(row),
            activity=activities[row["activity_id"]],
            announced_at=row["announced_at"],
            changed_at=row["changed_at"],
            changes=row["changes"],
            minutes=row["duration_minutes"],
        )
        for row in found
    ]
