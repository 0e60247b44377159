"""What a figure counts, at its address."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.reporting.asking import against_asked
from services.reporting.domain.evidence import DIMENSIONS, Against, Evidence, comparable
from services.reporting.presentation import trail_words
from services.reporting.reading import Inquiry
from services.reporting.reports import Reports
from services.reporting.trails import Trails, sees_everything
from services.reporting.web.answering import Door, as_json, as_page, asked, language_asked
from services.reporting.web.records import json_of
from shared.site.problems import Problem

NO_ROWS = frozenset({"lang", "calendar", "known_at", "against", "page"})
"""Parts of a question that name no row of a breakdown."""
ITEMS_PER_PAGE = 200


def routes(door: Door, reports: Reports, trails: Trails) -> list[Route]:
    """Return the routes of evidence."""

    def inquiry_of(request: Request) -> Inquiry:
        period, known_at = asked(request, reports.now())
        return Inquiry(
            period,
            request.path_params["metric"],
            known_at,
            {name: row for name, row in request.query_params.items() if name not in NO_ROWS},
            against_asked(request.query_params.get("against")),
        )

    async def document(request: Request) -> Response:
        found = await trails.evidence(inquiry_of(request))
        return as_json(found.to_json(everything=sees_everything(request.state.principal)))

    async def page(request: Request) -> Response:
        if "application/json" in request.headers.get("accept", ""):
            return await document(request)
        language = language_asked(request)
        found = await trails.evidence(inquiry_of(request))
        evidence = found.to_json(everything=sees_everything(request.state.principal))
        here = _page_asked(request, len(evidence["items"]))
        first = (here - 1) * ITEMS_PER_PAGE
        return as_page(
            "figure.html",
            language,
            request,
            200,
            evidence=evidence,
            items=evidence["items"][first : first + ITEMS_PER_PAGE],
            total=len(evidence["items"]),
            page_number=here,
            pages=_pages(request, len(evidence["items"])),
            rows=list(found.filters.items()),
            dimensions=_choices(found, request),
            dimension_words=trail_words.DIMENSIONS,
            comparisons=[
                (against.value, trail_words.COMPARISONS[against.value])
                for against in Against
                if comparable(found.period, found.definition.id, against)
            ],
            known=language.listed(
                [
                    f"{ledger} {language.number(count)}"
                    for ledger, count in evidence["provenance"]["ledgers"].items()
                ]
            ),
            json=json_of(request),
            **trail_words.words_of(language),
        )

    return [
        door.read("/reports/{period}/figures/{metric}.json", document),
        door.read("/reports/{period}/figures/{metric}", page),
    ]


def _choices(found: Evidence, request: Request) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the rows that some item stands in, each with the address of its items."""
    if found.filters:
        return []
    path, choices = request.url.path, []
    for dimension in DIMENSIONS.get(found.definition.id, ()):
        rows = sorted(
            {
                row
                for item in found.items
                for row in (
                    [row for row, part in item.parts[dimension].items() if part]
                    if dimension in item.parts
                    else item.rows.get(dimension, ())
                )
            }
        )
        addresses = [(row, f"{path}?{_query(request, {dimension: row})}") for row in rows]
        if addresses:
            choices.append((dimension, addresses))
    return choices


def _pages(request: Request, total: int) -> list[tuple[int, str]]:
    """Return the number and the address of each page of the items."""
    count = max(1, -(-total // ITEMS_PER_PAGE))
    path = request.url.path
    return [(n, f"{path}?{_query(request, {'page': str(n)})}") for n in range(1, count + 1)]


def _page_asked(request: Request, total: int) -> int:
    """Return which page is asked for.

    Raises:
        Problem: there is no such page.
    """
    text = request.query_params.get("page", "1")
    if not text.isdecimal() or not 1 <= int(text) <= max(1, -(-total // ITEMS_PER_PAGE)):
        raise Problem(404, "No such page", f"There is no page {text} of these items.")
    return int(text)


def _query(request: Request, changed: Mapping[str, Any]) -> str:
    return urlencode({**request.query_params, **changed})
