"""The verdict, the hops, the causes and the producers, from what was seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any

import httpx
import pytest

from services.operations.domain.causes import Rejected, causes
from services.operations.domain.health import State, verdict
from services.operations.domain.hops import hops
from services.operations.domain.producers import Heard, Known, lateness, producers
from services.operations.domain.seeing import Backlog, Counted, Projection, Seen, ServiceSeen
from services.operations.looking import Looking, _skew
from services.operations.once import Once
from services.operations.presentation.pages import page
from shared.behind import Lag, Lags, Stream
from shared.errors import Refused
from shared.health import Metrics, audited

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LEVEL = Projection(0, 0.0, 0, 0, 0, 3.0)
QUIET = Backlog(0, 0.0, 0, 0.0, 0)
EVENTS = ServiceSeen("events", "", {"database": True}, skew=0.0, backlog=QUIET)
REPORTING = ServiceSeen("reporting", "", {"database": True}, projections={"events": LEVEL})
TAKEN = Lag("INTAKE", "events-crm", "events", "crm", 0, 0, 0, None, NOW)
PROJECTED = Lag("FACTS", "reporting", "reporting", None, 0, 0, 0, None, NOW)
INTAKE = Stream("INTAKE", 10, 100, 1000, NOW)
WELL = Seen(NOW, [EVENTS, REPORTING], Lags([INTAKE], [TAKEN, PROJECTED]), [])


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (None, "Not looked at yet"),
        (WELL, "what it acknowledged survives a power cut"),
        (replace(WELL, lags=None, weak=None), "does not answer"),
        (replace(WELL, services=[ServiceSeen("events", "does not answer")]), "none told"),
    ],
)
def test_whatever_is_seen_the_first_page_can_say_it(seen: Seen | None, said: str) -> None:
    shown = page("healthy.html", "/", seen=seen, verdict=verdict(seen), now=NOW, reasons_shown=3)
    assert said in shown


def lags(**lag: Any) -> Lags:
    return Lags([INTAKE], [replace(TAKEN, **lag), PROJECTED])


def services(*, backlog: Backlog = QUIET, projection: Projection = LEVEL) -> list[ServiceSeen]:
    return [
        replace(EVENTS, backlog=backlog),
        replace(REPORTING, projections={"events": projection}),
    ]


OLD = NOW - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("seen", "state", "why"),
    [
        (None, State.UNKNOWN, ""),
        (WELL, State.HEALTHY, "nothing waits"),
        (replace(WELL, lags=None), State.BROKEN, "NATS does not answer"),
        (replace(WELL, weak=None), State.BROKEN, "PostgreSQL does not answer"),
        (replace(WELL, weak=["fsync"]), State.BROKEN, "can lose what it acknowledged: fsync off"),
        (
            replace(WELL, services=[replace(EVENTS, wrong="waits for nats")]),
            State.BROKEN,
            "events waits for nats",
        ),
        (
            replace(WELL, services=[replace(EVENTS, skew=-90.0)]),
            State.BROKEN,
            "the clock of events is -90 s off",
        ),
        (
            replace(WELL, services=services(projection=replace(LEVEL, ahead=2))),
            State.BROKEN,
            "reports hold 2 facts that the ledger of events does not",
        ),
        (
            replace(WELL, services=services(backlog=replace(QUIET, rejected=1))),
            State.REFUSING,
            "events rejected 1 message that nobody",
        ),
        (
            replace(WELL, lags=Lags([replace(INTAKE, bytes=990)], [])),
            State.REFUSING,
            "INTAKE is 99% full",
        ),
        (
            replace(WELL, lags=lags(pending=50, stored_at=OLD)),
            State.BEHIND,
            "events has not taken 50 messages of crm, the oldest for 5 min",
        ),
        (replace(WELL, lags=lags(pending=50, stored_at=NOW)), State.HEALTHY, ""),
        (
            replace(WELL, services=services(backlog=replace(QUIET, outbox=3, outbox_age=61.0))),
            State.BEHIND,
            "NATS has not taken 3 facts of events",
        ),
        (
            replace(WELL, services=services(backlog=replace(QUIET, waiting=1, waiting_age=90000))),
            State.BEHIND,
            "wait at events for what they speak of, the oldest for 1 d",
        ),
        (
            replace(WELL, services=services(projection=replace(LEVEL, behind=7, age=7200.0))),
            State.BEHIND,
            "reports are 7 facts of events behind, the oldest for 2 h",
        ),
        (
            replace(WELL, services=services(projection=replace(LEVEL, missing=4))),
            State.BEHIND,
            "reports lack 4 facts of events",
        ),
    ],
)
def test_the_verdict_is_the_worst_of_what_is_seen_and_says_why(
    seen: Seen | None, state: State, why: str
) -> None:
    found = verdict(seen)
    assert found.state is state
    assert why in found.sentence


def test_a_sentence_names_three_reasons_and_counts_the_others() -> None:
    away = [ServiceSeen(name, "does not answer") for name in ("a", "b", "c", "d", "e")]
    found = verdict(replace(WELL, services=away))
    assert found.sentence.endswith("c does not answer; and 2 more.")
    assert len(found.reasons) == 5


def test_hops_stand_in_the_order_of_the_flow_and_say_which_is_late() -> None:
    seen = replace(WELL, lags=lags(pending=2, ack_pending=1, redelivered=1, stored_at=OLD))
    found = hops(seen)
    assert [(hop.name, hop.count, hop.late) for hop in found] == [
        ("INTAKE", 3, True),
        ("waits for what it speaks of", 0, False),
        ("outbox", 0, False),
        ("FACTS", 0, False),
        ("ledger of events against reports", 0, False),
    ]
    assert found[0].age == 300
    assert found[0].detail == "2 pending, 1 delivered and not acknowledged, 1 redelivered"
    assert found[-1].detail == "complete; compared 3 s ago"


def test_what_differs_is_told_at_its_hop() -> None:
    differs = replace(LEVEL, missing=2, different=1, compared_age=None)
    last = hops(replace(WELL, services=services(projection=differs)))[-1]
    assert last.late
    assert last.detail == "2 missing, 1 different; compared never"


def rejection(id_: str, minutes: int, **other: str) -> Rejected:
    usual = {
        "service": "events",
        "source": "crm",
        "type": "tandem.events.activity_held.v1",
        "reason": "invalid_data",
        "path": "$.data.on",
        "explanation": "on: is no date",
        "hint": "write it as 2024-03-27",
    }
    at = NOW + timedelta(minutes=minutes)
    return Rejected(id=id_, at=at, trace_id=None, **usual | other)


def test_what_was_rejected_alike_is_one_cause_and_the_newest_comes_first() -> None:
    found = causes(
        [
            rejection("1", 1),
            rejection("2", 3),
            rejection("3", 2, path="$.data.city"),
            rejection("4", 5, source="hub"),
        ]
    )
    assert [[each.id for each in cause.messages] for cause in found] == [["4"], ["2", "1"], ["3"]]
    assert found[1].newest.id == "2"


def test_a_producer_is_known_by_its_credential_and_by_what_it_sent() -> None:
    seen = replace(
        WELL,
        services=[
            replace(EVENTS, counted=[Counted("crm", "recorded", 3), Counted("crm", "rejected", 1)]),
            replace(EVENTS, name="resources", counted=[Counted("crm", "recorded", 2)]),
        ],
    )
    heard = Heard({"gone": NOW}, {"gone": {"events.activity_held": 2}}, {"crm": [1.0, 3.0]})
    found = producers(heard, {"crm": Known(("events",), None, (NOW, None))}, seen)
    assert [each.source for each in found] == ["crm", "gone"]
    assert found[0].outcomes == {"recorded": 5, "rejected": 1}
    assert found[0].lateness == lateness([3.0, 1.0])
    assert found[1].known is None
    assert found[1].types == {"events.activity_held": 2}


def test_lateness_is_the_median_and_what_most_stay_within() -> None:
    found = lateness([*range(1, 101), -5.0])
    assert found is not None
    assert (found.p50, found.p95, found.facts) == (50.0, 95.0, 101)
    assert lateness([]) is None


def test_a_form_is_taken_once_from_whom_it_was_given_to_and_for_what_it_asked() -> None:
    once = Once()
    mark = once.give("anna", "replay 1")
    once.take(mark, "anna", "replay 1")
    with pytest.raises(Refused):
        once.take(mark, "anna", "replay 1")
    for who, what in (("ben", "replay 1"), ("anna", "replay 2")):
        with pytest.raises(Refused):
            once.take(once.give("anna", "replay 1"), who, what)


def test_a_form_is_good_for_an_hour() -> None:
    hours = count()
    once = Once(lambda: 3601.0 * next(hours))
    with pytest.raises(Refused):
        once.take(once.give("anna", "replay"), "anna", "replay")


@pytest.mark.parametrize(
    "seen",
    [None, WELL, replace(WELL, lags=None), replace(WELL, weak=None), replace(WELL, services=[])],
    ids=["nothing", "all", "no broker", "no database", "no service"],
)
def test_the_front_page_is_there_whatever_is_away(seen: Seen | None) -> None:
    told = verdict(seen)
    body = page("healthy.html", "/", seen=seen, verdict=told, now=NOW, reasons_shown=3)
    assert told.sentence in body
    assert ("INTAKE" in body) == (seen is not None and seen.lags is not None)


async def test_a_service_that_takes_its_time_over_readyz_has_no_wrong_clock() -> None:
    def answered(request: httpx.Request) -> httpx.Response:
        late, text = {"/readyz": (3, '{"database": true}'), "/metrics": (0, "")}[request.url.path]
        date = format_datetime(datetime.now(UTC) - timedelta(seconds=late), usegmt=True)
        return httpx.Response(200, text=text, headers={"date": date})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answered)) as http:
        looking = Looking.__new__(Looking)
        looking._http = http
        seen = await looking._service("events", "http://events")
    assert seen.skew == 0.0


@pytest.mark.parametrize(
    ("asked", "answered", "skew"),
    [
        (1000.0, 1000.2, 0.0),
        (990.0, 1000.2, 0.0),  # who was asked took its time, and read its clock at the end
        (1000.0, 1010.0, 0.0),  # or at the beginning
        (1090.5, 1095.0, -90.0),
        (905.0, 910.5, 90.0),
    ],
)
def test_a_clock_is_wrong_that_is_not_between_question_and_answer(
    asked: float, answered: float, skew: float
) -> None:
    date = format_datetime(datetime.fromtimestamp(1000, UTC), usegmt=True)
    assert _skew(date, asked, answered) == skew


def test_the_metrics_of_a_service_are_read_once() -> None:
    text = 'tandem_audit_missing{ledger="events"} 2\ntandem_rejected_messages 3\n'
    metrics = Metrics(text)
    assert metrics.one("tandem_rejected_messages") == 3
    assert metrics.one("tandem_outbox_facts") is None
    assert metrics.by("ledger", "tandem_audit_missing") == {"events": 2}
    assert audited(text)[0] is False
