"""Reports at their addresses: pages and JSON, two beside each other, and the list of them."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.reporting.asking import period_asked
from services.reporting.domain.period import Period, parse_period
from services.reporting.kept import Composed
from services.reporting.presentation.body import Whereabouts, body_of, year_before
from services.reporting.presentation.comparing import comparison
from services.reporting.presentation.composing import sheet_of
from services.reporting.presentation.language import Language
from services.reporting.presentation.listing import quarters_table, years_table
from services.reporting.presentation.pages import address
from services.reporting.presentation.sheet import Table
from services.reporting.publishing import Publishing
from services.reporting.reports import Reports
from services.reporting.web.answering import (
    Door,
    as_json,
    as_page,
    asked,
    language_asked,
    wants_page,
)
from shared.site.problems import Problem

TABLE_ROWS_PER_PAGE = 200


def routes(door: Door, reports: Reports, publishing: Publishing) -> list[Route]:
    """Return the routes of reports; those with the widest patterns stand last."""

    async def document(request: Request) -> Response:
        period, known_at = asked(request, reports.now())
        found = await reports.report(period, known_at, whole=True)
        return Response(found.json, media_type="application/json")

    async def report(request: Request) -> Response:
        period, known_at = asked(request, reports.now())
        language = language_asked(request)
        found = await reports.report(period, known_at, whole=True)
        where = _whereabouts(period, known_at)

        def make(text: bytes) -> bytes:
            return body_of(orjson.loads(text), language, where).encode()

        kind = "page" if known_at is None else "page then"
        body = await reports.renderings.page(found.json, kind, language.code, make)
        return as_page(
            "report.html",
            language,
            request,
            title=language.quarter(period.name),
            body=Markup(body.decode()),  # noqa: S704 - made by our own templates
            follow=where.to("/live", lang=language.code) if known_at is None else None,
            state=found.state,
        )

    async def table(request: Request) -> Response:
        period, known_at = asked(request, reports.now())
        language = language_asked(request)
        found = await reports.report(period, known_at, whole=True)
        tables = await run_in_threadpool(_tables, found, language, then=known_at is not None)
        shown = tables.get(request.path_params["table"])
        if shown is None:
            raise Problem(404, "Unknown table", f"A report has {', '.join(tables)}.")
        total = shown.rows[-1] if shown.sums and shown.rows else None
        rows = shown.rows[:-1] if total else shown.rows
        pages = max(1, math.ceil(len(rows) / TABLE_ROWS_PER_PAGE))
        number = _page_asked(request, pages)
        return as_page(
            "table.html",
            language,
            request,
            title=language.quarter(period.name),
            back=f"{_whereabouts(period, known_at).to()}#table-{shown.id}",
            table=shown,
            rows=rows[(number - 1) * TABLE_ROWS_PER_PAGE : number * TABLE_ROWS_PER_PAGE],
            total=total if number == pages else None,
            number=number,
            pages=pages,
        )

    async def compare(request: Request) -> Response:
        period, known_at = asked(request, reports.now())
        language = language_asked(request)
        chosen = request.query_params.get("with", "previous")
        other = _other(period, chosen)
        one = await reports.report(period, known_at, whole=True)
        two = await reports.report(other, known_at, whole=True)
        tables = comparison(
            orjson.loads(one.json), orjson.loads(two.json), language, then=known_at is not None
        )
        name, against = language.quarter(period.name), language.quarter(other.name)
        return as_page(
            "compare.html",
            language,
            request,
            title=language.text("{period} beside {other}", period=name, other=against),
            name=name,
            back=_whereabouts(period, known_at).to(),
            tables=tables,
            kept=_but(request.query_params, "with"),
            choices=await _choices(period, other, language),
            chosen=other.id,
        )

    async def _choices(period: Period, other: Period, language: Language) -> list[tuple[str, str]]:
        """Return the periods to choose from: those with data, and the one that is chosen."""
        known = [quarter for quarter, _ in await reports.periods()]
        choices = dict.fromkeys([period.previous(), other, *known])
        return [(each.id, language.quarter(each.name)) for each in choices if each != period]

    async def listed(request: Request) -> Response:
        return as_json({"reports": await publishing.entries()})

    async def list_page(request: Request) -> Response:
        language = language_asked(request)
        entries = await publishing.entries()
        return as_page(
            "reports.html",
            language,
            request,
            quarters=quarters_table(entries, language),
            years=years_table(entries, language),
        )

    async def latest(request: Request) -> Response:
        entries = await publishing.entries()
        if not entries:
            raise Problem(404, "No report yet", "No fact that a report counts has been recorded.")
        suffix = "" if wants_page(request) else ".json"
        path = f"/reports/{entries[0]['period']['id']}{suffix}"
        return RedirectResponse(address(path, request.query_params), status_code=302)

    return [
        door.read("/", latest),
        door.read("/reports", list_page),
        door.read("/reports.json", listed),
        door.read("/reports/latest", latest),
        door.read("/reports/{period}/tables/{table}", table),
        door.read("/reports/{period}/compare", compare),
        door.read("/reports/{period}.json", document),
        door.read("/reports/{period}", report),
    ]


def _whereabouts(period: Period, known_at: datetime | None) -> Whereabouts:
    question = {"known_at": known_at.isoformat()} if known_at else {}
    return Whereabouts(period.id, question=question)


async def as_published(
    request: Request, reports: Reports, text: bytes, language: Language
) -> Response:
    """Return the page of a published report, which its stored bytes make."""
    document = orjson.loads(text)
    period = parse_period(document["period"]["id"])
    where = Whereabouts(period.id, document["version"])

    def make(_: bytes) -> bytes:
        return body_of(document, language, where).encode()

    body = await reports.renderings.page(text, "page", language.code, make)
    return as_page(
        "report.html",
        language,
        request,
        title=f"{language.quarter(period.name)} v{document['version']}",
        body=Markup(body.decode()),  # noqa: S704 - made by our own templates
        follow=None,
        state=None,
    )


def _tables(report: Composed, language: Language, *, then: bool) -> dict[str, Table]:
    sheet = sheet_of(orjson.loads(report.json), language, then=then)
    return {table.id: table for table in sheet.tables()}


def _page_asked(request: Request, pages: int) -> int:
    text = request.query_params.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= pages:
        raise Problem(404, "No such page", f"The pages of this table are 1 to {pages}.")
    return number


def _other(period: Period, chosen: str) -> Period:
    """Return the period that one is compared with, by its name or by how it lies to it."""
    match chosen:
        case "previous":
            return period.previous()
        case "year-before":
            return year_before(period) or period.previous()
        case _:
            return period_asked(chosen, None)


def _but(question: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in question.items() if key != name}
