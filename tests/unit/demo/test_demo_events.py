"""The demonstration says what was gathered: every row, nothing twice, nothing invented."""

import json
from collections import Counter
from typing import Any, get_args

import pytest

from deploy.demo.events import GATHERED_AT, CloudEvent, days_of, demo_events
from deploy.demo.tables import HERE, Tables, parts
from services.membership.gazetteer import Gazetteer
from shared.contracts.envelope import parse
from shared.contracts.messages.events import EventsMessage
from shared.contracts.messages.membership import MembershipMessage
from shared.contracts.messages.resources import ResourcesMessage
from shared.contracts.values import Message
from tests.support.speaking import outgoing

EVENTS = demo_events()
TABLES = Tables()
MESSAGES: dict[str, type[Message]] = {
    message.TYPE: message
    for union in (MembershipMessage, EventsMessage, ResourcesMessage)
    for message in get_args(union)
}


def of_type(name: str) -> list[CloudEvent]:
    return [event for event in EVENTS if event["type"] == f"tandem.{name}.v1"]


def data_of(identity: str) -> dict[str, Any]:
    (event,) = [event for event in EVENTS if event["id"] == identity]
    data: dict[str, Any] = event["data"]
    return data


def left_out(file: str, part: str = "row") -> set[str]:
    return {row["row"] for row in TABLES.left_out if (row["file"], row["part"]) == (file, part)}


def carried(file: str) -> set[str]:
    subjects = [event["subject"].partition("#") for event in EVENTS]
    return {row for name, _, row in subjects if name == file}


def test_the_events_are_the_same_each_time() -> None:
    assert demo_events() == EVENTS


def test_no_two_events_share_an_id() -> None:
    ids = Counter(event["id"] for event in EVENTS)
    assert ids.most_common(1)[0][1] == 1


def test_every_event_keeps_the_contract() -> None:
    for message in outgoing(EVENTS):
        envelope = parse(message.headers, message.body)
        said = MESSAGES[envelope.type].model_validate_json(envelope.data)
        assert envelope.type == said.TYPE
        assert envelope.source == "/systems/demo"
        assert message.subject.split(".") == ["intake", "demo", *envelope.type.split(".")[1:3]]


def test_nothing_happens_after_the_gathering() -> None:
    gathered_on = GATHERED_AT[:10]
    assert all(event["time"][:10] <= gathered_on for event in EVENTS)


def test_every_member_city_is_registered() -> None:
    registered = carried("cities.csv")
    for row in TABLES.scn_member_cities + TABLES.nlc_member_cities:
        assert TABLES.city_id_of(row) in registered


def test_every_piece_of_evidence_is_a_membership_or_left_out() -> None:
    keys = [f"{row['network']} {TABLES.city_id_of(row)}" for row in TABLES.evidence]
    assert len(set(keys)) == len(keys)
    assert carried("membership_evidence.csv") | left_out("membership_evidence.csv") == set(keys)
    assert not carried("membership_evidence.csv") & left_out("membership_evidence.csv")


def test_only_stated_and_governing_cities_with_a_date_are_members() -> None:
    for row in TABLES.evidence:
        key = f"{row['network']} {TABLES.city_id_of(row)}"
        says_so = row["status"] in ("stated", "governance") and bool(row["as_of"])
        assert (key in carried("membership_evidence.csv")) == says_so, key


def test_every_activity_is_scheduled() -> None:
    scheduled = {event["data"]["activity_id"] for event in of_type("events.activity_scheduled")}
    assert scheduled == {row["id"] for row in TABLES.activities}


def test_every_activity_is_held_on_each_of_its_sittings_or_left_out() -> None:
    held = Counter(event["data"]["activity_id"] for event in of_type("events.activity_held"))
    for event in of_type("events.activity_scheduled"):
        activity = event["data"]["activity_id"]
        expected = len(event["data"]["occurrences"])
        if activity in left_out("activities.csv", "held"):
            expected = 0
        assert held[activity] == expected, activity


def test_every_participating_city_attended_or_is_left_out() -> None:
    ids = {row["name"]: row["city_id"] for row in TABLES.named_cities}
    attended = {
        (event["data"]["activity_id"], event["data"]["city"]["city_id"])
        for event in of_type("events.city_attended")
    }
    expected = {
        (row["id"], ids[name])
        for row in TABLES.activities
        for name in parts(row["participating_cities"])
        if row["id"] not in left_out("activities.csv", f"attended by {name}")
    }
    assert attended == expected


def test_no_city_takes_part_in_what_was_not_held() -> None:
    held = {event["data"]["activity_id"] for event in of_type("events.activity_held")}
    attended = {event["data"]["activity_id"] for event in of_type("events.city_attended")}
    assert attended <= held


def test_every_resource_is_a_work_an_edition_or_left_out() -> None:
    rows = {row["id"] for row in TABLES.resources}
    carried_rows = {row for row in carried("resources.csv") if row in rows}
    assert carried_rows | left_out("resources.csv") == rows
    undated = {row["id"] for row in TABLES.resources if not row["published_date"]}
    assert left_out("resources.csv") == undated


def test_every_edition_is_one_of_a_work_that_is_published() -> None:
    works = {event["data"]["resource_id"] for event in of_type("resources.resource_published")}
    for event in of_type("resources.edition_published"):
        assert event["data"]["resource_id"] in works
        assert event["subject"].removeprefix("resources.csv#") not in works


def test_what_is_left_out_exists_and_has_a_reason() -> None:
    known = {
        "activities.csv": {row["id"] for row in TABLES.activities},
        "membership_evidence.csv": {
            f"{row['network']} {TABLES.city_id_of(row)}" for row in TABLES.evidence
        },
        "resources.csv": {row["id"] for row in TABLES.resources},
    }
    for row in TABLES.left_out:
        assert row["row"] in known[row["file"]], row
        assert row["reason"], row


def test_the_readme_lists_every_reason_with_how_often_it_holds() -> None:
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    reasons = Counter((row["file"], row["part"], row["reason"]) for row in TABLES.left_out)
    for (file, part, reason), count in reasons.items():
        assert f"| {file} | {part} | {count} | {reason} |" in readme


def test_the_joint_webinar_of_march_2024_is_there_with_its_three_cities() -> None:
    webinar = data_of("act-032-scheduled")
    assert webinar["kind"] == "webinar"
    assert webinar["organisers"] == ["NLC", "SCN"]
    assert webinar["starts_at"] == "2024-03-27"
    assert data_of("act-032-held-1") == {
        "activity_id": "act-032",
        "occurrence": "1",
        "on": "2024-03-27",
    }
    cities = {"chattanooga-tn", "los-angeles-ca", "newark-nj"}
    for name in ("city_attended", "city_contributed"):
        said = [event["data"] for event in of_type(f"events.{name}")]
        assert {
            data["city"]["city_id"] for data in said if data["activity_id"] == "act-032"
        } == cities


def test_the_partnership_was_formed_on_the_day_of_its_press_release() -> None:
    (press_release,) = [row for row in TABLES.resources if row["id"] == "res-021"]
    formed = data_of("partnership-nlc-scn-formed")
    assert formed == {"partners": ["NLC", "SCN"], "on": press_release["published_date"]}


def test_the_attendance_of_several_days_is_counted_once() -> None:
    counted = Counter[str]()
    for event in of_type("events.activity_held"):
        counted[event["data"]["activity_id"]] += event["data"].get("attendance", 0)
    for row in TABLES.activities:
        assert counted[row["id"]] == int(row["attendance"] or 0), row["id"]


def test_a_summit_of_three_days_has_three_sittings_and_its_parts_have_one() -> None:
    days = [sitting["starts_at"] for sitting in data_of("act-049-scheduled")["occurrences"]]
    assert days == ["2024-12-03", "2024-12-04", "2024-12-05"]
    assert len(data_of("act-050-scheduled")["occurrences"]) == 1


def test_parts_of_a_summit_carry_the_days_of_the_summit() -> None:
    summits = {"fourth-global-summit": "act-021", "fifth-global-summit": "act-049"}
    rows = {row["id"]: row for row in TABLES.activities}
    for reading in TABLES.activity_readings:
        series = data_of(f"{reading['activity_id']}-scheduled").get("series")
        if reading["reading"] == "one_sitting" and series in summits:
            assert days_of(rows[reading["activity_id"]]) == days_of(rows[summits[series]])


def test_bare_names_mean_the_cities_that_the_gathering_says() -> None:
    ids = {row["name"]: row["city_id"] for row in TABLES.named_cities}
    assert ids["Athens"] == "athens-oh"
    assert ids["Birmingham"] == "birmingham-gb"
    assert ids["Rochester"] == "rochester-ny"
    assert ids["Victoria"] == "victoria-ca"
    assert ids["Forest Park"] == "forest-park-il"


def test_every_bare_name_has_a_reading_and_every_reading_is_used() -> None:
    named = {name for row in TABLES.activities for name in parts(row["participating_cities"])}
    assert named == {row["name"] for row in TABLES.named_cities}
    assert all(row["reading"] for row in TABLES.named_cities)


def test_cities_agree_with_the_gazetteer() -> None:
    gazetteer = Gazetteer()
    for city in TABLES.cities:
        if not city["geonames_id"]:
            assert not city["population"], city["city_id"]
            continue
        place = gazetteer.by_geonames_id(int(city["geonames_id"]))
        assert place is not None, city["city_id"]
        assert place.country == city["country"], city["city_id"]
        assert (place.subdivision or "") == city["subdivision"], city["city_id"]
        assert place.time_zone == city["time_zone"], city["city_id"]
        position = (float(city["latitude"]), float(city["longitude"]))
        assert (place.latitude, place.longitude) == pytest.approx(position, abs=1.1e-4)
        assert city["population"] in ("", str(place.population)), city["city_id"]


def test_every_city_is_found_by_its_name_and_state() -> None:
    gazetteer = Gazetteer()
    for city in TABLES.cities:
        if city["geonames_id"] and city["kind"] != "county":
            places = gazetteer.lookup(city["name"], city["country"], city["subdivision"] or None)
            found = {place.geonames_id for place in places}
            assert int(city["geonames_id"]) in found, city["city_id"]


def test_a_city_of_the_united_states_is_the_only_one_of_its_name_in_its_state() -> None:
    gazetteer = Gazetteer()
    for city in TABLES.cities:
        if city["country"] == "US" and city["geonames_id"]:
            places = gazetteer.lookup(city["name"], "US", city["subdivision"])
            named = [place for place in places if place.main_name_matches]
            assert [place.geonames_id for place in named] == [int(city["geonames_id"])]


def test_a_county_is_registered_before_the_cities_within_it() -> None:
    seen: set[str] = set()
    for event in of_type("membership.city_registered"):
        within = event["data"].get("within")
        assert within is None or within in seen
        seen.add(event["data"]["city_id"])


def test_montgomery_county_is_the_one_in_maryland() -> None:
    county = data_of("city-montgomery-county-md-registered")
    place = Gazetteer().by_census_geoid(county["census_geoid"])
    assert place is not None
    assert (place.name, place.subdivision) == ("Montgomery County", "MD")


def test_the_events_are_plain_json() -> None:
    assert json.loads(json.dumps(EVENTS)) == EVENTS
