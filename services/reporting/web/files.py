"""Reports as files, beside their pages: PDF, workbook, CSV with its sidecar, and the JSON Schema.

A file is made once for each state of a report and each language, and kept with it.
Those of a published version are made of its bytes, and its PDF is signed.
"""

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.reporting.presentation.kinds import MEDIA_TYPES, file_name
from services.reporting.presentation.language import Language
from services.reporting.publishing import Publishing
from services.reporting.reports import Reports
from services.reporting.web.answering import Door, asked, language_asked
from shared.site.door import Answer

SCHEMA = Path(__file__).parents[1] / "report.schema.json"


def routes(door: Door, reports: Reports, publishing: Publishing) -> list[Route]:
    """Return the routes of files."""
    schema = SCHEMA.read_bytes()

    def file(kind: str) -> Answer:
        async def answer(request: Request) -> Response:
            period, known_at = asked(request, reports.now())
            language = language_asked(request)
            found = await reports.report(period, known_at, whole=True)
            content = await reports.renderings.file(
                found.json, kind, language.code, then=known_at is not None
            )
            tag = f'"{hashlib.sha256(content).hexdigest()}"'
            if tag in _known_tags(request):
                return Response(status_code=304, headers=_headers(tag, language))
            name = file_name(period.id, None, kind, language)
            return _as_file(request, content, kind, name, _headers(tag, language), language)

        return answer

    def published_file(kind: str) -> Answer:
        async def answer(request: Request) -> Response:
            period, _ = asked(request, reports.now())
            version, language = request.path_params["version"], language_asked(request)
            sha256 = (await publishing.version(period, version)).sha256
            # A signature is another one each time, and what it signs the same: a weak tag.
            tag = f'W/"{sha256}-{kind}-{language.code}"'
            if tag in _known_tags(request):
                return Response(status_code=304, headers=_headers(tag, language))
            document = await publishing.published(period, version)
            content = await reports.renderings.file(
                document, kind, language.code, finish=publishing.signed if kind == "pdf" else None
            )
            name = file_name(period.id, version, kind, language)
            return _as_file(request, content, kind, name, _headers(tag, language), language)

        return answer

    async def described(request: Request) -> Response:
        return Response(schema, media_type="application/schema+json")

    return [
        door.read("/reports/schema.json", described),
        *(
            door.read(f"/reports/{{period}}/v{{version:int}}.{kind}", published_file(kind))
            for kind in MEDIA_TYPES
        ),
        *(door.read(f"/reports/{{period}}.{kind}", file(kind)) for kind in MEDIA_TYPES),
    ]


def _known_tags(request: Request) -> list[str]:
    return [each.strip() for each in request.headers.get("if-none-match", "").split(",")]


def _headers(tag: str, language: Language) -> dict[str, str]:
    return {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Language, Authorization, Cookie",
        "Content-Language": language.tag,
    }


def _as_file(
    request: Request,
    content: bytes,
    kind: str,
    name: str,
    headers: dict[str, str],
    language: Language,
) -> Response:
    """Return a file as an answer, under the name that it is saved by."""
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if kind == "csv":
        address = f"{request.url.path}-metadata.json?lang={language.code}"
        headers["Link"] = f'<{address}>; rel="describedby"; type="application/csvm+json"'
    return Response(content, headers=headers, media_type=MEDIA_TYPES[kind])
