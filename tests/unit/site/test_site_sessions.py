"""What a browser keeps after logging in: sealed, for some hours, until somebody ends it."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.site.failures import FAILURES_MAX, FAILURES_SECONDS, Failures
from shared.site.login import place_here
from shared.site.sessions import SESSION_SECONDS_MAX, EndedHere, Sessions

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now


async def test_a_session_gives_its_token_back_and_does_not_show_it() -> None:
    sessions = Sessions(b"secret", Hands())
    session = sessions.begin("token-of-somebody")

    assert await sessions.token_of(session) == "token-of-somebody"
    assert "token-of-somebody" not in session


async def test_a_session_outlives_a_restart_but_not_its_hours() -> None:
    hands = Hands()
    session = Sessions(b"secret", hands).begin("token")
    again = Sessions(b"secret", hands)

    hands.now += timedelta(seconds=SESSION_SECONDS_MAX)
    assert await again.token_of(session) == "token"
    hands.now += timedelta(seconds=1)
    assert await again.token_of(session) is None


async def test_a_session_that_was_ended_opens_nothing_more() -> None:
    sessions = Sessions(b"secret", Hands())
    ended, other = sessions.begin("token"), sessions.begin("token")
    await sessions.end(ended)

    assert await sessions.token_of(ended) is None
    assert await sessions.token_of(other) == "token"


@pytest.mark.parametrize("cookie", [None, "", "token", "gAAAA", "ü", "a" * 10_000])
async def test_what_we_did_not_seal_is_no_session(cookie: str | None) -> None:
    assert await Sessions(b"secret", Hands()).token_of(cookie) is None


async def test_a_session_of_another_system_opens_nothing_here() -> None:
    session = Sessions(b"another", Hands()).begin("token")
    assert await Sessions(b"secret", Hands()).token_of(session) is None


async def test_what_was_never_a_session_is_not_remembered_as_ended() -> None:
    ended = EndedHere()
    await Sessions(b"secret", Hands(), ended).end("something a stranger sent")
    assert ended._until == {}


async def test_what_was_ended_is_forgotten_when_its_hours_are_over() -> None:
    ended, hands = EndedHere(), Hands()
    sessions = Sessions(b"secret", hands, ended)
    await sessions.end(sessions.begin("token"))
    hands.now += timedelta(seconds=SESSION_SECONDS_MAX + 1)
    await sessions.end(sessions.begin("token"))
    assert len(ended._until) == 1


@pytest.mark.parametrize(
    "target", ["/", "/reports/2024-Q1", "/reports/2024-Q1?lang=fr&calendar=nlc", "/a%20b#where"]
)
def test_a_place_on_this_site_is_gone_on_to(target: str) -> None:
    assert place_here(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "reports",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "\n//evil.example",
        "/reports\r\nSet-Cookie: a=b",
        " /reports",
    ],
)
def test_any_other_place_is_the_front_page(target: str | None) -> None:
    assert place_here(target) == "/"


def test_who_fails_too_often_waits_and_nobody_else_does() -> None:
    now = [1_000.0]
    failures = Failures(lambda: now[0])
    for _ in range(FAILURES_MAX):
        assert failures.wait_seconds("here") == 0
        failures.add("here")

    assert failures.wait_seconds("here") == FAILURES_SECONDS
    assert failures.wait_seconds("there") == 0
    now[0] += FAILURES_SECONDS
    assert failures.wait_seconds("here") == 0
