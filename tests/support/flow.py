"""A flow of events whose end is known beforehand: activities, cities, and people who attend.

Every event becomes exactly one fact, so that nothing lost and nothing doubled is a matter of
counting.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.envelope import STRUCTURED
from shared.publishing import Outgoing

START = datetime(2026, 1, 5, 15, tzinfo=UTC)
LENGTH = timedelta(minutes=60)
STAY = timedelta(minutes=30)
CITIES = 20
ACTIVITIES = 20
PERIOD = "2026-Q1"


@dataclass(frozen=True)
class Flow:
    """So many people, each attending one activity for half an hour, and works published by SCN."""

    people: int
    name: str = "flow"
    works: int = 0

    @property
    def facts_of_events(self) -> int:
        """How many facts the events service records: announced, held, joined and left."""
        return 2 * ACTIVITIES + 2 * self.people

    @property
    def facts(self) -> int:
        """How many facts all services record."""
        return CITIES + self.facts_of_events + self.works

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield the CloudEvents of the demo credential, in the order of their happening."""
        for n in range(CITIES):
            yield self._said(
                "membership.city_registered",
                f"city-{n}",
                city_id=self._city(n),
                name=f"{self.name} {n}",
                kind="city",
                country="US",
                subdivision="OH",
            )
        for n in range(ACTIVITIES):
            yield self._said(
                "events.activity_scheduled",
                f"announced-{n}",
                activity_id=self._activity(n),
                kind="webinar",
                title=f"{self.name} {n}",
                organisers=["NLC", "SCN"],
                starts_at="2026-01-05T10:00",
                time_zone="America/New_York",
            )
            yield self._said(
                "events.activity_held",
                f"held-{n}",
                activity_id=self._activity(n),
                started_at=START.isoformat(),
                ended_at=(START + LENGTH).isoformat(),
            )
        for n in range(self.people):
            for name, at in (("joined", START), ("left", START + STAY)):
                yield self._said(
                    f"events.participant_{name}",
                    f"{name}-{n}",
                    activity_id=self._activity(n % ACTIVITIES),
                    person={"id": f"{self.name}-{n}"},
                    city={"city_id": self._city(n % CITIES)},
                    at=at.isoformat(),
                )
            # Spread over the whole flow, so that resources has something to do all the time.
            if (n + 1) * self.works // self.people > n * self.works // self.people:
                yield self._work(n)

    def messages(self) -> list[Outgoing]:
        """Return the events as they go over NATS, in structured mode."""
        return list(self.outgoing())

    def outgoing(self) -> Iterator[Outgoing]:
        """Yield the messages one by one, for a flow too long to be held at once."""
        return (_message(event) for event in self.events())

    def _work(self, n: int) -> dict[str, Any]:
        return self._said(
            "resources.resource_published",
            f"published-{n}",
            resource_id=f"{self.name}-work-{n}",
            title=f"{self.name} {n}",
            kind="toolkit",
            publisher="SCN",
            on=START.date().isoformat(),
            languages=["en"],
        )

    def _activity(self, n: int) -> str:
        return f"{self.name}-activity-{n}"

    def _city(self, n: int) -> str:
        return f"{self.name}-city-{n}"

    def _said(self, type_: str, id_: str, **data: Any) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "id": f"{self.name}-{id_}",
            "source": "/systems/demo",
            "type": f"tandem.{type_}.v1",
            "time": START.isoformat(),
            "data": data,
        }


def _message(event: dict[str, Any]) -> Outgoing:
    _, owner, name, _ = event["type"].split(".")
    body = json.dumps(event).encode()
    return Outgoing(f"intake.demo.{owner}.{name}", {"content-type": STRUCTURED}, body)
