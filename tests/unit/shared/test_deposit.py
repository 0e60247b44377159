"""Parcels of many are put into the stream together, and each hears what became of its own."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from shared import deposit
from shared.deposit import Deposit, OutcomeUnknown
from shared.errors import Overloaded, Unavailable
from shared.publishing import BATCH_BYTES_MAX, BATCH_MESSAGES_MAX, Outgoing, PublishRefused


class Broker:
    """Keeps what is published, slowly, and refuses or keeps silent when told to."""

    is_connected = True

    def __init__(self) -> None:
        self.batches: list[list[Outgoing]] = []
        self.fails_with: Exception | None = None
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def publish(self, connection: Any, messages: Sequence[Outgoing]) -> None:
        await self.goes_on.wait()
        self.batches.append(list(messages))
        if self.fails_with is not None:
            raise self.fails_with


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = Broker()

    async def one(connection: Any, message: Outgoing) -> None:
        await broker.publish(connection, [message])

    monkeypatch.setattr(deposit, "publish_batch", broker.publish)
    monkeypatch.setattr(deposit, "publish_one", one)
    return broker


def parcel(*names: str, size: int = 1) -> list[Outgoing]:
    return [Outgoing(f"intake.{name}", {}, b"x" * size) for name in names]


async def test_a_lone_parcel_waits_for_nobody(broker: Broker) -> None:
    await Deposit(broker).put(parcel("a"))  # type: ignore[arg-type]
    assert broker.batches == [parcel("a")]


async def test_a_parcel_of_nothing_is_stored_at_once(broker: Broker) -> None:
    broker.is_connected = False
    await Deposit(broker).put([])  # type: ignore[arg-type]
    assert broker.batches == []


async def test_what_comes_while_a_batch_is_under_way_shares_the_next(broker: Broker) -> None:
    held = Deposit(broker)  # type: ignore[arg-type]
    broker.goes_on.clear()
    puts = [asyncio.create_task(held.put(parcel(name))) for name in "abc"]
    puts.append(asyncio.create_task(held.put(parcel("d", "e"))))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    broker.goes_on.set()
    await asyncio.gather(*puts)
    assert [message.subject for batch in broker.batches for message in batch] == [
        f"intake.{name}" for name in "abcde"
    ]
    assert len(broker.batches) <= 2


@pytest.mark.parametrize(
    ("count", "size"), [(BATCH_MESSAGES_MAX - 1, 1), (8, BATCH_BYTES_MAX // 8 - 1)]
)
async def test_a_batch_keeps_the_limits_of_the_broker_and_no_parcel_is_cut(
    broker: Broker, count: int, size: int
) -> None:
    held = Deposit(broker)  # type: ignore[arg-type]
    broker.goes_on.clear()
    first = asyncio.create_task(held.put(parcel("first")))
    await asyncio.sleep(0)
    parcels = [parcel(*[f"{n}" for _ in range(count)], size=size) for n in range(3)]
    puts = [asyncio.create_task(held.put(each)) for each in parcels]
    await asyncio.sleep(0)
    broker.goes_on.set()
    await asyncio.gather(first, *puts)
    for batch in broker.batches:
        assert len(batch) <= BATCH_MESSAGES_MAX
        assert sum(len(message.body) for message in batch) <= BATCH_BYTES_MAX
    assert [batch for batch in broker.batches if len(batch) >= count] == parcels


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TimeoutError(), OutcomeUnknown),
        (ConnectionResetError(), OutcomeUnknown),
        (PublishRefused(10023, "insufficient resources"), Unavailable),
    ],
)
async def test_what_the_broker_does_not_store_is_told_and_sent_once_only(
    broker: Broker, error: Exception, told: type[Exception]
) -> None:
    held = Deposit(broker)  # type: ignore[arg-type]
    broker.fails_with = error
    answers = await asyncio.gather(
        *(held.put(parcel(name)) for name in "abc"), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [told] * 3
    assert len([message for batch in broker.batches for message in batch]) == 3


async def test_nothing_is_sent_while_the_broker_is_away(broker: Broker) -> None:
    broker.is_connected = False
    with pytest.raises(Unavailable, match="nothing was stored"):
        await Deposit(broker).put(parcel("a"))  # type: ignore[arg-type]
    assert broker.batches == []


async def test_only_so_much_waits(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deposit, "HELD_BYTES_MAX", 10)
    held = Deposit(broker)  # type: ignore[arg-type]
    broker.goes_on.clear()
    waiting = asyncio.create_task(held.put(parcel("a", size=8)))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await held.put(parcel("b", size=3))
    broker.goes_on.set()
    await waiting
    await held.put(parcel("b", size=3))
