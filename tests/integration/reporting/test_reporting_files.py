"""Reports as files over HTTP, of today and as published, and what calendars and readers follow."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from xml.etree import ElementTree

import httpx
import jsonschema
import openpyxl
import pikepdf
import pytest
from icalendar import Calendar
from reporting_book import golden_quarter
from reporting_desk import Desk
from starlette.applications import Starlette

from services.reporting import publishing as module
from services.reporting.web import routes
from shared.access import Principal
from shared.sealing import judge_file

FILES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "csv-metadata.json": "application/csvm+json",
}
STAFF = {"Authorization": "Bearer staff"}


class Tokens:
    """Knows each role by its own name as the token."""

    def authenticate(self, token: str | None) -> Principal | None:
        known = token in ("viewer", "staff")
        return Principal(name=token, role=token) if known else None  # type: ignore[arg-type]


@pytest.fixture
async def browser(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of the golden quarter, whose first version was published on 10 April."""
    monkeypatch.setattr(module, "COMMIT_SECONDS", 0.0)
    facts = golden_quarter().facts
    publishing = desk.publishing()
    await publishing.keep_keys()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(
            Starlette(routes=routes(desk.reports, desk.trails, publishing, Tokens()))
        ),
        base_url="http://reporting",
        headers={"Authorization": "Bearer viewer"},
    ) as client:
        await desk.take(*facts[:-1])
        desk.now = datetime(2024, 4, 10, 12, tzinfo=UTC)
        answer = await client.post("/reports/2024-Q1/publish", json={}, headers=STAFF)
        assert answer.status_code == 201, answer.text
        await desk.take(facts[-1])
        desk.now = datetime(2024, 4, 21, 12, tzinfo=UTC)
        yield client


@pytest.mark.parametrize(("kind", "media_type"), FILES.items())
async def test_a_report_is_a_file_of_each_kind_with_a_name_to_save_it_by(
    browser: httpx.AsyncClient, kind: str, media_type: str
) -> None:
    now = await browser.get(f"/reports/2024-Q1.{kind}?lang=fr")
    first = await browser.get(f"/reports/2024-Q1/v1.{kind}?lang=es")

    assert (now.status_code, first.status_code) == (200, 200)
    assert now.headers["content-type"] == first.headers["content-type"] == media_type
    assert now.headers["content-language"] == "fr"
    assert now.headers["content-disposition"] == (
        f'attachment; filename="tandem-2024-Q1-fr.{kind}"'
    )
    assert first.headers["content-disposition"] == (
        f'attachment; filename="tandem-2024-Q1-v1-es.{kind}"'
    )


@pytest.mark.parametrize("address", ["/reports/2024-Q1.pdf", "/reports/2024-Q1/v1.pdf"])
async def test_who_has_a_file_already_is_not_sent_it_again(
    browser: httpx.AsyncClient, address: str
) -> None:
    sent = await browser.get(f"{address}?lang=en")

    again = await browser.get(f"{address}?lang=en", headers={"If-None-Match": sent.headers["etag"]})
    other = await browser.get(f"{address}?lang=fr", headers={"If-None-Match": sent.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200


async def test_a_file_follows_the_facts_and_a_published_one_does_not(
    browser: httpx.AsyncClient,
) -> None:
    engaged = {}
    for address in ("/reports/2024-Q1", "/reports/2024-Q1/v1"):
        answer = await browser.get(f"{address}.xlsx")
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content))["all-figures"]
        rows = {row[0]: row for row in sheet.iter_rows(values_only=True)}
        engaged[address] = rows["Cities engaged"][1:3]

    assert engaged == {"/reports/2024-Q1": (5, "A"), "/reports/2024-Q1/v1": (4, "P")}


async def test_a_file_as_known_then_says_what_was_known_then(browser: httpx.AsyncClient) -> None:
    then = await browser.get("/reports/2024-Q1.csv?known_at=2024-04-10T12:00:00Z")
    by_name = await browser.get("/reports/2024-Q2.csv?calendar=nlc")

    lines = then.content.decode("utf-8-sig").splitlines()
    assert any(",cities_engaged,Cities engaged,value," in line and ",4,," in line for line in lines)
    assert by_name.headers["content-disposition"].endswith('"tandem-FY2024-Q2-en.csv"')


async def test_the_pdf_of_a_version_carries_its_bytes_and_both_are_verified(
    browser: httpx.AsyncClient, desk: Desk
) -> None:
    document = (await browser.get("/reports/2024-Q1/v1.json")).content
    pdf = (await browser.get("/reports/2024-Q1/v1.pdf")).content

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert opened.attachments["report.json"].get_file().read_bytes() == document
    keys = desk.signer.keys
    changed = pdf.replace(b"/Title", b"/Tilte", 1)
    assert (await asyncio.to_thread(judge_file, pdf, keys)).genuine
    assert not (await asyncio.to_thread(judge_file, changed, keys)).genuine


async def test_the_csv_leads_to_what_describes_it_and_that_back(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/reports/2024-Q1.csv?lang=fr")

    address = answer.links["describedby"]["url"]
    described = (await browser.get(address)).json()
    assert described["dc:language"] == "fr"
    back = httpx.URL(f"http://reporting{address}").join(described["url"])
    assert (await browser.get(back)).content == answer.content


async def test_every_json_keeps_the_schema_that_is_served(browser: httpx.AsyncClient) -> None:
    schema = await browser.get("/reports/schema.json")

    assert schema.headers["content-type"] == "application/schema+json"
    for address in ("/reports/2024-Q1.json", "/reports/2024-Q1/v1.json", "/reports/2024.json"):
        document = (await browser.get(address)).json()
        jsonschema.validate(document, schema.json(), jsonschema.Draft202012Validator)


async def test_the_calendar_shows_what_was_held_and_what_was_cancelled(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/activities.ics")

    calendar = Calendar.from_ical(answer.text)
    assert answer.headers["content-type"].startswith("text/calendar")
    events = {str(event["UID"]): event for event in calendar.events}
    assert len(events) == 4
    states = sorted(str(event["STATUS"]) for event in events.values())
    assert states == ["CANCELLED", "CONFIRMED", "CONFIRMED", "CONFIRMED"]
    second = next(each for uid, each in events.items() if uid.startswith("w2"))
    assert second["DTSTART"].params["TZID"] == "America/Los_Angeles"
    assert second["DTSTART"].to_ical() == b"20240331T210000"
    assert "ATTENDEE" not in answer.text


async def test_the_feed_tells_of_what_was_published(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/reports.atom?lang=es")

    atom = "{http://www.w3.org/2005/Atom}"
    (entry,) = ElementTree.fromstring(answer.content).findall(f"{atom}entry")
    assert entry.findtext(f"{atom}updated") == "2024-04-10T12:00:00Z"
    document = json.loads((await browser.get("/reports/2024-Q1/v1.json")).content)
    assert document["headline"]["es"] in str(entry.findtext(f"{atom}summary"))


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/reports/2024-Q1/v7.pdf", 404),
        ("/reports/2024-Q1.pdf?lang=de", 400),
        ("/reports/2099-Q1.xlsx", 404),
    ],
)
async def test_a_file_that_cannot_be_made_is_a_problem_of_one_sentence(
    browser: httpx.AsyncClient, address: str, status: int
) -> None:
    answer = await browser.get(address)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_no_file_leaves_without_a_token(browser: httpx.AsyncClient) -> None:
    for address in ("/reports/2024-Q1.pdf", "/activities.ics", "/reports.atom"):
        assert (await browser.get(address, headers={"Authorization": ""})).status_code == 401
