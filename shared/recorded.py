"""A fact with its place in the ledger, and the names that follow from its type."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, get_args
from uuid import UUID

from shared.contracts.values import Fact, Message


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry of a ledger.

    `stream` is "<noun>-<id>", `version` counts from 1 within it, `position` orders the ledger for
    paging only. `occurred_at` decides the period, `recorded_at` the version of a report.
    """

    ledger: str
    stream: str
    version: int
    position: int
    fact_id: UUID
    fact: Fact
    occurred_at: datetime
    recorded_at: datetime
    source: str
    source_id: str
    traceparent: str | None = None


def noun_of(stream: str) -> str:
    """Return the noun of a stream: "city" of "city-athens-oh"."""
    return stream.partition("-")[0]


@cache
def members(union: Any) -> tuple[type[Any], ...]:
    """Return the classes of a union; a lone class is a union of one."""
    return get_args(union) if isinstance(union, UnionType) else (union,)


@cache
def facts_by_type(union: Any) -> Mapping[str, type[Fact]]:
    """Map "membership.city_registered.v1" and its like to the classes of a union of facts."""
    return {member.TYPE: member for member in members(union)}


@cache
def messages_by_type(union: Any) -> Mapping[str, type[Message]]:
    """Map "tandem.membership.city_registered.v1" and its like to the classes of a union."""
    return {member.TYPE: member for member in members(union)}


def name_of(fact_type: str) -> str:
    """Return the bare name in a type: "city_registered" of "membership.city_registered.v1"."""
    return fact_type.split(".")[-2]
