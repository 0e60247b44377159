"""HTTP: how a browser logs in and out, who may ask for what, and what no answer leaves out."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import grpc
import grpc.aio
import httpx
import pytest
from google.protobuf.message_factory import GetMessageClass
from reporting_book import golden_quarter
from reporting_desk import NOW, Desk
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from tandem.common.v1 import common_pb2
from tandem.reporting.v1 import reporting_pb2

from services.reporting.web import routes, site
from services.reporting.web.answering import COOKIE, Door
from shared.access import RIGHTS, Action, Principal, Role
from shared.login_codes import VALID_FOR, make_code
from shared.running import app
from shared.site.bounds import BODY_BYTES_MAX
from shared.site.failures import FAILURES_MAX
from shared.site.sessions import SESSION_SECONDS_MAX, Sessions
from tests.support.settling import SECONDS_MAX
from tests.support.system import System, free_port

ROLES: tuple[Role, ...] = get_args(Role)
DOCUMENT = Path(__file__).parents[3] / "docs" / "http.md"
DOCUMENTED = {
    (method, path): who
    for method, path, who in re.findall(
        r"^\| ([A-Z]+) \| `(.+?)` \| .+ \| (.+?) \|$",
        DOCUMENT.read_text("utf-8").partition("\n## The gateway\n")[0],
        re.MULTILINE,
    )
}
"""Who may ask for each address: everybody, readers or staff."""
LET_IN = {"readers": RIGHTS[Action.READ], "staff": frozenset({"staff"})}
SAMPLES = {"period": "2024-Q1", "metric": "cities_engaged"}
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
TOKEN = {"token": "viewer"}


class Tokens:
    """Knows each role by its own name as the token, until that is revoked."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()

    def authenticate(self, token: str | None) -> Principal | None:
        if token in ROLES and token not in self.revoked:
            return Principal(name="somebody", role=token)
        return None


class Visit:
    """Reporting's site on the golden quarter, and browsers that look at it."""

    def __init__(self, desk: Desk, codes: Path) -> None:
        self.tokens, self.codes, self.now = Tokens(), codes, NOW
        self.sessions = Sessions(b"a secret", lambda: self.now)
        published = desk.publishing()
        self.routes = routes(
            desk.reports, desk.trails, published, self.tokens, self.sessions, codes
        )
        self._site = site(self.routes)
        self._open: list[httpx.AsyncClient] = []

    def browser(self, address: str = "http://reporting", **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self._site, raise_app_exceptions=False)
        self._open.append(
            httpx.AsyncClient(transport=transport, base_url=address, headers=headers | PAGE)
        )
        return self._open[-1]

    def program(self, role: str) -> httpx.AsyncClient:
        browser = self.browser(Authorization=f"Bearer {role}")
        browser.headers["Accept"] = "*/*"
        return browser

    async def leave(self) -> None:
        for each in self._open:
            await each.aclose()


@pytest.fixture
async def visit(desk: Desk, tmp_path: Path) -> AsyncIterator[Visit]:
    await desk.given(golden_quarter())
    visit = Visit(desk, tmp_path)
    yield visit
    await visit.leave()


async def test_an_address_logs_a_browser_in_once_and_shows_no_token(
    visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    code = make_code(visit.codes, "staff", NOW)
    browser, other = visit.browser(), visit.browser()

    entered = await browser.get("/login", params={"code": code})
    late = await other.get("/login", params={"code": code})

    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert (await browser.get("/reports.json")).status_code == 200
    assert late.status_code == 403
    assert "has been used" in late.text
    assert (await other.get("/reports.json")).status_code == 303
    assert "staff" not in entered.headers["set-cookie"] + entered.headers["location"]
    assert code not in caplog.text.replace(str(entered.request.url), "")


async def test_an_address_that_is_too_old_logs_nobody_in(visit: Visit, desk: Desk) -> None:
    code = make_code(visit.codes, "staff", NOW - VALID_FOR)
    assert (await visit.browser().get("/login", params={"code": code})).status_code == 403


async def test_asking_for_the_head_of_an_address_does_not_spend_it(visit: Visit) -> None:
    code = make_code(visit.codes, "staff", NOW)
    browser = visit.browser()

    assert (await browser.head("/login", params={"code": code})).status_code == 200
    assert (await browser.get("/login", params={"code": code})).status_code == 303


async def test_whoever_is_logged_in_may_open_a_spent_address_again(visit: Visit) -> None:
    code = make_code(visit.codes, "staff", NOW)
    browser = visit.browser()
    await browser.get("/login", params={"code": code})

    again = await browser.get("/login", params={"code": code})

    assert (again.status_code, again.headers["location"]) == (303, "/")


async def test_a_token_in_the_form_logs_in_and_leads_to_where_one_wanted_to_go(
    visit: Visit,
) -> None:
    browser = visit.browser()
    turned_away = await browser.get("/reports/2024-Q1/figures/cities_engaged?calendar=nlc&lang=fr")
    asked = urlsplit(turned_away.headers["location"])
    form = await browser.get(turned_away.headers["location"])
    [action] = re.findall(r'action="(/login[^"]*)"', form.text)
    entered = await browser.post(action.replace("&amp;", "&"), data=TOKEN)

    assert (turned_away.status_code, asked.path) == (303, "/login")
    assert parse_qs(asked.query)["lang"] == ["fr"]
    assert '<html lang="fr">' in form.text
    assert form.headers["cache-control"] == "no-store"
    assert entered.status_code == 303
    wanted = "/reports/2024-Q1/figures/cities_engaged?calendar=nlc&lang=fr"
    assert entered.headers["location"] == wanted
    assert (await browser.get(wanted)).status_code == 200


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example", "/\\evil.example"])
async def test_nobody_is_led_to_another_site(visit: Visit, target: str) -> None:
    entered = await visit.browser().post("/login", params={"next": target}, data=TOKEN)
    assert entered.headers["location"] == "/"


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_session_goes_to_no_script_and_no_other_site(visit: Visit, scheme: str) -> None:
    entered = await visit.browser(f"{scheme}://reporting").post("/login", data=TOKEN)

    cookie, *flags = entered.headers["set-cookie"].split("; ")
    expected = {"HttpOnly", f"Max-Age={SESSION_SECONDS_MAX}", "Path=/", "SameSite=lax"}
    assert set(flags) == expected | ({"Secure"} if scheme == "https" else set())
    assert cookie.startswith(f"{COOKIE}=")
    assert "viewer" not in cookie


@pytest.mark.parametrize(("trusted", "secure"), [("", False), ("127.0.0.1", True)])
async def test_a_proxy_is_believed_that_it_was_https_only_when_it_is_trusted(
    visit: Visit, trusted: str, secure: bool
) -> None:
    listen = f"127.0.0.1:{free_port()}"
    async with app("reporting") as opened:
        await opened.http(listen, site(visit.routes), trusted)
        async with httpx.AsyncClient(base_url=f"http://{listen}", timeout=SECONDS_MAX) as proxy:
            headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.1"}
            entered = await proxy.post("/login", data=TOKEN, headers=headers)

    assert entered.status_code == 303
    assert ("Secure" in entered.headers["set-cookie"]) == secure


async def test_a_session_that_somebody_brings_is_not_taken_over(visit: Visit) -> None:
    attacker, victim = visit.browser(), visit.browser()
    await attacker.post("/login", data=TOKEN)
    brought = attacker.cookies[COOKIE]
    victim.cookies.set(COOKIE, brought)

    entered = await victim.post("/login", data={"token": "staff"})

    assert entered.cookies[COOKIE] != brought
    assert await visit.sessions.token_of(brought) == "viewer"


@pytest.mark.parametrize("cookie", ["staff", "viewer", "gAAAAA"])
async def test_neither_a_token_nor_a_word_is_a_session(visit: Visit, cookie: str) -> None:
    browser = visit.browser()
    browser.cookies.set(COOKIE, cookie)
    assert (await browser.get("/reports.json")).status_code == 303


async def test_a_session_ends_with_its_token_its_hours_and_logging_out(visit: Visit) -> None:
    async def opened(browser: httpx.AsyncClient) -> bool:
        return (await browser.get("/reports.json")).status_code == 200

    revoked, old, left, copied = (visit.browser() for _ in range(4))
    await revoked.post("/login", data={"token": "operator"})
    await old.post("/login", data=TOKEN)
    await left.post("/login", data=TOKEN)
    copied.cookies.set(COOKIE, left.cookies[COOKIE])
    assert [await opened(each) for each in (revoked, old, left, copied)] == [True] * 4

    visit.tokens.revoked.add("operator")
    out = await left.post("/logout")
    assert (out.status_code, out.headers["location"]) == (303, "/login")
    assert COOKIE not in left.cookies
    assert [await opened(each) for each in (revoked, old, left, copied)] == [False, True] + [
        False
    ] * 2
    visit.now += timedelta(seconds=SESSION_SECONDS_MAX + 1)
    assert not await opened(old)


async def test_a_wrong_token_is_told_and_after_too_many_one_waits(visit: Visit) -> None:
    browser = visit.browser()
    for _ in range(FAILURES_MAX):
        wrong = await browser.post("/login", data={"token": "guess"})
        assert wrong.status_code == 403
        assert 'role="alert"' in wrong.text
        assert "guess" not in wrong.text

    waiting = await browser.post("/login", data=TOKEN)
    code = make_code(visit.codes, "staff", NOW)
    by_code = await browser.get("/login", params={"code": code})

    assert waiting.status_code == by_code.status_code == 429
    assert 0 < int(waiting.headers["retry-after"]) <= 60
    assert "set-cookie" not in {*waiting.headers, *by_code.headers}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://reporting:9999"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize("address", ["/login", "/logout"])
async def test_a_form_of_another_site_is_refused(
    visit: Visit, headers: dict[str, str], address: str
) -> None:
    browser = visit.browser()
    await browser.post("/login", data={"token": "staff"})

    refused = await browser.post(address, data=TOKEN, headers=headers)

    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers
    assert (await browser.get("/reports.json")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://reporting"},
        {"Origin": "http://reporting", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},  # of a page that tells no referrer
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_a_form_of_this_site_is_taken(visit: Visit, headers: dict[str, str]) -> None:
    browser = visit.browser()
    assert (await browser.post("/login", data=TOKEN, headers=headers)).status_code == 303
    assert (await browser.post("/logout", headers=headers)).status_code == 303


def test_every_address_is_documented_with_who_may_ask(visit: Visit) -> None:
    assert {(method, path) for method, path in _served(visit.routes)} == set(DOCUMENTED)


async def test_without_a_token_only_what_is_for_everybody_answers(visit: Visit) -> None:
    browser = visit.browser()
    browser.headers["Accept"] = "application/json"
    answered = {
        (method, path)
        for method, path in DOCUMENTED
        if (await browser.request(_harmless(method), _filled(path))).status_code != 401
    }

    assert answered == {address for address, who in DOCUMENTED.items() if who == "everybody"}


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_is_let_in_where_the_document_says_and_nowhere_else(
    visit: Visit, role: Role
) -> None:
    program = visit.program(role)
    guarded = {address: who for address, who in DOCUMENTED.items() if who != "everybody"}
    let_in = {
        (method, path)
        for method, path in guarded
        if (await program.request(_harmless(method), _filled(path))).status_code not in (401, 403)
    }

    assert let_in == {address for address, who in guarded.items() if role in LET_IN[who]}


@pytest.mark.parametrize("role", sorted(RIGHTS[Action.READ]))
async def test_small_counts_are_for_staff_and_operators(visit: Visit, role: Role) -> None:
    answer = await visit.program(role).get("/reports/2024-Q1/figures/attendance.json")

    seen = [item["counted"] for item in answer.json()["items"]]
    assert seen == ([4, 2] if role in ("staff", "operator") else [None, None])


def _served(every: Sequence[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in every:
        assert isinstance(route, Route), f"{route} is no route that this test understands"
        for method in (route.methods or set()) - {"HEAD"}:
            yield method, route.path


def _filled(path: str) -> str:
    """Return an address that a route answers."""
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: SAMPLES.get(found[1], "1"), path)


def _harmless(method: str) -> str:
    """Return what to ask instead of something whose answer may never end."""
    return "HEAD" if method == "GET" else method


async def test_what_is_read_can_be_asked_for_its_head(visit: Visit) -> None:
    reader = visit.program("viewer")
    whole = await reader.get("/reports/2024-Q1.json")
    head = await reader.head("/reports/2024-Q1.json")

    assert head.status_code == whole.status_code == 200
    assert head.headers["content-type"] == whole.headers["content-type"]


@pytest.mark.parametrize(
    ("method", "address", "status", "words", "allowed"),
    [
        ("GET", "/nothing/here", 404, "There is nothing at /nothing/here.", {""}),
        ("DELETE", "/reports.json", 405, "/reports.json does not answer DELETE.", {"GET", "HEAD"}),
    ],
)
async def test_what_no_route_answers_is_told_like_any_problem(
    visit: Visit, method: str, address: str, status: int, words: str, allowed: set[str]
) -> None:
    program = await visit.program("viewer").request(method, address)
    page = await visit.browser().request(method, address)

    assert program.status_code == page.status_code == status
    assert program.headers["content-type"] == "application/problem+json"
    assert program.json()["detail"] == words
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert set(program.headers.get("allow", "").split(", ")) == allowed


async def test_what_nobody_foresaw_says_nothing_of_itself(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, desk: Desk
) -> None:
    async def broken() -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(desk.reports, "entries", broken)
    answer = await visit.program("viewer").get("/reports.json")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


async def test_what_somebody_sees_is_kept_by_their_browser_alone(visit: Visit) -> None:
    reader = visit.program("viewer")
    report = await reader.get("/reports/2024-Q1.json")
    problem = await reader.get("/reports/2024-Q9.json")
    icon = await visit.browser().get("/favicon.ico")

    assert report.headers["cache-control"] == "private, no-cache"
    assert {"Cookie", "Authorization"} <= set(report.headers["vary"].split(", "))
    assert problem.headers["cache-control"] == "no-store"
    assert icon.headers["cache-control"].startswith("public")
    assert icon.headers["content-type"] == "image/svg+xml"


async def test_a_report_travels_compressed(visit: Visit) -> None:
    reader = visit.program("viewer")
    plain = await reader.get("/reports/2024-Q1.json", headers={"Accept-Encoding": "identity"})
    small = await reader.get("/reports/2024-Q1.json", headers={"Accept-Encoding": "gzip"})

    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) * 3 < int(plain.headers["content-length"])
    assert small.json() == plain.json()


@pytest.mark.parametrize("length_is_told", [True, False])
async def test_a_request_that_brings_too_much_is_refused(
    visit: Visit, length_is_told: bool
) -> None:
    taken: list[int] = []

    async def take(request: Request) -> Response:
        taken.append(len(await request.body()))
        return Response("taken")

    async def chunks(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield bytes(1_000_000)

    door = Door(visit.tokens, Sessions(b"a secret", lambda: NOW))
    transport = httpx.ASGITransport(site([door.open("/upload", take, ("POST",))]))
    async with httpx.AsyncClient(transport=transport, base_url="http://reporting") as client:
        most, more = BODY_BYTES_MAX // 1_000_000, BODY_BYTES_MAX // 1_000_000 + 1
        taken_, refused = [
            await client.post(
                "/upload", content=bytes(count * 1_000_000) if length_is_told else chunks(count)
            )
            for count in (most, more)
        ]

    assert (taken_.status_code, taken) == (200, [BODY_BYTES_MAX])
    assert refused.status_code == 413
    assert refused.json()["detail"] == "A request brings 10 MB at most."


async def test_the_head_of_what_never_ends_is_answered(visit: Visit) -> None:
    async def for_ever() -> AsyncIterator[bytes]:
        while True:
            yield b"on and on\n"

    async def stream(request: Request) -> Response:
        return StreamingResponse(for_ever(), media_type="text/event-stream")

    door = Door(visit.tokens, Sessions(b"a secret", lambda: NOW))
    transport = httpx.ASGITransport(site([door.open("/live", stream)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://reporting") as client:
        head = await asyncio.wait_for(client.head("/live"), SECONDS_MAX)

    assert head.status_code == 200
    assert head.headers["content-type"].startswith("text/event-stream")


async def test_a_private_address_opens_what_is_followed_and_nothing_else(visit: Visit) -> None:
    private = (await visit.program("staff").get("/subscribe.json")).json()
    stranger = visit.browser()

    for name, kind in (("calendar", "text/calendar"), ("feed", "application/atom+xml")):
        answer = await stranger.get(private[name])
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        key = parse_qs(urlsplit(private[name]).query)["key"][0]
        assert "staff" not in key
        assert key not in answer.text
        for address in ("/reports.json", "/subscribe.json", "/reports/2024-Q1"):
            assert (await stranger.get(address, params={"key": key})).status_code == 303
        stranger.cookies.set(COOKIE, key)
        assert (await stranger.get("/reports.json")).status_code == 303
        stranger.cookies.clear()


async def test_a_private_address_ends_with_the_token_it_was_made_with(visit: Visit) -> None:
    private = (await visit.program("viewer").get("/subscribe.json")).json()
    page = await visit.program("viewer").get("/subscribe", headers=PAGE)
    assert urlsplit(private["calendar"]).path in page.text
    assert page.headers["cache-control"] == "no-store"

    visit.tokens.revoked.add("viewer")
    reader = visit.program("nobody")
    assert (await reader.get(private["calendar"])).status_code == 401


@pytest.mark.parametrize("key", ["", "viewer", "gAAAAA", "ü", "a" * 10_000])
async def test_a_word_is_no_key_and_a_token_beside_it_does_not_help(visit: Visit, key: str) -> None:
    answer = await visit.program("viewer").get("/activities.ics", params={"key": key})
    assert answer.status_code == 401
    assert answer.json()["detail"] == "This address is not valid, or not any more."


CALLERS: dict[str, Role] = {
    "demo": "publisher",
    "viewer": "viewer",
    "staff": "staff",
    "operator": "operator",
    "membership": "service",
}


async def test_over_grpc_each_role_is_let_in_where_the_method_says_and_nowhere_else(
    system: System,
) -> None:
    await system.start("reporting")
    methods = reporting_pb2.DESCRIPTOR.services_by_name["ReportingService"].methods

    async def is_let_in(caller: str, method: Any) -> bool:
        ask = getattr(system.stub("reporting", by=caller), method.name)
        said = GetMessageClass(method.input_type)()
        call = ask(iter([said]) if method.client_streaming else said, timeout=20)
        try:
            await (call.read() if method.server_streaming else call)
        except grpc.aio.AioRpcError as error:
            return error.code() is not grpc.StatusCode.PERMISSION_DENIED
        finally:
            call.cancel()
        return True

    let_in = {
        (caller, method.name)
        for caller in CALLERS
        for method in methods
        if await is_let_in(caller, method)
    }

    assert let_in == {
        (caller, method.name)
        for caller, role in CALLERS.items()
        for method in methods
        if role in RIGHTS[_action(method)]
    }


def _action(method: Any) -> Action:
    value = method.GetOptions().Extensions[common_pb2.action]
    return Action[common_pb2.Action.Name(value).removeprefix("ACTION_")]


async def test_who_logged_out_is_out_for_every_copy_of_the_cookie_after_a_restart_too(
    system: System,
) -> None:
    await system.start("reporting")
    async with httpx.AsyncClient(
        base_url=system.http("reporting"), headers=PAGE, timeout=SECONDS_MAX
    ) as browser:
        await browser.post("/login", data={"token": system.token("viewer")})
        copied = browser.cookies[COOKIE]
        await browser.post("/login", data={"token": system.token("viewer")})
        other = browser.cookies[COOKIE]
        browser.cookies.set(COOKIE, copied)
        assert (await browser.get("/reports.json")).status_code == 200
        await browser.post("/logout")

        await system.stop("reporting")
        await system.start("reporting")

        browser.cookies.clear()
        browser.cookies.set(COOKIE, copied)
        assert (await browser.get("/reports.json")).status_code == 303
        browser.cookies.clear()
        browser.cookies.set(COOKIE, other)
        assert (await browser.get("/reports.json")).status_code == 200
