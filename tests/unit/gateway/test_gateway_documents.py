"""What the gateway says of itself is whole, is true, and asks nobody else."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from starlette.routing import Route

from services.gateway.domain.quotas import Quotas
from services.gateway.presentation import asyncapi, openapi, pages
from services.gateway.presentation.contracts import event_schema, example, types
from services.gateway.web import Parts, documents, routes, site
from services.gateway.web.answering import Door
from services.gateway.web.events import STATUSES
from shared.publishing import BATCH_MESSAGES_MAX
from shared.schemas import schemas

ROOT = Path(__file__).parents[3]
OPENAPI = openapi.document("0.1.0")
ASYNCAPI = asyncapi.document("0.1.0", "nats://127.0.0.1:4222")


class Nobody:
    """Knows no token."""

    def authenticate(self, token: str | None) -> None:
        return None


@pytest.fixture
def client() -> httpx.AsyncClient:
    door = Door(Nobody(), Quotas({}))
    served = site(documents.routes(door, "nats://127.0.0.1:4222"))
    transport = httpx.ASGITransport(app=served)
    return httpx.AsyncClient(base_url="http://gateway", transport=transport)


def references(document: Any) -> Iterator[str]:
    """Yield every reference."""
    if isinstance(document, dict):
        if isinstance(document.get("$ref"), str):
            yield document["$ref"]
        for value in document.values():
            yield from references(value)
    elif isinstance(document, list):
        for value in document:
            yield from references(value)


@pytest.mark.parametrize("document", [OPENAPI, ASYNCAPI])
def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert len(found) > 20
    for reference in found:
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part.replace("~1", "/")]
        assert place


def test_what_two_types_define_under_one_name_is_the_same() -> None:
    defined: dict[str, Any] = {}
    for schema in schemas().values():
        for name, definition in schema.get("$defs", {}).items():
            assert defined.setdefault(name, definition) == definition
    assert defined.keys() <= OPENAPI["components"]["schemas"].keys()


def test_every_type_stands_in_both_documents() -> None:
    assert schemas().keys() <= OPENAPI["components"]["schemas"].keys()
    said = {channel["title"] for channel in ASYNCAPI["channels"].values()}
    assert schemas().keys() == said - {"Rejected"}


def test_a_subject_of_asyncapi_is_that_of_its_type() -> None:
    channel = ASYNCAPI["channels"]["events_city_attended"]
    assert channel["address"] == "intake.{source}.events.city_attended"
    assert ASYNCAPI["operations"]["send_events_city_attended"]["action"] == "send"
    assert ASYNCAPI["servers"]["nats"]["host"] == "127.0.0.1:4222"


def test_the_example_is_one_that_its_schema_takes_and_a_wrong_one_is_not() -> None:
    type_ = next(each for each in types() if each.name == example()["type"])
    schema = {**event_schema(type_, openapi.COMPONENTS), "components": OPENAPI["components"]}
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(example())
    for wrong in (
        {**example(), "specversion": "0.3"},
        {**example(), "source": "elsewhere"},
        {**example(), "data": {"activity_id": "x"}},
        {**example(), "type": "tandem.events.help_given.v1"},
    ):
        assert not validator.is_valid(wrong)


def test_the_document_tells_every_reason_and_every_status_of_one() -> None:
    assert STATUSES.keys() == openapi.REASONS.keys() - openapi.TOLD_LATER
    answers = OPENAPI["paths"]["/events"]["post"]["responses"]
    assert {str(int(status)) for status in STATUSES.values()} <= answers.keys()


def test_the_document_tells_the_limits_as_they_are() -> None:
    batch = OPENAPI["paths"]["/events"]["post"]["requestBody"]["content"][openapi.BATCH]
    assert batch["schema"]["maxItems"] == BATCH_MESSAGES_MAX


async def test_a_program_gets_documents_and_a_browser_pages(client: httpx.AsyncClient) -> None:
    browser = {"Accept": "text/html,*/*"}
    for address in ("/schemas", "/schemas/tandem.events.city_attended.v1", "/asyncapi"):
        assert (await client.get(address)).headers["Content-Type"].endswith("json")
        page = await client.get(address, headers=browser)
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert (await client.get("/openapi.json")).json() == OPENAPI
    schema = await client.get("/schemas/tandem.events.city_attended.v1")
    assert schema.headers["Content-Type"] == "application/schema+json"
    assert schema.json() == schemas()["tandem.events.city_attended.v1"]
    listed = (await client.get("/schemas")).json()["schemas"]
    assert [each["type"] for each in listed] == list(schemas())


async def test_a_type_that_there_is_not_is_a_problem(client: httpx.AsyncClient) -> None:
    for name in ("tandem.events.nothing.v1", "..%2f..%2fetc", "%00"):
        answer = await client.get(f"/schemas/{name}")
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "page",
    [
        pages.docs_page(OPENAPI),
        pages.asyncapi_page(ASYNCAPI),
        pages.schemas_page(),
        *(pages.schema_page(each) for each in types()),
    ],
)
def test_a_page_has_no_script_and_asks_no_other_host(page: str) -> None:
    assert "<script" not in page
    assert " style=" not in page
    assert not re.search(r"""\b(?:src|href|action)=["']?(?:[a-z]+:)?//""", page)
    assert page.startswith("<!doctype html>")
    assert page.count("<h1>") == 1


async def test_a_page_may_load_its_style_and_nothing_else(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    style = await client.get("/docs/gateway.css")
    assert style.headers["Content-Type"].startswith("text/css")
    assert b"url(" not in style.content
    assert b"@import" not in style.content


def test_every_reason_has_a_place_on_the_page_and_code_is_set_as_code() -> None:
    page = pages.docs_page(OPENAPI)
    assert "`" not in page
    assert "<code>violations</code>" in page
    for reason in openapi.REASONS:
        assert f'id="{reason}"' in page


def test_every_documented_address_is_served_and_the_other_way_round() -> None:
    door = Door(Nobody(), Quotas({}))
    served = {
        route.path for route in documents.routes(door, "nats://x") if isinstance(route, Route)
    }
    told = {path for path in OPENAPI["paths"] if path.startswith(("/schemas", "/openapi"))}
    assert told <= served


def gateway_routes() -> set[tuple[str, str]]:
    """Return every method and address that the gateway answers."""
    nothing: Any = None
    parts = Parts(
        **{field.name: nothing for field in fields(Parts)} | {"nats": "nats://127.0.0.1:4222"}
    )
    return {
        (method, re.sub(r":\w+}", "}", route.path))
        for route in routes(parts)
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }


def test_every_address_is_told_in_the_guide_and_to_programs() -> None:
    guide = (ROOT / "docs" / "http.md").read_text("utf-8").partition("\n## The gateway\n")[2]
    rows = re.findall(r"^\| ([A-Z]+) \| (`.+?`) \|", guide, re.MULTILINE)
    told = {
        (method, address.replace("<id>", "{id}"))
        for method, cell in rows
        for address in re.findall(r"`(.+?)`", cell)
    }
    assert told == gateway_routes()
    to_programs = {
        (method.upper(), path) for path, found in OPENAPI["paths"].items() for method in found
    }
    pages_alone = {("GET", path) for path in ("/docs", "/docs/gateway.css", "/asyncapi")}
    assert to_programs == told - pages_alone


def test_every_requirement_of_cloudevents_has_its_test() -> None:
    guide = (ROOT / "docs" / "cloudevents.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| ([^|]*) \|$", guide, re.MULTILINE)
    requirements = [row for row in rows if row[0] not in ("requirement", "---")]
    assert len(requirements) > 70
    assert [name for name, tests in requirements if not re.search(r"`test_\w+`", tests)] == []
