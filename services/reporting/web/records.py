"""One city, activity, resource or fact, at its address."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.reporting.domain.period import quarter_of
from services.reporting.presentation.trail_words import words_of
from services.reporting.reports import Reports
from services.reporting.trails import CITIES_FOUND_MAX, Trails, sees_everything
from services.reporting.web.answering import Door, as_json, as_page, asked, language_asked
from shared.site.door import Answer
from shared.site.problems import Problem

Json = dict[str, Any]
FACT_VERSION_MAX = 2**31 - 1


def routes(door: Door, reports: Reports, trails: Trails) -> list[Route]:
    """Return the routes of cities, activities, resources and facts, and of why-not."""

    async def city(request: Request, everything: bool) -> Json:
        return await trails.city(request.path_params["city_id"], everything=everything)

    async def activity(request: Request, everything: bool) -> Json:
        return await trails.activity(request.path_params["activity_id"], everything=everything)

    async def resource(request: Request, everything: bool) -> Json:
        return await trails.resource(request.path_params["resource_id"], everything=everything)

    async def fact(request: Request, everything: bool) -> Json:
        place = request.path_params
        if not place["version"].isdecimal() or int(place["version"]) > FACT_VERSION_MAX:
            raise Problem(404, "Not found", "The version of a fact is a number.")
        return await trails.fact(
            place["ledger"], place["stream"], int(place["version"]), everything=everything
        )

    async def explained(request: Request, everything: bool) -> Json:
        period, known_at = asked(request, reports.now())
        city_id = request.path_params["city_id"]
        return await trails.absence(period, city_id, known_at, everything=everything)

    async def cities(request: Request, everything: bool) -> Json:
        words = request.query_params.get("q", "")
        return {"words": words, "cities": await trails.cities(words, everything=everything)}

    def with_latest(document: Json) -> Json:
        return {"latest": quarter_of(reports.now().date()).id}

    def with_payload(document: Json) -> Json:
        payload = document["payload"]
        text = json.dumps(payload, indent=2, ensure_ascii=False) if payload is not None else None
        return {"payload": text}

    def with_list(document: Json) -> Json:
        return {**document, "full": len(document["cities"]) >= CITIES_FOUND_MAX}

    pages: list[tuple[str, Asked, str, str, Callable[[Json], Json]]] = [
        ("/cities/{city_id}", city, "city.html", "city", with_latest),
        ("/cities", cities, "cities.html", "found", with_list),
        ("/activities/{activity_id}", activity, "activity.html", "activity", nothing_more),
        ("/resources/{resource_id}", resource, "resource.html", "resource", nothing_more),
        ("/facts/{ledger}/{stream}/{version}", fact, "fact.html", "fact", with_payload),
        (
            "/reports/{period}/cities/{city_id}",
            explained,
            "explanation.html",
            "found",
            nothing_more,
        ),
    ]
    found: list[Route] = []
    for path, ask, template, name, more in pages:
        found += [
            door.read(f"{path}.json", _json(ask)),
            door.read(path, _page(ask, template, name, more)),
        ]
    return found


Asked = Callable[[Request, bool], Awaitable[Json]]


def nothing_more(document: Json) -> Json:
    """Return no values of a page beyond its document."""
    return {}


def _json(ask: Asked) -> Answer:
    async def answer(request: Request) -> Response:
        return as_json(await ask(request, sees_everything(request.state.principal)))

    return answer


def _page(ask: Asked, template: str, name: str, more: Callable[[Json], Json]) -> Answer:
    async def answer(request: Request) -> Response:
        language = language_asked(request)
        document = await ask(request, sees_everything(request.state.principal))
        values = {name: document, **words_of(language), **more(document)}
        return as_page(template, language, request, 200, json=json_of(request), **values)

    return answer


def json_of(request: Request) -> str:
    """Return where the same stands as JSON."""
    query = request.url.query
    return f"{request.url.path}.json{'?' + query if query else ''}"
