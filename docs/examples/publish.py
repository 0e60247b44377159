"""Say that a city spoke at an activity, and wait until the report counts it.

Run it with `nats` or `http` behind it; nats when left out.
"""

import asyncio
import sys
from pathlib import Path

from shared.client import Event, Publisher
from shared.contracts.messages.events import ContributeAsCity
from shared.contracts.values import CityReference

SPOKE = ContributeAsCity(
    activity_id="spring-clinic", city=CityReference(city_id="newark-nj"), contribution="speaker"
)


async def main(over: str) -> None:
    endpoints = Path(".tandem/endpoints.json")
    async with Publisher.of_endpoints(endpoints, "webinar-platform", over) as publisher:
        event = Event.of(SPOKE, id="clinic-5", time="2024-05-14T19:00:00Z")
        receipt = await publisher.publish(event)
        print("received: it is on the disk")
        told = await receipt.reported(seconds=30)
        print("in the report, as", ", ".join(fact.type for fact in told.facts))


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "nats"))
