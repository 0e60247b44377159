"""An invented history as facts: what the owners' own rules decide, without their databases.

Of every stream only the state is held, and of each owner's streams only those touched last: a
history tells what happened in an activity or a work in one go, and its cities are fewer.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from deploy.history.shape import CloudEvent
from services.events.intake import cities_in as cities_in_events
from services.events.intake import people_in
from services.resources.intake import city_in
from shared.contracts.envelope import SOURCE_PREFIX
from shared.contracts.messages.membership import EndMembership, StartMembership
from shared.contracts.values import CityPointer, CityReference, Message, Person
from shared.decider import Command, PersonKey
from shared.execute import Rules
from shared.recorded import Recorded, messages_by_type, noun_of
from tests.support.ledgers import UNIONS, rules_of

STREAMS_MAX = 50_000
"""Of each owner: more than the largest activity has, and more than there are cities."""
RECORDED_AFTER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Decided:
    """What one event led to: usually one fact."""

    owner: str
    source: str
    id: str
    digest: bytes
    facts: tuple[Recorded, ...]


class Decisions:
    """The three owners' rules over one history; a city is the one its reference names."""

    def __init__(self) -> None:
        """Begin with empty ledgers."""
        self.rules: Mapping[str, Rules] = {owner: rules_of(owner) for owner in UNIONS}
        self._streams: dict[str, OrderedDict[str, tuple[int, Any]]] = {
            owner: OrderedDict() for owner in UNIONS
        }

    def of(self, events: Iterable[CloudEvent]) -> Iterator[Decided]:
        """Yield what each event leads to.

        Raises:
            Refused: the history breaks a rule, which it never does.
        """
        for event in events:
            yield self._decided(event)

    def _decided(self, event: CloudEvent) -> Decided:
        owner = event["type"].split(".")[1]
        rules = self.rules[owner]
        data = json.dumps(event["data"])
        message = messages_by_type(rules.messages)[event["type"]].model_validate_json(data)
        command = command_of(message, event)
        stream = rules.stream_of(command)
        decider = rules.deciders[noun_of(stream)]
        kept = self._streams[owner]
        version, state = kept.pop(stream, (0, decider.initial))
        facts = []
        digest = hashlib.sha256(data.encode()).digest()
        for fact in decider.decide(command, state):
            state, version = decider.evolve(state, fact), version + 1
            facts.append(
                Recorded(
                    ledger=owner,
                    stream=stream,
                    version=version,
                    position=0,
                    fact_id=UUID(bytes=hashlib.md5(f"{stream} {version}".encode()).digest()),
                    fact=fact,
                    occurred_at=command.occurred_at,
                    recorded_at=command.now,
                    source=command.source,
                    source_id=command.id,
                )
            )
        kept[stream] = version, state
        if len(kept) > STREAMS_MAX:
            kept.popitem(last=False)
        return Decided(owner, command.source, command.id, digest, tuple(facts))


def command_of(message: Message, event: CloudEvent) -> Command:
    """Return the command of an event, recorded RECORDED_AFTER it happened."""
    at = datetime.fromisoformat(event["time"])
    return Command(
        said=message,
        source=event["source"].removeprefix(SOURCE_PREFIX),
        id=event["id"],
        occurred_at=at,
        now=at + RECORDED_AFTER,
        cities={city: CityPointer(city_id=city.city_id) for city in cities_in(message)},
        people={person: PersonKey(key_of(person)) for person in people_in(message)},
    )


def cities_in(message: Message) -> Iterator[CityReference]:
    """Yield the cities that a message to any owner names."""
    if isinstance(message, StartMembership | EndMembership):
        yield message.city
    elif (city := city_in(message)) is not None:
        yield city
    else:
        yield from cities_in_events(message)


def key_of(person: Person) -> str:
    """Return the key that stands for somebody in the facts: it looks like one of the vault's."""
    return hashlib.md5(str(person.id).encode()).hexdigest()
