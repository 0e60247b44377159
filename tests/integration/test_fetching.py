"""Messages are handed over as soon as they come, and a request at the server is used up."""

import asyncio
import time

import nats.errors
import pytest
from nats.aio.client import Client
from nats.js.client import JetStreamContext
from nats.js.errors import ServiceUnavailableError

from shared.messaging import INTAKE
from tests.support.system import System

BATCH = 50
PATIENCE_SECONDS = 60.0
PROMPTLY_SECONDS = 30.0
"""Far more than a message takes on a busy machine, and far less than the patience."""


@pytest.fixture
async def connection(system: System) -> Client:
    return await system.nats("membership")


@pytest.fixture
async def subscription(connection: Client) -> JetStreamContext.PullSubscription:
    return await connection.jetstream().pull_subscribe_bind("membership-demo", INTAKE)


async def say(system: System, count: int, **headers: str) -> None:
    publisher = await system.nats("demo")
    for number in range(count):
        await publisher.request(
            "intake.demo.membership.city_registered", str(number).encode(), headers=headers
        )


async def test_a_lone_message_is_not_kept_waiting_for_others(
    system: System, subscription: JetStreamContext.PullSubscription
) -> None:
    fetching = asyncio.create_task(subscription.fetch(BATCH, PATIENCE_SECONDS))
    started = time.monotonic()
    await say(system, 1)
    [message] = await fetching
    assert message.data == b"0"
    assert time.monotonic() - started < PROMPTLY_SECONDS


async def test_what_gathered_comes_as_one_batch_in_order_and_no_larger_than_asked(
    system: System, subscription: JetStreamContext.PullSubscription
) -> None:
    await say(system, BATCH + 10)
    taken: list[int] = []
    while len(taken) < BATCH + 10:
        messages = await subscription.fetch(BATCH, PATIENCE_SECONDS)
        assert len(messages) <= BATCH
        taken += [int(message.data) for message in messages]
    assert taken == list(range(BATCH + 10))


async def test_nothing_in_time_is_told_by_the_error_of_the_library(
    subscription: JetStreamContext.PullSubscription,
) -> None:
    with pytest.raises(nats.errors.TimeoutError):
        await subscription.fetch(BATCH, 0.05)


async def test_the_rest_of_a_batch_is_not_waited_for(
    system: System, subscription: JetStreamContext.PullSubscription
) -> None:
    await say(system, 1)
    assert len(await subscription.fetch(BATCH, PATIENCE_SECONDS)) == 1
    started = time.monotonic()
    with pytest.raises(nats.errors.TimeoutError):
        await subscription.fetch(BATCH - 1, PATIENCE_SECONDS)
    assert time.monotonic() - started < PROMPTLY_SECONDS


async def test_an_open_request_is_used_before_another_is_made(
    system: System, connection: Client, subscription: JetStreamContext.PullSubscription
) -> None:
    fetching = asyncio.create_task(subscription.fetch(BATCH, PATIENCE_SECONDS))
    await say(system, 1)
    await fetching
    sent = connection.stats["out_msgs"]
    await say(system, 1)
    assert len(await subscription.fetch(BATCH, PATIENCE_SECONDS)) == 1
    assert connection.stats["out_msgs"] == sent


async def test_a_publisher_cannot_pass_a_message_off_as_a_word_of_the_server(
    system: System, subscription: JetStreamContext.PullSubscription
) -> None:
    await say(system, 1, Status="404")
    [message] = await subscription.fetch(BATCH, PATIENCE_SECONDS)
    assert message.data == b"0"


async def test_a_consumer_that_is_gone_is_told_at_once(
    system: System, subscription: JetStreamContext.PullSubscription
) -> None:
    provision = await system.nats("provision")
    await provision.jetstream().delete_consumer(INTAKE, "membership-demo")
    with pytest.raises(ServiceUnavailableError):
        await subscription.fetch(BATCH, PATIENCE_SECONDS)
