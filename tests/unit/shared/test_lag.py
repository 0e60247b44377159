"""What the broker tells of consumers and messages, as values."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from shared.behind import Lag
from shared.lag import _moment, _type

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T12:00:00.123456789Z", NOON.replace(microsecond=123456)),
        ("2026-11-22T12:00:00Z", NOON),
        ("2026-11-22T14:00:00.5+02:00", NOON.replace(microsecond=500_000)),
        ("0001-01-01T00:00:00Z", None),
        (None, None),
    ],
)
def test_a_moment_of_the_broker_is_read_to_the_microsecond(
    text: str | None, moment: datetime | None
) -> None:
    assert _moment(text) == moment


@pytest.mark.parametrize(
    ("part", "said", "type_"),
    [
        ("hdrs", b"NATS/1.0\r\nCe-Type: tandem.events.activity_held.v1\r\n\r\n", True),
        ("data", b'{"specversion":"1.0","type": "tandem.events.activity_held.v1"}', True),
        ("data", b'{"type": "anna@stad-gent.example"}', False),
        ("data", b"\xff\x00 nothing", False),
    ],
)
def test_of_a_message_only_a_type_of_ours_is_read(part: str, said: bytes, type_: bool) -> None:
    found = _type({part: base64.b64encode(said).decode()})
    assert found == ("tandem.events.activity_held.v1" if type_ else "")


def test_an_age_is_that_of_the_oldest_and_none_is_below_nothing() -> None:
    lag = Lag("INTAKE", "events-crm", "events", "crm", 1, 0, 0, NOON, None)
    assert lag.age(NOON + timedelta(seconds=61)) == 61
    assert lag.age(NOON - timedelta(seconds=5)) == 0
