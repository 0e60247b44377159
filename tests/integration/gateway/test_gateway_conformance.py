"""The gateway answers for any CloudEvent as what it is, whatever its type and source are.

The cases are those of the public conformance tests of CloudEvents: its HTTP feature, and its valid
and invalid events and batches in the JSON format.
"""

import json
from typing import Any

import pytest

from tests.support.sending import BATCH, event_of, gateway, in_intake, send, send_batch, send_binary
from tests.support.system import System
from tests.support.telling import registered

ELSEWHERE = {
    "specversion": "1.0",
    "id": "1234-1234-1234",
    "type": "com.example.someevent",
    "source": "/mycontext/subcontext",
}
VALID: list[dict[str, Any]] = [
    {},
    {"time": "2018-04-05T03:56:24Z", "datacontenttype": "application/json", "data": {"m": "Hi"}},
    {"datacontenttype": None, "dataschema": None, "subject": None, "time": None},
    {"datacontenttype": "text/plain", "dataschema": "https://example.com/s", "subject": "tests"},
    {"time": "2018-04-05T17:31:00.000000000Z"},
    {"time": "2018-04-05T18:31:00+01:00"},
    {"time": "2018-04-05T16:31:00-01:00"},
    {"source": "#fragment"},
    {"source": "https://cloudevents.io"},
    {"datacontenttype": "text/plain", "data": "Simple text"},
    {"datacontenttype": "application/octet-stream", "data_base64": "AAEC"},
    {"extinteger": 10, "extboolean": True, "extstring": "text", "exturi": "https://example.com"},
    {"exturiref": "//authority/path", "exttimestamp": "2023-03-31T15:12:00Z", "extbinary": "TWE="},
]
INVALID: list[tuple[dict[str, Any], str]] = [
    *(({name: None}, name) for name in ("specversion", "id", "type", "source")),
    *(({name: ""}, name) for name in ("specversion", "id", "type", "source", "subject")),
    ({"specversion": "0.9"}, "specversion"),
    ({"datacontenttype": "xyz"}, "datacontenttype"),
    ({"datacontenttype": ""}, "datacontenttype"),
    ({"dataschema": ""}, "dataschema"),
    ({"id": 25}, "id"),
    ({"id": {"xyz": "abc"}}, "id"),
    ({"MyExtension": "bad"}, "MyExtension"),
    ({"extension": 1.5}, "extension"),
    ({"data": "text", "data_base64": "e30="}, "data_base64"),
    *(
        ({"time": time}, "time")
        for time in (
            *("lunchtime", "2018-04-05T18:31Z", "2018-04-05T18:31:00X"),
            *("2018-04-05T18:31:00+25:00", "2018-04-05T18:31:00+xx:00", "2018-04-05T18:31:00+05"),
        )
    ),
]


@pytest.mark.parametrize("changed", VALID)
async def test_an_event_of_a_type_that_nobody_reads_is_an_event_all_the_same(
    system: System, changed: dict[str, Any]
) -> None:
    await system.start("gateway")
    event = ELSEWHERE | changed
    async with gateway(system) as client:
        one = await send(client, event)
        two = await send_batch(client, [event, event])
    assert (one.status_code, one.json()["reason"]) == (422, "unknown_type"), one.text
    assert [each["reason"] for each in two.json()["results"]] == ["unknown_type"] * 2
    assert await in_intake(system) == []


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
@pytest.mark.parametrize("capitals", [str.lower, str.upper, str.title])
async def test_names_of_headers_compare_without_case(
    system: System, content_type: str, capitals: Any
) -> None:
    await system.start("gateway")
    async with gateway(system) as client:
        headers = {capitals(f"ce-{name}"): value for name, value in ELSEWHERE.items()}
        answer = await client.post(
            "/events", content=b'{"m": "Hi"}', headers={"Content-Type": content_type, **headers}
        )
        own = await send_binary(client, event_of(registered("gent")))
    assert answer.json()["reason"] == "unknown_type"
    assert own.status_code == 202


@pytest.mark.parametrize(
    "data", [("text/plain; charset=us-ascii", b"Hi"), ("application/xml", b"<msg/>")]
)
async def test_data_of_any_type_make_an_event(system: System, data: tuple[str, bytes]) -> None:
    await system.start("gateway")
    headers = {f"ce-{name}": value for name, value in ELSEWHERE.items()}
    own = {f"ce-{name}": str(value) for name, value in event_of(registered("gent")).items()}
    own.pop("ce-data")
    async with gateway(system) as client:
        foreign = await client.post(
            "/events", content=data[1], headers={"Content-Type": data[0], **headers}
        )
        ours = await client.post(
            "/events", content=data[1], headers={"Content-Type": data[0], **own}
        )
    assert foreign.json()["reason"] == "unknown_type"
    assert ours.json()["reason"] == "invalid_data"
    assert ours.json()["violations"][0]["path"] == "$.datacontenttype"


@pytest.mark.parametrize(("changed", "attribute"), INVALID)
async def test_what_is_no_event_is_told_by_the_attribute_at_fault(
    system: System, changed: dict[str, Any], attribute: str
) -> None:
    await system.start("gateway")
    event = {name: value for name, value in (ELSEWHERE | changed).items() if value is not None}
    async with gateway(system) as client:
        answer = await send(client, event)
        of_batch = await send_batch(client, [event])
    assert (answer.status_code, answer.json()["reason"]) == (422, "invalid_data")
    assert [each["path"] for each in answer.json()["violations"]] == [f"$.{attribute}"]
    assert of_batch.json()["results"][0]["violations"] == answer.json()["violations"]


async def test_of_a_batch_of_several_versions_the_one_that_is_read_is_taken(
    system: System,
) -> None:
    await system.start("gateway")
    good = event_of(registered("gent"))
    async with gateway(system) as client:
        answer = await send_batch(client, [good, good | {"specversion": "0.9"}, "not an object"])
    assert [each["status"] for each in answer.json()["results"]] == [202, 422, 400]
    assert len(await in_intake(system)) == 1


async def test_a_batch_is_one_only_when_the_content_type_says_so(system: System) -> None:
    await system.start("gateway")
    event = event_of(registered("gent"))
    async with gateway(system) as client:
        as_one = await send(client, [event])
        as_batch = await send_batch(client, json.dumps(event).encode())
        by_capitals = await client.post(
            "/events",
            content=json.dumps([event]).encode(),
            headers={"Content-Type": f"{BATCH.upper()}; charset=utf-8"},
        )
    assert (as_one.json()["reason"], as_batch.json()["reason"]) == ("malformed", "malformed")
    assert by_capitals.status_code == 202
