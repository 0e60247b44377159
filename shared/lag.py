"""How far consumers are behind, as the broker sees it: it goes on counting when they are stopped.

Of a message nothing is looked at but when it was stored, and under which type it came.
"""

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import nats.errors
from nats.aio.client import Client

from shared.behind import Lag, Lags, Stream
from shared.errors import Unavailable
from shared.jetstream import NAME_PAGES_MAX
from shared.messaging import FACTS, INTAKE, NatsAddress, connect, leave

ASK_SECONDS_MAX = 2.0
TYPE_IN_HEADERS = re.compile(rb"(?im)^ce-type: *(tandem\.[a-z_.]{1,100}\.v[0-9]{1,3})\r?$")
TYPE_IN_JSON = re.compile(rb'"type"\s*:\s*"(tandem\.[a-z_.]{1,100}\.v[0-9]{1,3})"')
NOT_FOUND = 10037
"""JetStream's code for: no message is there."""


class Broker:
    """Asks the broker, and changes nothing there; it may be away, at the start too."""

    def __init__(self, address: NatsAddress) -> None:
        """Bind where it is, and who asks: a credential that may."""
        self._address = address
        self._connection: Client | None = None

    async def run(self) -> None:
        """Hold the connection until cancelled."""
        self._connection = await connect(self._address)
        try:
            await asyncio.Event().wait()
        finally:
            connection, self._connection = self._connection, None
            await leave(connection)

    async def connected(self) -> bool:
        """Tell whether there is a broker just now."""
        return self._connection is not None and bool(self._connection.is_connected)

    async def look(self) -> Lags:
        """Return all streams and consumers.

        Raises:
            Unavailable: the broker does not answer.
        """
        streams: list[Stream] = []
        consumers: list[Lag] = []
        for name in (INTAKE, FACTS):
            said = await self._asked(f"STREAM.INFO.{name}", {})
            if "error" in said:
                continue  # not made yet
            streams.append(_stream(name, said))
            consumers += [await self._lag(name, info) for info in await self._infos(name)]
        return Lags(streams, consumers)

    async def last_at(self, stream: str, subject: str) -> datetime | None:
        """Return when the last message was stored on a subject, which may hold wildcards.

        Raises:
            Unavailable: the broker does not answer.
        """
        message = await self._message(stream, {"last_by_subj": subject})
        return _moment(message["time"]) if message else None

    async def last(self, stream: str, subject: str) -> tuple[datetime, str] | None:
        """Return when the last message was stored on a subject, and its type, empty when unknown.

        Raises:
            Unavailable: the broker does not answer.
        """
        message = await self._message(stream, {"last_by_subj": subject})
        at = _moment(message["time"]) if message else None
        return (at, _type(message)) if message and at else None

    async def subjects(self, stream: str, among: str) -> Mapping[str, int]:
        """Return how many messages a stream holds on each subject that fits.

        Raises:
            Unavailable: the broker does not answer.
        """
        said = await self._asked(f"STREAM.INFO.{stream}", {"subjects_filter": among})
        found: Mapping[str, int] = said.get("state", {}).get("subjects") or {}
        return found

    async def _infos(self, stream: str) -> list[dict[str, Any]]:
        infos: list[dict[str, Any]] = []
        for _ in range(NAME_PAGES_MAX):
            page = await self._asked(f"CONSUMER.LIST.{stream}", {"offset": len(infos)})
            infos += page.get("consumers") or []
            if not page.get("consumers") or len(infos) >= page.get("total", 0):
                break
        return infos

    async def _lag(self, stream: str, info: Mapping[str, Any]) -> Lag:
        name: str = info["name"]
        service, _, source = name.partition("-")
        pending, ack_pending = info.get("num_pending", 0), info.get("num_ack_pending", 0)
        stored_at = None
        if pending or ack_pending:
            floor = info.get("ack_floor", {}).get("stream_seq", 0)
            subject = info["config"].get("filter_subject") or ">"
            question = {"seq": floor + 1, "next_by_subj": subject}
            if message := await self._message(stream, question):
                stored_at = _moment(message["time"])
        return Lag(
            stream,
            name,
            service,
            source or None,
            pending,
            ack_pending,
            info.get("num_redelivered", 0),
            stored_at,
            _moment(info.get("delivered", {}).get("last_active")),
        )

    async def _message(self, stream: str, question: Mapping[str, Any]) -> dict[str, Any] | None:
        said = await self._asked(f"STREAM.MSG.GET.{stream}", question)
        if error := said.get("error"):
            if error.get("err_code") == NOT_FOUND:
                return None
            raise Unavailable(f"the broker does not tell: {error.get('description')}")
        found: dict[str, Any] = said["message"]
        return found

    async def _asked(self, what: str, question: Mapping[str, Any]) -> dict[str, Any]:
        if self._connection is None or not self._connection.is_connected:
            raise Unavailable("the broker is away")
        try:
            answer = await self._connection.request(
                f"$JS.API.{what}", json.dumps(question).encode(), timeout=ASK_SECONDS_MAX
            )
        except (nats.errors.Error, OSError) as error:
            raise Unavailable(f"the broker does not answer ({type(error).__name__})") from None
        said: dict[str, Any] = json.loads(answer.data)
        return said


def _type(message: Mapping[str, Any]) -> str:
    """Return the type of an event, from its header or its body, as either mode has it."""
    for part, pattern in (("hdrs", TYPE_IN_HEADERS), ("data", TYPE_IN_JSON)):
        if found := pattern.search(base64.b64decode(message.get(part) or "")):
            return found[1].decode()
    return ""


def _stream(name: str, said: Mapping[str, Any]) -> Stream:
    state = said["state"]
    last_at = _moment(state.get("last_ts")) if state["messages"] else None
    limit = max(0, said["config"].get("max_bytes", 0))
    return Stream(name, state["messages"], state["bytes"], limit, last_at)


def _moment(text: str | None) -> datetime | None:
    """Return a moment of the broker's, which tells nanoseconds; None for none."""
    if not text or text.startswith("0001"):
        return None
    whole, _, rest = text.partition(".")
    digits = rest.rstrip("Z").partition("+")[0].partition("-")[0]
    zone = rest[len(digits) :] if rest else ""
    return datetime.fromisoformat(f"{whole}.{digits[:6]:0<6}{zone}" if digits else text)
