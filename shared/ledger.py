"""A ledger as others see it: served over gRPC by its owner, read over gRPC by a projector."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp
from tandem.ledger.v1 import ledger_pb2, ledger_pb2_grpc

from shared.census import PAGE_FACTS, Head, Heads, Stream
from shared.chunks import chunks
from shared.database import PAGE_BYTES_MAX
from shared.errors import InvalidData, Unavailable, Violation
from shared.identifiers import id_of
from shared.queries import SHARED_QUERIES, Queries
from shared.recorded import Recorded, facts_by_type
from shared.upcasting import read

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_SECONDS = 86_400
BATCH_FACTS = 500
BATCH_FACTS_MAX = 2000
BATCH_BYTES_MAX = 4 * 1024 * 1024
STREAMS_MAX = 1000
POSITION_MAX = 2**63 - 1
ANSWER_SECONDS_MAX = 5.0
"""How long a ledger may keep silent before its reader takes it for absent."""
SETTLED_AFTER = timedelta(minutes=5)
"""Longer than any transaction lives (transaction_timeout, 60 s): nothing older can still appear."""


class LedgerServicer(ledger_pb2_grpc.LedgerServiceServicer):
    """Serves the ledger of one service."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Bind the service's database."""
        self._pool, self._queries = pool, Queries(SHARED_QUERIES)

    async def ReadLedger(
        self, request: ledger_pb2.ReadLedgerRequest, context: Any
    ) -> AsyncIterator[ledger_pb2.ReadLedgerResponse]:
        """Yield facts in batches until the ledger, or each of the streams, ends."""
        size = _bounded(request.batch_size or BATCH_FACTS, BATCH_FACTS_MAX, "batch_size")
        pages = (
            self._streams(request.after_versions, size)
            if request.WhichOneof("start") == "after_versions"
            else self._whole(request.after_position, size)
        )
        async for rows in pages:
            for batch in _by_bytes(rows):
                yield ledger_pb2.ReadLedgerResponse(facts=batch)

    async def _whole(self, position: int, size: int) -> AsyncIterator[Sequence[asyncpg.Record]]:
        while rows := await self._fetch("ledger_after", position, size, PAGE_BYTES_MAX):
            yield rows
            position = rows[-1]["position"]

    async def _streams(
        self, wanted: ledger_pb2.StreamHeads, size: int
    ) -> AsyncIterator[Sequence[asyncpg.Record]]:
        after = {head.stream: head.version for head in wanted.heads}
        if len(after) > STREAMS_MAX:
            raise InvalidData([Violation("after_versions", f"names over {STREAMS_MAX} streams")])
        while rows := await self._fetch(
            "ledger_streams", list(after), list(after.values()), size, PAGE_BYTES_MAX
        ):
            yield rows
            after |= {row["stream"]: row["version"] for row in rows}

    async def ReadHeads(
        self, request: ledger_pb2.ReadHeadsRequest, context: Any
    ) -> AsyncIterator[ledger_pb2.ReadHeadsResponse]:
        """Yield how far streams grew, page by page of facts, and at the end what is settled."""
        async with self._pool.acquire() as connection:
            settled = await connection.fetchval(self._queries["ledger_settled"], SETTLED_AFTER)
        position = request.after_position
        while rows := await self._fetch("ledger_heads", position, PAGE_FACTS):
            yield ledger_pb2.ReadHeadsResponse(heads=[_head(row) for row in rows])
            position = max(row["position"] for row in rows)
        last = ledger_pb2.ReadHeadsResponse(settled_position=settled)
        if not request.omit_total:
            [row] = await self._fetch("ledger_total")
            last.total = row["count"]
        yield last

    async def ReadCensus(
        self, request: ledger_pb2.ReadCensusRequest, context: Any
    ) -> AsyncIterator[ledger_pb2.ReadCensusResponse]:
        """Yield every stream with a digest of its facts, by name."""
        name = request.after_stream
        while rows := await self._fetch("ledger_census", name, PAGE_FACTS):
            yield ledger_pb2.ReadCensusResponse(
                streams=[
                    ledger_pb2.StreamCensus(
                        stream=row["name"],
                        version=row["version"],
                        facts=row["facts"],
                        digest=row["digest"],
                    )
                    for row in rows
                ]
            )
            name = rows[-1]["name"]

    async def _fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        async with self._pool.acquire() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(self._queries[query], *arguments)
            return rows


def _bounded(size: int, size_max: int, field: str) -> int:
    if size > size_max:
        raise InvalidData([Violation(field, f"is {size}, at most {size_max} are sent at once")])
    return size


def _by_bytes(rows: Sequence[asyncpg.Record]) -> list[list[ledger_pb2.LedgerFact]]:
    """Cut a page into messages that gRPC carries, whatever the size of its facts."""
    batches: list[list[ledger_pb2.LedgerFact]] = [[]]
    size = 0
    for row in rows:
        if batches[-1] and size + len(row["data"]) > BATCH_BYTES_MAX:
            batches.append([])
            size = 0
        batches[-1].append(_fact(row))
        size += len(row["data"])
    return batches


def _fact(row: asyncpg.Record) -> ledger_pb2.LedgerFact:
    return ledger_pb2.LedgerFact(
        stream=row["stream"],
        version=row["version"],
        position=row["position"],
        fact_id=str(row["fact_id"]),
        type=row["type"],
        data=row["data"].encode(),
        occurred_at=timestamp(row["occurred_at"]),
        recorded_at=timestamp(row["recorded_at"]),
        source=row["source"],
        source_id=row["source_id"],
        traceparent=row["traceparent"],
    )


def _head(row: asyncpg.Record) -> ledger_pb2.StreamHead:
    return ledger_pb2.StreamHead(
        stream=row["stream"], version=row["version"], position=row["position"]
    )


def timestamp(moment: datetime) -> Timestamp:
    """Return an instant as protobuf has it; FromDatetime says the same in five times as long."""
    since = moment - EPOCH
    return Timestamp(
        seconds=since.days * DAY_SECONDS + since.seconds, nanos=since.microseconds * 1000
    )


def instant(stamp: Timestamp) -> datetime:
    """Return the instant of a timestamp, to the microsecond."""
    return EPOCH + timedelta(0, stamp.seconds, stamp.nanos // 1000)


class RemoteLedger:
    """The ledger of another service."""

    def __init__(self, name: str, channel: grpc.aio.Channel, facts: Any) -> None:
        """Bind a service's name, a channel to it and the union of its facts."""
        self._name, self._facts = name, facts_by_type(facts)
        self._stub = ledger_pb2_grpc.LedgerServiceStub(channel)

    async def whole(self, after_position: int = 0) -> AsyncIterator[list[Recorded]]:
        """Yield the ledger behind a position, in batches."""
        request = ledger_pb2.ReadLedgerRequest(
            after_position=after_position, batch_size=BATCH_FACTS_MAX
        )
        async for batch in self._read(request):
            yield batch

    async def streams(self, after: Mapping[str, int]) -> AsyncIterator[list[Recorded]]:
        """Yield what these streams hold behind these versions, in order within each stream."""
        for some in chunks(after.items(), STREAMS_MAX):
            heads = [ledger_pb2.StreamHead(stream=stream, version=v) for stream, v in some]
            request = ledger_pb2.ReadLedgerRequest(
                after_versions=ledger_pb2.StreamHeads(heads=heads), batch_size=BATCH_FACTS_MAX
            )
            async for batch in self._read(request):
                yield batch

    async def fact(self, stream: str, version: int) -> Recorded | None:
        """Return the fact of a stream under a version; None when there is none.

        Raises:
            Unavailable: the owner does not answer within ANSWER_SECONDS_MAX.
        """
        head = ledger_pb2.StreamHead(stream=stream, version=version - 1)
        request = ledger_pb2.ReadLedgerRequest(
            after_versions=ledger_pb2.StreamHeads(heads=[head]), batch_size=1
        )
        async with aclosing(self._answers(self._stub.ReadLedger(request))) as answers:
            async for response in answers:
                for fact in response.facts:
                    return self._recorded(fact) if fact.version == version else None
        return None

    async def heads(self, after_position: int) -> AsyncIterator[Heads]:
        """Yield how far streams grew behind a position, and at the end what is settled.

        Raises:
            Unavailable: the owner does not answer within ANSWER_SECONDS_MAX.
        """
        request = ledger_pb2.ReadHeadsRequest(after_position=after_position, omit_total=True)
        async for response in self._answers(self._stub.ReadHeads(request)):
            yield Heads(
                [Head(head.stream, head.version, head.position) for head in response.heads],
                response.settled_position if response.HasField("settled_position") else None,
            )

    async def total(self) -> int:
        """Return how many facts the ledger holds.

        Raises:
            Unavailable: the owner does not answer within ANSWER_SECONDS_MAX.
        """
        request = ledger_pb2.ReadHeadsRequest(after_position=POSITION_MAX)
        answers = [each async for each in self._answers(self._stub.ReadHeads(request))]
        return int(answers[-1].total)

    async def settled(self) -> int:
        """Return the position below which no fact can appear any more.

        Raises:
            Unavailable: the owner does not answer within ANSWER_SECONDS_MAX.
        """
        request = ledger_pb2.ReadHeadsRequest(after_position=POSITION_MAX, omit_total=True)
        answers = [each async for each in self._answers(self._stub.ReadHeads(request))]
        return int(answers[-1].settled_position)

    async def census(self, after_stream: str = "") -> AsyncIterator[list[Stream]]:
        """Yield the streams behind a name, each with a digest of its facts, by name.

        Raises:
            Unavailable: the owner does not answer within ANSWER_SECONDS_MAX.
        """
        request = ledger_pb2.ReadCensusRequest(after_stream=after_stream)
        async for response in self._answers(self._stub.ReadCensus(request)):
            yield [
                Stream(each.stream, each.version, each.facts, each.digest)
                for each in response.streams
            ]

    async def _answers(self, call: Any) -> AsyncGenerator[Any, None]:
        """Yield the answers of a call; each comes within ANSWER_SECONDS_MAX of the one before."""
        try:
            while True:
                answer = await asyncio.wait_for(call.read(), ANSWER_SECONDS_MAX)
                if answer is grpc.aio.EOF:
                    return
                yield answer
        except grpc.aio.AioRpcError as error:
            raise Unavailable(f"{self._name} does not answer: {error.details()}") from None
        except TimeoutError:
            raise Unavailable(
                f"{self._name} does not answer within {ANSWER_SECONDS_MAX:.0f} s"
            ) from None
        finally:
            call.cancel()

    async def _read(self, request: ledger_pb2.ReadLedgerRequest) -> AsyncIterator[list[Recorded]]:
        try:
            async for response in self._stub.ReadLedger(request):
                yield [self._recorded(fact) for fact in response.facts]
        except grpc.aio.AioRpcError as error:
            raise Unavailable(f"{self._name} does not answer: {error.details()}") from None

    def _recorded(self, fact: ledger_pb2.LedgerFact) -> Recorded:
        return Recorded(
            ledger=self._name,
            stream=fact.stream,
            version=fact.version,
            position=fact.position,
            fact_id=id_of(fact.fact_id),
            fact=read(self._facts, fact.type, fact.data),
            occurred_at=instant(fact.occurred_at),
            recorded_at=instant(fact.recorded_at),
            source=fact.source,
            source_id=fact.source_id,
            traceparent=fact.traceparent if fact.HasField("traceparent") else None,
        )
