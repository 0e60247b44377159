"""Publishes events of one system: judged here, stored by a door, and tried again until they are."""

import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from shared.chunks import weighed
from shared.client.doors import Answer, Door
from shared.client.errors import NotAccepted, Rejected
from shared.client.event import Event
from shared.client.over_http import Gateway, HttpDoor
from shared.client.over_nats import NatsDoor
from shared.client.receipt import Questions, Receipt
from shared.client.retrying import until_done

PATIENCE_SECONDS = 60.0
REFUSED_KEPT_MAX = 1000


@dataclass(slots=True)
class Summary:
    """What became of many events.

    Args:
        published: how many are durable.
        refused: the first REFUSED_KEPT_MAX of those that the door did not take.
        refused_count: how many it did not take.
    """

    published: int = 0
    refused: list[NotAccepted] = field(default_factory=list)
    refused_count: int = 0


class Publisher:
    """Speaks for one system, through one door."""

    def __init__(
        self, name: str, door: Door, *, patience_seconds: float | None = PATIENCE_SECONDS
    ) -> None:
        """Bind the name of the credential, which is the source of its events, and a door.

        Args:
            name: "webinar-platform" of the source "/systems/webinar-platform".
            door: how it gets in.
            patience_seconds: for so long an event is tried again; None is for ever.
        """
        self.name, self._door, self._patience_seconds = name, door, patience_seconds

    @classmethod
    def over_nats(
        cls,
        url: str,
        name: str,
        seed_file: Path,
        *,
        questions: Questions | None = None,
        patience_seconds: float | None = PATIENCE_SECONDS,
    ) -> Self:
        """Return a publisher over NATS.

        Args:
            url: "nats://127.0.0.1:4222".
            name: of the credential.
            seed_file: the file with its nkey seed.
            questions: who tells what became of events: `Gateway` of over_http.py or `Services` of
                over_grpc.py, closed with the publisher; without one, receipts know only that they
                were received.
            patience_seconds: as for the class.
        """
        door = NatsDoor(url, name, seed_file, questions)
        return cls(name, door, patience_seconds=patience_seconds)

    @classmethod
    def over_http(
        cls,
        url: str,
        name: str,
        token_file: Path,
        *,
        patience_seconds: float | None = PATIENCE_SECONDS,
    ) -> Self:
        """Return a publisher over HTTP.

        Args:
            url: of the gateway, "http://127.0.0.1:8081".
            name: of the credential.
            token_file: the file with its bearer token, read again when it changes.
            patience_seconds: as for the class.
        """
        return cls(name, HttpDoor(url, token_file), patience_seconds=patience_seconds)

    @classmethod
    def of_endpoints(
        cls, file: Path, name: str = "demo", over: Literal["nats", "http"] = "nats"
    ) -> Self:
        """Return a publisher to the system that `tandem up` describes in its endpoints.json."""
        endpoints = json.loads(file.read_text("utf-8"))
        credential = endpoints["credentials"][name]
        token_file, gateway = Path(credential["token_file"]), endpoints["http"].get("gateway")
        if over == "http":
            return cls.over_http(gateway, name, token_file)
        return cls.over_nats(
            endpoints["nats"],
            name,
            Path(credential["nkey_seed_file"]),
            questions=Gateway(gateway, token_file) if gateway else None,
        )

    async def __aenter__(self) -> Self:
        """Open the door."""
        await self._door.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the door."""
        await self._door.close()

    async def publish(self, event: Event) -> Receipt:
        """Return once the event is durable.

        Raises:
            NotAccepted: it breaks the contract; nothing was stored.
            NotAllowed: the credential may not say it.
            Unreachable: nobody answered; it may be stored or not.
        """
        event = self._ready(event)
        [answer] = await self._store([event])
        if answer.refusal is not None:
            raise answer.refusal
        return self._receipt(event, answer.trace_id)

    async def publish_many(
        self,
        events: Iterable[Event],
        on_published: Callable[[int], None] = lambda count: None,
        *,
        checked: bool = False,
    ) -> Summary:
        """Return once all of the events are durable, but for those that the door refuses.

        Args:
            events: any number of them, taken as they are needed.
            on_published: told after each batch how many events it held.
            checked: they were judged before, and carry their source.

        Raises:
            NotAccepted: one breaks the contract; what stood in batches before it is durable.
            NotAllowed, Unreachable: as `publish`.
        """
        summary = Summary()
        ready = events if checked else map(self._ready, events)
        for batch in weighed(ready, self._door.batch_events_max, self._door.batch_bytes_max):
            for answer in await self._store(batch):
                if answer.refusal is None:
                    summary.published += 1
                    continue
                summary.refused_count += 1
                if len(summary.refused) < REFUSED_KEPT_MAX:
                    summary.refused.append(answer.refusal)
            on_published(len(batch))
        return summary

    def receipt(self, event: Event) -> Receipt:
        """Return the receipt of an event that was published, to ask what became of it."""
        return self._receipt(event.by(self.name), None)

    def _receipt(self, event: Event, trace_id: str | None) -> Receipt:
        return Receipt(
            event.id, event.type, event.service, trace_id, event.digest, self._door.questions
        )

    async def rejections(self) -> AsyncIterator[Rejected]:
        """Yield each event of this system that its owner could not accept, from now on."""
        async with aclosing(self._door.rejections()) as heard:  # type: ignore[type-var]
            async for rejection in heard:
                yield rejection

    def _ready(self, event: Event) -> Event:
        event = event.by(self.name)
        event.check(self.name)
        return event

    async def _store(self, events: list[Event]) -> list[Answer]:
        return await until_done(lambda: self._door.store(events), self._patience_seconds)
