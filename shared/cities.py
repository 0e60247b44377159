"""Asking membership which city a reference means: one batched call, answers kept for a minute."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import grpc.aio
from tandem.common.v1 import common_pb2
from tandem.membership.v1 import membership_pb2, membership_pb2_grpc

from shared.contracts.values import CityPointer, CityReference
from shared.errors import Unavailable

KEPT_SECONDS = 60.0
KEPT_ANSWERS_MAX = 5_000
QUESTIONS_MAX = 1000

Question = CityReference | str
"""A reference, or the domain of an e-mail address."""


@dataclass(frozen=True, slots=True)
class _Kept:
    pointer: CityPointer | None
    until: float


class Cities:
    """Resolves cities through membership; what it cannot tell is on the work queue by then."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """Bind the channel to membership."""
        self._membership = membership_pb2_grpc.MembershipServiceStub(channel)
        self._kept: dict[Question, _Kept] = {}

    async def resolve(
        self, questions: Iterable[Question], *, dry_run: bool = False
    ) -> Mapping[Question, CityPointer | None]:
        """Return a pointer for each question; None for a domain that says nothing of a city.

        In a `dry_run` what membership cannot tell is put on no queue.

        Raises:
            Unavailable: membership does not answer; nothing was decided.
        """
        wanted = set(questions)
        now = time.monotonic()
        answers = {
            question: kept.pointer
            for question in wanted
            if (kept := self._kept.get(question)) is not None and kept.until > now
        }
        asked = [question for question in wanted if question not in answers]
        for start in range(0, len(asked), QUESTIONS_MAX):
            answers |= await self._ask(asked[start : start + QUESTIONS_MAX], now, dry_run)
        return answers

    async def _ask(
        self, questions: list[Question], now: float, dry_run: bool
    ) -> dict[Question, CityPointer | None]:
        request = membership_pb2.ResolveCitiesRequest(
            questions=[_question(question) for question in questions], raise_unknown=not dry_run
        )
        try:
            response = await self._membership.ResolveCities(request)
        except grpc.aio.AioRpcError as error:
            raise Unavailable(f"membership cannot resolve cities: {error.details()}") from None
        answers = {
            question: _pointer(answer)
            for question, answer in zip(questions, response.answers, strict=True)
        }
        if len(self._kept) + len(answers) > KEPT_ANSWERS_MAX:
            self._kept.clear()
        # An open question may be answered any moment, so only answers are kept.
        self._kept |= {
            question: _Kept(pointer, now + KEPT_SECONDS)
            for question, pointer in answers.items()
            if pointer is None or pointer.city_id is not None
        }
        return answers


def _question(question: Question) -> membership_pb2.CityQuestion:
    if isinstance(question, str):
        return membership_pb2.CityQuestion(email_domain=question)
    fields = question.model_dump(exclude_none=True)
    return membership_pb2.CityQuestion(reference=common_pb2.CityReference(**fields))


def _pointer(answer: membership_pb2.CityAnswer) -> CityPointer | None:
    match answer.WhichOneof("answer"):
        case "city_id":
            return CityPointer(city_id=answer.city_id)
        case "reference_id":
            return CityPointer(reference_id=answer.reference_id)
        case _:
            return None
