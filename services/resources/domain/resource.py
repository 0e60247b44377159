"""A work: it comes out, has editions, is shared with a network, and may be withdrawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from shared.contracts.messages.resources import (
    PublishEdition,
    PublishResource,
    ShareResource,
    WithdrawResource,
)
from shared.contracts.resources import (
    EditionPublished,
    ResourceDescription,
    ResourcePublished,
    ResourceShared,
    ResourceWithdrawn,
    WorkEvent,
)
from shared.contracts.values import CalendarDate, Network
from shared.decider import Command, Decider
from shared.errors import Refused


@dataclass(frozen=True, slots=True)
class Resource:
    """What is known of a work; `published` is None before it came out."""

    published: ResourcePublished | None = None
    editions: tuple[EditionPublished, ...] = ()
    shares: Mapping[Network, CalendarDate] = field(default_factory=dict)
    withdrawn_on: str | None = None


def decide(command: Command, resource: Resource) -> Sequence[WorkEvent]:
    """Return the facts that follow, or raise Refused with the rule that forbids it."""
    said = command.said
    match said:
        case PublishResource():
            return _publish(said, resource)
        case PublishEdition():
            edition = EditionPublished(**dict(said))
            return [] if edition in resource.editions else [edition]
        case ShareResource():
            first = resource.shares.get(said.shared_with)
            earlier = first is None or said.on < first
            return [ResourceShared(**dict(said))] if earlier else []
        case WithdrawResource() if resource.withdrawn_on is None:
            return [ResourceWithdrawn(**dict(said))]
        case WithdrawResource() if resource.withdrawn_on == said.on:
            return []
        case WithdrawResource():
            raise Refused(f"{said.resource_id} was withdrawn on {resource.withdrawn_on} already")
        case _:
            raise TypeError(f"{type(said).__name__} is not a command for a resource")


def _publish(said: PublishResource, resource: Resource) -> Sequence[WorkEvent]:
    fact = ResourcePublished(**dict(said))
    if resource.published is None:
        return [fact]
    if resource.published.publisher != said.publisher:
        raise Refused(f"{said.resource_id} was published by {resource.published.publisher}")
    return [] if _description(fact) == _description(resource.published) else [fact]


def _description(source: ResourceDescription) -> dict[str, object]:
    return {name: getattr(source, name) for name in ResourceDescription.model_fields}


def evolve(resource: Resource, event: WorkEvent) -> Resource:
    """Return the work after a fact."""
    match event:
        case ResourcePublished():
            return replace(resource, published=event)
        case EditionPublished():
            return replace(resource, editions=(*resource.editions, event))
        case ResourceShared():
            return replace(resource, shares={**resource.shares, event.shared_with: event.on})
        case ResourceWithdrawn():
            return replace(resource, withdrawn_on=event.on)
        case _:
            assert_never(event)


DECIDER = Decider(Resource(), decide, evolve)
