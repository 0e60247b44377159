"""Reports as files, beside their pages: PDF, workbook, CSV with its sidecar, and the JSON Schema.

A file is made once for each state of a report and each language, in a thread, and kept with it.
"""

import hashlib
import json
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.reporting.presentation.files import FILES, file_name, file_of
from services.reporting.presentation.language import Language
from services.reporting.reports import Reports
from services.reporting.web.answering import Answer, Door, asked, language_asked

SCHEMA = Path(__file__).parents[1] / "report.schema.json"


def routes(door: Door, reports: Reports) -> list[Route]:
    """Return the routes of files."""
    schema = SCHEMA.read_bytes()

    def file(kind: str) -> Answer:
        async def answer(request: Request) -> Response:
            period, known_at = asked(request, reports.now())
            language = language_asked(request)
            found = await reports.report(period, known_at, whole=True)
            make = partial(file_of, kind=kind, language=language, then=known_at is not None)
            content = await reports.rendered(found, kind, language.code, make)
            return as_file(request, found.json, kind, language, content)

        return answer

    async def described(request: Request) -> Response:
        return Response(schema, media_type="application/schema+json")

    return [
        door.read("/reports/schema.json", described),
        *(door.read(f"/reports/{{period}}.{kind}", file(kind)) for kind in FILES),
    ]


def as_file(
    request: Request, document: bytes, kind: str, language: Language, content: bytes
) -> Response:
    """Return a file as an answer, or that whoever asks has it already."""
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Language, Cookie, Authorization",
        "Content-Language": language.tag,
    }
    if tag in (each.strip() for each in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    name = file_name(json.loads(document), kind, language)
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if kind == "csv":
        address = f"{request.url.path}-metadata.json?lang={language.code}"
        headers["Link"] = f'<{address}>; rel="describedby"; type="application/csvm+json"'
    return Response(content, headers=headers, media_type=FILES[kind].media_type)
