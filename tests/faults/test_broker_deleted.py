"""Consumers and a stream deleted under the real processes: they make them again by themselves."""

from collections.abc import Sequence

import pytest
from nats.js.errors import NotFoundError

from shared.jetstream import KEEP_SECONDS, LOOK_SECONDS, consumers
from shared.messaging import ANSWER_SECONDS_MAX, FACTS
from tests.support.completeness import complete, exactly_this_flow
from tests.support.flow import CITIES, Flow
from tests.support.real_processes import RealProcesses, real_processes
from tests.support.settling import until
from tests.support.system import System

FLOW = Flow(people=200)
MESSAGES = FLOW.messages()
TOTAL = CITIES + FLOW.facts_of_events
SOURCES = ("demo",)


async def test_deleted_consumers_and_a_deleted_stream_come_back_by_themselves() -> None:
    third = len(MESSAGES) // 3
    async with real_processes() as real:
        system = real.system
        await system.send(MESSAGES[:third])
        await projected(real, third)

        jetstream = (await system.nats("provision")).jetstream()
        for stream, consumer in consumers(SOURCES):
            await jetstream.delete_consumer(stream, str(consumer.durable_name))
        await system.send(MESSAGES[third : 2 * third])
        await everything_is_back(system)
        await projected(real, 2 * third)

        await jetstream.delete_stream(FACTS)
        await system.send(MESSAGES[2 * third :])
        await everything_is_back(system)
        await projected(real, TOTAL)
        await complete(system)


def test_what_was_deleted_is_looked_for_within_ten_seconds() -> None:
    assert max(KEEP_SECONDS, LOOK_SECONDS) + ANSWER_SECONDS_MAX <= 10


async def everything_is_back(system: System) -> None:
    """Wait until every consumer, and so its stream, is there again.

    Raises:
        AssertionError: one is not, within the limit.
    """
    names = [str(consumer.durable_name) for _, consumer in consumers(SOURCES)]
    await consumers_are_back(system, names)


async def consumers_are_back(system: System, names: Sequence[str]) -> None:
    jetstream = (await system.nats("provision")).jetstream()

    async def there() -> bool:
        try:
            for stream, consumer in consumers(SOURCES):
                if consumer.durable_name in names:
                    await jetstream.consumer_info(stream, str(consumer.durable_name))
        except NotFoundError:
            return False
        return True

    await until(there, f"the consumers {', '.join(names)} are there")


async def projected(real: RealProcesses, facts: int) -> None:
    async def reached() -> bool:
        return await real.projected() >= facts

    await until(reached, f"{facts} facts are projected")


async def test_a_service_makes_its_own_consumer_again_without_anybody(
    system: System, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("shared.jetstream.KEEP_SECONDS", 0.2)
    monkeypatch.setattr("shared.jetstream.LOOK_SECONDS", 0.2)
    await system.start("membership", "events", "reporting")
    await system.send(MESSAGES[: len(MESSAGES) // 2])
    jetstream = (await system.nats("provision")).jetstream()
    names = ["membership-demo", "events-demo", "reporting"]
    for stream, consumer in consumers(SOURCES):
        await jetstream.delete_consumer(stream, str(consumer.durable_name))
    await system.send(MESSAGES[len(MESSAGES) // 2 :])
    await consumers_are_back(system, names)

    async def all_told() -> bool:
        return all(f"consumer {name} of" in caplog.text for name in names)

    await until(all_told, "the log names each consumer that was made again")
    await system.settled()

    await complete(system)
    await exactly_this_flow(system, FLOW)
