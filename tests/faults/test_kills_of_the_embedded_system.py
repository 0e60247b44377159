"""The supervised processes, each killed once in the middle of its work and started again."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from nats.aio.client import Client

from shared.embedded import postgres
from shared.embedded.data_directory import DataDirectory
from shared.embedded.supervisor import running_system
from shared.jetstream import consumers, provision
from shared.messaging import NatsAddress, connect
from shared.publishing import publish_batches
from tests.support.flow import CITIES, Flow
from tests.support.machine import free_port_base
from tests.support.settling import until

FLOW = Flow(people=320)
FAILPOINTS = {
    "MEMBERSHIP": "intake.after_commit",
    "EVENTS": "relay.after_publish",
    "REPORTING": "projector.before_commit",
}
LEDGERS = {"membership": CITIES, "events": FLOW.facts_of_events}


@pytest.fixture
def directory() -> Iterator[DataDirectory]:
    with tempfile.TemporaryDirectory(prefix="tandem-killed-") as folder:
        yield DataDirectory.at(Path(folder) / "data")


async def provision_impatiently(connection: Client, sources: Sequence[str]) -> None:
    """Make streams and consumers as always, but with messages sent again after a second."""
    await provision(connection, sources)
    for stream, consumer in consumers(sources):
        await connection.jetstream().add_consumer(stream, consumer.evolve(ack_wait=1))


async def count(directory: DataDirectory, database: str, table: str) -> int:
    connection = await postgres.connect(directory, database=database)
    try:
        return int(await connection.fetchval(f"select count(*) from {table}"))
    finally:
        await connection.close()


async def test_three_services_die_once_each_and_every_fact_arrives_once(
    directory: DataDirectory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for service, place in FAILPOINTS.items():
        monkeypatch.setenv(f"TANDEM_FAILPOINT_{service}", place)
    async with running_system(
        directory.root, free_port_base(), provision=provision_impatiently
    ) as endpoints:
        seed = Path(endpoints["credentials"]["demo"]["nkey_seed_file"])
        publisher = await connect(NatsAddress(endpoints["nats"], "demo", seed))
        await publish_batches(publisher, FLOW.messages())
        await publisher.close()

        async def all_there() -> bool:
            return await count(directory, "reporting", "fact") >= sum(LEDGERS.values())

        async def none_left() -> bool:
            return not any([await count(directory, service, "outbox") for service in LEDGERS])

        await until(all_there, "every fact is projected")
        await until(none_left, "no fact is left in an outbox")
        for service, facts in LEDGERS.items():
            assert await count(directory, service, "ledger") == facts
        assert await count(directory, "reporting", "fact") == sum(LEDGERS.values())
        assert await count(directory, "reporting", "passage") == 2 * FLOW.people

    ended = [record.message for record in caplog.records if "ended with -9" in record.message]
    assert sorted(message.split()[0] for message in ended) == ["events", "membership", "reporting"]
