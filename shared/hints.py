"""What a sender is told beside a violation: where it stands in the JSON, and what would be right.

Made from the contract itself, so that a hint never says what the next version does not take.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from shared.contracts.values import Message
from shared.errors import Violation
from shared.schemas import schema_of

CHOICES_MAX = 24
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ATTRIBUTES: Mapping[str, str] = {
    "specversion": 'write "1.0"',
    "id": "1 to 128 characters, a new one for each fact and the same one when you send it again",
    "source": "/systems/NAME, where NAME is the name of your credential",
    "type": "tandem.<service>.<name>.v1; /schemas lists them",
    "time": "when it happened, with its offset: 2024-03-27T14:00:00Z or 2024-03-27T10:00:00-04:00",
    "subject": "leave it out, or give a text of 1 to 1024 characters",
    "datacontenttype": "application/json, or leave it out",
    "dataschema": "leave it out, or give an absolute URI",
    "data": "an object with the fields of the type; /schemas shows them",
    "data_base64": "give data instead: a JSON object",
    "traceparent": "leave it out, or give one as W3C Trace Context has it",
}
"""What each attribute of an event wants."""


def json_path(field: str, *, within_data: bool) -> str:
    """Return a dotted path as a JSONPath (RFC 9535): `$.data.participants[0].role`.

    Args:
        field: as a violation names it.
        within_data: whether it is a field of the data, or an attribute beside them.
    """
    parts = field.split(".")
    if within_data and field != "data":
        parts = ["data", *parts]
    return "$" + "".join(_step(part) for part in parts)


def _step(part: str) -> str:
    if part.isascii() and part.isdigit():
        return f"[{part}]"
    if PLAIN.fullmatch(part):
        return f".{part}"
    escaped = part.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"


def hint_for(message: type[Message] | None, violation: Violation) -> str:
    """Return what would be right in the place of a violation.

    Args:
        message: the contract that the data break; None when an attribute is at fault.
        violation: what is wrong.
    """
    if message is None:
        said = "attributes have lower-case letters and digits in their names, and plain values"
        return ATTRIBUTES.get(violation.field, said)
    schema = _schema(message)
    *parents, last = violation.field.split(".")
    if violation.description == "is not a field of this type":
        return _hint_of_names(_at(schema, parents), last)
    wanted = _at(schema, violation.field.split("."))
    said = described(schema, wanted) if wanted else ""
    return said or f"/schemas/{message.TYPE} shows what {violation.field} may be"


def nearest_type(type_: str, known: Sequence[str]) -> str:
    """Return a hint for a type that nobody knows."""
    close = get_close_matches(type_[:200], known, n=1)
    return f"did you mean {close[0]}?" if close else "/schemas lists the types that there are"


@lru_cache(maxsize=256)
def _schema(message: type[Message]) -> dict[str, Any]:
    return schema_of(message)


def _hint_of_names(parent: Mapping[str, Any] | None, name: str) -> str:
    names = sorted(parent.get("properties", {})) if parent else []
    close = get_close_matches(name, names, n=1)
    known = f"the fields here are {', '.join(names[:CHOICES_MAX])}" if names else "leave it out"
    return f"did you mean {close[0]}? {known}" if close else known


def _at(schema: Mapping[str, Any], parts: Sequence[str]) -> Mapping[str, Any] | None:
    """Return the schema of a field; None where no path leads."""
    places = [schema]
    for part in parts:
        places = [step for place in places for step in _steps(schema, place, part)]
    found = [each for place in places for each in _alternatives(schema, place)]
    return found[0] if found else None


def _steps(
    schema: Mapping[str, Any], place: Mapping[str, Any], part: str
) -> Iterator[Mapping[str, Any]]:
    for each in _alternatives(schema, place):
        if part in each.get("properties", {}):
            yield each["properties"][part]
        elif part.isascii() and part.isdigit():
            first = each.get("prefixItems", [])[int(part) : int(part) + 1]
            yield from first or ([each["items"]] if isinstance(each.get("items"), dict) else [])


def _alternatives(
    schema: Mapping[str, Any], place: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield what a place may be, references followed; null, which every optional may be, aside."""
    if "$ref" in place:
        place = schema["$defs"][place["$ref"].rpartition("/")[2]]
    for each in place.get("anyOf", [place]):
        if each is not place and ("$ref" in each or "anyOf" in each):
            yield from _alternatives(schema, each)
        elif each.get("type") != "null":
            yield each


def described(schema: Mapping[str, Any], place: Mapping[str, Any]) -> str:
    """Return in words what a schema takes."""
    if "enum" in place:
        return f"one of {', '.join(map(str, place['enum'][:CHOICES_MAX]))}"
    if "const" in place:
        return f"write {place['const']!r}"
    match place.get("type"):
        case "object":
            return f"an object with {_fields(place)}"
        case "array":
            inner = next(_alternatives(schema, place.get("items", {})), {})
            return f"a list, each of them {described(schema, inner) or 'a value'}"
        case "string" if place.get("format") == "date-time":
            return "a time with its offset, like 2024-03-27T14:00:00Z"
        case "string" if "pattern" in place:
            most = (
                f" and has at most {place['maxLength']} characters" if "maxLength" in place else ""
            )
            return f"a text that fits {place['pattern']}{most}"
        case "string":
            return f"a text of {_bounds(place, 'minLength', 'maxLength')} characters"
        case "integer":
            return f"a whole number, {_bounds(place, 'minimum', 'maximum')}"
        case "number":
            return f"a number, {_bounds(place, 'minimum', 'maximum')}"
        case "boolean":
            return "true or false"
    return ""


def _fields(place: Mapping[str, Any]) -> str:
    names, required = place.get("properties", {}), set(place.get("required", ()))
    told = [name if name in required else f"{name}?" for name in names][:CHOICES_MAX]
    return ", ".join(told)


def _bounds(place: Mapping[str, Any], low: str, high: str) -> str:
    least, most = place.get(low), place.get(high)
    if least is not None and most is not None:
        return f"{least} to {most}"
    if most is not None:
        return f"at most {most}"
    return f"at least {least}" if least is not None else "any number of"
