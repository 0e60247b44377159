"""Pages over HTTP: what stands on them, in which language, and what is not sent twice."""

import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from reporting_book import golden_quarter
from reporting_desk import Desk
from starlette.applications import Starlette
from starlette.requests import Request

from services.reporting.presentation import pages
from services.reporting.presentation.body import texts_of
from services.reporting.presentation.language import language_of
from services.reporting.web import reports as web_reports
from services.reporting.web import routes
from shared.access import Principal

VIEWER = Principal(name="somebody", role="viewer")
REPORT = "/reports/2024-Q1"


class Tokens:
    """Lets everybody read."""

    def authenticate(self, token: str | None) -> Principal | None:
        return VIEWER if token == "viewer" else None


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    await desk.given(golden_quarter())
    transport = httpx.ASGITransport(
        Starlette(routes=routes(desk.reports, desk.trails, desk.publishing(), Tokens()))
    )
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://reporting",
        headers={"Authorization": "Bearer viewer", "Accept": "text/html"},
    ) as client:
        yield client


def big(page: str, metric: str) -> str:
    """Return the number of a card."""
    found = re.search(rf'data-moves="{metric}.value">([^<]*)<', page)
    assert found is not None
    return found[1]


async def test_the_page_of_a_quarter_shows_the_figures_of_its_document(
    browser: httpx.AsyncClient,
) -> None:
    page = await browser.get(REPORT)
    document = (await browser.get(f"{REPORT}.json")).json()

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert document["headline"]["en"] in page.text
    assert big(page.text, "cities_engaged") == "5"
    assert big(page.text, "population_represented") == "2,435,000"
    assert big(page.text, "attendance") == "6"


@pytest.mark.parametrize(
    ("asked", "accepted", "tag", "residents"),
    [
        ("?lang=fr", "en", "fr", "2\u202f435\u202f000"),
        ("?lang=es", "fr", "es-419", "2,435,000"),
        ("", "es-MX,en;q=0.5", "es-419", "2,435,000"),
        ("", "nl", "en", "2,435,000"),
    ],
)
async def test_a_page_is_in_the_language_asked_for_or_liked(
    browser: httpx.AsyncClient, asked: str, accepted: str, tag: str, residents: str
) -> None:
    page = await browser.get(REPORT + asked, headers={"Accept-Language": accepted})

    assert f'<html lang="{tag}">' in page.text
    assert page.headers["content-language"] == tag
    assert big(page.text, "population_represented") == residents


async def test_the_language_chosen_last_is_the_one_of_the_next_page(
    browser: httpx.AsyncClient,
) -> None:
    await browser.get(f"{REPORT}?lang=fr")

    assert '<html lang="fr">' in (await browser.get("/reports")).text


async def test_a_page_that_has_not_changed_is_not_sent_again(
    browser: httpx.AsyncClient, desk: Desk
) -> None:
    first = await browser.get(REPORT)
    tag = {"If-None-Match": first.headers["etag"]}

    again = await browser.get(REPORT, headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    other = await browser.get(f"{REPORT}?lang=es", headers=tag)
    assert other.status_code == 200


async def test_a_page_is_rendered_once_for_each_state_and_language(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = []

    def noted(template: str, *arguments: object, **values: object) -> str:
        rendered.append(template)
        return pages.page(template, *arguments, **values)  # type: ignore[arg-type]

    monkeypatch.setattr("services.reporting.presentation.body.page", noted)
    for _ in range(3):
        await browser.get(REPORT)
    await browser.get(f"{REPORT}?lang=fr")

    assert rendered == ["body.html", "body.html"]


async def test_only_what_is_known_now_is_followed(browser: httpx.AsyncClient) -> None:
    now = await browser.get(REPORT)
    then = await browser.get(f"{REPORT}?known_at=2024-04-11T00:00:00Z")

    assert 'data-follow="/reports/2024-Q1/live?lang=en"' in now.text
    assert "data-follow" not in then.text
    assert big(then.text, "cities_engaged") == "4"
    assert "/tables/" not in then.text or "known_at=2024-04-11" in then.text
    assert f"{REPORT}/compare?known_at=2024-04-11T00%3A00%3A00%2B00%3A00&amp;with=previous" in (
        then.text
    )


async def test_the_root_leads_to_the_latest_report_and_keeps_the_language(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/?lang=es")

    assert answer.status_code == 302
    assert answer.headers["location"] == f"{REPORT}?lang=es"


async def test_all_reports_are_listed_in_both_calendars(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/reports")).text

    for address in (REPORT, "/reports/FY2024-Q2", "/reports/2024", "/reports/FY2024"):
        assert f'href="{address}"' in page


async def test_two_quarters_stand_side_by_side_with_their_difference(
    browser: httpx.AsyncClient,
) -> None:
    page = (await browser.get(f"{REPORT}/compare?with=previous")).text

    row = re.search(r"<th scope=\"row\">Cities engaged</th>(.*?)</tr>", page, re.DOTALL)
    assert row is not None
    assert re.findall(r">([+−]?\d+)<", row[1].replace(" ", "")) == ["5", "0", "+5"]
    assert '<option value="2023-Q4" selected>Q4 2023</option>' in page


async def test_a_table_has_pages_of_its_own(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_reports, "TABLE_ROWS_PER_PAGE", 2)

    found: list[str] = []
    for number in (1, 2, 3):
        page = (await browser.get(f"{REPORT}/tables/cities?page={number}")).text
        found += re.findall(r'href="/cities/([a-z-]+)"', page)
    assert found == [
        "albuquerque-nm",
        "athens-oh",
        "columbus-oh",
        "franklin-county-oh",
        "the-hague",
    ]


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        (f"{REPORT}/tables/people", 404, "A report has all-figures"),
        (f"{REPORT}/tables/cities?page=9", 404, "The pages of this table are 1 to 1."),
        (f"{REPORT}/tables/cities?page=-1", 404, "The pages of this table are 1 to 1."),
        (f"{REPORT}/compare?with=yesterday", 404, "names no period"),
        (f"{REPORT}?lang=tlh", 400, "lang is en, fr, es"),
        ("/reports/2031-Q1", 404, "2031-Q1 begins on"),
    ],
)
async def test_what_is_wrong_is_told_on_a_page(
    browser: httpx.AsyncClient, address: str, status: int, sentence: str
) -> None:
    answer = await browser.get(address)

    assert answer.status_code == status
    assert sentence in answer.text
    assert "<h1>" in answer.text


async def test_what_moves_on_a_page_has_a_text_for_each_language(
    browser: httpx.AsyncClient, desk: Desk
) -> None:
    page = (await browser.get(REPORT)).text
    document = (await browser.get(f"{REPORT}.json")).json()
    for code in ("en", "fr", "es"):
        texts = texts_of(document, language_of(code))
        moving = set(re.findall(r'data-moves="([^"]+)"', page))
        assert moving <= texts.keys()
        assert texts["headline"] == document["headline"][code]


async def test_a_published_report_is_a_page_made_of_its_bytes_alone(
    browser: httpx.AsyncClient, desk: Desk
) -> None:
    document = (await browser.get(f"{REPORT}.json")).json() | {"version": 2}
    request = Request(
        {
            "type": "http",
            "method": "GET",
            "path": f"{REPORT}/v2",
            "headers": [],
            "query_string": b"",
        }
    )

    text = json.dumps(document).encode()
    answer = await web_reports.as_published(request, desk.reports, text, language_of("en"))
    page = bytes(answer.body).decode()

    assert big(page, "cities_engaged") == "5"
    assert 'href="/reports/2024-Q1/v2.json"' in page
    assert 'href="/reports/2024-Q1/versions"' in page
    assert "data-follow" not in page
    assert "/tables/" not in page
