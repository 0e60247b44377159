"""`make samples`: a recorded sample for every type that has none; those that stand never change.

A sample shows everything that its class may hold, one document for each way of saying it, and at
last the least. It is made from the class, with the words below; a field that they do not know is
named, so that somebody adds a word for it.
"""

import json
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from shared.contracts import events, membership, reporting, resources
from shared.contracts.messages import events as events_messages
from shared.contracts.messages import membership as membership_messages
from shared.contracts.messages import reporting as reporting_messages
from shared.contracts.messages import resources as resources_messages
from shared.contracts.values import Contract
from shared.recorded import members

LEAST = -1
SAMPLES = Path(__file__).parent.parent / "contract" / "samples"
UNIONS: tuple[Any, ...] = (
    membership.MembershipEvent,
    events.EventsEvent,
    resources.ResourcesEvent,
    membership_messages.MembershipMessage,
    membership_messages.MembershipDecision,
    events_messages.EventsMessage,
    events_messages.EventsDecision,
    resources_messages.ResourcesMessage,
    reporting.ReportingEvent,
    reporting_messages.ReportingDecision,
)
WORDS: dict[str, Any] = {
    "activity_id": "webinar-2024-03-27",
    "announced_by": "webinar-platform",
    "at": "2024-03-27T14:02:11Z",
    "attendance": 58,
    "cells_changed": 41,
    "census_geoid": "3902736",
    "city_id": "athens-oh",
    "claimed_by": "scn-calendar",
    "country": "US",
    "duration_minutes": 75,
    "email": "mayor.office@athens.example",
    "email_domain": "athens.example",
    "ended_at": "2024-03-27T15:14:40Z",
    "file_hash": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "final": True,
    "first": "webinar-2024-03-27",
    "geonames_id": 4505542,
    "id": "zoom-88123",
    "into": "countering-hate-2024-03",
    "intervals": [
        ["2024-03-27T14:02:11Z", "2024-03-27T14:31:00Z"],
        ["2024-03-27T14:33:05Z", "2024-03-27T15:14:40Z"],
    ],
    "known_at": "2024-04-21T12:00:00Z",
    "language": "fr",
    "languages": ["en", "fr"],
    "latitude": 39.32924,
    "longitude": -82.10126,
    "name": "Athens",
    "named": False,
    "note": "The attendance of the webinar of 31 March came in",
    "occurrence": "2",
    "on": "2024-03-27",
    "organisation": "City of Athens",
    "organisers": ["NLC", "SCN", "other:city-of-athens"],
    "people": 3,
    "period": "2024-Q1",
    "person": "3f2c9a7d51e84b60a1d2c3e4f5061728",
    "previous_sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    "published_by": "staff",
    "publisher": "SCN",
    "reason": "Moved to the summer: the hall is closed",
    "reference_id": "b5a2c96250612366ea272ffa",
    "registrations": 112,
    "resource_id": "toolkit-prevention",
    "second": "webinar-2024-03-27-scn",
    "series": "mayors-against-hate",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "source": "US Census Bureau, Vintage 2023",
    "starts_at": "2024-03-27T10:00",
    "started_at": "2024-03-27T14:00:00Z",
    "subdivision": "OH",
    "successors": ["athens-county-oh", "the-plains-oh"],
    "themes": ["hate", "social_cohesion"],
    "time_zone": "America/New_York",
    "title": "Responding to hate: what cités can do – épisode 1",
    "url": "https://strongcities.example/resources/toolkit?lang=en",
    "value": 23849,
    "version": "2nd edition",
    "weak": True,
    "what": "Reviewed the prevention plan with the city's staff",
    "within": "athens-county-oh",
    "year": 2023,
}
WORDS_OF_ONE: dict[tuple[str, str], Any] = {
    ("Person", "name"): "Zoë Example",
    ("MergePerson", "into"): "9a8b7c6d5e4f40312213243546576879",
    ("PersonMerged", "into"): "9a8b7c6d5e4f40312213243546576879",
    ("PersonUnmerged", "into"): "9a8b7c6d5e4f40312213243546576879",
    ("ReportPublished", "version"): 2,
}


def types() -> dict[str, type[Contract]]:
    """Return every class that is stored somewhere, by its type."""
    return {each.TYPE: each for union in UNIONS for each in members(union)}


def sample_of(type_: type[Contract]) -> list[Any]:
    """Return the documents that show a class: every way of saying it in full, then the least."""
    fullest = [json.loads(_load(type_, each)) for each in _fullest(type_)]
    least = json.loads(_load(type_, _least(type_)))
    return [*fullest, *([least] if least not in fullest else [])]


def _load(type_: type[Contract], document: Any) -> str:
    read = type_.model_validate_json(json.dumps(document))
    return read.model_dump_json(by_alias=True, exclude_none=True)


@cache
def _ways(type_: type[BaseModel]) -> tuple[tuple[str, ...], ...]:
    """Return the largest sets of optional fields that go together."""
    optional = [name for name, field in type_.model_fields.items() if not field.is_required()]
    ways: list[tuple[str, ...]] = []
    for size in range(len(optional), -1, -1):
        for chosen in combinations(optional, size):
            if not any(set(chosen) <= set(way) for way in ways) and _fits(type_, chosen):
                ways.append(chosen)
        if ways and len(ways[0]) == len(optional):
            break
    return tuple(ways)


def _least(type_: type[BaseModel]) -> dict[str, Any]:
    optional = [name for name, field in type_.model_fields.items() if not field.is_required()]
    for size in range(len(optional) + 1):
        for chosen in combinations(optional, size):
            if _fits(type_, chosen):
                return _document(type_, chosen, LEAST)
    raise LookupError(f"no sample of {type_.__name__} keeps its contract")


def _fits(type_: type[BaseModel], chosen: tuple[str, ...]) -> bool:
    try:
        type_.model_validate_json(json.dumps(_document(type_, chosen, 0)))
    except ValidationError:
        return False
    return True


def _fullest(type_: type[BaseModel]) -> Iterator[dict[str, Any]]:
    ways = _ways(type_)
    if not ways:
        raise LookupError(f"no sample of {type_.__name__} keeps its contract")
    nested = [
        len(_ways(model))
        for field in type_.model_fields.values()
        if (model := _model_in(field.annotation)) is not None
    ]
    for number in range(max([len(ways), *nested])):
        yield _document(type_, ways[number % len(ways)], number)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    plain = _plain(annotation)
    return plain if isinstance(plain, type) and issubclass(plain, BaseModel) else None


def _document(type_: type[BaseModel], optional: tuple[str, ...], number: int) -> dict[str, Any]:
    return {
        field.alias or name: _value(type_, name, field, number)
        for name, field in type_.model_fields.items()
        if field.is_required() or name in optional
    }


def _value(type_: type[BaseModel], name: str, field: FieldInfo, number: int) -> Any:
    annotation = _plain(field.annotation)
    if (model := _model_in(annotation)) is not None and number == LEAST:
        return _least(model)
    if model is not None:
        return list(_fullest(model))[number % len(_ways(model))]
    if get_origin(annotation) is Literal:
        return get_args(annotation)[number % len(get_args(annotation))]
    if get_origin(annotation) is tuple:
        item = _plain(get_args(annotation)[0])
        if _model_in(item) is not None:
            return [_least(item)] if number == LEAST else list(_fullest(item))
        if get_origin(item) is Literal:
            return list(get_args(item))
    word = WORDS_OF_ONE.get((type_.__name__, name), WORDS.get(name))
    if word is None:
        raise LookupError(f"no word for {type_.__name__}.{name}: add one to {__file__}")
    return word


def _plain(annotation: Any) -> Any:
    """Return a type without what may stand around it: None, and constraints."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (UnionType, Union):
            [annotation] = [each for each in get_args(annotation) if each is not NoneType]
        else:
            return annotation


def main(directory: Path = SAMPLES) -> list[Path]:
    """Write the samples that are missing, and return their files."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, type_ in types().items():
        file = directory / f"{name}.json"
        if not file.exists():
            text = json.dumps(sample_of(type_), indent=2, ensure_ascii=False)
            file.write_text(text + "\n", "utf-8")
            written.append(file)
    return written


if __name__ == "__main__":
    for path in main():
        print(path)
