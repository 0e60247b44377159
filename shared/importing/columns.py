"""CSV for every type of the contract: its columns are the fields of the data.

A nested field is dotted (`city.name`), a list stands in one cell with semicolons between
(`NLC; SCN`). A list of objects takes a row each (`participants.person.email`): rows that follow one
another and agree in all else are one event. `docs/importing.md` has the columns of each type.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from pydantic import ValidationError

from shared.contracts.messages.events import RecordAttendance
from shared.contracts.values import Message
from shared.errors import violations_of
from shared.importing.drafting import Draft
from shared.importing.mapping import Mapping as Words
from shared.importing.reading import FileRefused, Problem, Reading, Tally
from shared.importing.tables import Row
from shared.recorded import messages_by_type
from shared.schemas import UNIONS, schema_of

TYPE, TIME, ID = "type", "time", "id"
OWN_COLUMNS = (TYPE, TIME, ID)
PREFIX = "tandem."
VERSION = ".v1"
MOMENTS = ("at", "ended_at", "on")
"""Fields that tell when something happened, where no column `time` does."""
YES_OR_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
FIRST_OF_PERIOD = {4: "-01-01", 7: "-01", 10: ""}


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the data as a column.

    Args:
        form: string, integer, number, boolean, list (of words), pairs (of two values).
        choices: the words allowed, where they are listed.
        of_rows: the list of objects whose rows it belongs to, as `participants`.
    """

    path: str
    form: str
    required: bool = False
    choices: tuple[str, ...] = ()
    of_rows: str | None = None


@lru_cache(maxsize=1)
def types() -> Mapping[str, type[Message]]:
    """Return the messages of the contract by type, in the order of the types."""
    found = {name: each for union in UNIONS for name, each in messages_by_type(union).items()}
    return dict(sorted(found.items()))


def full_type(name: str) -> str | None:
    """Return the type that `events.help_given`, or its whole name, means; None when none is."""
    whole = name if name.startswith(PREFIX) else f"{PREFIX}{name}"
    whole = whole if re.search(r"\.v\d+$", whole) else f"{whole}{VERSION}"
    return whole if whole in types() else None


@lru_cache(maxsize=64)
def columns_of(type_: str) -> tuple[Column, ...]:
    """Return the columns of a type, in the order of its fields."""
    schema = schema_of(types()[type_])
    return tuple(_columns(schema, schema.get("$defs", {}), "", None, required=True))


def _columns(
    schema: Mapping[str, Any],
    defs: Mapping[str, Any],
    path: str,
    of_rows: str | None,
    *,
    required: bool,
) -> Iterator[Column]:
    """Yield the columns of an object."""
    for name, given in schema["properties"].items():
        part = _plain(given, defs)
        where = f"{path}{name}"
        needed = required and name in schema.get("required", ())
        if "properties" in part:
            yield from _columns(part, defs, f"{where}.", of_rows, required=needed)
        elif part.get("type") != "array":
            choices = tuple(part.get("enum", ()))
            yield Column(where, part.get("type", "string"), needed, choices, of_rows)
        elif "prefixItems" in (items := _plain(part.get("items", {}), defs)):
            yield Column(where, "pairs", needed, (), of_rows)
        elif "properties" in items:
            yield from _columns(items, defs, f"{where}.", name, required=needed)
        else:
            yield Column(where, "list", needed, tuple(items.get("enum", ())), of_rows)


def _plain(part: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a part of a schema without its null, and what a reference in it stands for."""
    if "anyOf" in part:
        part = next(each for each in part["anyOf"] if each.get("type") != "null")
    if "$ref" in part:
        part = defs[part["$ref"].rpartition("/")[2]]
    return part


@dataclass(slots=True)
class _Event:
    """An event as its rows tell it."""

    type_: str
    row: int
    told: tuple[tuple[str, str], ...]
    data: dict[str, Any]
    time: str
    id: str | None
    lists: dict[str, list[Any]] = field(default_factory=dict)


def read(rows: Sequence[Row], words: Words, type_: str | None = None) -> Reading:
    """Return what the rows say, every one an event of `type_`, or of the type in its own column.

    Raises:
        FileRefused: a heading is no field, or some rows cannot be read; each is named.
    """
    start = next((place for place, row in enumerate(rows) if row), None)
    if start is None:
        raise FileRefused("the file is empty")
    headings = _headings(rows[start], words)
    tally = Tally()
    events: list[_Event] = []
    for row in rows[start + 1 :]:
        if not row:
            continue
        tally.rows += 1
        with tally.at(row.number):
            _take(row, headings, type_, events)
    drafts = []
    for event in events:
        with tally.at(event.row):
            drafts.append(_draft(event, tally))
    return tally.result([draft for draft in drafts if draft is not None])


def _headings(row: Row, words: Words) -> list[str | None]:
    """Return the field of each column; None where the mapping says to ignore it."""
    ours = {theirs: ours for ours, theirs in words.columns.items()}
    known = {column.path for name in types() for column in columns_of(name)}
    found: list[str | None] = []
    problems = []
    for cell in row.cells:
        path = ours.get(cell, cell)
        if not cell or cell in words.ignore:
            found.append(None)
        elif path in known or path in OWN_COLUMNS:
            if path in found:
                problems.append(Problem(row.number, cell, "stands twice"))
            found.append(path)
        else:
            problems.append(
                Problem(
                    row.number,
                    cell,
                    "is no field of any type: name it under [columns], or under ignore",
                )
            )
    if problems:
        raise FileRefused(*problems)
    return found


def _take(
    row: Row, headings: Sequence[str | None], type_: str | None, events: list[_Event]
) -> None:
    """Add what a row says: to the event before when it is another row of a list of it, or anew."""
    if any(row.cells[len(headings) :]):
        raise ValueError("has a cell without a heading above it")
    cells = {path: cell for path, cell in zip(headings, row.cells, strict=False) if path and cell}
    said = cells.pop(TYPE, type_ or "")
    if (name := full_type(said)) is None:
        raise ValueError(f"{said!r} is no type" if said else "tells no type: give --type")
    moment, id_ = cells.pop(TIME, ""), cells.pop(ID, None)
    columns = {column.path: column for column in columns_of(name)}
    unknown = next((path for path in cells if path not in columns), None)
    if unknown is not None:
        raise ValueError(f"{unknown} is no field of {name}")
    own = {path: cell for path, cell in cells.items() if columns[path].of_rows is None}
    listed = {path: cell for path, cell in cells.items() if columns[path].of_rows is not None}
    told = (*sorted(own.items()), (TIME, moment))
    last = events[-1] if events else None
    if last is None or not listed or (last.type_, last.told) != (name, told):
        last = _Event(name, row.number, told, _nested(own, columns, ""), moment, id_)
        events.append(last)
    for name_of_list in dict.fromkeys(columns[path].of_rows for path in listed):
        some = {
            path: cell for path, cell in listed.items() if columns[path].of_rows == name_of_list
        }
        item = _nested(some, columns, f"{name_of_list}.")
        last.lists.setdefault(str(name_of_list), []).append(item)


def _nested(cells: Mapping[str, str], columns: Mapping[str, Column], prefix: str) -> dict[str, Any]:
    """Return cells as the data they stand for."""
    data: dict[str, Any] = {}
    for path, cell in cells.items():
        *outer, last = path.removeprefix(prefix).split(".")
        into = data
        for step in outer:
            into = into.setdefault(step, {})
        into[last] = _value(path, cell, columns[path])
    return data


def _value(path: str, cell: str, column: Column) -> Any:
    """Return a cell as the value it stands for.

    Raises:
        ValueError: it stands for none.
    """
    match column.form:
        case "list":
            return [each.strip() for each in cell.split(";") if each.strip()]
        case "pairs":
            pairs = [each.strip().split("/") for each in cell.split(";") if each.strip()]
            if any(len(pair) != 2 for pair in pairs):
                raise ValueError(f"{path}: write from/to, and a semicolon between two of them")
            return pairs
        case "boolean":
            if cell.casefold() not in YES_OR_NO:
                raise ValueError(f"{path}: must be yes or no, got {cell!r}")
            return YES_OR_NO[cell.casefold()]
        case "integer":
            if not re.fullmatch(r"-?\d{1,18}", cell):
                raise ValueError(f"{path}: must be a whole number, got {cell!r}")
            return int(cell)
        case "number":
            if not re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", cell):
                raise ValueError(f"{path}: must be a number, got {cell!r}")
            return float(cell)
        case _:
            return cell


def _draft(event: _Event, tally: Tally) -> Draft | None:
    """Return the draft of an event; None when its data break the contract, which is told."""
    data = event.data | event.lists
    try:
        # As JSON, so that a list stands for a tuple, as it does on the wire.
        message = types()[event.type_].model_validate_json(orjson.dumps(data))
    except ValidationError as error:
        for violation in violations_of(error):
            tally.problem(event.row, violation.field, violation.description)
        return None
    return Draft(message, _moment(event.time, message), event.row, event.id)


def _moment(told: str, message: Message) -> datetime:
    """Return when it happened: as the column says, else as the data do.

    Raises:
        ValueError: neither does.
    """
    if told:
        moment = datetime.fromisoformat(told)
        if moment.tzinfo is None:
            raise ValueError(f"time: needs an offset, got {told!r}")
        return moment
    for name in MOMENTS:
        value = getattr(message, name, None)
        if isinstance(value, datetime):
            return value
        if isinstance(value, str):
            day = datetime.fromisoformat(value + FIRST_OF_PERIOD[len(value)]).date()
            return datetime.combine(day, time(12), UTC)
    if isinstance(message, RecordAttendance):
        ends = [until for each in message.participants for _, until in each.intervals]
        if ends:
            return max(ends)
    start, zone = getattr(message, "starts_at", None), getattr(message, "time_zone", None)
    if start is not None and zone is not None:
        return datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    raise ValueError("time: this type needs a column that says when it happened")
