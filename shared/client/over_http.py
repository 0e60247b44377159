"""The door of HTTP: the gateway takes events one by one or in batches, and answers questions.

What is tried again: no answer at all, 429 (after the time that it names), 408 and 5xx. A batch is
answered event by event; what is refused is refused for good.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from shared.client.doors import Answer, trace_headers
from shared.client.errors import NotAccepted, NotAllowed, Rejected
from shared.client.event import Event
from shared.client.receipt import FactPlace, Questions, State, Told
from shared.client.retrying import TryAgain, until_done
from shared.contracts.envelope import STRUCTURED
from shared.errors import Violation

BATCH = "application/cloudevents-batch+json"
BATCH_EVENTS_MAX = 1000
BATCH_BYTES_MAX = 4 * 1024 * 1024
"""Half of what the gateway takes, for what stands between the events."""
ANSWER_SECONDS_MAX = 30.0
LOOK_SECONDS = 1.0
REJECTED_MAX = 200
"""So many are looked at, the newest first: more in LOOK_SECONDS are not heard of one by one."""
RETRY_AFTER_SECONDS_MAX = 60.0
UNSURE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
UNFIT = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class Gateway:
    """The gateway as one credential sees it."""

    def __init__(self, url: str, token_file: Path) -> None:
        """Bind the address, and the file with the token: it is read for each request."""
        self._url, self._token_file = url.rstrip("/"), token_file
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Close its connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def ask(self, method: str, target: str, **request: Any) -> httpx.Response:
        """Return the answer to a request.

        Raises:
            TryAgain: there is none, or one that says to come again.
            NotAllowed: the token is unknown or may not.
        """
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=ANSWER_SECONDS_MAX, trust_env=False)
        headers = {
            "authorization": f"Bearer {self._token_file.read_text('utf-8').strip()}",
            **request.pop("headers", {}),
        }
        try:
            answer = await self._client.request(
                method, f"{self._url}{target}", headers=headers, **request
            )
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise TryAgain(f"no answer from {self._url}: {said}") from error
        if answer.status_code in UNSURE or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise TryAgain(f"{self._url} answers {_said(answer)}", _retry_after(answer))
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise NotAllowed(_said(answer))
        return answer

    async def told(self, service: str, id_: str, report_seconds: float | None) -> Told:
        """Return what became of an event of one's own."""
        query = {"service": service}
        if report_seconds is not None:
            query["report"] = f"{report_seconds:.3f}"
        target = f"/events/{quote(id_, safe='')}"
        answer = await until_done(lambda: self.ask("GET", target, params=query), ANSWER_SECONDS_MAX)
        if answer.status_code != HTTPStatus.OK:
            raise NotAllowed(_said(answer))
        return told_of(answer.json())


class HttpDoor:
    """Publishes under a bearer token, which stands in a file."""

    batch_events_max, batch_bytes_max = BATCH_EVENTS_MAX, BATCH_BYTES_MAX

    def __init__(self, url: str, token_file: Path) -> None:
        """Bind the gateway and the credential."""
        self._gateway = Gateway(url, token_file)
        self.questions: Questions | None = self._gateway

    async def open(self) -> None:
        """Nothing is held open between requests."""

    async def close(self) -> None:
        """Close the connections."""
        await self._gateway.close()

    async def store(self, events: Sequence[Event]) -> list[Answer]:
        """Send events, and return once those that are taken are durable."""
        if len(events) == 1:
            return [await self._store_one(events[0])]
        body = b"[" + b",".join(event.body for event in events) + b"]"
        headers = {"content-type": BATCH, **trace_headers()}
        answer = await self._gateway.ask("POST", "/events", content=body, headers=headers)
        results = _results(answer)
        if len(results) != len(events):
            raise _refusal(None, _document(answer), answer)
        return [_answer(event, result) for event, result in zip(events, results, strict=True)]

    async def _store_one(self, event: Event) -> Answer:
        headers = {"content-type": STRUCTURED, **trace_headers()}
        answer = await self._gateway.ask("POST", "/events", content=event.body, headers=headers)
        if answer.status_code == HTTPStatus.ACCEPTED:
            return Answer(trace_id=_document(answer).get("trace_id"))
        return Answer(_refusal(event, _document(answer), answer))

    async def rejections(self) -> AsyncIterator[Rejected]:
        """Yield what was rejected since this was called, looking once in LOOK_SECONDS."""
        seen = {each["rejected_id"] for each in await self._rejected()}
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            fresh = [each for each in await self._rejected() if each["rejected_id"] not in seen]
            for each in reversed(fresh):
                seen.add(each["rejected_id"])
                yield rejection_of(each["id"], {**each, "explanation": each["detail"]})

    async def _rejected(self) -> list[Mapping[str, Any]]:
        try:
            answer = await self._gateway.ask("GET", "/rejected", params={"limit": REJECTED_MAX})
        except TryAgain:
            return []
        if answer.status_code != HTTPStatus.OK:
            raise NotAllowed(_said(answer))
        return list(answer.json()["rejected"])


def told_of(document: Mapping[str, Any]) -> Told:
    """Return what the gateway says became of an event."""
    rejection, at = document.get("rejection"), document.get("recorded_at")
    return Told(
        document["id"],
        State(document["state"]),
        tuple(FactPlace(**fact) for fact in document.get("facts", ())),
        datetime.fromisoformat(at) if at else None,
        document.get("waiting_for"),
        rejection_of(document["id"], rejection) if rejection else None,
        document.get("reported", False),
        document.get("digest"),
    )


def rejection_of(id_: str | None, document: Mapping[str, Any]) -> Rejected:
    """Return a rejection as the gateway tells it."""
    return Rejected(
        id_,
        document["reason"],
        document["explanation"],
        [Violation(each["path"], each["description"]) for each in document["violations"]],
        document["rejected_id"],
    )


def _answer(event: Event, result: Mapping[str, Any]) -> Answer:
    if result["status"] == HTTPStatus.ACCEPTED:
        return Answer(trace_id=result.get("trace_id"))
    return Answer(_refusal(event, result, None))


def _refusal(
    event: Event | None, document: Mapping[str, Any], answer: httpx.Response | None
) -> NotAccepted:
    """Return why an event is not taken.

    Raises:
        NotAllowed: because the credential may not say it.
    """
    reason = document.get("reason")
    detail = str(document.get("detail") or (_said(answer) if answer is not None else "refused"))
    if reason == "not_allowed" or (reason is None and answer is not None):
        raise NotAllowed(detail)
    violations = [
        Violation(each["path"], each["description"]) for each in document.get("violations", ())
    ]
    return NotAccepted(event.id if event else None, str(reason), detail, violations)


def _results(answer: httpx.Response) -> list[Mapping[str, Any]]:
    return list(_document(answer).get("results", ()))


def _document(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        document = answer.json()
    except json.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _said(answer: httpx.Response) -> str:
    detail = _document(answer).get("detail")
    return f"{answer.status_code}: {detail or answer.reason_phrase}"


def _retry_after(answer: httpx.Response) -> float:
    said = answer.headers.get("retry-after", "")
    return min(float(said), RETRY_AFTER_SECONDS_MAX) if said.isdecimal() else 0.0
