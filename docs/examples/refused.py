"""Three events that are not accepted, and how a publisher learns why.

Run it with `nats` or `http` behind it; nats when left out.
"""

import asyncio
import sys
from pathlib import Path

from shared.client import Event, NotAccepted, Publisher, Rejected, StillWaiting

HELD = "tandem.events.activity_held.v1"
CANCELLED = "tandem.events.activity_cancelled.v1"


async def main(over: str) -> None:
    endpoints = Path(".tandem/endpoints.json")
    async with Publisher.of_endpoints(endpoints, "webinar-platform", over) as publisher:
        # Wrong in itself: judged before it is sent, by the rules of the service that owns the type.
        wrong = {"activity_id": "spring-clinic", "on": "2024-05-32"}
        try:
            await publisher.publish(Event.of(HELD, wrong, time="2024-05-14T19:00:00Z"))
        except NotAccepted as error:
            print("not sent:", error.told)

        # Right in itself, but a rule forbids it: what was held cannot be called off.
        cancelled = Event.of(
            CANCELLED, {"activity_id": "spring-clinic"}, id="clinic-6", time="2024-05-13T09:00:00Z"
        )
        receipt = await publisher.publish(cancelled)
        try:
            await receipt.recorded(seconds=30)
        except Rejected as error:
            print("rejected:", error.reason, "-", error.told)

        # Right, but early: it is kept, and recorded once the activity is announced.
        early = Event.of(
            HELD,
            {"activity_id": "autumn-clinic", "on": "2024-09-10"},
            id="clinic-7",
            time="2024-09-10T19:00:00Z",
        )
        receipt = await publisher.publish(early)
        try:
            await receipt.recorded(seconds=2)
        except StillWaiting as error:
            print("waiting:", error)


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "nats"))
