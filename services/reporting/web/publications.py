"""What was published: versions, what changed between two, publishing itself, and verification."""

import asyncio
import re
from datetime import datetime
from typing import Any, get_args
from uuid import uuid4

import orjson
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.reporting.asking import period_asked
from services.reporting.domain.period import Period
from services.reporting.publishing import Publishing, request_to_publish
from services.reporting.reports import Reports
from services.reporting.trails import sees_everything
from services.reporting.web.answering import Door, as_json, as_page, language_asked, wants_page
from services.reporting.web.reports import as_published
from shared.access import Action, may
from shared.contracts.messages.reporting import PublishReport
from shared.contracts.reporting import RevisionReason
from shared.draft import Receipt
from shared.errors import InvalidData, Refused, Violation, violations_of
from shared.sealing import Verdict
from shared.site.bounds import BODY_BYTES_MAX
from shared.site.problems import Problem

FOR_EVER = "private, max-age=31536000, immutable"
BETWEEN = re.compile(r"v([1-9][0-9]{0,5})\.\.(?:v([1-9][0-9]{0,5})|now)")
FORM_BYTES_MAX = 64 * 1024
VERIFYING_AT_ONCE_MAX = 2
JSON, PDF = "application/json", "application/pdf"


def routes(door: Door, reports: Reports, publishing: Publishing) -> list[Route]:
    """Return the routes of what was published."""
    verifying = asyncio.Semaphore(VERIFYING_AT_ONCE_MAX)

    async def document(request: Request) -> Response:
        period, version = _period(request), request.path_params["version"]
        etag = f'"sha256:{(await publishing.version(period, version)).sha256}"'
        headers = {"ETag": etag, "Cache-Control": FOR_EVER}
        if _is_known(request, etag):
            return Response(status_code=304, headers=headers)
        return Response(await publishing.published(period, version), 200, headers, JSON)

    async def version_page(request: Request) -> Response:
        if not wants_page(request):
            return await document(request)
        period, version = _period(request), request.path_params["version"]
        text = await publishing.published(period, version)
        return await as_published(request, reports, text, language_asked(request))

    async def versions_json(request: Request) -> Response:
        return as_json(await _readings(publishing, request))

    async def versions(request: Request) -> Response:
        if not wants_page(request):
            return await versions_json(request)
        readings = await _readings(publishing, request)
        language = language_asked(request)
        reproduced = readings["readings"]["reproduced"] if readings["readings"] else {}
        return as_page(
            "versions.html",
            language,
            request,
            period=_period(request),
            moment=datetime.fromisoformat,
            may_publish=may(request.state.principal, Action.PUBLISH),
            reasons=get_args(RevisionReason),
            request_id=uuid4(),
            made_by=[
                language.named("made by", each) for each in reproduced.get("made_by_others", ())
            ],
            **readings,
        )

    async def difference_json(request: Request) -> Response:
        return as_json(await _change(publishing, reports, request))

    async def difference(request: Request) -> Response:
        if not wants_page(request):
            return await difference_json(request)
        change = await _change(publishing, reports, request)
        language = language_asked(request)
        return as_page(
            "difference.html",
            language,
            request,
            period=_period(request),
            moment=datetime.fromisoformat,
            change=change,
        )

    async def publish(request: Request) -> Response:
        period, asked = _period(request), await _asked_to_publish(request)
        if asked.said.setdefault("period", period.id) != period.id:
            raise Problem(400, "Bad period", "The body names another period than the address.")
        message = _message(asked.said)
        principal = request.state.principal
        to_publish = request_to_publish(message, principal.name, asked.id, reports.now())
        version = _version_of(await publishing.publish(to_publish))
        if wants_page(request):
            return RedirectResponse(f"/reports/{period.id}/versions", status_code=303)
        told = await publishing.version(period, version)
        location = {"Location": f"/reports/{period.id}/v{version}.json"}
        return as_json(told.to_json(), 201, headers=location)

    async def verify(request: Request) -> Response:
        verdict: Verdict | None = None
        if request.method == "POST":
            content = await _file(request)
            async with verifying:
                verdict = await publishing.verify(content)
        if wants_page(request):
            return as_page("verify.html", language_asked(request), request, verdict=verdict)
        if verdict is None:
            raise Problem(405, "Send a file", "Send a published report by POST to verify it.")
        return as_json(verdict.to_json())

    async def keys(request: Request) -> Response:
        return as_json((await publishing.keys()).to_json(), media_type="application/jwk-set+json")

    return [
        door.read("/reports/{period}/v{version:int}.json", document),
        door.read("/reports/{period}/v{version:int}", version_page),
        door.read("/reports/{period}/versions.json", versions_json),
        door.read("/reports/{period}/versions", versions),
        door.read("/reports/{period}/diff/{between}.json", difference_json),
        door.read("/reports/{period}/diff/{between}", difference),
        door.change("/reports/{period}/publish", publish, Action.PUBLISH),
        door.open("/verify", verify, ("GET", "POST")),
        door.open("/keys.json", keys),
    ]


def _period(request: Request) -> Period:
    return period_asked(request.path_params["period"], request.query_params.get("calendar"))


def _is_known(request: Request, etag: str) -> bool:
    known = request.headers.get("if-none-match", "").split(",")
    return any(each.strip().removeprefix("W/") in (etag, "*") for each in known)


async def _readings(publishing: Publishing, request: Request) -> dict[str, Any]:
    """Return the versions of a period, and one of them in its three readings."""
    period = _period(request)
    versions = await publishing.versions(period)
    asked = request.query_params.get("version")
    if asked is not None and not asked.isdecimal():
        raise InvalidData([Violation("version", f"is a number, not {asked!r}")])
    last = versions[-1].version if versions else None
    version = int(asked) if asked is not None else last
    readings = None if version is None else await publishing.readings(period, version)
    return {
        "versions": [each.to_json() for each in versions],
        "readings": readings and readings.to_json(),
    }


async def _change(publishing: Publishing, reports: Reports, request: Request) -> dict[str, Any]:
    between = BETWEEN.fullmatch(request.path_params["between"])
    if between is None:
        raise InvalidData([Violation("diff", "is written v1..v2, or v2..now")])
    before, after = int(between[1]), between[2] and int(between[2])
    if after and after <= before:
        raise InvalidData([Violation("diff", "goes from a version to a later one")])
    change = await publishing.change(_period(request), before, after or None)
    return change.to_json(everything=sees_everything(request.state.principal))


class _Asked:
    """What a request to publish says, and the id that makes its repeat harmless."""

    def __init__(self, said: dict[str, Any], id_: str) -> None:
        self.said, self.id = said, id_


async def _asked_to_publish(request: Request) -> _Asked:
    _refuse_longer(request, FORM_BYTES_MAX)
    if request.headers.get("content-type", "").partition(";")[0].strip() == JSON:
        try:
            said = orjson.loads(await request.body() or b"{}")
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise Problem(400, "Bad request", "The body is no JSON object.")
    else:
        form = await request.form(max_files=0)
        # An empty field of a form says nothing.
        said = {name: value for name, value in form.items() if value != ""}
    id_ = request.headers.get("idempotency-key") or said.pop("request_id", None) or str(uuid4())
    return _Asked(said, str(id_))


def _message(said: dict[str, Any]) -> PublishReport:
    try:
        return PublishReport.model_validate_json(orjson.dumps(said))
    except ValidationError as error:
        raise InvalidData(violations_of(error)) from None


def _version_of(receipt: Receipt) -> int:
    if receipt.rejection is not None:
        raise Refused(receipt.rejection.detail)
    [fact] = receipt.facts
    return fact.version


async def _file(request: Request) -> bytes:
    """Return the file that was sent: as a form's, or as the body itself."""
    _refuse_longer(request, BODY_BYTES_MAX)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    async with request.form(max_files=1, max_fields=1) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem(400, "Send a file", "The form holds no file.")
        return await file.read()


def _refuse_longer(request: Request, bytes_max: int) -> None:
    """Refuse a body that says no length, or too large a one; the server holds it to what it says.

    Raises:
        Problem: it does.
    """
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise Problem(411, "How long?", "Say the length of what you send.")
    if int(length) > bytes_max:
        raise Problem(413, "Too large", f"At most {bytes_max:,} bytes are taken.")
