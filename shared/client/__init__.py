"""Publishing to Tandem from another system, over NATS or over HTTP alike.

    from shared.client import Event, Publisher
    from shared.contracts.messages.events import HoldActivity

    async with Publisher.over_http(url, "webinar-platform", token_file) as publisher:
        held = HoldActivity(activity_id="spring-clinic", on="2024-05-14")
        receipt = await publisher.publish(Event.of(held, time="2024-05-14T19:00:00Z"))
        await receipt.reported(seconds=10)

event.py      what is said: a message of the contract in its envelope, judged before it is sent
publisher.py  one event or many; sent again under the same id until they are durable
receipt.py    what became of an event: received, recorded, in the report
over_nats.py, over_http.py   the two doors; over_grpc.py asks the services themselves

It knows the contract and no service: what it stands on is nats-py, httpx and pydantic.
"""

from shared.client.errors import (
    CannotAsk,
    ClientError,
    NotAccepted,
    NotAllowed,
    Rejected,
    StillWaiting,
    Unreachable,
)
from shared.client.event import Event
from shared.client.publisher import Publisher, Summary
from shared.client.receipt import Receipt, State, Told

__all__ = [
    "CannotAsk",
    "ClientError",
    "Event",
    "NotAccepted",
    "NotAllowed",
    "Publisher",
    "Receipt",
    "Rejected",
    "State",
    "StillWaiting",
    "Summary",
    "Told",
    "Unreachable",
]
