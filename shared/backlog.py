"""What stands in an owner's tables and should not for long, as metrics: `tandem_…` in /metrics."""

import asyncio
import logging

import asyncpg

from shared import telemetry
from shared.database import TRANSIENT
from shared.queries import SHARED_QUERIES, Queries

logger = logging.getLogger(__name__)

MEASURE_SECONDS = 5.0
GAUGES = {
    "outbox": ("tandem.outbox.facts", "{fact}", "Facts that the broker has not acknowledged."),
    "outbox_age_seconds": ("tandem.outbox.age", "s", "Age of the oldest of them."),
    "waiting": ("tandem.waiting.messages", "{message}", "Messages that wait for what they name."),
    "waiting_age_seconds": ("tandem.waiting.age", "s", "Age of the oldest of them."),
    "rejected": ("tandem.rejected.messages", "{message}", "Messages that could not be accepted."),
}
"""Column of the query `backlog`, and the name, unit and meaning of its metric."""


async def measure_for_ever(pool: asyncpg.Pool) -> None:
    """Measure now and then, until cancelled."""
    meter, query = telemetry.meter(), Queries(SHARED_QUERIES)["backlog"]
    gauges = {
        column: meter.create_gauge(name, unit=unit, description=meaning)
        for column, (name, unit, meaning) in GAUGES.items()
    }
    while True:
        try:
            [row] = await pool.fetch(query)
            for column, gauge in gauges.items():
                gauge.set(row[column])
        except TRANSIENT as error:
            logger.warning("backlog not measured: %s", error or type(error).__name__)
        await asyncio.sleep(MEASURE_SECONDS)
