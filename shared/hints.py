"""What a sender can do about a message that cannot be accepted: a sentence for each reason."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType

from pydantic import BaseModel

from shared.contracts.messages.events import EventsMessage
from shared.contracts.messages.membership import MembershipMessage
from shared.contracts.messages.resources import ResourcesMessage
from shared.errors import UNKNOWN_FIELD, Violation
from shared.recorded import messages_by_type

ALIKE_MIN = 0.6
"""How alike two names are at least, 0 to 1, for the one to be meant by the other."""

HINTS: Mapping[str, str] = MappingProxyType(
    {
        "malformed": "Send a CloudEvent: either content-type application/cloudevents+json with all"
        " of it in the body, or ce- headers with the data in the body.",
        "too_large": "Send it in parts: a corrected attendance file supersedes the one before, and"
        " registrations go one by one.",
        "unknown_type": "Publish a type that there is, on the subject that its name says:"
        " intake.<source>.<service>.<name>.",
        "invalid_data": "Correct the fields named and send it again; the same id may be used,"
        " because nothing was recorded under it.",
        "source_mismatch": "Set source to /systems/ and the name of the credential, or publish"
        " under the credential of that source.",
        "id_reused": "Give another content an id of its own; what was recorded first stands.",
        "refused": "Send what must come before it, or correct what the sentence names; the same id"
        " may be used, because nothing was recorded under it.",
    }
)


def hint_of(reason: str, type_: str | None) -> str:
    """Return what the sender of a message that was rejected for a reason can do."""
    hint = HINTS.get(reason, "")
    known = messages_by_type(_everything())
    if reason != "unknown_type" or type_ is None or type_ in known:
        return hint
    alike = get_close_matches(type_, known, 1, ALIKE_MIN)
    return f"{hint} Is {alike[0]} meant?" if alike else hint


def field_hint(violation: Violation, type_: str | None) -> str | None:
    """Return the field that may be meant by one that the type does not have."""
    model = messages_by_type(_everything()).get(type_ or "")
    if model is None or violation.description != UNKNOWN_FIELD:
        return None
    name = violation.field.rpartition(".")[2]
    alike = get_close_matches(name, sorted(_names(model)), 1, ALIKE_MIN)
    return f"is {alike[0]} meant?" if alike else None


@cache
def _everything() -> object:
    return EventsMessage | MembershipMessage | ResourcesMessage


@cache
def _names(model: type[BaseModel]) -> frozenset[str]:
    """Return the names of the fields of a message and of all that it holds."""
    return frozenset(_named(model.model_json_schema()))


def _named(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(fields := schema.get("properties"), dict):
            yield from fields
        for part in schema.values():
            yield from _named(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _named(part)
