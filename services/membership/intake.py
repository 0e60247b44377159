"""The way in: membership tells by itself which city a message means.

A membership of a city that nobody can tell waits until the question is answered: by a person, or
by the registration of the only city that it can mean.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from services.membership.resolver import Answer, Question, Resolver
from shared.clock import Clock
from shared.contracts.messages.membership import (
    DismissReference,
    EndMembership,
    ResolveReference,
    StartMembership,
)
from shared.contracts.values import CityReference, Message
from shared.database import TRANSIENT
from shared.decider import Command
from shared.draft import Task
from shared.errors import TandemError
from shared.execute import Executor, command_of
from shared.sift import Received, own

logger = logging.getLogger(__name__)

SELF = "membership"
SETTLE_SECONDS = 5.0
OPEN_QUESTIONS_MAX = 1000

PASSING: tuple[type[BaseException], ...] = (TandemError, *TRANSIENT)
"""Errors after which the open questions are looked at again."""


class References:
    """Answers questions about cities, raises those it cannot answer, settles them later."""

    def __init__(self, resolver: Resolver, executor: Executor, clock: Clock) -> None:
        """Bind the look-up and the ledger that questions are raised in."""
        self._resolver, self._executor, self._clock = resolver, executor, clock
        self._registered = asyncio.Event()

    async def commands(
        self, received: Sequence[Received], *, dry_run: bool = False
    ) -> list[Command]:
        """Return a command for each message, its city resolved or raised as a question."""
        references = list({r for each in received if (r := _city_of(each.message)) is not None})
        questions = [Question(reference=r) for r in references]
        answers = await self.answer(questions, raise_unknown=not dry_run)
        cities = {
            reference: answer.pointer
            for reference, answer in zip(references, answers, strict=True)
            if answer.pointer is not None
        }
        now = self._clock()
        return [
            command_of(replace(each, message=await self._with_question(each.message)), now, cities)
            for each in received
        ]

    async def _with_question(self, message: Message) -> Message:
        """Fill in what was asked, so that the ledger tells the answer with its question."""
        if not isinstance(message, ResolveReference | DismissReference):
            return message
        if isinstance(message, ResolveReference):
            await self._resolver.require_registered(message.city_id)
        question = await self._resolver.question(message.reference_id)
        asked = {"reference": question.reference, "email_domain": question.email_domain}
        return message.model_copy(update=asked)

    async def answer(self, questions: Sequence[Question], *, raise_unknown: bool) -> list[Answer]:
        """Answer each question in order; what stays open is on the work queue by then."""
        if not questions:
            return []
        answers = await self._resolver.resolve(questions)
        open_answers = [answer for answer in answers if answer.is_open]
        if raise_unknown and open_answers:
            await self._resolver.raise_questions(open_answers, self._clock())
        return answers

    def wake(self) -> None:
        """Say that facts were recorded, among them perhaps the city that a question waits for."""
        self._registered.set()

    async def settle_for_ever(self) -> None:
        """Answer open questions that have one answer by now, until cancelled."""
        while True:
            try:
                await self.settle()
            except PASSING as error:
                logger.warning("questions wait: %s", error or type(error).__name__)
            try:
                await asyncio.wait_for(self._registered.wait(), SETTLE_SECONDS)
            except TimeoutError:
                continue
            finally:
                self._registered.clear()

    async def settle(self) -> int:
        """Answer the open questions that have one answer by now, and return how many."""
        questions = await self._resolver.open_questions(OPEN_QUESTIONS_MAX)
        answers = await self._resolver.resolve(questions)
        settled = [
            (f"settle-{answer.question.reference_id}-{answer.pointer.city_id}", answer)
            for answer in answers
            if not answer.is_open and answer.pointer is not None and answer.pointer.city_id
        ]
        now = self._clock()
        tasks = []
        for id_, answer in settled:
            said = own(_resolved(answer), SELF, id_, now)
            tasks.append(Task(said, command_of(said, now)))
        if tasks:
            await self._executor.execute(tasks)
        return len(tasks)


def _city_of(message: Message) -> CityReference | None:
    return message.city if isinstance(message, StartMembership | EndMembership) else None


def _resolved(answer: Answer) -> ResolveReference:
    assert answer.pointer is not None  # noqa: S101 - only answers with a city come here
    assert answer.pointer.city_id is not None  # noqa: S101
    return ResolveReference(
        reference_id=answer.question.reference_id,
        city_id=answer.pointer.city_id,
        reference=answer.question.reference,
        email_domain=answer.question.email_domain,
    )
