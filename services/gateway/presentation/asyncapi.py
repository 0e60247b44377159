"""What goes over NATS, as an AsyncAPI 3.0 document made from the contracts."""

from typing import Any

from services.gateway.presentation.contracts import (
    DIALECT,
    Type,
    components,
    event_schema,
    types,
)

FORMAT = f"application/schema+json;version={DIALECT.rsplit('/', 2)[1]}"
STRUCTURED = "application/cloudevents+json"
COMPONENTS = "#/components/schemas/{}/schema"
"""A schema stands within the word on its format."""


def document(version: str, nats: str) -> dict[str, Any]:
    """Return the document.

    Args:
        version: of Tandem.
        nats: where the broker is, as senders reach it.
    """
    host = nats.removeprefix("nats://")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tandem: events",
            "version": version,
            "description": "What other systems send, and what they hear when it is refused.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": STRUCTURED,
        "servers": {
            "nats": {
                "host": host,
                "protocol": "nats",
                "description": "JetStream; connect with the nkey of your credential.",
            }
        },
        "channels": {
            **{_key(each): _intake(each) for each in types()},
            "rejected": _rejected(),
        },
        "operations": {
            **{f"send_{_key(each)}": _sending(each) for each in types()},
            "hear_rejected": {
                "action": "receive",
                "channel": {"$ref": "#/channels/rejected"},
                "summary": "Hear what was refused of your own events.",
            },
        },
        "components": {
            "schemas": {name: _schema(schema) for name, schema in components(COMPONENTS).items()},
            "messages": {each.name: _message(each) for each in types()},
        },
    }


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    return {"schemaFormat": FORMAT, "schema": schema}


def _key(type_: Type) -> str:
    return f"{type_.service}_{type_.event_name}"


def _source() -> dict[str, Any]:
    return {"source": {"description": "The name of your credential."}}


def _intake(type_: Type) -> dict[str, Any]:
    return {
        "address": f"intake.{{source}}.{type_.service}.{type_.event_name}",
        "title": type_.name,
        "summary": type_.says,
        "parameters": _source(),
        "messages": {type_.name: {"$ref": f"#/components/messages/{type_.name}"}},
    }


def _sending(type_: Type) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{_key(type_)}"},
        "summary": type_.says,
        "messages": [{"$ref": f"#/channels/{_key(type_)}/messages/{type_.name}"}],
    }


def _message(type_: Type) -> dict[str, Any]:
    return {
        "name": type_.name,
        "title": type_.name,
        "summary": type_.says,
        "contentType": STRUCTURED,
        "payload": _schema(event_schema(type_, COMPONENTS)),
    }


def _rejected() -> dict[str, Any]:
    text, maybe = {"type": "string"}, {"type": ["string", "null"]}
    return {
        "address": "rejected.{source}",
        "title": "Rejected",
        "summary": "One notice for each of your events that an owner refused.",
        "parameters": _source(),
        "messages": {
            "rejected": {
                "name": "rejected",
                "contentType": "application/json",
                "payload": _schema(
                    {
                        "type": "object",
                        "required": ["reason", "detail", "violations", "rejected_id"],
                        "properties": {
                            **dict.fromkeys(("id", "type", "traceparent"), maybe),
                            **dict.fromkeys(("reason", "detail", "rejected_id"), text),
                            "violations": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "properties": {"field": text, "description": text},
                                },
                            },
                        },
                    }
                ),
            }
        },
    }
