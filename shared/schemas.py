"""The JSON Schema of every message that other systems send, made from the contract itself.

A schema tells the shape. What needs a calendar, a time zone or a second field (a day that exists,
a local time that the clocks skip, an end behind its start) is told by the rejection.
"""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from shared.contracts.messages.events import EventsMessage
from shared.contracts.messages.membership import MembershipMessage
from shared.contracts.messages.resources import ResourcesMessage
from shared.contracts.values import Message
from shared.recorded import messages_by_type

URN = "urn:tandem:schema:"
UNIONS = (MembershipMessage, EventsMessage, ResourcesMessage)


class _Untitled(GenerateJsonSchema):
    """Fields are called by their names, which pydantic would repeat as titles."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema (2020-12) of the `data` of each type, in the order of the types."""
    types = {name: each for union in UNIONS for name, each in messages_by_type(union).items()}
    return {name: schema_of(types[name]) for name in sorted(types)}


def schema_of(message: type[Message]) -> dict[str, Any]:
    """Return the JSON Schema of one message: fields as they stand on the wire, and no others."""
    schema = message.model_json_schema(by_alias=True, schema_generator=_Untitled)
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"{URN}{message.TYPE}",
        **schema,
        "title": message.TYPE,
    }
