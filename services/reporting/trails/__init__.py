"""Trails: from a figure down to the facts behind it, and from a fact or a city back up.

documents.py   what was found, as documents
"""

import unicodedata
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg

from services.reporting.domain.disclosure import STREAMS_OF_CITIES, STREAMS_OF_PEOPLE, NotDisclosed
from services.reporting.domain.evidence import Evidence
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import City
from services.reporting.domain.period import Period
from services.reporting.domain.registry import Registry
from services.reporting.reading import Inquiry, read_evidence
from services.reporting.reading.absence import read_absence
from services.reporting.reading.records import Records, UnknownRecord
from services.reporting.reading.surroundings import Surroundings
from services.reporting.standing import Standing
from services.reporting.trails import documents
from shared.access import Principal
from shared.clock import Clock
from shared.ledger import RemoteLedger
from shared.recorded import noun_of

Json = dict[str, Any]

SEES_EVERYTHING = frozenset({"staff", "operator"})
"""Roles that see small counts of people and the facts that carry a person's key."""
CITIES_FOUND_MAX = 100


def sees_everything(principal: Principal) -> bool:
    """Tell whether somebody sees small counts of people and facts about single ones."""
    return principal.role in SEES_EVERYTHING


class Trails:
    """Follows figures, cities, activities, resources and facts to each other.

    Every document is made for somebody: `everything` says whether they see what is not for all.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        registry: Registry,
        clock: Clock,
        standing: Standing,
        surroundings: Surroundings,
        ledgers: Mapping[str, RemoteLedger],
    ) -> None:
        """Bind the rows, the meaning of the figures, the time, what stands derived, the ledgers."""
        self._pool, self._registry, self._clock = pool, registry, clock
        self._standing, self._surroundings = standing, surroundings
        self._ledgers = ledgers

    async def evidence(self, inquiry: Inquiry) -> Evidence:
        """Return what a figure of a period counts, item by item, with the facts under each."""
        async with self._level(inquiry.known_at) as connection:
            return await read_evidence(
                connection, self._registry, inquiry, self._clock(), self._surroundings
            )

    async def absence(
        self,
        period: Period,
        city_id: str,
        known_at: datetime | None = None,
        *,
        everything: bool = False,
    ) -> Json:
        """Return why a city is counted as engaged in a period, or is not.

        Raises:
            UnknownRecord: the city is not to be named.
            FuturePeriod: the period has not begun at that moment.
        """
        async with self._level(known_at) as connection:
            explained = await read_absence(
                connection,
                self._registry,
                period,
                city_id,
                self._clock(),
                known_at,
                self._surroundings,
            )
        lineage = explained.explanation.lineage
        self._refuse_hidden(explained.ground, lineage, everything=everything)
        return documents.explanation(explained, everything=everything)

    async def city(self, city_id: str, *, everything: bool = False) -> Json:
        """Return what is known of a city, and what it did to the figures.

        Raises:
            UnknownRecord: no such city is registered, or it is not to be named.
        """
        async with self._records() as records:
            record = await records.city(city_id)
        self._refuse_hidden(record.ground, record.lineage, everything=everything)
        return documents.city(record, everything=everything)

    async def cities(self, words: str, *, everything: bool = False) -> list[Json]:
        """Return the cities whose name, id or place holds all of some words, by name."""
        async with self._records() as records:
            known = await records.cities()
        wanted = _plain(words).split()
        found = [
            city
            for city in known
            if (city.named or everything) and all(word in _place_of(city) for word in wanted)
        ]
        found.sort(key=lambda city: (_plain(city.name), city.city_id))
        return [documents.place(city) for city in found[:CITIES_FOUND_MAX]]

    async def activity(self, activity_id: str, *, everything: bool = False) -> Json:
        """Return what is known of an activity.

        Raises:
            UnknownRecord: nothing is.
        """
        async with self._records() as records:
            return documents.activity(await records.activity(activity_id), everything=everything)

    async def resource(self, resource_id: str, *, everything: bool = False) -> Json:
        """Return what is known of a resource.

        Raises:
            UnknownRecord: nothing is.
        """
        async with self._records() as records:
            return documents.resource(await records.resource(resource_id), everything=everything)

    async def fact(
        self, ledger: str, stream: str, version: int, *, everything: bool = False
    ) -> Json:
        """Return one fact, and the figures in whose evidence it stands.

        Raises:
            UnknownRecord: there is no such fact, or its very name tells a city not to be named.
            NotDisclosed: its very name carries the key of a person.
            Unavailable: the ledger does not answer.
        """
        noun = noun_of(stream)
        if noun in STREAMS_OF_PEOPLE and not everything:
            raise NotDisclosed("this fact carries the key of a person, and is for staff")
        async with self._records() as records:
            record = await records.fact(ledger, stream, version)
        document = documents.fact(record, self._registry, everything=everything)
        if document["payload"] is None and noun in STREAMS_OF_CITIES:
            raise UnknownRecord(f"no fact is shown at {ledger}/{stream}/{version}")
        return document

    @asynccontextmanager
    async def _level(self, known_at: datetime | None = None) -> AsyncIterator[Any]:
        """Give a connection on which all that was projected before is derived."""
        if known_at is None:
            await self._standing.risen(self._standing.asked)
        async with self._pool.acquire() as connection:
            yield connection

    @asynccontextmanager
    async def _records(self) -> AsyncIterator[Records]:
        async with self._level() as connection:
            today = self._clock().date()
            yield Records(connection, self._registry, today, self._surroundings, self._ledgers)

    def _refuse_hidden(self, ground: Ground, lineage: str, *, everything: bool) -> None:
        city = ground.cities.described(lineage, self._clock().date())
        if city is not None and not city.named and not everything:
            raise UnknownRecord("this city is counted, and is not shown by name")


def _plain(text: str) -> str:
    """Return a text as it is searched: without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _place_of(city: City) -> str:
    return _plain(" ".join(filter(None, (city.name, city.city_id, city.subdivision, city.country))))
