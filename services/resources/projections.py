"""Facts of resources into the rows that it lists works by."""

from shared.contracts.resources import ResourcePublished
from shared.queries import Statement
from shared.recorded import Recorded


def project(recorded: Recorded) -> list[Statement]:
    """Return the writes that keep the list in step with a fact; most facts change nothing."""
    match recorded.fact:
        case ResourcePublished() as fact:
            row = (fact.resource_id, fact.title, fact.kind, fact.publisher)
            return [Statement("put_resource", row)]
        case _:
            return []  # read from the work's stream
