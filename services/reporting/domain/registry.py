"""The metric registry: what every figure means, as data that is printed beside the figure."""

import hashlib
import json
import tomllib
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal, get_args

Unit = Literal[
    "cities",
    "occurrences",
    "works",
    "work-city pairs",
    "registrations",
    "attendances",
    "people",
    "percent",
    "residents",
    "countries",
    "states",
]
LANGUAGES = ("en", "fr", "es")


class BadRegistry(ValueError):
    """The registry contradicts itself; the message names the entry."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The numbers in the rules; no rule carries one of its own."""

    partnership_epoch: date
    attendance_minutes_min: int
    sitting_minutes_min: int
    provisional_after_days: int
    final_after_days: int
    timely_within_days: int
    recording_within_days: int
    attribution_percent_min: int
    member_base_min: int
    weak_percent_max: int
    people_shown_min: int
    title_similarity_min: float

    @property
    def attendance_seconds_min(self) -> int:
        """The shortest attendance, in seconds."""
        return self.attendance_minutes_min * 60

    @property
    def sitting_min(self) -> timedelta:
        """The shortest sitting that counts as held."""
        return timedelta(minutes=self.sitting_minutes_min)


@dataclass(frozen=True, slots=True)
class Places:
    """The denominators of coverage."""

    countries_total: int
    states: tuple[str, ...]
    district: str
    territories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """What one figure means.

    Args:
        depends_on_attendance: it may still move while attendance of a held occurrence is awaited.
        rolls_up: it also has a meaning over four quarters together.
    """

    id: str
    version: int
    unit: Unit
    title: dict[str, str]
    formula: str
    includes: tuple[str, ...]
    excludes: tuple[str, ...]
    depends_on_attendance: bool
    rolls_up: bool

    @property
    def reference(self) -> str:
        """Its name with its version: cities_engaged@1."""
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class Registry:
    """All definitions in the order of a report, the parameters, and the hash of it all."""

    version: int
    parameters: Parameters
    places: Places
    metrics: dict[str, Definition]
    hash: str


def parse_registry(text: str) -> Registry:
    """Return the registry of a TOML document; its hash is of the canonical JSON of the same data.

    Raises:
        BadRegistry: an entry is missing, misspelt or of another kind than it should be.
    """
    document = tomllib.loads(text)
    try:
        metrics = {
            metric: _definition(metric, entry) for metric, entry in document["metrics"].items()
        }
        places = document["places"]
        return Registry(
            version=document["version"],
            parameters=_parameters(document["parameters"]),
            places=Places(
                countries_total=places["countries_total"],
                states=tuple(places["states"]),
                district=places["district"],
                territories=tuple(places["territories"]),
            ),
            metrics=metrics,
            hash="sha256:" + hashlib.sha256(canonical_json(document).encode()).hexdigest(),
        )
    except (KeyError, TypeError) as problem:
        raise BadRegistry(f"the registry lacks or misspells {problem}") from problem


def canonical_json(document: Any) -> str:
    """Return the one JSON text of a document: sorted keys, no spaces, dates as ISO 8601."""
    return json.dumps(
        document,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        default=lambda value: value.isoformat(),
    )


def _parameters(entry: dict[str, Any]) -> Parameters:
    unknown = set(entry) - {field.name for field in fields(Parameters)}
    if unknown:
        raise BadRegistry(f"no rule uses the parameters {sorted(unknown)}")
    return Parameters(**entry)


def _definition(metric: str, entry: dict[str, Any]) -> Definition:
    if entry["unit"] not in get_args(Unit):
        raise BadRegistry(f"{metric} is counted in {entry['unit']!r}, which is no unit")
    if set(entry["title"]) != set(LANGUAGES):
        raise BadRegistry(f"{metric} needs a title in each of {', '.join(LANGUAGES)}")
    return Definition(
        id=metric,
        version=entry["version"],
        unit=entry["unit"],
        title=entry["title"],
        formula=entry["formula"],
        includes=tuple(entry["includes"]),
        excludes=tuple(entry["excludes"]),
        depends_on_attendance=entry["depends_on_attendance"],
        rolls_up=entry["rolls_up"],
    )
