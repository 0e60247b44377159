"""The dashboard of a system as it runs: one flow followed through it, in a real browser.

One system serves all; the last tests hold the dashboard still, and see that nobody else notices.
"""

import json
import os
import re
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from playwright.sync_api import Browser

from shared.contracts.envelope import STRUCTURED
from shared.embedded.process import STOP_SECONDS_MAX
from shared.embedded.supervisor import running_system
from shared.login_codes import make_code
from shared.rpc.server import GRACE_SECONDS
from shared.telemetry.receiver import SEND_SECONDS_MAX
from tests.e2e.test_one_trace import OTHER, TRACE, help_given
from tests.e2e.test_pages_in_a_browser import TOO_WIDE, ZOOMED
from tests.support.browsing import Visitor, running_browser, too_little_contrast, violations
from tests.support.machine import free_port_base
from tests.support.settling import SECONDS_MAX
from tests.support.telling import came, held, registered, scheduled

ALL = tuple(f"<td>{name}</td>" for name in ("gateway", "events", "membership", "reporting"))
"""Every service that the flow passes, as a waterfall names them."""
HEARD = ("gateway", "membership", "events", "reporting")
FOLLOWED = "/follow?source=demo&id=one"
PATHS = (
    "/",
    "/behind",
    "/refused",
    "/repair",
    "/producers",
    "/acts",
    "/traces",
    "/traces/map",
    f"/traces/{TRACE}",
    FOLLOWED,
    "/follow?city=gent",
    "/follow?source=demo&id=early",
    "/login",
)
QUIET_SECONDS = 8.0
TRACE_SECONDS, EVENTS_MAX = 10.0, 8


@dataclass(frozen=True)
class Running:
    """A system as `tandem up` runs it."""

    endpoints: dict[str, Any]
    root: Path
    portal: BlockingPortal

    def get(self, path: str, service: str = "operations") -> httpx.Response:
        token = self.endpoints["tokens"]["operator"]
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
        return httpx.get(
            self.endpoints["http"][service] + path, headers=headers, timeout=SECONDS_MAX
        )

    def send(self, event: dict[str, Any]) -> httpx.Response:
        token = Path(self.endpoints["credentials"]["demo"]["token_file"]).read_text().strip()
        return httpx.post(
            self.endpoints["http"]["gateway"] + "/events",
            content=json.dumps({"source": "/systems/demo"} | event),
            headers={"Authorization": f"Bearer {token}", "Content-Type": STRUCTURED},
            timeout=SECONDS_MAX,
        )

    def until(self, path: str, *words: str, seconds_max: float = SECONDS_MAX) -> str:
        """Return a page once it holds all words."""

        deadline = time.monotonic() + seconds_max
        while True:
            try:
                text = self.get(path).text
            except httpx.TransportError as error:
                text = f"<main> nobody answers: {error}"
            missing = [word for word in words if word not in text]
            if not missing:
                return text
            shown = " ".join(re.sub("<[^>]*>", " ", text.partition("<main")[2]).split())
            assert time.monotonic() < deadline, f"{path} lacks {missing}: {shown}"
            time.sleep(0.1)

    def tell_whole(self, trace_id: str) -> None:
        """Send events of one trace until every service has told its part of it.

        What is told while the dashboard is away, and within the next seconds, is dropped.
        """
        for number in range(EVENTS_MAX):
            assert self.send(help_given(f"{trace_id}-{number}", trace_id)).status_code == 202
            with suppress(AssertionError):
                self.until(f"/traces/{trace_id}", *ALL, seconds_max=TRACE_SECONDS)
                return
        raise AssertionError(f"no trace of {EVENTS_MAX} events is whole")

    def pid(self, service: str) -> int:
        table = json.loads((self.root / "processes.json").read_text())
        return int(table[service]["pid"])

    def log(self, service: str) -> str:
        return (self.root / "logs" / f"{service}.log").read_text()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="tandem-dash-") as folder,
        start_blocking_portal() as portal,
    ):
        patch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        patch.setenv("OTEL_BLRP_SCHEDULE_DELAY", "100")
        root = Path(folder) / "data"
        opened = running_system(root, free_port_base())
        with portal.wrap_async_context_manager(opened) as endpoints:
            system = Running(endpoints, root, portal)
            warm_up(system)
            for event in (registered("gent"), scheduled("w1"), held("w1"), held("w9", "early")):
                assert system.send(event).status_code == 202
            # What is taken together has a trace of its own: the traced one is to come alone.
            system.until("/follow?source=demo&id=early", "Waits for activity-w9")
            traced = came("w1", "gent", "one") | {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
            assert system.send(traced).status_code == 202
            system.until(f"/traces/{TRACE}", *ALL, "/ResolveCities")
            yield system


def warm_up(system: Running) -> None:
    """Send events until all are heard: what is told before operations listens is dropped."""
    for number in range(100):
        assert system.send(registered(f"warm-{number}")).status_code == 202
        assert system.send(scheduled(f"warm-{number}")).status_code == 202
        heard = [system.get(f"/traces?service={name}").text for name in HEARD]
        if all(re.search(r'href="/traces/[0-9a-f]{32}"', text) for text in heard):
            return
        time.sleep(0.2)
    raise AssertionError("some service was never heard")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture
def operator(browser: Browser, running: Running) -> Visitor:
    address = running.endpoints["http"]["operations"]
    return Visitor(browser, address, running.endpoints["tokens"]["operator"])


def test_a_flow_is_one_trace_from_the_gateway_through_every_service_to_the_reports(
    running: Running,
) -> None:
    listed = running.until("/traces?service=gateway", f"/traces/{TRACE}")
    assert "events, gateway, membership, reporting" in listed
    drawn = running.until("/traces/map", ">reporting</a>", ">membership</a>")
    assert re.search(r"events</th><td>.*?>membership</a></td><td>a call", drawn)


def test_an_event_is_followed_to_the_figures_it_moved(running: Running) -> None:
    followed = running.until(FOLLOWED, "Moved", "/figures/")
    stations = re.findall(r'<th scope="row">([A-Z][^<]+?)(?:<|\n)', followed)
    wanted = [
        "Taken over HTTP",
        "Taken from the broker",
        "Recorded in the ledger",
        "Relayed to the broker",
        "Projected",
    ]
    assert [each for each in stations if each in wanted] == wanted
    [place] = set(re.findall(r'/facts/([a-z0-9/-]+)"', followed))
    assert running.get(f"/follow?fact={place}").text.count("Recorded in the ledger") == 1
    assert f"/follow?fact={place.replace('/', '%2F')}" in running.get("/follow?city=gent").text
    assert "Event one of demo" in running.get(f"/follow?trace={TRACE}").text
    assert "follow what recorded" in running.get(f"/traces/{TRACE}").text


def test_an_event_that_was_not_traced_is_followed_all_the_same(running: Running) -> None:
    # "00": whoever sent it has decided that it is not sampled.
    event = help_given("two", None) | {"traceparent": f"00-{OTHER}-00f067aa0ba902b7-00"}
    assert running.send(event).status_code == 202
    followed = running.until("/follow?source=demo&id=two", "Recorded in the ledger", "Projected")
    assert "was not sampled, or is not kept any more" in followed
    assert running.get(f"/traces/{OTHER}").status_code == 404


def test_an_event_that_waits_says_for_what(running: Running) -> None:
    waiting = running.until("/follow?source=demo&id=early", "Waits for activity-w9")
    assert "Recorded in the ledger <span" in waiting


def test_an_event_that_nobody_has_seen_says_so(running: Running) -> None:
    assert "Not seen" in running.get("/follow?source=demo&id=never").text


@pytest.mark.parametrize("path", PATHS)
def test_a_page_of_the_dashboard_has_no_barrier_and_fits_a_phone(
    operator: Visitor, path: str
) -> None:
    with operator.opened(path) as page:
        assert violations(page) == []
        assert too_little_contrast(page) == []
    with operator.opened(path, **ZOOMED, color_scheme="dark") as page:
        assert page.evaluate(TOO_WIDE) == []
        assert too_little_contrast(page) == []


def test_the_dashboard_works_without_a_script(operator: Visitor) -> None:
    with operator.opened("/traces", java_script_enabled=False) as page:
        page.get_by_label("Service").select_option("gateway")
        page.get_by_role("button", name="Find").click()
        page.get_by_role("link", name=re.compile("^gateway: ")).first.click()
        assert page.get_by_role("heading", name="Trace").is_visible()
        page.get_by_text("Attributes").first.click()
        assert page.locator("details[open] dl").first.is_visible()


def test_an_open_page_shows_what_comes_and_can_be_paused(
    operator: Visitor, running: Running
) -> None:
    with operator.opened("/traces?service=gateway") as page:
        before = page.locator("#found tbody tr").count()
        page.get_by_role("button", name="Pause").click()
        page.get_by_role("button", name="Go on").click()
        assert running.send(help_given("three", None)).status_code == 202
        page.wait_for_function(
            "count => document.querySelectorAll('#found tbody tr').length > count", arg=before
        )


def test_a_code_logs_an_operator_in_once(running: Running) -> None:
    token = running.endpoints["tokens"]["operator"]
    code = make_code(running.root / "secrets" / "login-codes", token, datetime.now(UTC))
    address = f"{running.endpoints['http']['operations']}/login?code={code}"
    first, again = httpx.get(address), httpx.get(address)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    assert again.status_code == 403


def test_while_the_dashboard_hangs_nothing_else_notices(running: Running) -> None:
    pid = running.pid("operations")
    before = {name: len(running.log(name)) for name in ("gateway", "events", "reporting")}
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        number = waited = 0
        while time.monotonic() - began < QUIET_SECONDS:
            asked = time.monotonic()
            assert running.send(help_given(f"hung-{number}", None)).status_code == 202
            waited += time.monotonic() - asked >= SEND_SECONDS_MAX
            number += 1
            time.sleep(0.2)
        assert waited <= 1, "once it may be the machine that rested, not the one who waited"
        for name, length in before.items():
            said_meanwhile = running.log(name)[length:]
            assert said_meanwhile.count("operations takes no traces") <= 1, said_meanwhile
            assert len(said_meanwhile.splitlines()) <= 3, said_meanwhile
        # Whoever holds a connection of gRPC and hangs is waited for, for less than a kill would be.
        stopped = psutil.Process(running.pid("events"))
        stopped.terminate()
        stopped.wait(SECONDS_MAX)
        assert GRACE_SECONDS < STOP_SECONDS_MAX
    finally:
        os.kill(pid, signal.SIGCONT)
    # Its watchdog starts it anew; it takes what is told, and follows what was recorded meanwhile.
    running.until(f"/follow?source=demo&id=hung-{number - 1}", "Projected", "yes")
    running.tell_whole("c" * 32)
