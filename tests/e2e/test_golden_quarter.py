"""The golden quarter of the metric registry, from CloudEvents on NATS to the report over HTTP."""

from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from tandem.reporting.v1.reporting_pb2 import GetEvidenceRequest, GetReportRequest

from tests.support.settling import SECONDS_MAX
from tests.support.system import System, said

VERSION_1 = "2024-04-10T12:00:00Z"
VERSION_2 = "2024-04-20T12:00:00Z"
NEW_YORK_14 = "2024-03-27T14:{:02}:00-04:00"
LOS_ANGELES_21 = "2024-03-31T21:{:02}:00-07:00"

CITIES = {
    "columbus-oh": ("Columbus", "US", "OH", 905, ["NLC"]),
    "athens-oh": ("Athens", "US", "OH", 25, ["NLC", "SCN"]),
    "albuquerque-nm": ("Albuquerque", "US", "NM", 560, ["NLC", "SCN"]),
    "golden-valley-mn": ("Golden Valley", "US", "MN", 21, ["NLC"]),
    "the-hague-nl": ("The Hague", "NL", None, 550, ["SCN"]),
    "franklin-county-oh": ("Franklin County", "US", "OH", 1300, []),
}


def cities() -> list[dict[str, Any]]:
    """Return the six cities and their memberships."""
    events = []
    for city_id, (name, country, subdivision, thousands, networks) in CITIES.items():
        data: dict[str, Any] = {
            "city_id": city_id,
            "name": name,
            "kind": "county" if "county" in city_id else "city",
            "country": country,
            "population": {"value": thousands * 1000, "source": "golden", "year": 2023},
        }
        if subdivision:
            data["subdivision"] = subdivision
        if city_id == "columbus-oh":
            data["within"] = "franklin-county-oh"
        events.append(said("membership.city_registered", f"register-{city_id}", **data))
        events += [
            said(
                "membership.membership_started",
                f"join-{network}-{city_id}",
                city={"city_id": city_id},
                network=network,
                on="2020-01-01",
            )
            for network in networks
        ]
    return events


def webinar(activity_id: str, organisers: list[str], starts_at: str, zone: str) -> dict[str, Any]:
    """Return the announcement of a webinar."""
    return said(
        "events.activity_scheduled",
        f"schedule-{activity_id}",
        activity_id=activity_id,
        kind="webinar",
        title=f"Webinar {activity_id}",
        organisers=organisers,
        starts_at=starts_at,
        time_zone=zone,
        delivery="online",
    )


def held(activity_id: str, started_at: str, ended_at: str) -> dict[str, Any]:
    """Return that a webinar took place."""
    return said(
        "events.activity_held",
        f"hold-{activity_id}",
        activity_id=activity_id,
        started_at=started_at,
        ended_at=ended_at,
    )


def row(
    person: str, city: str | None, *minutes: tuple[int, int], role: str = "attendee", at: str
) -> dict[str, Any]:
    """Return a person's row of an attendance file; minutes count from the hour of the start."""
    data: dict[str, Any] = {
        "person": {"id": person, "email": f"{person.lower()}@gmail.com"},
        "role": role,
        "intervals": [[_minute(at, since), _minute(at, until)] for since, until in minutes],
    }
    if city:
        data["city"] = {"city_id": city}
    return data


def _minute(at: str, minute: int) -> str:
    return at.format(minute) if minute < 60 else at.replace("14:", "15:").format(minute - 60)


def first_weeks() -> list[dict[str, Any]]:
    """Return all that was known on 10 April."""
    zone, west = "America/New_York", "America/Los_Angeles"
    w1 = NEW_YORK_14
    roll = [
        row("P1", "columbus-oh", (0, 40), (30, 50), at=w1),
        row("P2", "columbus-oh", (0, 3), at=w1),
        row("P3", "athens-oh", (0, 3), (10, 13), at=w1),
        row("P4", "the-hague-nl", (0, 60), at=w1),
        row("P5", None, (0, 60), at=w1),
        row("P6", "columbus-oh", (0, 60), role="staff", at=w1),
        row("P7", "albuquerque-nm", (0, 60), role="panelist", at=w1),
    ]
    return [
        *cities(),
        webinar("w1", ["NLC", "SCN"], "2024-03-27T14:00", zone),
        webinar("w2", ["NLC"], "2024-03-31T21:00", west),
        webinar("w3", ["SCN"], "2024-03-14T10:00", "Europe/London"),
        webinar("w4", ["NLC", "SCN"], "2024-03-12T14:00", zone),
        held("w1", _minute(w1, 0), _minute(w1, 60)),
        held("w2", LOS_ANGELES_21.format(0), LOS_ANGELES_21.format(45)),
        held("w4", "2024-03-12T14:00:00-04:00", "2024-03-12T14:08:00-04:00"),
        said("events.activity_cancelled", "cancel-w3", activity_id="w3", registrations=120),
        said(
            "events.registration_received",
            "register-P9",
            activity_id="w2",
            person={"id": "P9"},
            city={"city_id": "golden-valley-mn"},
        ),
        said(
            "events.attendance_recorded", "roll-w1", activity_id="w1", final=True, participants=roll
        ),
    ]


def late_file() -> dict[str, Any]:
    """Return W2's attendance file, which arrived on 20 April."""
    return said(
        "events.attendance_recorded",
        "roll-w2",
        activity_id="w2",
        final=True,
        participants=[
            row("P1", "columbus-oh", (0, 45), at=LOS_ANGELES_21),
            row("P8", "franklin-county-oh", (0, 45), at=LOS_ANGELES_21),
        ],
    )


@pytest.fixture
async def golden(system: System) -> System:
    """Both instalments, each recorded on its day."""
    await system.start()
    system.clock.set(VERSION_1)
    await system.publish(*first_weeks())
    await system.settled()
    system.clock.set(VERSION_2)
    await system.publish(late_file())
    await system.settled()
    return system


async def report(system: System, known_at: str | None = None, period: str = "2024-Q1") -> Any:
    """Return a report as HTTP gives it to a viewer."""
    headers = {"authorization": f"Bearer {system.token('viewer')}"}
    async with httpx.AsyncClient(
        base_url=system.http("reporting"), headers=headers, timeout=SECONDS_MAX
    ) as client:
        parameters = {"known_at": known_at} if known_at else {}
        response = await client.get(f"/reports/{period}.json", params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


def marked(report_: Any, metric: str) -> tuple[float | None, str]:
    """Return a figure with its status."""
    figure = report_["figures"][metric]
    return figure["value"], figure["status"]


async def test_version_1_of_10_april_is_as_the_registry_says(golden: System) -> None:
    known = await report(golden, VERSION_1)
    assert known["status"] == "provisional"
    assert marked(known, "webinars_held")[0] == 2
    assert known["breakdowns"]["webinars_held"]["organisers"] == {
        "joint": 1,
        "NLC": 1,
        "SCN": 0,
        "other": 0,
    }
    assert marked(known, "attendance") == (4, "P")
    assert marked(known, "attendees_unique") == (4, "P")
    assert marked(known, "cities_engaged") == (4, "P")
    assert marked(known, "population_represented") == (2_040_000, "P")
    assert marked(known, "attribution_rate")[0] == 75
    assert "75%" in known["headline"]["en"]
    assert any("1 of 2 held occurrences" in note for note in known["notes"])


async def test_version_2_after_the_late_file_is_as_the_registry_says(golden: System) -> None:
    now = await report(golden)
    assert marked(now, "webinars_held") == (2, "A")
    assert marked(now, "attendance") == (6, "A")
    assert marked(now, "attendees_unique") == (5, "A")
    assert marked(now, "cities_engaged") == (5, "A")
    assert marked(now, "population_represented") == (2_435_000, "A")
    assert round(marked(now, "attribution_rate")[0] or 0) == 83
    members = now["figures"]["member_share"]["detail"]["NLC"]
    assert (members["engaged"], members["members"], members["percent"]) == (3, 4, None)
    assert marked(now, "coverage") == (2, "A")
    assert marked(now, "coverage_states") == (2, "A")
    assert now["breakdowns"]["cities_engaged"]["country"] == {"US": 4, "NL": 1}
    assert now["breakdowns"]["cities_engaged"]["subdivision"]["US-OH"] == 3


async def test_the_nlc_fiscal_year_tells_the_same_quarter(golden: System) -> None:
    fiscal = await report(golden, period="FY2024-Q2")
    assert fiscal["period"]["start"] == "2024-01-01"
    assert fiscal["figures"]["cities_engaged"]["value"] == 5


async def test_grpc_gives_the_same_report_and_evidence_that_recounts(golden: System) -> None:
    over_http = await report(golden)
    reporting = golden.stub("reporting", by="viewer")
    answer = await reporting.GetReport(GetReportRequest(period="2024-Q1"))
    over_grpc = MessageToDict(answer.report, preserving_proto_field_name=True)
    for metric, figure in over_http["figures"].items():
        assert over_grpc["figures"][metric].get("value") == figure["value"], metric
    for metric in over_http["figures"]:
        evidence = await reporting.GetEvidence(GetEvidenceRequest(period="2024-Q1", metric=metric))
        found = evidence.evidence
        assert found.HasField("value") == found.HasField("recounted"), metric
        assert found.value == found.recounted, metric


async def test_evidence_leads_down_to_the_fact_and_back_to_its_message(golden: System) -> None:
    reporting = golden.stub("reporting", by="staff")
    request = GetEvidenceRequest(period="2024-Q1", metric="cities_engaged")
    evidence = (await reporting.GetEvidence(request)).evidence
    hague = next(item for item in evidence.items if item.said["city"]["city_id"] == "the-hague-nl")
    roll = next(f for f in hague.facts if f.type == "events.attendance_recorded.v1")
    [recorded] = [f for f in await golden.facts("events") if str(f["fact_id"]) == roll.fact_id]
    assert (recorded["source"], recorded["source_id"]) == ("demo", "roll-w1")
