"""What the gateway answers, as the client takes it: what to try again, and what is for good."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.client import Event, NotAllowed, Publisher, Unreachable, over_http
from shared.client.over_http import HttpDoor
from shared.contracts.messages.events import HoldActivity

HELD = Event.of(HoldActivity(activity_id="w1", on="2024-05-14"), time="2024-05-14T19:00:00Z")
TAKEN = httpx.Response(202, json={"id": HELD.id, "status": 202, "trace_id": "a" * 32})
Answers = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("secret\n")
    return file


def publisher_of(token_file: Path, answers: Answers, patience_seconds: float = 5.0) -> Publisher:
    door = HttpDoor("http://gateway.example", token_file)
    door._gateway._client = httpx.AsyncClient(transport=httpx.MockTransport(answers))
    return Publisher("crm", door, patience_seconds=patience_seconds)


class Script:
    """Answers in this order, and keeps what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize(
    "hindrance",
    [
        httpx.Response(429, headers={"retry-after": "0"}),
        httpx.Response(503, json={"detail": "not stored"}),
        httpx.Response(408),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
    ],
)
async def test_what_passes_is_tried_again_with_the_same_event(
    token_file: Path, hindrance: httpx.Response | Exception
) -> None:
    script = Script(hindrance, TAKEN)
    receipt = await publisher_of(token_file, script).publish(HELD)
    assert receipt.trace_id == "a" * 32
    first, second = script.asked
    assert first.content == second.content
    assert second.headers["authorization"] == "Bearer secret"
    assert second.headers["content-type"] == "application/cloudevents+json"


async def test_the_gateway_says_how_long_to_wait(
    token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", pause)
    script = Script(httpx.Response(429, headers={"retry-after": "3"}), TAKEN)
    await publisher_of(token_file, script).publish(HELD)
    assert pauses == [3.0]


async def test_patience_ends_with_what_the_gateway_said(token_file: Path) -> None:
    def busy(request: httpx.Request) -> httpx.Response:
        return httpx.Response(503, json={"detail": "Too busy now."})

    with pytest.raises(Unreachable, match="503: Too busy now"):
        await publisher_of(token_file, busy, patience_seconds=0.3).publish(HELD)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"detail": "Send the token of a credential."}),
        httpx.Response(403, json={"detail": "may not", "reason": "not_allowed"}),
        httpx.Response(421, json={"detail": "another host"}),
        httpx.Response(404, text="<html>some proxy</html>"),
    ],
)
async def test_what_will_not_pass_is_not_tried_again(
    token_file: Path, answer: httpx.Response
) -> None:
    script = Script(answer)
    with pytest.raises(NotAllowed):
        await publisher_of(token_file, script).publish(HELD)
    assert len(script.asked) == 1


async def test_a_batch_is_answered_event_by_event(token_file: Path) -> None:
    refusal = {
        "index": 1,
        "id": "b",
        "status": 422,
        "reason": "invalid_data",
        "detail": "on: is no date.",
        "violations": [{"path": "$.data.on", "description": "is no date", "hint": "2024-05-14"}],
    }
    results = [{"index": 0, "id": "a", "status": 202}, refusal]
    script = Script(httpx.Response(207, json={"accepted": 1, "refused": 1, "results": results}))
    events = [Event("a", HELD.type, b"{}"), Event("b", HELD.type, b"{}")]
    summary = await publisher_of(token_file, script).publish_many(events, checked=True)
    assert (summary.published, summary.refused_count) == (1, 1)
    assert str(summary.refused[0]) == "b: invalid_data: $.data.on: is no date"
    assert script.asked[0].content == b"[{},{}]"


async def test_what_is_rejected_from_now_on_is_heard_in_its_order(
    token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(over_http, "LOOK_SECONDS", 0.0)

    def rejected(*numbers: int) -> httpx.Response:
        entries: list[dict[str, Any]] = [
            {
                "rejected_id": str(n),
                "id": f"event-{n}",
                "reason": "refused",
                "detail": "a rule forbids it",
                "violations": [],
            }
            for n in numbers
        ]
        return httpx.Response(200, content=json.dumps({"rejected": entries}))

    script = Script(rejected(2, 1), httpx.Response(503), rejected(4, 3, 2, 1), rejected(4, 3))
    heard = publisher_of(token_file, script).rejections()
    assert [(await anext(heard)).event_id, (await anext(heard)).event_id] == ["event-3", "event-4"]
