"""The rules of resources: which stream a command speaks to, what it needs, what follows."""

import hashlib
from typing import Any

from services.resources.domain import reach, resource
from shared.contracts.messages.resources import DeliverResource, DownloadResource, PublishResource
from shared.contracts.resources import ResourcePublished
from shared.contracts.values import Fact
from shared.decider import Command, Decider

DECIDERS: dict[str, Decider[Any]] = {
    "resource": resource.DECIDER,
    "delivery": reach.DECIDER,
    "download": reach.DECIDER,
}


def stream_of(command: Command) -> str:
    """Return the stream that a command speaks to."""
    said = command.said
    match said:
        case DeliverResource():
            pointer = command.cities[said.city]
            return f"delivery-{said.resource_id}~{pointer.city_id or pointer.reference_id}"
        case DownloadResource():
            # Every download counts, so each message has a stream of its own.
            key = hashlib.sha256(f"{command.source}\n{command.id}".encode()).hexdigest()[:24]
            return f"download-{said.resource_id}~{key}"
        case _:
            return f"resource-{said.resource_id}"  # type: ignore[attr-defined]


def needs(command: Command) -> str | None:
    """Return what must exist before a command is decided; until then it waits."""
    said = command.said
    return None if isinstance(said, PublishResource) else f"resource-{said.resource_id}"  # type: ignore[attr-defined]


def provides(fact: Fact) -> str | None:
    """Return the key of what a fact brings into being."""
    return f"resource-{fact.resource_id}" if isinstance(fact, ResourcePublished) else None
