"""Messages into what can be taken and what cannot: bad input is data with a reason."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from shared.contracts.envelope import (
    SOURCE_PREFIX,
    STRUCTURED,
    Envelope,
    Malformed,
    TooLarge,
    parse,
)
from shared.contracts.values import Message
from shared.errors import InvalidData, Violation, violations_of
from shared.recorded import messages_by_type
from shared.upcasting import UnknownType, read

FUTURE_MAX = timedelta(hours=24)
TOO_FAR_AHEAD = "by over a day"
"""How the sentence ends that refuses such a time: the attribute is wrong, not the data."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A message as it came, before anybody trusted it."""

    subject: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime

    @property
    def source_name(self) -> str:
        """The publisher: the second token of the subject, which its credential is bound to."""
        return self.subject.split(".")[1]


@dataclass(frozen=True)
class Received:
    """A message that keeps the contract."""

    raw: Raw
    envelope: Envelope
    message: Message

    @cached_property
    def key(self) -> tuple[str, str]:
        """The idempotency key (source, id)."""
        return self.envelope.source_name, self.envelope.id


@dataclass(frozen=True, slots=True)
class Rejection:
    """A message that cannot be accepted, and why; `reason` is one of the contract's words."""

    raw: Raw
    reason: str
    detail: str
    violations: tuple[Violation, ...] = ()
    id: str | None = None
    type: str | None = None
    traceparent: str | None = None

    @property
    def rejection_id(self) -> UUID:
        """The same bytes from the same source, rejected for the same reason, are one rejection."""
        digest = hashlib.sha256(f"{self.raw.subject}\n{self.reason}\n".encode())
        digest.update(repr(sorted(self.raw.headers.items())).encode() + self.raw.body)
        return UUID(bytes=digest.digest()[:16])


def own(message: Message, source: str, id_: str, now: datetime) -> Received:
    """Return what a service says to itself, as if it had come in: under its own name and id."""
    owner, name = message.TYPE.split(".")[1:3]
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": f"{SOURCE_PREFIX}{source}",
        "type": message.TYPE,
        "time": now.isoformat(),
        "data": message.model_dump(mode="json", by_alias=True, exclude_none=True),
    }
    headers, body = {"content-type": STRUCTURED}, json.dumps(event).encode()
    raw = Raw(f"intake.{source}.{owner}.{name}", headers, body, now)
    return Received(raw, parse(headers, body), message)


def rejected(received: Received, reason: str, detail: str) -> Rejection:
    """Return the rejection of a message that kept the contract but cannot be taken."""
    envelope = received.envelope
    return Rejection(
        received.raw, reason, detail, (), envelope.id, envelope.type, envelope.traceparent
    )


def sift(
    raws: Sequence[Raw], messages: Any, now: datetime
) -> tuple[list[Received], list[Rejection]]:
    """Part messages into received and rejected, each judged by itself.

    Args:
        raws: as they came.
        messages: the union of messages that this service takes.
        now: to refuse what claims to have happened later than tomorrow.
    """
    received: list[Received] = []
    rejections: list[Rejection] = []
    for raw in raws:
        outcome = _judge(raw, messages_by_type(messages), now)
        (received if isinstance(outcome, Received) else rejections).append(outcome)  # type: ignore[arg-type]
    return received, rejections


def _judge(raw: Raw, types: Mapping[str, type[Message]], now: datetime) -> Received | Rejection:
    try:
        envelope = parse(raw.headers, raw.body, bare_is_structured=True)
    except TooLarge as error:
        return Rejection(raw, "too_large", str(error))
    except Malformed as error:
        return Rejection(raw, "malformed", str(error))
    except InvalidData as error:
        return Rejection(raw, "invalid_data", str(error), error.violations)

    def reject(reason: str, detail: str, violations: Sequence[Violation] = ()) -> Rejection:
        return Rejection(
            raw, reason, detail, tuple(violations), envelope.id, envelope.type, envelope.traceparent
        )

    if envelope.source != f"{SOURCE_PREFIX}{raw.source_name}":
        allowed = f"{SOURCE_PREFIX}{raw.source_name}"
        return reject(
            "source_mismatch", f"source is {envelope.source!r}, this credential is {allowed!r}"
        )
    if envelope.type.removeprefix("tandem.").split(".")[:2] != raw.subject.split(".")[2:]:
        return reject("unknown_type", f"type {envelope.type!r} came on subject {raw.subject!r}")
    if envelope.time > now + FUTURE_MAX:
        when = f"time {envelope.time.isoformat()} is later than {now.isoformat()} {TOO_FAR_AHEAD}"
        return reject("invalid_data", when, [Violation("time", when)])
    try:
        return Received(raw, envelope, read(types, envelope.type, envelope.data))
    except UnknownType:
        return reject("unknown_type", f"type {envelope.type!r} is not known to {_owner(raw)}")
    except ValidationError as error:
        violations = violations_of(error)
        return reject("invalid_data", str(InvalidData(violations)), violations)


def _owner(raw: Raw) -> str:
    return raw.subject.split(".")[2]
