"""Messages are parted into received and rejected, each judged by itself, whatever they hold."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from shared.contracts.envelope import EVENT_BYTES_MAX, STRUCTURED
from shared.contracts.messages.events import EventsDecision, EventsMessage, HoldActivity
from shared.contracts.messages.membership import MembershipMessage
from shared.contracts.messages.resources import PublishResource, ResourcesMessage, ShareResource
from shared.draft import _rejected_row
from shared.sift import Raw, Received, Rejection, own, rejected, sift
from tests.support.recording import documents_of, messages_of
from tests.support.speaking import (
    PUBLISH_RESOURCE,
    TOOLKIT,
    TRACEPARENT,
    TUESDAY,
    Said,
    binary,
    raw,
    raw_of,
    structured,
    subject_of,
)

REASONS = {"malformed", "unknown_type", "invalid_data", "source_mismatch", "too_large"}
SCHEDULE = "tandem.events.activity_scheduled.v1"
JOINED = "tandem.events.participant_joined.v1"
ATTENDANCE = "tandem.events.attendance_recorded.v1"
STARTED = "tandem.membership.membership_started.v1"
REGISTERED = "tandem.membership.city_registered.v1"
WEBINAR: dict[str, Any] = {
    "activity_id": "w1",
    "kind": "webinar",
    "title": "Responding to hate",
    "organisers": ["SCN"],
    "starts_at": "2024-03-20T14:00",
    "time_zone": "Europe/Brussels",
}
PERSON: dict[str, Any] = {"id": "anna"}
JOIN: dict[str, Any] = {"activity_id": "w1", "person": PERSON, "at": "2024-03-26T09:00:00Z"}
ROW: dict[str, Any] = {"person": PERSON, "role": "attendee", "intervals": []}
FILE: dict[str, Any] = {"activity_id": "w1", "final": True, "participants": [ROW]}
GENT: dict[str, Any] = {"city_id": "gent", "name": "Gent", "kind": "city", "country": "BE"}
MEMBER: dict[str, Any] = {"city": {"city_id": "gent"}, "network": "SCN", "on": "2019"}
EVERYTHING = MembershipMessage | EventsMessage | ResourcesMessage


def received_of(*raws: Raw) -> list[Received]:
    received, rejections = sift(raws, EVERYTHING, TUESDAY)
    assert rejections == []
    return received


def rejection_of(each: Raw, messages: Any = EVERYTHING) -> Rejection:
    received, rejections = sift([each], messages, TUESDAY)
    assert received == []
    [rejection] = rejections
    assert_storable(rejection)
    return rejection


def assert_storable(rejection: Rejection) -> None:
    """Everything that PostgreSQL gets as text or JSON is what it can hold."""
    assert rejection.reason in REASONS
    for value in _rejected_row(rejection):
        if isinstance(value, str):
            assert "\0" not in value
            assert "\\u0000" not in value.replace("\\\\", "")
            assert len(value.encode()) < 70_000


def said(type_: str, data: Any) -> Raw:
    return raw(structured(data, type_), type_=type_)


def fields(rejection: Rejection) -> list[str]:
    return [violation.field for violation in rejection.violations]


@pytest.mark.parametrize("message", messages_of(EVERYTHING), ids=lambda message: message.TYPE)
def test_every_message_of_the_contract_is_received(message: Any) -> None:
    [received] = received_of(raw_of(message))
    assert received.message == message
    assert received.key == ("crm", "m-1")


def test_both_modes_are_received_alike() -> None:
    first, second = received_of(raw(structured()), raw(binary()))
    assert (first.message, first.envelope) == (second.message, second.envelope)


def test_a_message_without_headers_is_received_as_a_structured_one() -> None:
    bare = raw(Said({}, structured().body))
    assert received_of(bare)[0].envelope == received_of(raw(structured()))[0].envelope


def test_a_message_that_is_no_event_is_malformed() -> None:
    rejection = rejection_of(raw(Said({}, b"hello")))
    assert (rejection.reason, rejection.id, rejection.type) == ("malformed", None, None)


def test_a_message_that_is_too_large_is_rejected_by_its_size() -> None:
    rejection = rejection_of(raw(Said({"content-type": STRUCTURED}, b" " * (EVENT_BYTES_MAX + 1))))
    assert rejection.reason == "too_large"
    assert "1048577 bytes" in rejection.detail


def test_a_message_of_another_source_is_rejected_with_both_names() -> None:
    rejection = rejection_of(raw(structured(source="crm"), source="webinar-platform"))
    assert rejection.reason == "source_mismatch"
    assert rejection.detail == (
        "source is '/systems/crm', this credential is '/systems/webinar-platform'"
    )


@pytest.mark.parametrize("source", ["crm/", "/systems/crm", "CRM", "crm\u200b"])
def test_a_source_that_only_looks_like_the_credential_is_another(source: str) -> None:
    assert rejection_of(raw(structured(source=source))).reason == "source_mismatch"


@pytest.mark.parametrize(
    "type_",
    [
        "tandem.resources.resource_published.v9",
        "resources.resource_published.v1",
        "tandem.resources.resource_published",
    ],
)
def test_a_type_that_nobody_reads_is_unknown(type_: str) -> None:
    rejection = rejection_of(raw(structured(type_=type_)))
    assert rejection.reason == "unknown_type"
    assert rejection.detail == f"type {type_!r} is not known to resources"


@pytest.mark.parametrize("type_", [STARTED, "tandem.resources.edition_published.v1", "x"])
def test_a_type_on_the_subject_of_another_is_unknown_there(type_: str) -> None:
    rejection = rejection_of(raw(structured(type_=type_)))
    assert rejection.reason == "unknown_type"
    assert rejection.detail == f"type {type_!r} came on subject {subject_of(PUBLISH_RESOURCE)!r}"


def test_what_only_people_may_decide_does_not_come_from_outside() -> None:
    [erase] = messages_of(EventsDecision)[:1]
    assert rejection_of(raw_of(erase), EventsMessage).reason == "unknown_type"
    assert sift([raw_of(erase)], EventsMessage | EventsDecision, TUESDAY)[1] == []


@pytest.mark.parametrize(("late", "accepted"), [(0, True), (1, False)])
def test_what_happened_more_than_a_day_from_now_is_rejected_with_both_times(
    late: int, accepted: bool
) -> None:
    time = (TUESDAY + timedelta(days=1, seconds=late)).isoformat()
    if accepted:
        received_of(raw(structured(time=time)))
        return
    rejection = rejection_of(raw(structured(time=time)))
    assert (rejection.reason, fields(rejection)) == ("invalid_data", ["time"])
    assert time in rejection.detail
    assert TUESDAY.isoformat() in rejection.detail


HOSTILE = [
    (PUBLISH_RESOURCE, {"title": "a\0b"}, "title"),
    (PUBLISH_RESOURCE, {"title": "a\x1b[31m"}, "title"),
    (PUBLISH_RESOURCE, {"title": "a\nb"}, "title"),
    (PUBLISH_RESOURCE, {"title": "\u202egnp.exe"}, "title"),
    (PUBLISH_RESOURCE, {"title": "a\ue000"}, "title"),
    (PUBLISH_RESOURCE, {"title": " \t "}, "title"),
    (PUBLISH_RESOURCE, {"title": "  "}, "title"),
    (PUBLISH_RESOURCE, {"title": ""}, "title"),
    (PUBLISH_RESOURCE, {"title": "x" * 301}, "title"),
    (PUBLISH_RESOURCE, {"title": "\u0958" * 300}, "title"),
    (PUBLISH_RESOURCE, {"title": 7}, "title"),
    (PUBLISH_RESOURCE, {"title": None}, "title"),
    (PUBLISH_RESOURCE, {"resource_id": "Toolkit"}, "resource_id"),
    (PUBLISH_RESOURCE, {"resource_id": "a.b"}, "resource_id"),
    (PUBLISH_RESOURCE, {"resource_id": "a\n"}, "resource_id"),
    (PUBLISH_RESOURCE, {"resource_id": "*"}, "resource_id"),
    (PUBLISH_RESOURCE, {"resource_id": "x" * 81}, "resource_id"),
    (PUBLISH_RESOURCE, {"resource_id": "١"}, "resource_id"),
    (PUBLISH_RESOURCE, {"url": "https://a.example/\0"}, "url"),
    (PUBLISH_RESOURCE, {"url": "https://a.example/\u202e"}, "url"),
    (PUBLISH_RESOURCE, {"url": "javascript:alert(1)"}, "url"),
    (PUBLISH_RESOURCE, {"url": "https://a.example/<script>"}, "url"),
    (PUBLISH_RESOURCE, {"on": "2024-02-30"}, "on"),
    (PUBLISH_RESOURCE, {"on": "2024-13"}, "on"),
    (PUBLISH_RESOURCE, {"on": "9999-12-31"}, "on"),
    (PUBLISH_RESOURCE, {"on": "0000"}, "on"),
    (PUBLISH_RESOURCE, {"on": "٢٠٢٤"}, "on"),
    (PUBLISH_RESOURCE, {"on": 2024}, "on"),
    (PUBLISH_RESOURCE, {"kind": "Toolkit"}, "kind"),
    (PUBLISH_RESOURCE, {"publisher": "other:"}, "publisher"),
    (PUBLISH_RESOURCE, {"languages": []}, "languages"),
    (PUBLISH_RESOURCE, {"languages": ["en", "en"]}, "languages"),
    (PUBLISH_RESOURCE, {"languages": "en"}, "languages"),
    (PUBLISH_RESOURCE, {"languages": ["en", "E"]}, "languages.1"),
    (PUBLISH_RESOURCE, {"status": "final"}, "status"),
    (PUBLISH_RESOURCE, {"recorded_at": "2020-01-01T00:00:00Z"}, "recorded_at"),
    (PUBLISH_RESOURCE, {"a\0b": 1}, "a\\x00b"),
    (PUBLISH_RESOURCE, {"\u202eb": 1}, "\\u202eb"),
    (PUBLISH_RESOURCE, {"k" * 5000: 1}, "k" * 80 + "…"),
    (SCHEDULE, {"starts_at": "2024-03-31T02:30"}, "data"),
    (SCHEDULE, {"starts_at": "2024-10-27T02:30"}, "data"),
    (SCHEDULE, {"starts_at": "2024-03-20T14:00Z"}, "starts_at"),
    (SCHEDULE, {"starts_at": "2024-03-20T24:00"}, "starts_at"),
    (SCHEDULE, {"starts_at": "2024-06-30T23:59:60"}, "starts_at"),
    (SCHEDULE, {"starts_at": "9999-12-31T23:59"}, "starts_at"),
    (SCHEDULE, {"time_zone": "localtime"}, "time_zone"),
    (SCHEDULE, {"time_zone": "../../etc/passwd"}, "time_zone"),
    (SCHEDULE, {"time_zone": "CEST"}, "time_zone"),
    (SCHEDULE, {"duration_minutes": 1.5}, "duration_minutes"),
    (SCHEDULE, {"duration_minutes": 60.0}, "duration_minutes"),
    (SCHEDULE, {"duration_minutes": "60"}, "duration_minutes"),
    (SCHEDULE, {"duration_minutes": True}, "duration_minutes"),
    (SCHEDULE, {"duration_minutes": 10**17}, "duration_minutes"),
    (SCHEDULE, {"themes": ["Hate"]}, "themes.0"),
    (
        SCHEDULE,
        {"occurrences": [{"occurrence": "1", "starts_at": "2024-03-31T02:30"}]},
        "data",
    ),
    (
        SCHEDULE,
        {
            "occurrences": [
                {"occurrence": "1", "starts_at": "2024-04-01"},
                {"occurrence": "1", "starts_at": "2024-04-02"},
            ]
        },
        "data",
    ),
    (JOINED, {"at": "2024-03-26T09:00:00"}, "at"),
    (JOINED, {"at": "2024-03-26"}, "at"),
    (JOINED, {"at": "1711443600"}, "at"),
    (JOINED, {"at": 1711443600}, "at"),
    (JOINED, {"at": "9999-12-31T23:59:59-14:00"}, "at"),
    (JOINED, {"at": "0001-01-01T00:00:00+14:00"}, "at"),
    (JOINED, {"at": "2016-12-31T23:59:60Z"}, "at"),
    (JOINED, {"person": {"email": "anna\0@stad.gent"}}, "person.email"),
    (JOINED, {"person": {"email": "anna@stad.gent\u202e"}}, "person.email"),
    (JOINED, {"person": {"email": "anna"}}, "person.email"),
    (JOINED, {"person": {"email": "a b@stad.gent"}}, "person.email"),
    (JOINED, {"person": {"id": "7\0"}}, "person.id"),
    (JOINED, {"person": {"name": "Anna"}}, "person"),
    (JOINED, {"person": {}}, "person"),
    (JOINED, {"role": "boss"}, "role"),
    (ATTENDANCE, {"participants": [ROW, {**ROW, "role": "boss"}]}, "participants.1.role"),
    (
        ATTENDANCE,
        {"participants": [{**ROW, "intervals": [["2024-03-26T09:00:00Z", "x"]]}]},
        "participants.0.intervals.0.1",
    ),
    (
        ATTENDANCE,
        {
            "participants": [
                {**ROW, "intervals": [["2024-03-26T09:00:00Z", "2024-03-26T08:00:00Z"]]}
            ]
        },
        "participants.0.intervals",
    ),
    (
        ATTENDANCE,
        {"participants": [{**ROW, "city": {"city_id": "gent", "name": "Gent"}}]},
        "participants.0.city",
    ),
    (STARTED, {"city": {"name": "Athens"}}, "city"),
    (STARTED, {"city": {"country": "US"}}, "city"),
    (STARTED, {"city": {"geonames_id": 2**31}}, "city.geonames_id"),
    (STARTED, {"city": {"geonames_id": 1.5}}, "city.geonames_id"),
    (STARTED, {"city": {"name": "Athens", "country": "us"}}, "city.country"),
    (STARTED, {"network": "nlc"}, "network"),
    (REGISTERED, {"latitude": 91}, "latitude"),
    (REGISTERED, {"latitude": "51"}, "latitude"),
    (REGISTERED, {"population": {"value": 1.5, "source": "x", "year": 2020}}, "population.value"),
    (REGISTERED, {"named": "yes"}, "named"),
]
SOUND = {
    PUBLISH_RESOURCE: dict(TOOLKIT),
    SCHEDULE: WEBINAR,
    JOINED: JOIN,
    ATTENDANCE: FILE,
    STARTED: MEMBER,
    REGISTERED: GENT,
}


@pytest.mark.parametrize(("type_", "change", "field"), HOSTILE)
def test_a_hostile_value_is_rejected_with_its_path(
    type_: str, change: dict[str, Any], field: str
) -> None:
    received_of(said(type_, SOUND[type_]))
    rejection = rejection_of(said(type_, {**SOUND[type_], **change}))
    assert rejection.reason == "invalid_data"
    assert fields(rejection) == [field]
    assert rejection.detail.startswith(f"{field}: ")
    assert (rejection.id, rejection.type) == ("m-1", type_)


@pytest.mark.parametrize("field", sorted(TOOLKIT))
def test_a_missing_field_is_named(field: str) -> None:
    data = {name: value for name, value in TOOLKIT.items() if name != field}
    rejection = rejection_of(said(PUBLISH_RESOURCE, data))
    assert rejection.detail == f"{field}: is required"


def test_every_wrong_field_is_named_up_to_a_limit() -> None:
    many = rejection_of(said(ATTENDANCE, {**FILE, "participants": [{}] * 100}))
    assert len(many.violations) == 20
    assert fields(many)[:3] == [
        f"participants.0.{name}" for name in ("person", "role", "intervals")
    ]


def test_strings_are_normalised_and_trimmed() -> None:
    [received] = received_of(said(PUBLISH_RESOURCE, {**TOOLKIT, "title": "  cite\u0301s "}))
    assert isinstance(received.message, PublishResource)
    assert received.message.title == "cit\u00e9s"


def test_a_rejection_keeps_the_message_as_it_came_and_its_trace() -> None:
    came = raw(structured({**TOOLKIT, "kind": "x"}, traceparent=TRACEPARENT))
    rejection = rejection_of(came)
    assert rejection.raw == came
    assert rejection.traceparent == TRACEPARENT


def test_the_same_message_rejected_twice_is_one_rejection() -> None:
    bad = structured({**TOOLKIT, "kind": "x"})
    ids = [rejection_of(each).rejection_id for each in (raw(bad), raw(bad))]
    assert ids[0] == ids[1]


def test_rejections_for_other_reasons_bytes_or_subjects_are_others() -> None:
    bad = structured({**TOOLKIT, "kind": "x"})
    first = rejection_of(raw(bad))
    others = [
        rejection_of(raw(bad, source="portal")),
        rejection_of(raw(structured({**TOOLKIT, "kind": "y"}))),
        rejection_of(raw(Said({**bad.headers, "x": "1"}, bad.body))),
        Rejection(first.raw, "refused", "by a rule"),
    ]
    assert len({each.rejection_id for each in (first, *others)}) == 5


def test_a_header_that_no_database_holds_is_kept_in_letters_that_it_does() -> None:
    rejection = rejection_of(raw(Said({"x-\0": "\ud800\0"}, b"hello")))
    assert json.loads(_rejected_row(rejection)[8]) == {"x-\\x00": "\\ud800\\x00"}


def test_one_bad_message_harms_no_other() -> None:
    bad = [raw(Said({}, b"\xff")), said(PUBLISH_RESOURCE, {**TOOLKIT, "title": "a\0b"})]
    late = said(JOINED, {**JOIN, "at": "9999-12-31T23:59:59-14:00"})
    good = [said(type_, data) for type_, data in SOUND.items()]
    batch = [bad[0], *good[:3], bad[1], *good[3:], late]
    received, rejections = sift(batch, EVERYTHING, TUESDAY)
    assert [each.raw for each in received] == good
    assert [each.raw for each in rejections] == [*bad, late]


def test_a_message_that_kept_the_contract_may_be_rejected_later() -> None:
    [received] = received_of(raw(structured(traceparent=TRACEPARENT)))
    rejection = rejected(received, "refused", "by a rule")
    assert (rejection.reason, rejection.detail) == ("refused", "by a rule")
    assert (rejection.id, rejection.type) == ("m-1", PUBLISH_RESOURCE)
    assert rejection.traceparent == TRACEPARENT


def test_what_a_service_says_to_itself_is_like_what_came_in() -> None:
    for message in (
        HoldActivity(activity_id="w1", on="2024"),
        ShareResource.model_validate({"resource_id": "toolkit", "with": "NLC", "on": "2024"}),
    ):
        ours = own(message, "events", "settle-1", TUESDAY)
        assert ours.key == ("events", "settle-1")
        assert received_of(ours.raw) == [ours]
        assert b"null" not in ours.raw.body


def judged(raws: list[Raw]) -> None:
    received, rejections = sift(raws, EVERYTHING, TUESDAY)
    assert len(received) + len(rejections) == len(raws)
    for rejection in rejections:
        assert_storable(rejection)
        assert isinstance(rejection.rejection_id.hex, str)


HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "ce-id", "ce-type", "ce-time", "CE-Source", "ce-specversion"])
    | st.text(max_size=8),
    st.sampled_from([STRUCTURED, "application/json", PUBLISH_RESOURCE, "/systems/crm", "1.0"])
    | st.text(max_size=20),
    max_size=7,
)


@for_all(st.lists(st.tuples(HEADERS, st.binary(max_size=80)), max_size=4))
def test_no_headers_and_bytes_break_the_sieve(messages: list[tuple[dict[str, str], bytes]]) -> None:
    judged([raw(Said(*each)) for each in messages])


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["9999-12-31T23:59:59-14:00", "2024-03-31T02:30", "\0", "\ud800", "1e400"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def spoilt(draw: st.DrawFn) -> Raw:
    """Return a sound event with some value in it replaced, an attribute or one deep in the data."""
    type_ = draw(st.sampled_from(sorted(SOUND)))
    data = json.loads(json.dumps(draw(st.sampled_from(documents_of(type_)))))
    place: Any = data
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and draw(st.booleans()):
            place = place[key]
            continue
        place[key] = draw(ANYTHING)
        break
    attributes = draw(
        st.dictionaries(
            st.sampled_from(["id_", "time", "source", "traceparent", "subject", "specversion"]),
            ANYTHING,
            max_size=1,
        )
    )
    mode = draw(st.sampled_from([structured, binary]))
    try:
        return raw(mode(data, type_, **attributes), type_=type_)
    except UnicodeEncodeError:  # a header cannot be written so
        return raw(structured(data, type_, **attributes), type_=type_)


@for_all(st.lists(spoilt(), min_size=1, max_size=3))
def test_no_spoilt_event_breaks_the_sieve(messages: list[Raw]) -> None:
    judged(messages)
