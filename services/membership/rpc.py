"""gRPC of membership: the commands, the look-ups, and the questions that wait for a person."""

import json
from typing import Any

import asyncpg
from google.protobuf.json_format import ParseDict
from pydantic import ValidationError
from tandem.membership.v1 import membership_pb2 as pb
from tandem.membership.v1 import membership_pb2_grpc

from services.membership.intake import References
from services.membership.resolver import Answer, Question
from shared.clock import Clock
from shared.commands import command
from shared.contracts.membership import Candidate
from shared.contracts.messages import membership as messages
from shared.contracts.values import CityReference
from shared.errors import InvalidData, NotFound, Violation, violations_of
from shared.intake import Intake
from shared.ledger import timestamp
from shared.paging import page_size, page_start, page_token
from shared.queries import Queries
from shared.rpc.translation import plain

QUESTIONS_MAX = 1000


class MembershipServicer(membership_pb2_grpc.MembershipServiceServicer):
    """What others ask of membership."""

    RegisterCity = command(messages.RegisterCity, pb.RegisterCityResponse)
    DescribeCity = command(messages.DescribeCity, pb.DescribeCityResponse)
    SucceedCity = command(messages.SucceedCity, pb.SucceedCityResponse)
    RevokeSuccession = command(messages.RevokeSuccession, pb.RevokeSuccessionResponse)
    StartMembership = command(messages.StartMembership, pb.StartMembershipResponse)
    EndMembership = command(messages.EndMembership, pb.EndMembershipResponse)
    FormPartnership = command(messages.FormPartnership, pb.FormPartnershipResponse)
    ResolveReference = command(messages.ResolveReference, pb.ResolveReferenceResponse)
    DismissReference = command(messages.DismissReference, pb.DismissReferenceResponse)

    def __init__(
        self,
        intake: Intake,
        references: References,
        pool: asyncpg.Pool,
        queries: Queries,
        clock: Clock,
    ) -> None:
        """Bind the way in, the look-ups and the tables."""
        self.intake, self.clock = intake, clock
        self._references, self._pool, self._queries = references, pool, queries

    async def ResolveCities(
        self, request: pb.ResolveCitiesRequest, context: Any
    ) -> pb.ResolveCitiesResponse:
        """Answer which city each question means, in their order."""
        if len(request.questions) > QUESTIONS_MAX:
            raise InvalidData([Violation("questions", f"at most {QUESTIONS_MAX} at once")])
        questions = [_question(each, n) for n, each in enumerate(request.questions)]
        answers = await self._references.answer(questions, raise_unknown=request.raise_unknown)
        return pb.ResolveCitiesResponse(answers=[_answer(answer) for answer in answers])

    async def GetCity(self, request: pb.GetCityRequest, context: Any) -> pb.GetCityResponse:
        """Return one city as it stands now."""
        rows = await self._page("", request.city_id, None, None, 1)
        if not rows:
            raise NotFound(f"no city is registered as {request.city_id!r}")
        return pb.GetCityResponse(city=_city(rows[0]))

    async def ListCities(
        self, request: pb.ListCitiesRequest, context: Any
    ) -> pb.ListCitiesResponse:
        """Return a page of cities in the order of their ids."""
        size = page_size(request)
        [start] = page_start(request, ("",))
        country = request.country if request.HasField("country") else None
        network = request.network if request.HasField("network") else None
        rows = await self._page(str(start), None, country, network, size + 1)
        cities = [_city(row) for row in rows[:size]]
        last = cities[-1].city_id if cities else ""
        return pb.ListCitiesResponse(cities=cities, next_page_token=page_token(rows, size, last))

    async def ListReferences(
        self, request: pb.ListReferencesRequest, context: Any
    ) -> pb.ListReferencesResponse:
        """Return a page of open questions, most asked first."""
        size = page_size(request)
        [offset] = page_start(request, (0,))
        query = self._queries["open_references"]
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(query, size + 1, int(offset or 0))
        return pb.ListReferencesResponse(
            references=[_open_reference(row) for row in rows[:size]],
            next_page_token=page_token(rows, size, int(offset or 0) + size),
        )

    async def _page(
        self, after: str, city_id: str | None, country: str | None, network: str | None, size: int
    ) -> list[asyncpg.Record]:
        async with self._pool.acquire() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(
                self._queries["city_page"], after, city_id, country, network, size
            )
        return rows


def _question(question: pb.CityQuestion, n: int) -> Question:
    match question.WhichOneof("question"):
        case "reference":
            try:
                return Question(reference=CityReference.model_validate(plain(question.reference)))
            except ValidationError as error:
                raise InvalidData(violations_of(error, f"questions.{n}.reference")) from None
        case "email_domain":
            return Question(email_domain=question.email_domain.casefold())
        case _:
            problem = "give either reference or email_domain"
            raise InvalidData([Violation(f"questions.{n}", problem)])


def _answer(answer: Answer) -> pb.CityAnswer:
    pointer = answer.pointer
    pointed = pointer.model_dump(exclude_none=True) if pointer else {}
    candidates = [_candidate(each) for each in answer.candidates]
    return pb.CityAnswer(**pointed, candidates=candidates)


def _candidate(candidate: Candidate) -> pb.Candidate:
    return pb.Candidate(**candidate.model_dump(exclude_none=True))


def _city(row: asyncpg.Record) -> pb.City:
    memberships = json.loads(row["memberships"])
    document = json.loads(row["description"]) | {
        "city_id": row["city_id"],
        "version": row["version"],
        "memberships": [{k: v for k, v in each.items() if v is not None} for each in memberships],
    }
    if row["succession"]:
        document["succession"] = json.loads(row["succession"])
    return ParseDict(document, pb.City())


def _open_reference(row: asyncpg.Record) -> pb.OpenReference:
    document = {
        "reference_id": row["reference_id"],
        "candidates": json.loads(row["candidates"]),
        "mentions": row["mentions"],
    }
    if row["question"] is not None:
        document["reference"] = json.loads(row["question"])
    else:
        document["email_domain"] = row["email_domain"]
    reference = ParseDict(document, pb.OpenReference())
    reference.raised_at.CopyFrom(timestamp(row["raised_at"]))
    return reference
