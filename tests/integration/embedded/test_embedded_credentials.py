"""A credential speaks for its own name only, works at once, and ends at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.errors import NoRespondersError

from shared.embedded import nats as broker
from shared.embedded.catalogue import SERVICES
from shared.embedded.credentials import (
    CredentialRefused,
    add_publisher,
    list_publishers,
    prepare_credentials,
    revoke_publisher,
)
from shared.embedded.data_directory import DataDirectory
from shared.embedded.services import Servers
from shared.embedded.supervisor import servers
from shared.erasing.intake import IntakeMessages
from shared.erasing.sought import Sought, nobody
from shared.jetstream import provision
from tests.support.doors import ask, hold, may_publish
from tests.support.settling import SECONDS_MAX

ATTENDANCE = "tandem.events.attendance_recorded.v1"


@pytest.fixture
async def running(data_dir: Path, port_base: int) -> AsyncIterator[Servers]:
    async with servers(data_dir, port_base) as running:
        connection = await connect(running, "provision")
        await provision(connection, ["demo"])
        await connection.close()
        yield running


async def connect(running: Servers, name: str) -> Client:
    return await broker.connect(running.nats_url, name, running.seed_file(name))


async def test_a_publisher_speaks_under_its_own_name_only(running: Servers) -> None:
    demo = await connect(running, "demo")
    assert await may_publish(demo, "intake.demo.events.activity_held")
    for forbidden in (
        "intake.crm.events.activity_held",
        "facts.events.activity.a.activity_held",
        "rejected.demo",
        "$JS.API.STREAM.INFO.INTAKE",
    ):
        assert not await may_publish(demo, forbidden), forbidden
    await demo.close()


async def test_the_gateway_speaks_under_any_name_and_does_nothing_else(running: Servers) -> None:
    gateway = await connect(running, "gateway")
    for name in ("demo", "crm"):
        assert await may_publish(gateway, f"intake.{name}.events.activity_held")
    for forbidden in (
        "facts.events.activity.a.activity_held",
        "rejected.demo",
        "$JS.API.STREAM.INFO.INTAKE",
        "$JS.API.STREAM.DELETE.INTAKE",
        "$JS.API.CONSUMER.MSG.NEXT.INTAKE.events",
    ):
        assert not await may_publish(gateway, forbidden), forbidden
    await gateway.close()


async def test_operations_asks_the_broker_and_does_nothing_else(running: Servers) -> None:
    operations = await connect(running, "operations")
    for stream in ("INTAKE", "FACTS"):
        for asked in ("STREAM.INFO", "STREAM.MSG.GET", "CONSUMER.NAMES", "CONSUMER.LIST"):
            assert await reaches(operations, f"$JS.API.{asked}.{stream}")
        assert await reaches(operations, f"$JS.API.CONSUMER.INFO.{stream}.reporting")
    for forbidden in (
        "intake.demo.events.activity_held",
        "facts.events.activity.a.activity_held",
        "rejected.demo",
        "$JS.API.STREAM.DELETE.INTAKE",
        "$JS.API.STREAM.MSG.DELETE.INTAKE",
        "$JS.API.STREAM.PURGE.FACTS",
        "$JS.API.CONSUMER.CREATE.INTAKE.operations",
        "$JS.API.CONSUMER.DELETE.FACTS.reporting",
        "$JS.API.CONSUMER.MSG.NEXT.FACTS.reporting",
        "$JS.ACK.FACTS.reporting.1.1.1.1.1",
    ):
        assert not await reaches(operations, forbidden), forbidden
    await operations.close()


async def reaches(connection: Client, subject: str) -> bool:
    """Whether the broker lets something through, to somebody or to nobody."""
    with suppress(NoRespondersError):
        return await ask(connection, subject) is not None
    return True


async def test_a_publisher_cannot_have_its_acknowledgement_stored_as_a_fact(
    running: Servers,
) -> None:
    demo = await connect(running, "demo")
    for stored in ("facts.events.activity.a.activity_held", "intake.crm.events.activity_held"):
        await demo.publish("intake.demo.events.activity_held", b"{}", reply=stored)
    assert await may_publish(demo, "intake.demo.events.activity_held")
    await demo.close()

    provision = await connect(running, "provision")
    jetstream = provision.jetstream()
    assert (await jetstream.stream_info("FACTS")).state.messages == 0
    intake = (await jetstream.stream_info("INTAKE", subjects_filter=">")).state
    assert intake.subjects == {"intake.demo.events.activity_held": 3}
    await provision.close()


async def test_a_publisher_hears_of_its_own_rejections_only(running: Servers) -> None:
    demo, events = await connect(running, "demo"), await connect(running, "events")
    heard = await demo.subscribe("rejected.demo")
    unheard = await demo.subscribe("rejected.crm")
    await demo.flush()
    await events.publish("rejected.crm", b"too_large")
    await events.publish("rejected.demo", b"malformed")
    assert (await heard.next_msg(SECONDS_MAX)).data == b"malformed"
    assert unheard.pending_msgs == 0
    await demo.close()
    await events.close()


async def test_a_publisher_added_while_running_works_at_once(running: Servers) -> None:
    demo = await connect(running, "demo")

    add_publisher(running.directory.root, "crm", services=["membership"])

    crm = await connect(running, "crm")
    assert await may_publish(crm, "intake.crm.membership.city_registered")
    assert not await may_publish(crm, "intake.crm.events.activity_held")
    assert await may_publish(demo, "intake.demo.events.activity_held"), "demo stayed connected"
    assert [publisher.name for publisher in list_publishers(running.directory.root)] == [
        "crm",
        "demo",
    ]
    holders = json.loads(running.directory.tokens.read_text()).values()
    [held] = [holder for holder in holders if holder["name"] == "crm"]
    assert datetime.fromisoformat(held.pop("made_at")).tzinfo is not None
    assert held == {"name": "crm", "role": "publisher", "services": ["membership"]}
    await crm.close()
    await demo.close()


async def test_a_publisher_of_some_types_says_nothing_else(running: Servers) -> None:
    add_publisher(
        running.directory.root, "zoom", types=[ATTENDANCE, "tandem.events.activity_held.v1"]
    )
    zoom = await connect(running, "zoom")
    assert await may_publish(zoom, "intake.zoom.events.attendance_recorded")
    assert await may_publish(zoom, "intake.zoom.events.activity_held")
    assert not await may_publish(zoom, "intake.zoom.events.activity_scheduled")
    assert not await may_publish(zoom, "intake.zoom.membership.city_registered")
    await zoom.close()


async def test_a_revoked_publisher_is_put_out_at_once(running: Servers) -> None:
    add_publisher(running.directory.root, "crm")
    seed = running.directory.root / "copied.seed"
    seed.write_bytes(running.seed_file("crm").read_bytes())
    held = await hold(running.nats_url, "crm", seed)
    revoke_publisher(running.directory.root, "crm")

    await asyncio.wait_for(held.closed.wait(), SECONDS_MAX)
    with pytest.raises(nats.errors.Error, match="Authorization Violation"):
        await broker.connect(running.nats_url, "crm", seed)
    assert "crm" not in {row["name"] for row in _tokens(running)}


@pytest.mark.parametrize("name", ["demo", "events", "provision", "operator", "Zoom", "a.b", ""])
def test_a_name_that_is_taken_or_is_none_is_refused(data_dir: Path, name: str) -> None:
    directory = DataDirectory.at(data_dir)
    directory.create()
    prepare_credentials(directory, SERVICES)
    with pytest.raises(CredentialRefused):
        add_publisher(data_dir, name)


@pytest.mark.parametrize(
    ("services", "types", "why"),
    [
        (["reporting"], [], "No service named reporting takes events"),
        ([], ["tandem.events.activity_hold.v1"], "No type is named tandem.events.activity_hold.v1"),
        (["membership"], [ATTENDANCE], "goes to events, which is not among the services"),
    ],
)
def test_a_scope_that_nothing_fits_is_refused(
    data_dir: Path, services: list[str], types: list[str], why: str
) -> None:
    directory = DataDirectory.at(data_dir)
    directory.create()
    with pytest.raises(CredentialRefused, match=why):
        add_publisher(data_dir, "zoom", services, types)


async def test_a_service_consumes_by_its_own_consumer_only(running: Servers) -> None:
    demo = await connect(running, "demo")
    await may_publish(demo, "intake.demo.events.activity_held")
    await demo.close()

    events = await connect(running, "events")
    own = await events.jetstream().pull_subscribe_bind("events-demo", stream="INTAKE")
    [message] = await own.fetch(1, timeout=SECONDS_MAX)
    await message.ack_sync(timeout=SECONDS_MAX)
    for consumer in ("INTAKE.membership-demo", "FACTS.reporting"):
        assert await ask(events, f"$JS.API.CONSUMER.MSG.NEXT.{consumer}", b"1") is None
    assert await may_publish(events, "facts.events.activity.a.activity_held")
    assert not await may_publish(events, "facts.membership.city.a.city_registered")
    await events.close()


def _tokens(running: Servers) -> list[dict[str, str]]:
    return list(json.loads(running.directory.tokens.read_text()).values())


async def test_the_eraser_reads_and_removes_messages_of_intake_and_does_nothing_else(
    running: Servers,
) -> None:
    demo, eraser = await connect(running, "demo"), await connect(running, "eraser")
    assert await may_publish(demo, "intake.demo.events.activity_held")
    for forbidden in (
        "intake.demo.events.activity_held",
        "facts.events.activity.a.activity_held",
        "rejected.demo",
        "$JS.API.STREAM.PURGE.FACTS",
        "$JS.API.STREAM.DELETE.INTAKE",
        "$JS.API.CONSUMER.DELETE.INTAKE.events",
        "$JS.API.CONSUMER.MSG.NEXT.INTAKE.events",
    ):
        assert not await answered(eraser, forbidden), forbidden
    messages = IntakeMessages(eraser)
    sought = Sought(nobody, {"anna.quill@gent.example"}, "erased-1")
    assert await messages.naming(sought) == {}


async def answered(connection: Client, subject: str) -> bool:
    with suppress(NoRespondersError):
        return await ask(connection, subject) is not None
    return False
