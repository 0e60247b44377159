"""HTTP of the gateway as an OpenAPI 3.1 document, made from the contracts."""

from collections.abc import Mapping
from typing import Any

from services.gateway.presentation.contracts import (
    DIALECT,
    components,
    event_schema,
    example,
    types,
)

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
JSON = "application/json"
PROBLEM = "application/problem+json"
COMPONENTS = "#/components/schemas/{}"
REASONS: Mapping[str, str] = {
    "malformed": "It is no CloudEvent: check the content type and the JSON.",
    "unknown_type": "It is a CloudEvent, but nobody here reads its type; /schemas lists them.",
    "invalid_data": "An attribute or a field is missing or wrong; `violations` names each.",
    "source_mismatch": "`source` is not /systems/ and the name of your credential.",
    "not_allowed": "The scope of your credential leaves this type out.",
    "too_large": "More than 1 MiB an event, or more than a batch may hold.",
    "id_reused": "Told later, by the owner: the id came before with other content.",
    "refused": "Told later, by the owner: a rule forbids it; the rule and the values are named.",
}
"""The contract's words for what is wrong, and what to do."""
TOLD_LATER = frozenset({"id_reused", "refused"})


def document(version: str) -> dict[str, Any]:
    """Return the document; its server is wherever it was read."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tandem: events over HTTP",
            "version": version,
            "summary": "CloudEvents in; durable when they are answered with 202.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": DIALECT,
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": {
            "/events": {"post": _publish()},
            "/events/{id}": {"get": _receipt()},
            "/rejected": {"get": _rejected()},
            "/webhooks/zoom/{name}": {"post": _webhook("Zoom", "signed")},
            "/webhooks/eventbrite/{name}": {"post": _webhook("Eventbrite", "asked")},
            "/schemas": {"get": _open("The types that may be sent, with their schemas.")},
            "/schemas/{type}": {
                "get": _open("The JSON Schema of one type's data.", "application/schema+json")
                | {"parameters": [_parameter("type", "path", "As /schemas lists it.")]}
            },
            "/openapi.json": {"get": _open("This document.")},
            "/asyncapi.json": {"get": _open("The same for NATS: an AsyncAPI 3.0 document.")},
        },
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of a credential.",
                }
            },
            "schemas": _schemas(),
            "responses": {"Problem": _problem_response()},
        },
    }


def _schemas() -> dict[str, Any]:
    text = {"type": "string"}
    violation = {
        "type": "object",
        "required": ["path", "description", "hint"],
        "properties": {
            "path": {**text, "description": "Where it stands: a JSONPath (RFC 9535)."},
            "description": {**text, "description": "What is wrong."},
            "hint": {**text, "description": "What would be right."},
        },
    }
    result = {
        "type": "object",
        "required": ["status"],
        "properties": {
            "index": {"type": "integer", "description": "Of the event in the batch, from 0."},
            "id": {"type": ["string", "null"]},
            "status": {"type": "integer"},
            "receipt": {**text, "description": "Where to ask what became of it."},
            "trace_id": text,
            "reason": {**text, "enum": list(REASONS)},
            "detail": text,
            "violations": {"type": "array", "items": {"$ref": "#/components/schemas/Violation"}},
        },
    }
    return {
        **components(COMPONENTS),
        "Event": {"oneOf": [event_schema(each, COMPONENTS) for each in types()]},
        "Violation": violation,
        "Result": result,
        "Receipt": _receipt_schema(),
        "BatchResult": {
            "type": "object",
            "required": ["accepted", "refused", "results"],
            "properties": {
                "accepted": {"type": "integer"},
                "refused": {"type": "integer"},
                "results": {"type": "array", "items": {"$ref": "#/components/schemas/Result"}},
            },
        },
        "Problem": {
            "type": "object",
            "description": "A problem document (RFC 9457).",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": {**text, "format": "uri-reference"},
                "title": text,
                "status": {"type": "integer"},
                "detail": text,
                "reason": {**text, "enum": list(REASONS)},
                "violations": {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/Violation"},
                },
                "trace_id": text,
                "results": {"type": "array", "items": {"$ref": "#/components/schemas/Result"}},
            },
        },
    }


def _publish() -> dict[str, Any]:
    said = example()
    result = {"$ref": "#/components/schemas/Result"}
    batch_result = {"$ref": "#/components/schemas/BatchResult"}
    return {
        "operationId": "publish",
        "summary": "Take one event, or a batch.",
        "description": (
            "In binary mode the attributes stand in `ce-` headers, percent-encoded, and the body "
            "is the data. What is wrong is told at once, and goes no further; a good event of a "
            "batch is taken whatever its neighbours are."
        ),
        "parameters": [
            _parameter(
                f"ce-{name}", "header", "Binary mode alone: an attribute of the event.", False
            )
            for name in ("specversion", "id", "source", "type", "time")
        ]
        + [_parameter("traceparent", "header", "W3C Trace Context of the request.", False)],
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED: {
                    "schema": {"$ref": "#/components/schemas/Event"},
                    "example": said,
                },
                BATCH: {
                    "schema": {
                        "type": "array",
                        "maxItems": 1000,
                        "items": {"$ref": "#/components/schemas/Event"},
                    },
                    "example": [said],
                },
                JSON: {"schema": {"type": "object"}, "example": said["data"]},
            },
        },
        "responses": {
            "202": {
                "description": "Stored, all of it: the owner will read it.",
                "headers": {
                    "Location": _header("Where to ask for the receipt of a single event."),
                    "traceresponse": _header("The trace it belongs to."),
                    **_limits(),
                },
                "content": {JSON: {"schema": {"oneOf": [result, batch_result]}}},
            },
            "207": {
                "description": "Some events of the batch are stored; `results` has one for each.",
                "content": {JSON: {"schema": batch_result}},
            },
            "400": _problem("`malformed`: no CloudEvent."),
            "401": _problem("No token, or nobody's."),
            "403": _problem("`source_mismatch` or `not_allowed`."),
            "408": _problem("The body did not come in time."),
            "413": _problem("`too_large`."),
            "415": _problem("A format of events, a charset or an encoding that is not read."),
            "422": _problem("`invalid_data` or `unknown_type`."),
            "429": _problem("Over the quota; nothing was taken. See `Retry-After`."),
            "503": _problem("Not stored, or not known: send it again with the same id."),
        },
    }


def _receipt_schema() -> dict[str, Any]:
    text = {"type": "string"}
    fact = {"stream": text, "version": {"type": "integer"}, "type": text, "fact_id": text}
    violation = {"path": text, "description": text}
    rejection = {
        "rejected_id": text,
        "reason": {**text, "enum": list(REASONS)},
        "explanation": text,
        "violations": {"type": "array", "items": {"type": "object", "properties": violation}},
    }
    return {
        "type": "object",
        "required": ["id", "state", "facts"],
        "properties": {
            "id": text,
            "state": {**text, "enum": ["unknown", "waiting", "rejected", "recorded"]},
            "service": {**text, "description": "The owner that has got furthest with it."},
            "facts": {"type": "array", "items": {"type": "object", "properties": fact}},
            "recorded_at": {**text, "format": "date-time"},
            "digest": {**text, "description": "The SHA-256 by which its content is known."},
            "reported": {"type": "boolean", "description": "A report of today counts it."},
            "waiting_for": {**text, "description": "The stream whose first fact is awaited."},
            "rejection": {
                "type": "object",
                "description": "Why the last message under this id could not be accepted.",
                "properties": rejection,
            },
        },
    }


def _receipt() -> dict[str, Any]:
    return {
        "operationId": "getReceipt",
        "summary": "What became of an event of your own, and whether a report counts it.",
        "parameters": [
            _parameter("id", "path", "The id of the event, percent-encoded."),
            _parameter("service", "query", "Ask one owner alone.", False),
            _parameter("report", "query", "Wait so many seconds for a report, 0 to 10.", False),
        ],
        "responses": {
            "200": {
                "description": "Where it stands.",
                "content": {JSON: {"schema": {"$ref": "#/components/schemas/Receipt"}}},
            },
            "400": _problem("An id, a service or a number of seconds that is none."),
            "401": _problem("No token, or nobody's."),
            "503": _problem("An owner does not answer."),
        },
    }


def _rejected() -> dict[str, Any]:
    return {
        "operationId": "listRejected",
        "summary": "What the owners refused of your own events, the newest first.",
        "parameters": [
            _parameter("limit", "query", "So many at most, 1 to 200; 50 when left out.", False),
            _parameter("cursor", "query", "From the answer before.", False),
            _parameter("include", "query", "`body`: with the bytes and headers that came.", False),
        ],
        "responses": {
            "200": {
                "description": "A page; `next` is the address of the next one.",
                "content": {JSON: {"schema": {"type": "object"}}},
            },
            "400": _problem("A cursor or a limit that is none."),
            "401": _problem("No token, or nobody's."),
            "503": _problem("An owner does not answer."),
        },
    }


def _webhook(platform: str, how: str) -> dict[str, Any]:
    believed = {
        "signed": "Signed: `x-zm-signature` over the very bytes, within five minutes.",
        "asked": "What is sent is an address, asked at the configured host alone.",
    }
    return {
        "operationId": f"from{platform}",
        "summary": f"What {platform} tells, as events of a credential.",
        "description": believed[how],
        "security": [],
        "parameters": [_parameter("name", "path", "The credential that it speaks for.")],
        "requestBody": {"required": True, "content": {JSON: {"schema": {"type": "object"}}}},
        "responses": {
            "200": {"description": "Taken; `events` names what followed from it."},
            "401": _problem("Not believed."),
            "404": _problem("No such webhook."),
            "422": _problem("Not understood, or an address that is not asked."),
            "503": _problem("Not stored, or the platform does not answer."),
        },
    }


def _open(summary: str, media_type: str = JSON) -> dict[str, Any]:
    answer = {"description": summary, "content": {media_type: {"schema": {"type": "object"}}}}
    return {"summary": summary, "security": [], "responses": {"200": answer}}


def _parameter(name: str, where: str, description: str, required: bool = True) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": required,
        "description": description,
        "schema": {"type": "string"},
    }


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


def _limits() -> dict[str, Any]:
    return {
        "RateLimit-Policy": _header("The quotas: q at once, full again in w seconds."),
        "RateLimit": _header("What is left of each: r, full again in t seconds."),
    }


def _problem(description: str) -> dict[str, Any]:
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}


def _problem_response() -> dict[str, Any]:
    return _problem("What went wrong.")
