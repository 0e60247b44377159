"""Which city a reference means: exactly one that is registered, or a question for a person.

A name alone never decides. Places of the gazetteer and registered cities that carry the name are
laid side by side; when they are one and the same place, and it is registered, that is the answer.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from services.membership.gazetteer import Gazetteer, Place, normalise
from shared.contracts.membership import CANDIDATES_MAX, Candidate
from shared.contracts.values import CityPointer, CityReference
from shared.errors import NotFound
from shared.queries import Connection, Queries

FREE_MAIL_DOMAINS = frozenset(
    """aol.com gmail.com gmx.com gmx.de gmx.net googlemail.com hotmail.com hotmail.co.uk icloud.com
    live.com mail.com mail.ru me.com msn.com orange.fr outlook.com outlook.fr proton.me
    protonmail.com qq.com web.de yahoo.co.uk yahoo.com yahoo.fr yandex.com yandex.ru ymail.com
    zoho.com""".split()
)
"""Domains that say nothing of where somebody works. A list, because no rule tells them apart."""


@dataclass(frozen=True, slots=True)
class Question:
    """A city as somebody named it, or the domain of their e-mail address."""

    reference: CityReference | None = None
    email_domain: str | None = None

    @property
    def reference_id(self) -> str:
        """The same question always has the same id."""
        said = (
            self.reference.model_dump_json(exclude_none=True)
            if self.reference
            else f"@{self.email_domain}"
        )
        return hashlib.sha256(said.casefold().encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question resolved to: a pointer (none for a free mail domain), and the candidates.

    `is_open` when a person has to decide. A city_id stands for itself, known or not: facts carry
    it on, and count once the city is registered.
    """

    question: Question
    pointer: CityPointer | None
    candidates: tuple[Candidate, ...] = ()

    is_open: bool = False


class Resolver:
    """Answers questions from membership's own tables and the gazetteer."""

    def __init__(self, pool: asyncpg.Pool, queries: Queries, gazetteer: Gazetteer) -> None:
        """Bind the tables and the gazetteer."""
        self._pool, self._queries, self._gazetteer = pool, queries, gazetteer

    async def resolve(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer each question, in order. Nothing is written: raising is the caller's."""
        async with self._pool.acquire() as connection:
            decided = await self._decided(connection, questions)
            registered = await self._registered(connection, questions)
        answers = []
        for question in questions:
            if question.reference_id in decided:
                pointer = CityPointer(city_id=decided[question.reference_id])
                answers.append(Answer(question, pointer))
            elif question.reference is not None:
                answers.append(self._answer(question, question.reference, registered))
            elif question.email_domain in FREE_MAIL_DOMAINS:
                answers.append(Answer(question, None))
            else:
                pointer = CityPointer(reference_id=question.reference_id)
                answers.append(Answer(question, pointer, is_open=True))
        return answers

    async def raise_questions(self, answers: Sequence[Answer], now: datetime) -> None:
        """Put open questions on the work queue; one asked again is counted, most asked first."""
        times = Counter(answer.question.reference_id for answer in answers)
        asked = {answer.question.reference_id: answer for answer in answers}
        rows = [(*_queue_row(answer), times[id_]) for id_, answer in sorted(asked.items())]
        columns = [list(column) for column in zip(*rows, strict=True)]
        async with self._pool.acquire() as connection:
            await connection.execute(self._queries["raise_references"], *columns, now)

    async def question(self, reference_id: str) -> Question:
        """Return what was asked under this id.

        Raises:
            NotFound: nothing was.
        """
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(self._queries["question"], reference_id)
        if row is None:
            raise NotFound(f"no question is known as {reference_id!r}")
        return _question(row)

    async def require_registered(self, city_id: str) -> None:
        """Make sure that an answer names a city there is.

        Raises:
            NotFound: it is not registered.
        """
        async with self._pool.acquire() as connection:
            if not await self._fetch(connection, "cities_registered", [city_id]):
                raise NotFound(f"no city is registered as {city_id!r}")

    async def open_questions(self, count_max: int) -> list[Question]:
        """Return the open questions that a registration may answer, most asked first.

        A city_id answers itself, and an e-mail domain only a person can answer.
        """
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(self._queries["open_references"], count_max, 0)
        questions = [_question(row) for row in rows]
        return [each for each in questions if each.reference and each.reference.city_id is None]

    async def _decided(
        self, connection: Connection, questions: Sequence[Question]
    ) -> Mapping[str, str]:
        ids = sorted({question.reference_id for question in questions})
        rows = await connection.fetch(self._queries["references_known"], ids)
        return {row["reference_id"]: row["city_id"] for row in rows if row["city_id"]}

    async def _registered(
        self, connection: Connection, questions: Sequence[Question]
    ) -> "Registered":
        references = [question.reference for question in questions if question.reference]
        names = sorted({(normalise(r.name), str(r.country)) for r in references if r.name})
        return Registered(
            ids=await self._fetch(connection, "cities_registered", _column(references, "city_id")),
            geonames=await self._fetch(
                connection, "cities_by_geonames", _column(references, "geonames_id")
            ),
            geoids=await self._fetch(
                connection, "cities_by_geoid", _column(references, "census_geoid")
            ),
            named=await connection.fetch(
                self._queries["cities_by_name"], [n for n, _ in names], [c for _, c in names]
            )
            if names
            else [],
            by_place=await self._by_place(connection, references),
        )

    async def _by_place(
        self, connection: Connection, references: Sequence[CityReference]
    ) -> Mapping[int | str, str]:
        """Return the registered cities among the gazetteer's places that these names may mean."""
        places = [place for r in references if r.name for place in self._places(r)]
        geonames = sorted({p.geonames_id for p in places if p.geonames_id})
        geoids = sorted({p.census_geoid for p in places if p.census_geoid})
        found: dict[int | str, str] = {}
        for row in await self._fetch(connection, "cities_by_geonames", geonames):
            found[row["geonames_id"]] = row["city_id"]
        for row in await self._fetch(connection, "cities_by_geoid", geoids):
            found[row["census_geoid"]] = row["city_id"]
        return found

    async def _fetch(
        self, connection: Connection, query: str, wanted: Sequence[object]
    ) -> list[asyncpg.Record]:
        return await connection.fetch(self._queries[query], wanted) if wanted else []

    def _places(self, reference: CityReference) -> list[Place]:
        """Return the places of that name; those it is the main name of drive out mere aliases."""
        places = self._gazetteer.lookup(
            str(reference.name), str(reference.country), reference.subdivision
        )
        return [place for place in places if place.main_name_matches] or places

    def _answer(
        self, question: Question, reference: CityReference, registered: "Registered"
    ) -> Answer:
        found: set[str] = set()
        candidates: tuple[Candidate, ...] = ()
        if reference.city_id is not None:
            known = any(row["city_id"] == reference.city_id for row in registered.ids)
            return Answer(question, CityPointer(city_id=reference.city_id), is_open=not known)
        if reference.geonames_id is not None:
            matches = [r for r in registered.geonames if r["geonames_id"] == reference.geonames_id]
            found = {row["city_id"] for row in matches}
            candidates = _candidates([self._gazetteer.by_geonames_id(reference.geonames_id)])
        elif reference.census_geoid is not None:
            matches = [r for r in registered.geoids if r["census_geoid"] == reference.census_geoid]
            found = {row["city_id"] for row in matches}
            candidates = _candidates([self._gazetteer.by_census_geoid(reference.census_geoid)])
        else:
            found, candidates = self._by_name(reference, registered)
            if any(candidate.city_id is None for candidate in candidates):
                found = set()  # a place nobody registered may be meant as well
        if len(found) == 1:
            return Answer(question, CityPointer(city_id=found.pop()))
        pointer = CityPointer(reference_id=question.reference_id)
        return Answer(question, pointer, candidates, is_open=True)

    def _by_name(
        self, reference: CityReference, registered: "Registered"
    ) -> tuple[set[str], tuple[Candidate, ...]]:
        key = normalise(str(reference.name))
        own = [
            row
            for row in registered.named
            if row["name_key"] == key
            and row["country"] == reference.country
            and reference.subdivision in (None, row["subdivision"])
        ]
        places = self._places(reference)
        candidates = list(_candidates(places, registered.by_place, own))
        covered = {candidate.city_id for candidate in candidates}
        candidates += [_candidate_of(row) for row in own if row["city_id"] not in covered]
        found = {candidate.city_id for candidate in candidates if candidate.city_id}
        return found, tuple(candidates[:CANDIDATES_MAX])


@dataclass(frozen=True, slots=True)
class Registered:
    """The registered cities that the questions of one batch may mean."""

    ids: Sequence[asyncpg.Record]
    geonames: Sequence[asyncpg.Record]
    geoids: Sequence[asyncpg.Record]
    named: Sequence[asyncpg.Record]
    by_place: Mapping[int | str, str]


def _question(row: asyncpg.Record) -> Question:
    if row["question"] is None:
        return Question(email_domain=row["email_domain"])
    return Question(reference=CityReference.model_validate_json(row["question"]))


def _queue_row(answer: Answer) -> tuple[str, str | None, str | None, str]:
    question = answer.question
    said = question.reference.model_dump_json(exclude_none=True) if question.reference else None
    candidates = json.dumps([each.model_dump(exclude_none=True) for each in answer.candidates])
    return question.reference_id, said, question.email_domain, candidates


def _column(references: Sequence[CityReference], field: str) -> list[object]:
    values = {getattr(reference, field) for reference in references}
    return sorted(value for value in values if value is not None)


def _candidates(
    places: Iterable[Place | None],
    by_place: Mapping[int | str, str] | None = None,
    own: Sequence[asyncpg.Record] = (),
) -> tuple[Candidate, ...]:
    """Return the places as candidates, each with the registered city it is, if any."""
    known = by_place or {}
    return tuple(
        Candidate(
            name=place.name,
            country=place.country,
            subdivision=place.subdivision,
            kind="county" if place.kind == "county" else "city",
            city_id=known.get(place.geonames_id or 0)
            or known.get(place.census_geoid or "")
            or _same_place(place, own),
            geonames_id=place.geonames_id,
            census_geoid=place.census_geoid,
        )
        for place in list(places)[:CANDIDATES_MAX]
        if place is not None
    )


def _same_place(place: Place, own: Sequence[asyncpg.Record]) -> str | None:
    """Return the city registered without an outside id that carries this place's name and state."""
    for row in own:
        unmarked = row["geonames_id"] is None and row["census_geoid"] is None
        county = row["kind"] == "county"
        if (
            unmarked
            and row["subdivision"] == place.subdivision
            and county == (place.kind == "county")
        ):
            return str(row["city_id"])
    return None


def _candidate_of(row: asyncpg.Record) -> Candidate:
    return Candidate(
        name=row["name"],
        country=row["country"],
        subdivision=row["subdivision"],
        kind=row["kind"],
        city_id=row["city_id"],
        geonames_id=row["geonames_id"],
        census_geoid=row["census_geoid"],
    )
