"""The types that may be sent, with their schemas, and a CloudEvent around each."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from shared.schemas import schemas

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True)
class Type:
    """One type: its name, what it says, and the schema of its data."""

    name: str
    says: str
    schema: dict[str, Any]

    @property
    def service(self) -> str:
        """The service that owns it."""
        return self.name.split(".")[1]

    @property
    def event_name(self) -> str:
        """Its bare name: "city_attended"."""
        return self.name.split(".")[2]


@cache
def types() -> tuple[Type, ...]:
    """Return every type, by name."""
    return tuple(
        Type(name, str(schema.get("description", "")).partition("\n")[0], schema)
        for name, schema in schemas().items()
    )


def attributes_schema() -> dict[str, Any]:
    """Return the schema of a CloudEvent's attributes, as the contract asks for them."""
    line = {"type": "string", "minLength": 1, "maxLength": 1024}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {
                "type": "string",
                "minLength": 1,
                "maxLength": 128,
                "description": "Unique among everything you send; the same id again is a repeat.",
            },
            "source": {
                "type": "string",
                "pattern": "^/systems/[a-z0-9-]{1,40}$",
                "description": "/systems/ and the name of your credential.",
            },
            "type": {"type": "string", "enum": [each.name for each in types()]},
            "time": {
                "type": "string",
                "format": "date-time",
                "description": "When it happened, with its offset from UTC.",
            },
            "datacontenttype": {"type": "string", "default": "application/json"},
            "dataschema": {**line, "format": "uri"},
            "subject": line,
            "traceparent": line,
            "tracestate": line,
            "correlationid": line,
            "causationid": line,
            "data": {"type": "object", "description": "As the type has it; see /schemas."},
        },
        "additionalProperties": {
            "description": "Extensions: a-z and 0-9 in their names.",
            "type": ["string", "integer", "boolean", "null"],
        },
    }


def components(place: str) -> dict[str, dict[str, Any]]:
    """Return every schema of the contracts by name, as the components of one document.

    What the schema of a type defines within itself stands beside it, so that every tool follows the
    references, those too that know nothing of schemas within schemas.

    Args:
        place: where a component stands in the document, such as "#/components/schemas/{}".
    """
    found = {"CloudEvent": attributes_schema()}
    for each in types():
        schema = _referring(each.schema, place)
        found |= schema.pop("$defs", {})
        found[each.name] = {
            name: value for name, value in schema.items() if name not in ("$schema", "$id")
        }
    return found


def _referring(value: Any, place: str) -> Any:
    """Return a copy of a schema whose references lead to components."""
    if isinstance(value, dict):
        return {
            name: place.format(each.rpartition("/")[2])
            if name == "$ref"
            else _referring(each, place)
            for name, each in value.items()
        }
    return [_referring(each, place) for each in value] if isinstance(value, list) else value


def event_schema(type_: Type, place: str) -> dict[str, Any]:
    """Return the schema of a whole event of one type, made of components."""
    return {
        "allOf": [
            {"$ref": place.format("CloudEvent")},
            {
                "properties": {
                    "type": {"const": type_.name},
                    "data": {"$ref": place.format(type_.name)},
                }
            },
        ]
    }


def example() -> dict[str, Any]:
    """Return an event that the contract takes."""
    return {
        "specversion": "1.0",
        "id": "clinic-3",
        "source": "/systems/demo",
        "type": "tandem.events.city_attended.v1",
        "time": "2024-05-14T19:00:00Z",
        "data": {"activity_id": "spring-clinic", "city": {"city_id": "chattanooga-tn"}},
    }
