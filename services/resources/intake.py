"""The way in: cities are resolved by membership; what speaks of an unknown work waits for it."""

from collections.abc import Sequence

from shared.cities import Cities
from shared.clock import Clock
from shared.contracts.messages.resources import DeliverResource, DownloadResource
from shared.contracts.values import CityReference, Message
from shared.decider import Command
from shared.execute import command_of
from shared.sift import Received


class Resolution:
    """Looks up the cities that the messages of a batch name, in one call."""

    def __init__(self, cities: Cities, clock: Clock) -> None:
        """Bind membership."""
        self._cities, self._clock = cities, clock

    async def commands(
        self, received: Sequence[Received], *, dry_run: bool = False
    ) -> list[Command]:
        """Return a command for each message, in order.

        Raises:
            Unavailable: membership does not answer; nothing was decided.
        """
        references = [city for each in received if (city := city_in(each.message)) is not None]
        pointers = await self._cities.resolve(references, dry_run=dry_run)
        cities = {
            reference: pointer
            for reference in references
            if (pointer := pointers[reference]) is not None
        }
        now = self._clock()
        return [command_of(each, now, cities) for each in received]


def city_in(message: Message) -> CityReference | None:
    """Return the city that a message names, if any."""
    return message.city if isinstance(message, DeliverResource | DownloadResource) else None
