"""A sender sees what the owners refused of its own events, and of nobody else's."""

import base64
import json
from typing import Any

import httpx
import pytest

from shared.contracts.envelope import EVENT_BYTES_MAX
from tests.support.sending import event_of, gateway, send
from tests.support.settling import until
from tests.support.system import System, said
from tests.support.telling import registered

OWNERS = ("membership", "events", "resources")


async def refused(system: System, *owners: str, by: str = "demo") -> None:
    """Have each owner refuse a message, in this order."""
    for owner in owners:
        before = len(await system.rejected(owner))
        body = b"{" * (1 + before)  # the same bytes again would be the same rejection
        await system.publish_raw(f"intake.{by}.{owner}.nonsense", body, {"Content-Type": "x"}, by)

        async def there(owner: str = owner, before: int = before) -> bool:
            return len(await system.rejected(owner)) > before

        await until(there, f"a message that {owner} refuses")
        system.clock.advance(seconds=1)


async def pages(client: httpx.AsyncClient, limit: int) -> list[list[dict[str, Any]]]:
    found, address = [], f"/rejected?limit={limit}"
    for _ in range(50):
        document = (await client.get(address)).json()
        found.append(document["rejected"])
        if "next" not in document:
            return found
        address = document["next"]
    raise AssertionError("the pages do not end")


async def test_the_newest_of_all_owners_come_first_page_by_page(system: System) -> None:
    await system.start(*OWNERS, "gateway")
    order = ["membership", "events", "events", "resources", "events", "membership", "events"]
    await refused(system, *order)
    await refused(system, "events", by="crm")
    async with gateway(system) as client:
        whole = (await client.get("/rejected")).json()
        assert [each["service"] for each in whole["rejected"]] == order[::-1]
        assert "next" not in whole
        for limit in (1, 2, 3, 7):
            found = await pages(client, limit)
            assert [each for page in found for each in page] == whole["rejected"]
            assert {len(page) for page in found[:-1]} <= {limit}


async def test_what_is_refused_meanwhile_does_not_shift_the_pages(system: System) -> None:
    await system.start(*OWNERS, "gateway")
    await refused(system, "events", "events", "membership", "events")
    async with gateway(system) as client:
        first = (await client.get("/rejected?limit=2")).json()
        await refused(system, *["events"] * 5, "resources")
        second = (await client.get(first["next"])).json()
    both = [each["service"] for page in (first, second) for each in page["rejected"]]
    assert both == ["events", "membership", "events", "events"]
    assert len({each["rejected_id"] for page in (first, second) for each in page["rejected"]}) == 4
    assert "next" not in second


async def test_large_messages_make_shorter_pages_and_none_is_left_out(system: System) -> None:
    await system.start(*OWNERS, "gateway")
    for n in range(18):
        body = b"{" * (EVENT_BYTES_MAX - n)
        await system.publish_raw("intake.demo.events.nonsense", body, {"Content-Type": "x"})
    await system.settled()
    await refused(system, "membership", "resources")
    async with gateway(system) as client:
        found = await pages(client, 200)
    ids = [each["rejected_id"] for page in found for each in page]
    assert len(ids) == len(set(ids)) == 20
    assert len(found) > 1


async def test_what_the_domain_refuses_is_told_with_its_bytes_when_asked(system: System) -> None:
    await system.start("membership", "gateway")
    await system.start("events", "resources")
    event = event_of(
        said(
            "membership.membership_ended", city={"city_id": "gent"}, network="SCN", on="2024-01-01"
        )
    )
    async with gateway(system) as client:
        await send(client, event_of(registered("gent")))
        assert (await send(client, event)).status_code == 202

        async def there() -> list[Any]:
            return list((await client.get("/rejected?include=body")).json()["rejected"])

        [told] = await until(there, "what the domain refuses")
        plain = (await client.get("/rejected")).json()["rejected"][0]
    assert (told["id"], told["type"], told["reason"]) == (event["id"], event["type"], "refused")
    assert told["detail"]
    assert json.loads(told["body"]) == event
    assert told["headers"]["content-type"] == "application/cloudevents+json"
    assert "body" not in plain
    assert "headers" not in plain


async def test_what_breaks_the_contract_is_told_with_path_and_hint(system: System) -> None:
    await system.start(*OWNERS, "gateway")
    event = said("membership.city_registered", city_id="gent", name="Gent", kind="metropolis")
    await system.publish(event)
    await system.publish_raw("intake.demo.membership.x", b"\xff", {"ce-id": "1"})

    async with gateway(system) as client:

        async def there() -> list[Any]:
            found = (await client.get("/rejected?include=body")).json()["rejected"]
            return found if len(found) == 2 else []

        bytes_, told = await until(there, "two rejected messages")
    assert told["violations"][0]["path"] == "$.data.kind"
    assert told["violations"][0]["hint"].startswith("one of city, town")
    assert base64.b64decode(bytes_["body_base64"]) == b"\xff"


async def test_nobody_else_asks_for_them(system: System) -> None:
    await system.start(*OWNERS, "gateway")
    await refused(system, "events", by="crm")
    async with gateway(system) as client, gateway(system, "crm") as crm:
        assert (await client.get("/rejected")).json()["rejected"] == []
        assert (await client.get("/rejected?source=crm")).json()["rejected"] == []
        assert len((await crm.get("/rejected")).json()["rejected"]) == 1
    async with gateway(system, "viewer") as viewer:
        assert (await viewer.get("/rejected")).status_code == 403
    async with gateway(system, by="") as anybody:
        assert (await anybody.get("/rejected")).status_code == 401


@pytest.mark.parametrize(
    "question",
    [
        *("limit=0", "limit=201", "limit=x", "limit=-1", "limit=٣", "include=secrets"),
        *("cursor=x", "cursor=e30=", "cursor=W10=", "cursor=" + "A" * 5000),
        "cursor=" + base64.urlsafe_b64encode(b'{"reporting": ["", null]}').decode(),
        "cursor=" + base64.urlsafe_b64encode(b'{"events": ["nonsense", null]}').decode(),
        "cursor=" + base64.urlsafe_b64encode(b'{"events": 7}').decode(),
    ],
)
async def test_a_question_that_is_none_is_refused(system: System, question: str) -> None:
    await system.start(*OWNERS, "gateway")
    async with gateway(system) as client:
        answer = await client.get(f"/rejected?{question}")
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_an_owner_that_is_away_is_named(system: System) -> None:
    await system.start("membership", "events", "gateway")
    async with gateway(system) as client:
        client.timeout = httpx.Timeout(30)
        answer = await client.get("/rejected")
    assert answer.status_code == 503
    assert "esources does not answer" in answer.json()["detail"]
