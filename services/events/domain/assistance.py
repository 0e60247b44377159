"""Direct technical help that a network gave a city."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts.events import HelpEvent, HelpGiven
from shared.contracts.messages.events import GiveHelp
from shared.decider import Command, Decider


@dataclass(frozen=True, slots=True)
class Assistance:
    """What help the city had so far."""

    given: frozenset[HelpGiven] = frozenset()


def decide(command: Command, assistance: Assistance) -> Sequence[HelpEvent]:
    """Return the facts that follow; the same help told twice is one."""
    said = command.said
    match said:
        case GiveHelp():
            fact = HelpGiven(
                city=command.cities[said.city], network=said.network, on=said.on, what=said.what
            )
            return [] if fact in assistance.given else [fact]
        case _:
            raise TypeError(f"{type(said).__name__} is not a command for help")


def evolve(assistance: Assistance, event: HelpEvent) -> Assistance:
    """Return the help after a fact."""
    return Assistance(given=assistance.given | {event})


DECIDER = Decider(Assistance(), decide, evolve)
