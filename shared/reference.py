"""What docs/publishing.md repeats: the types of the contract, their fields, and the examples.

    python -m shared.reference    write them into the document again

A test compares; whoever changes the contract or an example runs `make publishing-reference`.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.hints import described
from shared.schemas import schemas

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "publishing.md"
PARTS = re.compile(r"(<!-- (?P<name>[\w./]+): begin -->\n).*?(<!-- (?P=name): end -->)", re.DOTALL)
PATTERN = re.compile(r"fits (\S+)")
FENCES = {".py": "python", ".sh": "sh"}
PREFIX = "tandem."


def written(document: str) -> str:
    """Return the document with every part that is made from something made again."""
    return PARTS.sub(
        lambda part: f"{part[1]}{_part(part['name'])}{part[3]}",
        document,
    )


def _part(name: str) -> str:
    if name == "types":
        return types_table(schemas())
    if name == "fields":
        return fields_table(schemas())
    file = DOCUMENT.parent / name
    return f"```{FENCES[file.suffix]}\n{file.read_text('utf-8')}```\n"


def types_table(known: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a row for each type: what it says, and its fields."""
    rows = ["| type (`tandem.` …) | says | data |", "|---|---|---|"]
    for name, schema in known.items():
        required = schema.get("required", [])
        fields = [
            field if field in required else f"{field}?" for field in schema.get("properties", {})
        ]
        says = str(schema.get("description", "")).splitlines()[0].rstrip(".")
        rows.append(f"| `{name.removeprefix(PREFIX)}` | {says} | {', '.join(fields)} |")
    return "\n".join(rows) + "\n"


def fields_table(known: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a row for each field: what it holds, in each way that a type means it."""
    held: dict[str, list[str]] = {}
    for schema in known.values():
        for field, what in _fields(schema):
            ways = held.setdefault(field, [])
            if what not in ways:
                ways.append(what)
    rows = ["| field | holds |", "|---|---|"]
    rows += [f"| `{field}` | {'; or '.join(held[field])} |" for field in sorted(held)]
    return "\n".join(rows) + "\n"


def _fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field, place in schema.get("properties", {}).items():
        told = described(schema, _meant(schema, place)) or "a value"
        yield field, PATTERN.sub(r"fits `\1`", told.replace("|", "\\|"))


def _meant(schema: Mapping[str, Any], place: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a field holds when it is there: its reference followed, null aside."""
    if "$ref" in place:
        return _meant(schema, schema["$defs"][place["$ref"].rpartition("/")[2]])
    for each in place.get("anyOf", []):
        if each.get("type") != "null":
            return _meant(schema, each)
    return place


def main() -> None:
    """Write the document again."""
    DOCUMENT.write_text(written(DOCUMENT.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
