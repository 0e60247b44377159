"""Requests into messages of the contract, and receipts into answers.

A request mirrors its message field by field, so one walk over the descriptor serves all of them;
what the contract then refuses is named by the path of the field.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import orjson
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message as Request
from pydantic import ValidationError
from tandem.common.v1 import common_pb2

from shared import draft, telemetry
from shared.access import scope_lacking
from shared.contracts.envelope import SOURCE_PREFIX, STRUCTURED, Malformed, TooLarge, parse
from shared.contracts.values import Message
from shared.errors import IdReused, InvalidData, Refused, Violation, violations_of
from shared.recorded import name_of
from shared.rpc.failures import Forbidden
from shared.rpc.server import caller
from shared.sift import FUTURE_MAX, Raw, Received

logger = logging.getLogger(__name__)

Model = TypeVar("Model", bound=Message)
CONTEXT = "context"
OUTCOMES = {
    "recorded": common_pb2.OUTCOME_RECORDED,
    "duplicate": common_pb2.OUTCOME_DUPLICATE,
    "waiting": common_pb2.OUTCOME_WAITING,
}


@dataclass(frozen=True, slots=True)
class _Field:
    """How one field of a request appears in the contract's JSON."""

    name: str
    key: str
    repeated: bool
    message: bool
    presence: bool
    keep_empty: bool


def to_message(request: Request, model: type[Model]) -> Model:
    """Return what a command says, its context left out.

    Raises:
        InvalidData: the contract refuses it; violations name fields as the contract's JSON does.
    """
    return _validated(_said(request), model)


def _validated(said: Mapping[str, Any], model: type[Model]) -> Model:
    try:
        return model.model_validate_json(orjson.dumps(said))
    except ValidationError as error:
        raise InvalidData(violations_of(error)) from None


def received(request: Request, model: type[Message], now: datetime) -> Received:
    """Return a command as if it had come over NATS, from the present caller.

    The same id with the same content is the same command on either way. Without a time it happened
    `now`, which then is no part of its identity: a caller that tries again says the same.

    Raises:
        Forbidden: the scope of the caller's credential leaves this type out.
        InvalidData: the contract refuses it; violations of the context begin with "context.".
    """
    source = caller().name
    if lacking := scope_lacking(caller(), model.TYPE):
        logger.warning("command outside the scope", extra={"type": model.TYPE, "id": source})
        raise Forbidden(f"the scope of the credential {source} lacks {lacking}")
    said = _said(request)
    message = _validated(said, model)
    context: common_pb2.CommandContext = getattr(request, CONTEXT)
    event = {
        "specversion": "1.0",
        "id": context.id,
        "source": SOURCE_PREFIX + source,
        "type": model.TYPE,
        "time": context.time if context.HasField("time") else now.isoformat(),
        "datacontenttype": "application/json",
        "data": said,
    }
    if context.HasField("subject"):
        event["subject"] = context.subject
    if traceparent := telemetry.traceparent_here():
        event["traceparent"] = traceparent
    service, name = model.TYPE.split(".")[1], name_of(model.TYPE)
    raw = Raw(
        subject=f"intake.{source}.{service}.{name}",
        headers={"content-type": STRUCTURED},
        body=orjson.dumps(event),
        received_at=now,
    )
    try:
        envelope = parse(raw.headers, raw.body)
    except InvalidData as error:
        raise InvalidData(
            [Violation(f"{CONTEXT}.{each.field}", each.description) for each in error.violations]
        ) from None
    except (Malformed, TooLarge) as error:
        raise InvalidData([Violation("data", str(error))]) from None
    if envelope.time > now + FUTURE_MAX:
        late = f"{envelope.time.isoformat()} is later than {now.isoformat()} by over a day"
        raise InvalidData([Violation(f"{CONTEXT}.time", late)])
    if not context.HasField("time"):
        envelope = envelope.timeless()
    return Received(raw, envelope, message)


def to_receipt(receipt: draft.Receipt) -> common_pb2.Receipt:
    """Return the answer to a command that was taken.

    Raises:
        IdReused, InvalidData, Refused: it was not; its bytes are kept among the rejected.
    """
    rejection = receipt.rejection
    if rejection is not None:
        if rejection.reason == "id_reused":
            raise IdReused(receipt.source, receipt.id)
        if rejection.reason == "invalid_data":
            raise InvalidData(rejection.violations or [Violation("data", rejection.detail)])
        raise Refused(rejection.detail)
    return common_pb2.Receipt(
        source=receipt.source,
        id=receipt.id,
        outcome=OUTCOMES[receipt.outcome],
        facts=[
            common_pb2.FactReference(
                stream=fact.stream, version=fact.version, type=fact.type, fact_id=str(fact.fact_id)
            )
            for fact in receipt.facts
        ],
        waiting_for=receipt.waiting_for,
    )


def _said(request: Request) -> dict[str, Any]:
    said: dict[str, Any] = plain(request)
    said.pop(CONTEXT, None)
    return said


def plain(message: Request) -> Any:
    """Return a message as the contract's JSON has it: absent where nothing was said."""
    fields = _fields(message.DESCRIPTOR)
    if message.DESCRIPTOR.GetOptions().Extensions[common_pb2.json_array]:
        return [getattr(message, field.name) for field in fields]
    document: dict[str, Any] = {}
    for field in fields:
        if field.presence and not message.HasField(field.name):
            continue
        value = getattr(message, field.name)
        if field.repeated:
            value = [plain(each) for each in value] if field.message else list(value)
        elif field.message:
            value = plain(value)
        if value or field.presence or field.keep_empty:
            document[field.key] = value
    return document


@cache
def _fields(descriptor: Descriptor) -> tuple[_Field, ...]:
    return tuple(
        _Field(
            name=field.name,
            key=contract_name(field),
            repeated=field.is_repeated,
            message=field.message_type is not None,
            presence=field.has_presence,
            keep_empty=field.GetOptions().Extensions[common_pb2.keep_empty],
        )
        for field in descriptor.fields
    )


def contract_name(field: FieldDescriptor) -> str:
    """Return what the contract calls a field: its `json_name` where the definition sets one."""
    first, *rest = field.name.split("_")
    usual = first + "".join(word.capitalize() for word in rest)
    return field.name if field.json_name == usual else field.json_name
