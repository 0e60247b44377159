"""Facts to rows: what each fact adds to the tables of reporting. Pure.

One module per ledger, because rows restate facts and every report reads all of them. Rows are only
added, and counts only added to, so any order across streams gives the same tables.
"""

from collections.abc import Sequence
from typing import cast

from services.reporting.projections import events, membership, resources
from shared.contracts.events import EventsEvent
from shared.contracts.membership import MembershipEvent
from shared.contracts.resources import ResourcesEvent
from shared.queries import Entry, Row
from shared.recorded import Recorded


def project(recorded: Recorded) -> Sequence[Row | Entry]:
    """Return the rows that a fact adds, and what it adds to counts; empty when it is not counted.

    Raises:
        ValueError: the fact comes from a ledger that reporting does not read.
    """
    match recorded.ledger:
        case "membership":
            return membership.project(recorded, cast(MembershipEvent, recorded.fact))
        case "events":
            return events.project(recorded, cast(EventsEvent, recorded.fact))
        case "resources":
            return resources.project(recorded, cast(ResourcesEvent, recorded.fact))
        case ledger:
            raise ValueError(f"reporting does not read the ledger {ledger!r}")
