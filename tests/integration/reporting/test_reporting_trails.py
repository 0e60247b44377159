"""Pages and documents of figures, cities, activities, resources and facts, and who sees what."""

import json
from typing import Any

import httpx
import pytest
from reporting_book import Book, golden_quarter
from reporting_desk import Desk
from starlette.applications import Starlette
from tandem.reporting.v1 import reporting_pb2 as pb
from test_reporting_cells_and_changes import rich_quarter
from test_reporting_web import Tokens

from services.reporting.domain.evidence import Against
from services.reporting.rpc import ReportingServicer
from services.reporting.web import routes
from shared.access import Principal
from shared.comparison import Comparison
from shared.contracts.events import CityAttended
from shared.contracts.values import CityPointer
from shared.rpc.server import CALLER

STAFF = {"Authorization": "Bearer staff"}
PAGE = {"Accept": "text/html"}


def door(desk: Desk) -> httpx.AsyncClient:
    application = Starlette(routes=routes(desk.reports, desk.trails, desk.publishing(), Tokens()))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(application),
        base_url="http://reporting",
        headers={"Authorization": "Bearer viewer"},
    )


@pytest.mark.parametrize("language", ["en", "fr", "es"])
async def test_every_figure_has_a_page_in_every_language(desk: Desk, language: str) -> None:
    await desk.given(rich_quarter())

    async with door(desk) as browser:
        for metric in desk.registry.metrics:
            for against in ("", "&against=previous"):
                address = f"/reports/2024-Q1/figures/{metric}?lang={language}{against}"
                answer = await browser.get(address)
                assert answer.status_code == 200, (metric, answer.text)
                assert answer.headers["content-type"].startswith("text/html")
                title = desk.registry.metrics[metric].title[language]
                assert title in answer.text


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/cities?q=athens", "Athens Oh"),
        ("/cities/athens-oh", "Quarter by quarter"),
        ("/cities/waco-tx", "returning"),
        ("/activities/w7", "Its occurrences, with the facts about each"),
        ("/resources/toolkit", "With the members of NLC"),
        ("/facts/events/activity-w7/3", "Figures in whose evidence it stands"),
        ("/facts/membership/city-athens-oh/1", "population"),
        ("/reports/2024-Q1/cities/golden-valley-mn", "there is a registration only"),
        ("/reports/2024-Q1/figures/cities_engaged?country=US", "State or region"),
    ],
)
async def test_each_thing_has_a_page_and_the_same_as_json(
    desk: Desk, address: str, words: str
) -> None:
    await desk.given(rich_quarter())
    path, _, query = address.partition("?")

    async with door(desk) as browser:
        page = await browser.get(address, headers=PAGE)
        document = await browser.get(f"{path}.json?{query}")

    assert page.status_code == 200, page.text
    if "country" not in query:
        assert words in page.text
    assert document.headers["content-type"] == "application/json"
    assert document.status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/cities/nowhere",
        "/activities/nothing",
        "/resources/nothing",
        "/facts/events/activity-w1/99",
        "/facts/events/activity-w1/one",
        "/facts/ghosts/activity-w1/1",
        "/reports/2024-Q1/figures/cities_engaged?page=2",
    ],
)
async def test_what_is_not_there_is_said_in_a_sentence(desk: Desk, address: str) -> None:
    await desk.given(golden_quarter())

    async with door(desk) as browser:
        answer = await browser.get(address)

    assert answer.status_code == 404
    assert answer.json()["detail"].endswith(".")


async def test_a_fact_tells_what_it_says_where_it_came_from_and_what_it_moved(desk: Desk) -> None:
    await desk.given(golden_quarter())

    async with door(desk) as browser:
        fact = (await browser.get("/facts/events/activity-w1/2.json", headers=STAFF)).json()

    assert fact["type"] == "events.occurrence_held.v1"
    assert fact["payload"]["started_at"] == "2024-03-27T18:00:00Z"
    assert (fact["source"], fact["source_id"]) == ("webinar-platform", "message-22")
    assert (fact["occurred_at"], fact["recorded_at"]) == (
        "2024-03-27T20:00:00Z",
        "2024-03-27T20:00:00Z",
    )
    assert len(fact["trace_id"]) == 32
    assert {"kind": "activity", "id": "w1", "href": "/activities/w1"} in fact["leads_to"]
    moved = {(each["period"]["id"], each["metric"]) for each in fact["moved"]}
    assert {("2024-Q1", "cities_engaged"), ("2024-Q1", "webinars_held")} <= moved
    assert ("2024-Q1", "resources_shared") not in moved


async def test_every_fact_that_evidence_links_to_can_be_opened(desk: Desk) -> None:
    await desk.given(rich_quarter())
    links = set()
    for metric in desk.registry.metrics:
        for item in (await desk.evidence(metric))["items"]:
            links |= {fact["href"] for fact in item["facts"]}

    async with door(desk) as browser:
        for link in sorted(links):
            answer = await browser.get(f"{link}.json", headers=STAFF)
            assert answer.status_code == 200, link
            assert answer.json()["payload"], link

    assert len(links) > 15


async def test_a_roll_shows_its_people_to_staff_only(desk: Desk) -> None:
    await desk.given(golden_quarter())
    address = "/facts/events/activity-w1/3.json"

    async with door(desk) as browser:
        seen = (await browser.get(address)).json()
        known = (await browser.get(address, headers=STAFF)).json()

    assert "participants" not in seen["payload"]
    assert seen["withheld"] == ["participants"]
    assert "p1" in [row["person"] for row in known["payload"]["participants"]]


async def test_a_fact_of_one_person_is_refused_to_viewers(desk: Desk) -> None:
    await desk.given(golden_quarter())
    address = "/facts/events/participation-w2~1~p9/1"

    async with door(desk) as browser:
        refused = await browser.get(address)
        shown = await browser.get(address, headers=STAFF)

    assert (refused.status_code, shown.status_code) == (403, 200)


async def test_a_city_not_to_be_named_is_reached_from_no_page_of_a_viewer(desk: Desk) -> None:
    book = golden_quarter()
    book.city("hidden-town", "OH", networks=["NLC"], named=False)
    book.city("open-town", "OH", within="hidden-town")
    book.helps("hidden-town", "2024-03-03").named("w1", "hidden-town")
    book.tell(
        CityAttended(
            activity_id="w2", occurrence="1", city=CityPointer(city_id="hidden-town"), people=3
        )
    )
    await desk.given(book)
    addresses = [
        "/cities?q=hidden",
        "/cities/open-town",
        "/reports/2024-Q1/cities/open-town",
        "/activities/w1",
        "/activities/w2",
        *(f"/reports/2024-Q1/figures/{metric}" for metric in desk.registry.metrics),
        *(f"/facts/{fact.ledger}/{fact.stream}/{fact.version}" for fact in book.facts),
    ]

    async with door(desk) as browser:
        for address in addresses:
            path, _, query = address.partition("?")
            for each in (address, f"{path}.json?{query}"):
                answer = await browser.get(each)
                said = answer.text.replace("hidden-town/", "")  # the address that was asked for
                if answer.status_code == 200:
                    assert "hidden" not in said.replace("q=hidden", "").replace(
                        'value="hidden"', ""
                    ).replace('"words":"hidden"', ""), each
        for address in (
            "/cities/hidden-town",
            "/reports/2024-Q1/cities/hidden-town",
            "/facts/membership/city-hidden-town/1",
            "/facts/events/help-hidden-town/1",
        ):
            assert (await browser.get(address)).status_code == 404, address
            assert (await browser.get(address, headers=STAFF)).status_code == 200, address


async def test_counts_of_people_at_one_occurrence_are_in_no_payload_of_a_viewer(
    desk: Desk,
) -> None:
    book = golden_quarter()
    book.tell(
        CityAttended(
            activity_id="w1", occurrence="1", city=CityPointer(city_id="athens-oh"), people=2
        )
    )
    await desk.given(book)
    last = book.facts[-1]

    async with door(desk) as browser:
        address = f"/facts/events/{last.stream}/{last.version}.json"
        seen = (await browser.get(address)).json()

    assert "people" not in seen["payload"]
    assert seen["withheld"] == ["people"]


async def test_more_than_two_hundred_items_are_paged(desk: Desk) -> None:
    book = Book()
    for number in range(205):
        book.city(f"town-{number:03}", "OH").helps(f"town-{number:03}", "2024-02-02")
    await desk.given(book)

    async with door(desk) as browser:
        first = await browser.get("/reports/2024-Q1/figures/cities_engaged")
        second = await browser.get("/reports/2024-Q1/figures/cities_engaged?page=2")

    assert first.text.count('<th scope="row">') == 200
    assert second.text.count('<th scope="row">') == 5
    assert "page=2" in first.text


async def test_no_page_of_a_trail_holds_what_the_policy_of_its_content_forbids(
    desk: Desk,
) -> None:
    await desk.given(rich_quarter())

    async with door(desk) as browser:
        for address in ("/reports/2024-Q1/figures/attendance", "/cities/athens-oh", "/cities"):
            page = (await browser.get(address, headers=PAGE)).text
            assert " style=" not in page
            assert "<script" not in page
            assert "http://" not in page
            assert "https://" not in page


async def test_the_city_page_tells_its_course(desk: Desk) -> None:
    await desk.given(rich_quarter())

    async with door(desk) as browser:
        city: dict[str, Any] = json.loads((await browser.get("/cities/waco-tx.json")).text)

    course = [(each["period"]["id"], each["effect"]) for each in city["quarters"]]
    assert course == [("2024-Q2", "not_repeated"), ("2024-Q1", "returning"), ("2023-Q4", "new")]
    assert city["memberships"][0]["network"] == "SCN"
    assert city["population"]["value"] == 140_000


async def test_what_http_tells_is_told_over_grpc_field_by_field(desk: Desk) -> None:
    await desk.given(rich_quarter())
    comparison = Comparison(desk.pool, {})
    servicer = ReportingServicer(
        desk.reports, desk.trails, desk.publishing(), comparison, desk.preview
    )

    CALLER.set(Principal(name="somebody", role="viewer"))
    for metric in desk.registry.metrics:
        request = pb.GetEvidenceRequest(period="2024-Q1", metric=metric, against="previous")
        answer = (await servicer.GetEvidence(request, None)).evidence
        document = await desk.evidence(metric, everything=False, against=Against.PREVIOUS)
        assert len(answer.against.items) == len(document["against"]["items"])
        assert len(answer.items) == len(document["items"])
    absent = pb.ExplainAbsenceRequest(period="2024-Q1", city_id="golden-valley-mn")
    explanation = (await servicer.ExplainAbsence(absent, None)).explanation
    assert [reason.rule for reason in explanation.reasons] == [
        "registered_only",
        "membership_only",
    ]
