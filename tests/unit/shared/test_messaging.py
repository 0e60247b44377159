"""Batches keep within what the broker takes; streams and consumers are as the contract says."""

from collections.abc import Iterator

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from nats.js.api import AckPolicy, DeliverPolicy, DiscardPolicy, RetentionPolicy, StorageType

from shared.chunks import chunks
from shared.contracts.envelope import EVENT_BYTES_MAX
from shared.jetstream import MESSAGE_BYTES_MAX, NO_DEDUPLICATION_SECONDS, consumers, streams
from shared.messaging import OWNERS
from shared.publishing import BATCH_BYTES_MAX, BATCH_MESSAGES_MAX, Outgoing, batches


def messages(*sizes: int) -> list[Outgoing]:
    return [Outgoing(f"facts.{n}", {}, bytes(size)) for n, size in enumerate(sizes)]


def sizes(messages: list[Outgoing]) -> list[list[int]]:
    return [[len(each.body) for each in batch] for batch in batches(messages)]


def test_nothing_makes_no_batch() -> None:
    assert list(batches([])) == []


def test_few_messages_are_one_batch() -> None:
    assert sizes(messages(1, 2, 3)) == [[1, 2, 3]]


@pytest.mark.parametrize(
    ("count", "lengths"),
    [
        (BATCH_MESSAGES_MAX, [BATCH_MESSAGES_MAX]),
        (BATCH_MESSAGES_MAX + 1, [BATCH_MESSAGES_MAX, 1]),
        (2 * BATCH_MESSAGES_MAX, [BATCH_MESSAGES_MAX] * 2),
    ],
)
def test_a_batch_holds_no_more_messages_than_the_broker_takes(
    count: int, lengths: list[int]
) -> None:
    assert [len(batch) for batch in batches(messages(*[0] * count))] == lengths


def test_a_batch_holds_no_more_bytes_than_it_should() -> None:
    half = BATCH_BYTES_MAX // 2
    assert sizes(messages(half, half)) == [[half, half]]
    assert sizes(messages(half, half, 1)) == [[half, half], [1]]
    assert sizes(messages(half, half, half, half)) == [[half, half], [half, half]]
    assert sizes(messages(half, half + 1)) == [[half], [half + 1]]


def test_a_message_that_fills_a_batch_goes_by_itself() -> None:
    assert sizes(messages(1, BATCH_BYTES_MAX, 1)) == [[1], [BATCH_BYTES_MAX], [1]]
    assert sizes(messages(BATCH_BYTES_MAX + 1, 1)) == [[BATCH_BYTES_MAX + 1], [1]]


@for_all(st.lists(st.integers(0, 4), max_size=40).map(lambda all_: [n << 20 for n in all_]))
def test_batches_hold_every_message_once_and_in_order(lengths: list[int]) -> None:
    sent = messages(*lengths)
    made = list(batches(sent))
    assert [each for batch in made for each in batch] == sent
    assert all(sum(len(each.body) for each in batch) <= BATCH_BYTES_MAX for batch in made)
    assert all(batch for batch in made)


def test_messages_are_batched_while_they_come() -> None:
    made = []

    def endless() -> Iterator[Outgoing]:
        while True:
            made.append(1)
            yield Outgoing("facts.x", {}, b"")

    next(batches(endless()))
    assert len(made) == BATCH_MESSAGES_MAX + 1


@for_all(st.lists(st.integers(), max_size=30), st.integers(1, 7))
def test_chunks_are_full_but_the_last(items: list[int], size: int) -> None:
    made = list(chunks(items, size))
    assert [each for chunk in made for each in chunk] == items
    assert all(len(chunk) == size for chunk in made[:-1])
    assert all(0 < len(chunk) <= size for chunk in made)


def test_an_event_of_the_greatest_size_fits_into_a_message_with_its_headers() -> None:
    assert EVENT_BYTES_MAX + 64 * 1024 <= MESSAGE_BYTES_MAX <= BATCH_BYTES_MAX


def test_intake_refuses_what_does_not_fit_and_suppresses_nothing() -> None:
    [intake, _] = streams()
    assert intake.subjects == [f"intake.*.{owner}.*" for owner in OWNERS]
    assert intake.discard == DiscardPolicy.NEW
    assert intake.duplicate_window == NO_DEDUPLICATION_SECONDS == 0.1
    assert intake.max_bytes


def test_facts_are_deduplicated_and_cannot_be_deleted() -> None:
    [_, facts] = streams()
    assert facts.subjects == ["facts.>"]
    assert facts.discard == DiscardPolicy.OLD
    assert facts.duplicate_window == 120
    assert facts.deny_delete


def test_streams_take_atomic_batches_and_keep_a_week() -> None:
    assert [stream.name for stream in streams()] == ["INTAKE", "FACTS"]
    for stream in streams():
        assert stream.allow_atomic
        assert stream.storage == StorageType.FILE
        assert stream.retention == RetentionPolicy.LIMITS
        assert stream.max_age == 7 * 24 * 3600
        assert stream.max_msg_size == MESSAGE_BYTES_MAX


def test_each_source_has_a_durable_consumer_with_each_owner_and_reporting_one_of_facts() -> None:
    found = {each.durable_name: (stream, each) for stream, each in consumers(["crm", "my-hub"])}
    pairs = [(owner, source) for owner in OWNERS for source in ("crm", "my-hub")]
    assert set(found) == {*(f"{owner}-{source}" for owner, source in pairs), "reporting"}
    for owner, source in pairs:
        stream, consumer = found[f"{owner}-{source}"]
        assert (stream, consumer.filter_subject) == ("INTAKE", f"intake.{source}.{owner}.*")
        assert consumer.ack_policy == AckPolicy.EXPLICIT
        assert (consumer.ack_wait, consumer.max_deliver) == (30, -1)
        assert consumer.max_ack_pending == 20_000
    assert found["reporting"][0] == "FACTS"
    assert found["reporting"][1].ack_policy == AckPolicy.NONE
    assert {each.deliver_policy for _, each in found.values()} == {DeliverPolicy.ALL}
