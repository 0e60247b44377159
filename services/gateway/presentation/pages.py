"""The documents as pages: rendered here, without script, with nothing from another host."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from services.gateway.presentation.contracts import Type, example, types
from services.gateway.presentation.openapi import REASONS, TOLD_LATER
from shared.hints import described

HERE = Path(__file__).parent
STYLE = (HERE / "gateway.css").read_bytes()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["coded"] = _coded
    environment.filters["indented"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)
    return environment


def docs_page(document: Mapping[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    return _page(
        "docs.html",
        title=document["info"]["title"],
        document=document,
        reasons=REASONS,
        told_later=TOLD_LATER,
        example=example(),
    )


def asyncapi_page(document: Mapping[str, Any]) -> str:
    """Return the page of an AsyncAPI document."""
    return _page("asyncapi.html", title=document["info"]["title"], document=document)


def schemas_page() -> str:
    """Return the page of all types."""
    return _page("schemas.html", title="Types of events", types=types())


def schema_page(type_: Type) -> str:
    """Return the page of one type."""
    fields = [
        {
            "name": name,
            "required": name in type_.schema.get("required", ()),
            "takes": _takes(type_.schema, place),
        }
        for name, place in type_.schema.get("properties", {}).items()
    ]
    return _page("schema.html", title=type_.name, type=type_, fields=fields)


def _coded(text: str) -> Markup:
    """Return a text whose words between backticks are code."""
    parts = text.split("`")
    code = Markup("<code>{}</code>")
    return Markup("").join(
        code.format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )


def _takes(schema: Mapping[str, Any], place: Mapping[str, Any]) -> str:
    ways = [
        described(schema, schema["$defs"][each["$ref"].rpartition("/")[2]])
        if "$ref" in each
        else described(schema, each)
        for each in place.get("anyOf", [place])
        if each.get("type") != "null"
    ]
    return "; or ".join(filter(None, ways))


def _page(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)
