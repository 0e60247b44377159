"""Publications over HTTP: immutable bytes, who may publish, pages, verification for everybody."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from reporting_book import golden_quarter
from reporting_desk import Desk
from starlette.applications import Starlette

from services.reporting import publishing as module
from services.reporting.web import routes
from shared.access import Principal
from shared.sealing import Keys, judge_file

WHY = {"reason": "R1", "note": "The attendance of the webinar of 31 March came in"}
STAFF = {"Authorization": "Bearer staff"}
PAGE = {"Accept": "text/html"}


class Tokens:
    """Knows each role by its own name as the token."""

    def authenticate(self, token: str | None) -> Principal | None:
        roles = ("viewer", "staff", "operator")
        return Principal(name=token, role=token) if token in roles else None  # type: ignore[arg-type]


@pytest.fixture
async def browser(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(module, "COMMIT_SECONDS", 0.0)
    facts = golden_quarter().facts
    publishing = desk.publishing()
    await publishing.keep_keys()
    application = Starlette(routes=routes(desk.reports, desk.trails, publishing, Tokens()))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application),
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


async def test_a_version_is_the_same_for_ever_under_its_hash(browser: httpx.AsyncClient) -> None:
    first = await browser.get("/reports/2024-Q1/v1.json")

    seal = first.json()["seal"]
    assert first.headers["etag"] == f'"sha256:{seal["sha256"]}"'
    assert "immutable" in first.headers["cache-control"]
    again = await browser.get(
        "/reports/2024-Q1/v1.json", headers={"If-None-Match": f'"other", {first.headers["etag"]}'}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert (await browser.get("/reports/2024-Q1/v1")).content == first.content
    assert (await browser.get("/reports/2024-Q1/v2.json")).status_code == 404


async def test_the_list_of_reports_tells_which_versions_there_are(
    browser: httpx.AsyncClient,
) -> None:
    reports = (await browser.get("/reports.json")).json()["reports"]
    page = (await browser.get("/reports", headers=PAGE)).text

    assert [(each["period"]["id"], each["versions"]) for each in reports] == [("2024-Q1", [1])]
    assert '<a href="/reports/2024-Q1/versions">1 version</a>' in page


async def test_a_version_is_a_page_for_a_browser(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/reports/2024-Q1/v1", headers=PAGE)

    assert page.headers["content-type"].startswith("text/html")
    assert "1, as published" in page.text


async def test_only_staff_publishes(browser: httpx.AsyncClient) -> None:
    for role in ("viewer", "operator"):
        answer = await browser.post(
            "/reports/2024-Q1/publish", json=WHY, headers={"Authorization": f"Bearer {role}"}
        )
        assert answer.status_code == 403
        assert "may not publish a report" in answer.json()["detail"]


async def test_a_form_sent_twice_publishes_once_and_leads_to_the_versions(
    browser: httpx.AsyncClient,
) -> None:
    form = {**WHY, "request_id": "1b4e28ba-2fa1-11d2-883f-0016d3cca427"}
    for _ in range(2):
        answer = await browser.post("/reports/2024-Q1/publish", data=form, headers=STAFF | PAGE)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/reports/2024-Q1/versions"

    listed = (await browser.get("/reports/2024-Q1/versions.json")).json()
    assert [each["version"] for each in listed["versions"]] == [1, 2]
    assert listed["readings"]["version"] == 2
    assert listed["readings"]["reproduced"]["equal"] is True


async def test_a_form_of_another_site_publishes_nothing(browser: httpx.AsyncClient) -> None:
    headers = STAFF | {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    answer = await browser.post("/reports/2024-Q1/publish", data=WHY, headers=headers)

    assert answer.status_code == 403
    assert len((await browser.get("/reports/2024-Q1/versions.json")).json()["versions"]) == 1


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ({}, 409, "say why"),
        ({"reason": "R9", "note": "So"}, 400, "reason"),
        ({"reason": "R1", "note": " "}, 400, "note"),
        ({**WHY, "period": "2024-Q2"}, 400, "period"),
    ],
)
async def test_what_is_wrong_with_a_request_is_said(
    browser: httpx.AsyncClient, said: dict[str, str], status: int, words: str
) -> None:
    answer = await browser.post("/reports/2024-Q1/publish", json=said, headers=STAFF)

    assert answer.status_code == status
    assert words in answer.json()["detail"]


async def test_the_difference_names_the_cause_and_reads_in_each_language(
    browser: httpx.AsyncClient,
) -> None:
    await browser.post("/reports/2024-Q1/publish", json=WHY, headers=STAFF)

    document = (await browser.get("/reports/2024-Q1/diff/v1..v2.json")).json()
    [cause] = document["causes"]["cities_engaged"]["arrived"]
    assert cause["type"] == "events.attendance_recorded.v1"
    for lang, words in (
        ("en", "from version 1 to version 2"),
        ("fr", "de la version 1 à la version 2"),
        ("es", "de la versión 1 a la versión 2"),
    ):
        page = await browser.get(f"/reports/2024-Q1/diff/v1..v2?lang={lang}", headers=PAGE)
        assert page.status_code == 200
        assert words in page.text
        assert "activity-w2" in page.text


@pytest.mark.parametrize("between", ["v2..v1", "v1..v1", "v1", "now..v1", "v1..v02", "v1..then"])
async def test_a_difference_of_nothing_is_refused(browser: httpx.AsyncClient, between: str) -> None:
    answer = await browser.get(f"/reports/2024-Q1/diff/{between}.json")

    assert answer.status_code == 400
    assert "diff" in answer.json()["detail"]


async def test_what_changed_since_a_version_is_told_without_a_second_one(
    browser: httpx.AsyncClient,
) -> None:
    change = (await browser.get("/reports/2024-Q1/diff/v1..now.json")).json()

    assert change["to"] is None
    assert "figures.cities_engaged.value" in [cell["cell"] for cell in change["cells"]]


async def test_the_versions_offer_to_publish_to_staff_alone(browser: httpx.AsyncClient) -> None:
    seen = await browser.get("/reports/2024-Q1/versions", headers=PAGE)
    known = await browser.get("/reports/2024-Q1/versions", headers=PAGE | STAFF)

    assert 'action="/reports/2024-Q1/publish"' not in seen.text
    assert 'action="/reports/2024-Q1/publish"' in known.text
    empty = await browser.get("/reports/2023-Q4/versions", headers=PAGE)
    assert "No version of this report was published yet." in empty.text


async def test_anybody_verifies_a_file_with_the_page_or_with_the_keys_alone(
    browser: httpx.AsyncClient,
) -> None:
    content = (await browser.get("/reports/2024-Q1/v1.json")).content
    forged = content.replace(b'"value":2040000', b'"value":2040001')
    assert forged != content
    nobody = {"Authorization": ""}

    keys = Keys.parse((await browser.get("/keys.json", headers=nobody)).json())
    assert judge_file(content, keys).genuine
    assert not judge_file(forged, keys).genuine
    for file, finding in ((content, "genuine"), (forged, "changed"), (b"{", "unreadable")):
        sent = {"file": ("report.json", file, "application/json")}
        answer = await browser.post("/verify", files=sent, headers=nobody)
        assert answer.json()["finding"] == finding
        raw = await browser.post(
            "/verify", content=file, headers=nobody | {"Content-Type": "application/json"}
        )
        assert raw.json()["finding"] == finding
        page = await browser.post("/verify", files=sent, headers=nobody | PAGE)
        assert ("Yes: " in page.text) == (finding == "genuine")


async def test_a_file_that_is_too_large_is_not_read(browser: httpx.AsyncClient) -> None:
    headers = {"Content-Length": str(30 * 1024 * 1024), "Content-Type": "application/json"}
    answer = await browser.post("/verify", content=json.dumps({}), headers=headers)

    assert answer.status_code == 413
