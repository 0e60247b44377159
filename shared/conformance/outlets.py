"""A message of the kit through one door, byte by byte as it stands, and what became of it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from shared.client.errors import Rejected
from shared.client.over_http import Gateway
from shared.client.over_nats import rejected
from shared.client.receipt import Questions, State, Told
from shared.conformance.case import Case, Outcome
from shared.messaging import NatsAddress, connect
from shared.publishing import Outgoing, publish_one

OUTCOME_SECONDS_MAX = 20.0
LOOK_SECONDS = 0.05

Outlet = Callable[[Case], Awaitable[Outcome]]
"""Sends the message of a case, and returns what became of it."""


@asynccontextmanager
async def over_nats(
    url: str, name: str, seed_file: Path, questions: Questions
) -> AsyncIterator[Outlet]:
    """Yield the outlet of NATS; what is rejected is heard on the source's own subject."""
    connection = await connect(NatsAddress(url, name, seed_file))
    notices: list[dict[str, Any]] = []

    async def heard(message: Any) -> None:
        notices.append(json.loads(message.data))

    async def send(case: Case) -> Outcome:
        notices.clear()
        await publish_one(connection, Outgoing(case.subject(name), case.headers, case.content))

        async def became() -> Outcome | None:
            for notice in notices:
                if (notice["id"] or "") == case.id:
                    return _of_rejection(rejected(notice))
            return await _settled(questions, case)

        return await _until(became)

    try:
        await connection.subscribe(f"rejected.{name}", cb=heard)
        await connection.flush()
        yield send
    finally:
        await questions.close()
        await connection.close()


@asynccontextmanager
async def over_http(url: str, token_file: Path) -> AsyncIterator[Outlet]:
    """Yield the outlet of HTTP; most of what is wrong is told in the answer."""
    gateway = Gateway(url, token_file)

    async def send(case: Case) -> Outcome:
        before = await _rejection(gateway, case)
        answer = await gateway.ask("POST", "/events", content=case.content, headers=case.headers)
        if answer.status_code != HTTPStatus.ACCEPTED:
            problem = answer.json()
            paths = tuple(each["path"] for each in problem.get("violations", ()))
            return Outcome("rejected", problem.get("reason"), paths, problem.get("detail", ""))

        async def became() -> Outcome | None:
            told = await _rejection(gateway, case)
            if told is not None and told != before:
                return told
            return await _settled(gateway, case)

        return await _until(became)

    try:
        yield send
    finally:
        await gateway.close()


async def _rejection(questions: Questions, case: Case) -> Outcome | None:
    """Return why the last message under the id of a case was rejected, if one was."""
    if not case.id:
        return None
    told = await questions.told(case.service, case.id, None)
    return _of_rejection(told.rejection) if told.rejection is not None else None


async def _settled(questions: Questions, case: Case) -> Outcome | None:
    """Return where the message of a case stands, once it is what the case expects to be taken."""
    if not case.id:
        return None
    told: Told = await questions.told(case.service, case.id, None)
    # What is to be rejected under an id that was recorded before is told as both.
    if case.then.outcome == "rejected" and told.state is not State.REJECTED:
        return None
    if told.state is State.WAITING and case.then.outcome == "recorded":
        return None  # it may be released any moment
    if told.state in (State.RECORDED, State.WAITING):
        return Outcome(str(told.state))
    return _of_rejection(told.rejection) if told.rejection is not None else None


def _of_rejection(rejection: Rejected) -> Outcome:
    paths = tuple(each.field for each in rejection.violations)
    return Outcome("rejected", rejection.reason, paths, rejection.detail)


async def _until(became: Callable[[], Awaitable[Outcome | None]]) -> Outcome:
    deadline = time.monotonic() + OUTCOME_SECONDS_MAX
    while time.monotonic() < deadline:
        if (outcome := await became()) is not None:
            return outcome
        await asyncio.sleep(LOOK_SECONDS)
    return Outcome("undecided", detail=f"after {OUTCOME_SECONDS_MAX:g} s")
