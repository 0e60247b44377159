"""CloudEvents as publishers send them: headers and bytes, and messages as a service gets them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from shared.client import Event
from shared.client.over_nats import message_of
from shared.contracts.envelope import SOURCE_PREFIX, STRUCTURED
from shared.contracts.values import Message
from shared.publishing import Outgoing
from shared.sift import Raw

CRM = "crm"
TUESDAY = datetime(2024, 3, 26, 9, 0, tzinfo=UTC)
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
PUBLISH_RESOURCE = "tandem.resources.resource_published.v1"
TOOLKIT: Mapping[str, Any] = {
    "resource_id": "toolkit",
    "title": "Toolkit for mayors",
    "kind": "toolkit",
    "publisher": "SCN",
    "on": "2024-03-01",
    "languages": ["en"],
}


class Said(NamedTuple):
    """A CloudEvent on its way."""

    headers: dict[str, str]
    body: bytes


def attributes_of(
    type_: str, *, source: str = CRM, id_: str = "m-1", time: str | None = None, **more: Any
) -> dict[str, Any]:
    """Return the context attributes of an event; `more` adds to them or stands in for them."""
    return {
        "specversion": "1.0",
        "id": id_,
        "source": f"/systems/{source}",
        "type": type_,
        "time": time or TUESDAY.isoformat(),
        **more,
    }


def structured(data: Any = TOOLKIT, type_: str = PUBLISH_RESOURCE, **attributes: Any) -> Said:
    """Return an event in structured mode: all of it in the body."""
    document = {**attributes_of(type_, **attributes), "data": data}
    return Said({"content-type": STRUCTURED}, json.dumps(document).encode())


def binary(data: Any = TOOLKIT, type_: str = PUBLISH_RESOURCE, **attributes: Any) -> Said:
    """Return an event in binary mode: attributes in percent-encoded headers, data in the body."""
    headers = {
        f"ce-{name}": quote(str(value), safe="/:+ ")
        for name, value in attributes_of(type_, **attributes).items()
    }
    return Said({"content-type": "application/json", **headers}, json.dumps(data).encode())


def subject_of(type_: str, source: str = CRM) -> str:
    """Return the subject that a type is published on: `intake.crm.events.help_given`."""
    owner, name = type_.split(".")[1:3]
    return f"intake.{source}.{owner}.{name}"


def outgoing(events: Iterable[Mapping[str, Any]]) -> Iterator[Outgoing]:
    """Yield CloudEvents as the client puts them on NATS, each under the name in its source."""
    for event in events:
        yield message_of(Event.parse(event), event["source"].removeprefix(SOURCE_PREFIX))


def raw(
    said: Said, *, type_: str = PUBLISH_RESOURCE, source: str = CRM, received_at: datetime = TUESDAY
) -> Raw:
    """Return an event as it arrives on the subject of its type."""
    return Raw(subject_of(type_, source), said.headers, said.body, received_at)


def raw_of(message: Message, **attributes: Any) -> Raw:
    """Return a message of the contract as it arrives in structured mode."""
    data = message.model_dump(mode="json", by_alias=True, exclude_none=True)
    said = structured(data, message.TYPE, **attributes)
    return raw(said, type_=message.TYPE, source=attributes.get("source", CRM))
