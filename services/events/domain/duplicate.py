"""Whether two that look alike are one: a person says that they are not, and may take it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from shared.contracts.events import DuplicateDismissed, DuplicateEvent, DuplicateReopened
from shared.contracts.messages.events import DismissDuplicate, PairOf, ReopenDuplicate
from shared.decider import Command, Decider


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Whether it was said that they are not one."""

    dismissed: bool = False


def pair_of(said: PairOf) -> dict[str, Any]:
    """Return the two in the order of their names: whoever is named first means nothing."""
    first, second = sorted((said.first, said.second))
    return {"kind": said.kind, "first": first, "second": second}


def decide(command: Command, duplicate: Duplicate) -> Sequence[DuplicateEvent]:
    """Return the facts that follow; the last answer holds."""
    said = command.said
    match said:
        case DismissDuplicate():
            if duplicate.dismissed:
                return []
            return [DuplicateDismissed(**pair_of(said), reason=said.reason)]
        case ReopenDuplicate():
            if not duplicate.dismissed:
                return []
            return [DuplicateReopened(**pair_of(said), reason=said.reason)]
        case _:
            raise TypeError(f"{type(said).__name__} is not a command for a duplicate")


def evolve(duplicate: Duplicate, event: DuplicateEvent) -> Duplicate:
    """Return the answer after a fact."""
    match event:
        case DuplicateDismissed():
            return Duplicate(dismissed=True)
        case DuplicateReopened():
            return Duplicate(dismissed=False)
        case _:
            assert_never(event)


DECIDER = Decider(Duplicate(), decide, evolve)
