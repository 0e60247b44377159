"""The partnership of networks: formed once, on a date."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts.membership import PartnershipEvent, PartnershipFormed
from shared.contracts.messages.membership import FormPartnership
from shared.decider import Command, Decider
from shared.errors import Refused


@dataclass(frozen=True, slots=True)
class Partnership:
    """Since when the partners work together; None before."""

    on: str | None = None


def decide(command: Command, partnership: Partnership) -> Sequence[PartnershipEvent]:
    """Return the facts that follow, or raise Refused with the rule that forbids it."""
    said = command.said
    match said:
        case FormPartnership() if partnership.on is None:
            return [PartnershipFormed(partners=said.partners, on=said.on)]
        case FormPartnership() if partnership.on == said.on:
            return []
        case FormPartnership():
            raise Refused(f"the partnership was formed on {partnership.on}, not on {said.on}")
        case _:
            raise TypeError(f"{type(said).__name__} is not a command for a partnership")


def evolve(partnership: Partnership, event: PartnershipEvent) -> Partnership:
    """Return the partnership after a fact."""
    return Partnership(on=event.on)


DECIDER = Decider(Partnership(), decide, evolve)
