"""An event that came over HTTP, judged as its owner would: taken, or refused with what to mend.

The very headers and bytes that go into INTAKE are put before the owner's own code, so nothing is
taken here that is malformed there. What only the domain can forbid is told later, by the owner.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from services.gateway.domain.reading import Said
from services.gateway.domain.wellformed import document_of
from shared.contracts.envelope import SOURCE_PREFIX, Malformed, TooLarge
from shared.contracts.values import Message
from shared.errors import InvalidData, Violation
from shared.hints import hint_for, json_path, nearest_type
from shared.recorded import messages_by_type
from shared.schemas import UNIONS
from shared.sift import Raw, Received, Rejection, sift
from shared.upcasting import UPCASTERS

SHOWN_CHARACTERS_MAX = 128


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose events they are: the name of the credential, and which types it may say."""

    name: str
    may_say: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Told:
    """One thing at fault: where it stands (JSONPath), what is wrong, what would be right."""

    path: str
    description: str
    hint: str


@dataclass(frozen=True, slots=True)
class Taken:
    """An event that its owner will read; `subject` is where it goes."""

    id: str
    type: str
    subject: str
    said: Said
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that is not taken, in the contract's words; nothing of it is kept."""

    reason: str
    detail: str
    violations: tuple[Told, ...] = ()
    id: str | None = None
    type: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class _Owner:
    """Who owns a type: its service, and all that this service takes."""

    service: str
    union: Any


@cache
def _owners() -> Mapping[str, _Owner]:
    """Map every type to its owner, types that retired too."""
    owners = {}
    for union in UNIONS:
        types = messages_by_type(union)
        for name in types:
            owners[name] = _Owner(name.split(".")[1], union)
    by_service = {owner.service: owner for owner in owners.values()}
    retired = {name: by_service[name.split(".")[1]] for name in UPCASTERS}
    return owners | retired


def judge(said: Said, sender: Sender, now: datetime) -> Taken | Refusal:
    """Return an event as it goes into INTAKE, or why it does not."""
    try:
        document = document_of(said)
    except TooLarge as error:
        return Refusal("too_large", str(error))
    except Malformed as error:
        return Refusal("malformed", str(error))
    except InvalidData as error:
        return Refusal("invalid_data", str(error), told_of(error.violations))
    return _judged(said, document, sender, now)


def _judged(
    said: Said, document: Mapping[str, Any], sender: Sender, now: datetime
) -> Taken | Refusal:
    type_, source = document["type"], document["source"]

    def refuse(reason: str, detail: str, told: Sequence[Told] = ()) -> Refusal:
        traceparent = document.get("traceparent")
        return Refusal(
            reason, detail, tuple(told), _shown(document["id"]), _shown(type_), traceparent
        )

    owner = _owners().get(type_)
    if owner is None:
        description = f"type {_shown(type_)!r} is not known"
        hint = nearest_type(type_, sorted(_owners()))
        return refuse("unknown_type", description, [Told("$.type", description, hint)])
    allowed = f"{SOURCE_PREFIX}{sender.name}"
    if source != allowed:
        description = f"source is {_shown(source)!r}, this credential is {allowed!r}"
        return refuse("source_mismatch", description, [Told("$.source", description, allowed)])
    if not sender.may_say(type_):
        description = f"the credential {sender.name} may not say {type_}"
        hint = "whoever runs Tandem gives credentials their services and types"
        return refuse("not_allowed", description, [Told("$.type", description, hint)])
    subject = f"intake.{sender.name}.{owner.service}.{type_.split('.')[2]}"
    raw = Raw(subject, said.headers, said.body, now)
    received, rejections = sift([raw], owner.union, now)
    if rejections:
        message = messages_by_type(owner.union).get(type_)
        rejection = rejections[0]
        return refuse(rejection.reason, rejection.detail, _found(rejection, message))
    return _taken(received[0], said)


def taken_all_the_same(judged: Taken | Refusal, said: Said, sender: Sender) -> Taken | Refusal:
    """Return an event that breaks its contract as taken, for its owner to keep it with the reason.

    What is of no type that is known, or not for this sender to say, stays refused.
    """
    if isinstance(judged, Taken) or judged.reason != "invalid_data":
        return judged
    owner = _owners().get(judged.type or "")
    if owner is None or judged.type is None or judged.id is None:
        return judged
    subject = f"intake.{sender.name}.{owner.service}.{judged.type.split('.')[2]}"
    return Taken(judged.id, judged.type, subject, said, judged.traceparent)


def _taken(received: Received, said: Said) -> Taken:
    envelope = received.envelope
    return Taken(envelope.id, envelope.type, received.raw.subject, said, envelope.traceparent)


def _found(rejection: Rejection, message: type[Message] | None) -> tuple[Told, ...]:
    """Return what the owner's code found, with the place of each.

    An event whose envelope could be read has an id; then it is its data that are at fault, except
    for a time that lies ahead.
    """
    in_data = rejection.id is not None
    ahead = [each for each in rejection.violations if in_data and each.field == "time"]
    if ahead and message is not None and "time" not in message.model_fields:
        in_data = False
    return told_of(rejection.violations, message if in_data else None)


def told_of(
    violations: Sequence[Violation], message: type[Message] | None = None
) -> tuple[Told, ...]:
    """Return violations as a sender is told of them: of the data, or of attributes without one."""
    return tuple(
        Told(
            json_path(each.field, within_data=message is not None),
            each.description,
            hint_for(message, each),
        )
        for each in violations
    )


def _shown(text: str) -> str:
    """Return what a sender chose, short enough to send back."""
    return text if len(text) <= SHOWN_CHARACTERS_MAX else text[:SHOWN_CHARACTERS_MAX] + "…"
