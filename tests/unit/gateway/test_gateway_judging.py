"""Whatever is said, it is taken as its owner would take it, or told with a reason."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.gateway.domain.judging import Sender, Taken, judge
from services.gateway.domain.reading import UnsupportedMedia, is_batch, many, one
from services.gateway.web.events import STATUSES
from shared.contracts.envelope import Malformed, strict_json
from shared.contracts.messages.events import EventsMessage
from shared.contracts.messages.membership import MembershipMessage
from shared.contracts.messages.resources import ResourcesMessage
from shared.errors import InvalidData
from shared.recorded import members
from shared.sift import Raw, sift
from tests.support.nasty_texts import NASTY
from tests.support.recording import documents_of
from tests.support.sending import BATCH, event_of
from tests.support.telling import registered

EVERYTHING = MembershipMessage | EventsMessage | ResourcesMessage
TYPES = [message.TYPE for message in members(EVERYTHING)]
TEXTS = st.text(max_size=12) | st.sampled_from(NASTY)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
SAMPLES = [(type_, data) for type_ in TYPES for data in documents_of(type_)]
GOOD = registered("gent")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CONTENT_TYPES = st.sampled_from(
    [
        *("application/cloudevents+json", BATCH, "application/json", "", "text/plain"),
        *("application/cloudevents+json; charset=utf-16", "application/cloudevents+avro"),
        *("APPLICATION/CLOUDEVENTS+JSON;charset=UTF-8", "application/cloudevents-batch+xml"),
    ]
) | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
SENDER = Sender("demo", lambda type_: True)


@st.composite
def changed(draw: st.DrawFn) -> Any:
    """Return an event with something changed, left out or added, anywhere in it."""
    type_, data = draw(st.sampled_from(SAMPLES))
    event = event_of({**GOOD, "type": type_, "data": deepcopy(data)})
    place, key = event, draw(st.sampled_from([*event, "extension", "data_base64"]))
    if key == "data" and draw(st.booleans()) and isinstance(event["data"], dict) and event["data"]:
        place, key = event["data"], draw(st.sampled_from([*event["data"], "unknown"]))
    match draw(st.sampled_from(["set", "drop", "rename"])):
        case "set":
            place[key] = draw(VALUES)
        case "drop":
            place.pop(key, None)
        case "rename":
            place[draw(TEXTS)] = place.pop(key, None)
    return event


def judged(headers: list[tuple[str, str]], body: bytes) -> list[Any]:
    """Return what the door makes of a request; nothing but these errors may come of one."""
    content_type = dict(headers).get("content-type", "")
    try:
        said = many(content_type, body, 1000) if is_batch(content_type) else [one(headers, body)]
    except (UnsupportedMedia, Malformed, InvalidData):
        return []
    return [judge(each, SENDER, NOW) for each in said]


def hold(outcomes: list[Any]) -> None:
    """Check that what is taken is what an owner takes, and that all else is told."""
    for outcome in outcomes:
        if isinstance(outcome, Taken):
            raw = Raw(outcome.subject, outcome.said.headers, outcome.said.body, NOW)
            [received], rejections = sift([raw], EVERYTHING, NOW)
            assert rejections == []
            assert received.envelope.id == outcome.id
            continue
        assert outcome.reason in STATUSES
        assert outcome.detail
        assert outcome.reason != "invalid_data" or outcome.violations
        for each in outcome.violations:
            assert each.path.startswith("$")
            assert each.description
            assert each.hint
        json.dumps([outcome.detail, *(each.hint for each in outcome.violations)]).encode()


@for_all(changed())
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_event_that_was_spoilt_anywhere_is_taken_as_an_owner_would_or_told(event: Any) -> None:
    body = json.dumps(event).encode()
    hold(judged([("content-type", "application/cloudevents+json")], body))
    hold(judged([("content-type", BATCH)], b"[%s,%s]" % (body, body)))


@for_all(
    st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()),
    CONTENT_TYPES,
    st.dictionaries(
        st.sampled_from(
            ["ce-id", "ce-type", "ce-source", "ce-specversion", "ce-time", "ce-", "ce-X"]
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
        | st.sampled_from(["1.0", "/systems/demo", *TYPES, "2024-03-01T00:00:00Z", "%C0%A0", '"a']),
        max_size=6,
    ),
)
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_does_anything_but_be_taken_or_told(
    body: bytes, content_type: str, headers: dict[str, str]
) -> None:
    hold(judged([("content-type", content_type), *headers.items()], body))


@for_all(st.lists(changed(), max_size=6), st.integers(0, 5))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_good_event_is_taken_whatever_its_neighbours_are(spoilt: list[Any], place: int) -> None:
    good = event_of(GOOD)
    events = [*spoilt[:place], good, *spoilt[place:]]
    outcomes = judged([("content-type", BATCH)], json.dumps(events).encode())
    assert len(outcomes) == len(events)
    found = outcomes[min(place, len(spoilt))]
    assert isinstance(found, Taken)
    assert strict_json(found.said.body) == good
