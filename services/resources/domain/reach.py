"""Whom a work reached: a delivery to a city, or one download; each a small stream of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts.messages.resources import DeliverResource, DownloadResource
from shared.contracts.resources import ReachEvent, ResourceDelivered, ResourceDownloaded
from shared.decider import Command, Decider


@dataclass(frozen=True, slots=True)
class Reach:
    """What was told of this delivery or download."""

    told: frozenset[ReachEvent] = frozenset()


def decide(command: Command, reach: Reach) -> Sequence[ReachEvent]:
    """Return the facts that follow; what was told before changes nothing."""
    said = command.said
    fact: ReachEvent
    match said:
        case DeliverResource():
            fact = ResourceDelivered(**(dict(said) | {"city": command.city(said.city)}))
        case DownloadResource():
            fact = ResourceDownloaded(**(dict(said) | {"city": command.city(said.city)}))
        case _:
            raise TypeError(f"{type(said).__name__} is not a command for a delivery or download")
    return [] if fact in reach.told else [fact]


def evolve(reach: Reach, event: ReachEvent) -> Reach:
    """Return the reach after a fact."""
    return Reach(told=reach.told | {event})


DECIDER = Decider(Reach(), decide, evolve)
