"""HTTP: who may read, what comes back, and how what is wrong is said."""

from collections.abc import AsyncIterator

import httpx
import pytest
from reporting_book import golden_quarter
from reporting_desk import Desk
from starlette.applications import Starlette

from services.reporting.web import routes
from shared.access import Principal

PRINCIPALS = {role: Principal(name="somebody", role=role) for role in ("viewer", "staff")}


class Tokens:
    """Knows each role by its own name as the token."""

    def authenticate(self, token: str | None) -> Principal | None:
        return PRINCIPALS.get(token or "")


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    await desk.given(golden_quarter())
    transport = httpx.ASGITransport(
        Starlette(routes=routes(desk.reports, desk.trails, desk.publishing(), Tokens()))
    )
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://reporting",
        headers={"Authorization": "Bearer viewer"},
    ) as client:
        yield client


async def test_a_report_is_the_document_that_the_contract_promises(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/reports/2024-Q1.json")

    document = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert document["period"] == {
        "id": "2024-Q1",
        "name": "2024-Q1",
        "start": "2024-01-01",
        "end": "2024-03-31",
        "also": ["NLC FY2024-Q2"],
    }
    assert (document["status"], document["version"]) == ("final", None)
    assert document["data_to"] == "2024-04-20T09:00:00Z"
    assert document["known_at"] == "2026-11-22T00:00:00Z"
    assert set(document["headline"]) == {"en", "fr", "es"}
    figure = document["figures"]["cities_engaged"]
    assert {
        "value": 5,
        "unit": "cities",
        "status": "A",
        "previous": 0,
        "change": 5,
        "rolling_four": 5,
        "definition": "cities_engaged@1",
        "evidence": "/reports/2024-Q1/figures/cities_engaged",
    }.items() <= figure.items()
    assert document["provenance"]["ledgers"] == {"membership": 13, "events": 12, "resources": 0}
    assert document["provenance"]["registry"].startswith("sha256:")


async def test_the_fiscal_quarter_of_nlc_is_the_same_days_by_another_name(
    browser: httpx.AsyncClient,
) -> None:
    by_parameter = (await browser.get("/reports/2024-Q2.json?calendar=nlc")).json()
    by_name = (await browser.get("/reports/FY2024-Q2.json")).json()

    assert by_parameter == by_name
    assert by_name["period"]["name"] == "NLC FY2024-Q2"
    assert by_name["period"]["also"] == ["2024-Q1"]
    assert by_name["figures"]["cities_engaged"]["value"] == 5


@pytest.mark.parametrize("written", ["2024-04-10T12:00:00Z", "2024-04-10T14:00:00+02:00"])
async def test_a_report_as_known_then_has_the_figures_and_the_status_of_then(
    browser: httpx.AsyncClient, written: str
) -> None:
    document = (await browser.get(f"/reports/2024-Q1.json?known_at={written}")).json()

    assert document["status"] == "provisional"
    assert document["next_release"] == {"status": "final", "on": "2024-05-15"}
    assert document["known_at"] == "2024-04-10T12:00:00Z"
    assert document["figures"]["cities_engaged"]["value"] == 4


async def test_the_list_names_the_quarters_with_data_and_the_latest_leads_to_its_report(
    browser: httpx.AsyncClient,
) -> None:
    listed = (await browser.get("/reports.json")).json()["reports"]
    latest = await browser.get("/reports/latest")

    [entry] = listed
    assert (entry["period"]["id"], entry["period"]["also"]) == ("2024-Q1", ["NLC FY2024-Q2"])
    addresses = {kind: entry[kind] for kind in ("page", "json", "pdf", "xlsx", "csv")}
    assert addresses == {
        "page": "/reports/2024-Q1",
        "json": "/reports/2024-Q1.json",
        "pdf": "/reports/2024-Q1.pdf",
        "xlsx": "/reports/2024-Q1.xlsx",
        "csv": "/reports/2024-Q1.csv",
    }
    assert latest.headers["location"] == "/reports/2024-Q1.json"


async def test_evidence_of_a_moment_of_choice_counts_people_for_staff_only(
    browser: httpx.AsyncClient,
) -> None:
    staff = {"Authorization": "Bearer staff"}
    for moment in ("2024-04-10T12:00:00Z", "2024-06-01T12:00:00Z"):
        asked = {"known_at": moment}
        for address, rows in (
            ("/reports/2024-Q1/figures/attendance.json", {}),
            ("/reports/2024-Q1/figures/attendance.json", {"kind": "webinar"}),
            ("/reports/2024-Q1/figures/attendance_rate.json", {}),
        ):
            seen = (await browser.get(address, params=asked | rows)).json()
            known = (await browser.get(address, params=asked | rows, headers=staff)).json()
            assert [item["counted"] for item in seen["items"]] == [None] * len(known["items"])
            assert seen["value"] == (None if rows else known["value"])
            assert known["value"] == known["recounted"]


async def test_evidence_hides_small_counts_from_viewers_only(browser: httpx.AsyncClient) -> None:
    address = "/reports/2024-Q1/figures/attendance.json"

    seen = (await browser.get(address)).json()
    known = (await browser.get(address, headers={"Authorization": "Bearer staff"})).json()

    assert [item["counted"] for item in seen["items"]] == [None, None]
    assert [item["counted"] for item in known["items"]] == [4, 2]


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/reports/2024-Q5.json", 404, "names no period"),
        ("/reports/2099-Q1.json", 404, "begins on 2099-01-01"),
        ("/reports/2024-Q1.json?known_at=yesterday", 400, "an instant with its offset"),
        ("/reports/2024-Q1.json?known_at=2024-04-10T12:00:00", 400, "with its offset"),
        ("/reports/2024-Q1.json?known_at=2030-01-01T00:00:00Z", 400, "lies in the future"),
        ("/reports/2024-Q2.json?known_at=2024-03-01T00:00:00Z", 404, "begins on 2024-04-01"),
        ("/reports/2024-Q1.json?calendar=lunar", 400, "civil or nlc"),
        ("/reports/2024-Q1/figures/happiness.json", 404, "is not a figure"),
    ],
)
async def test_what_is_wrong_is_said_in_a_problem_document_of_one_sentence(
    browser: httpx.AsyncClient, address: str, status: int, words: str
) -> None:
    answer = await browser.get(address)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert words in answer.json()["detail"]


async def test_nobody_reads_without_a_token(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/reports/2024-Q1.json", headers={"Authorization": "Bearer nobody"})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
