"""The NATS binding of CloudEvents, from a real broker to the ledger: each way to say one event."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.system import System, structured, subject_for
from tests.support.telling import registered

ATTRIBUTES = ("specversion", "id", "type", "time")


def headers_of(event: Mapping[str, Any], **more: str) -> dict[str, str]:
    """Return the headers of binary mode as the NATS binding has them, `more` in place of some."""
    said = {name: event[name] for name in ATTRIBUTES} | {"source": "/systems/demo"}
    return {f"ce-{name}": quote(value, safe="/:+-.") for name, value in said.items()} | more


async def taken(system: System, id_: str, headers: dict[str, str] | None, body: bytes) -> None:
    """Publish bytes as a city's registration, and see that they became the fact of this id."""
    await system.publish_raw("intake.demo.membership.city_registered", body, headers)
    await system.settled()
    assert [row["detail"] for row in await system.rejected("membership")] == []
    assert id_ in {fact["source_id"] for fact in await system.facts("membership")}


async def test_every_way_to_say_an_event_is_taken(system: System) -> None:
    await system.start("membership")

    def said(id_: str) -> tuple[dict[str, Any], bytes]:
        event = registered(f"city-{id_.encode().hex()[:20]}", id_)
        return event, json.dumps(event["data"]).encode()

    # The binding of 1.0.2 knows no headers: the payload is the JSON event format.
    await taken(system, "bare", None, structured(said("bare")[0]).body)
    event, _ = said("parameters")
    content_type = "Application/CloudEvents+JSON; charset=UTF-8"
    await taken(system, "parameters", {"CONTENT-TYPE": content_type}, structured(event).body)

    # Binary mode, as the working draft of 1.0.3 has it.
    event, body = said("draft")
    await taken(
        system, "draft", headers_of(event, **{"ce-datacontenttype": "application/json"}), body
    )
    event, body = said("no type of content")
    await taken(system, "no type of content", headers_of(event), body)
    event, body = said("capitals")
    await taken(system, "capitals", {k.title(): v for k, v in headers_of(event).items()}, body)
    event, body = said("Euro € 😀 100%")
    await taken(system, "Euro € 😀 100%", headers_of(event), body)
    event, body = said('say "ah"')
    quoted = {"ce-id": r'"say \"ah\""', "ce-partitionkey": '"a b"'}
    await taken(system, 'say "ah"', headers_of(event, **quoted), body)


@pytest.mark.parametrize(
    ("changed", "reason", "field"),
    [
        ({"ce-id": "%C0%A0"}, "invalid_data", "id"),
        ({"ce-subject": 'a"b'}, "invalid_data", "subject"),
        ({"ce-my_key": "a"}, "invalid_data", "my_key"),
        ({"ce-datacontenttype": "text/xml"}, "invalid_data", "datacontenttype"),
        ({"content-type": "application/cloudevents+avro"}, "malformed", None),
        ({"content-type": "application/cloudevents-batch+json"}, "malformed", None),
        ({"Ce-Id": "another"}, "malformed", None),
    ],
)
async def test_what_breaks_the_binding_is_refused_by_name(
    system: System, changed: dict[str, str], reason: str, field: str | None
) -> None:
    await system.start("membership")
    event = registered("gent")
    body = json.dumps(event["data"]).encode()
    await system.publish_raw(subject_for(event, "demo"), body, headers_of(event) | changed)
    await system.settled()

    [row] = await system.rejected("membership")
    fields = [violation["field"] for violation in json.loads(row["violations"])]
    assert (row["reason"], fields) == (reason, [field] if field else [])
    assert await system.facts("membership") == []
