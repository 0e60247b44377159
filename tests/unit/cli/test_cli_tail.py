"""What `tandem tail` tells of a fact and of a message: where and when, and nothing it says."""

import json
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from tandem.ledger.v1 import ledger_pb2 as pb

from shared.cli.tail import recorded, rejected, waiting

AT = datetime(2026, 11, 26, 12, 28, 5, tzinfo=UTC)
STAMP = Timestamp(seconds=int(AT.timestamp()))
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
NAMED = "anna@example.org"


def a_fact() -> pb.LedgerFact:
    return pb.LedgerFact(
        stream="activity-w1",
        version=3,
        type="events.activity_held.v1",
        data=f'{{"name": "{NAMED}"}}'.encode(),
        recorded_at=STAMP,
        source="demo",
        source_id=NAMED,
        traceparent=TRACEPARENT,
    )


def test_a_fact_is_told_by_place_type_source_and_trace() -> None:
    seen = recorded("events", a_fact())

    assert seen.line() == (
        "2026-11-26 12:28:05  recorded  events/activity-w1/3  events.activity_held.v1  demo  "
        f"trace {TRACE}"
    )
    assert json.loads(seen.json()) == {
        "at": "2026-11-26T12:28:05+00:00",
        "what": "recorded",
        "service": "events",
        "on": "activity-w1/3",
        "type": "events.activity_held.v1",
        "source": "demo",
        "reason": None,
        "trace": TRACE,
    }
    assert NAMED not in seen.line() + seen.json()


def test_a_rejected_message_is_told_by_its_reason_and_never_quoted() -> None:
    message = pb.RejectedMessage(
        rejected_id="46a2e307-0000-4000-8000-000000000000",
        subject="intake.crm.events.participant_joined",
        source="crm",
        id=NAMED,
        type=f"tandem.events.{NAMED}\x1b[2J",
        reason="unknown_type",
        explanation=f"{NAMED} is no type",
        body=NAMED.encode(),
        rejected_at=STAMP,
        traceparent=NAMED,
    )

    seen = rejected("events", message)

    assert seen.line() == ("2026-11-26 12:28:05  rejected  events/46a2e307  -  crm  unknown_type")
    assert NAMED not in seen.json()


def test_a_waiting_message_is_told_by_what_it_waits_for() -> None:
    message = pb.WaitingMessage(
        source="crm",
        id=NAMED,
        type="tandem.events.participant_joined.v1",
        waiting_for="activity-w1",
        waiting_since=STAMP,
        traceparent=TRACEPARENT,
    )

    seen = waiting("events", message)

    assert (seen.on, seen.trace) == ("activity-w1", TRACE)
    assert NAMED not in seen.line() + seen.json()
