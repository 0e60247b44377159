"""What Zoom and Eventbrite send becomes facts once, and nobody else can send it in their name."""

import json
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.gateway.domain.signatures import encrypted_token, signature_of
from services.gateway.fetching import BYTES_MAX, Fetching
from shared import webhooks as shared_webhooks
from shared.embedded.credentials import CredentialRefused, add_publisher, revoke_publisher
from shared.embedded.webhooks import register_webhook, registered_webhooks, remove_webhook
from shared.errors import Unavailable
from shared.webhooks import Webhook
from tests.support.certificates import certificate
from tests.support.platforms import ATTENDEE, ENDED, eventbrite, zoom
from tests.support.sending import gateway, in_intake
from tests.support.settling import until
from tests.support.system import System

SECRET = "a-secret-token"
HOUR = 3600
Post = Callable[..., Any]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_webhooks, "CHECK_SECONDS", 0.0)
    monkeypatch.setattr("shared.access.CHECK_SECONDS", 0.0)


@pytest.fixture
async def client(system: System) -> AsyncIterator[httpx.AsyncClient]:
    await system.start("membership", "events", "gateway")
    root = system.servers.directory.root
    register_webhook(root, "platform", Webhook(platform="zoom", secret=SECRET, organisers=("NLC",)))
    async with gateway(system, by="") as client:
        yield client
    if "platform" in registered_webhooks(root):
        remove_webhook(root, "platform")


async def post(
    client: httpx.AsyncClient,
    document: Any,
    *,
    secret: str = SECRET,
    stamp: float | None = None,
    name: str = "platform",
    **headers: str,
) -> httpx.Response:
    body = json.dumps(document).encode()
    timestamp = str(int(stamp if stamp is not None else time.time()))
    signed = {
        "x-zm-request-timestamp": timestamp,
        "x-zm-signature": signature_of(secret, timestamp, body),
        "Content-Type": "application/json",
    }
    return await client.post(f"/webhooks/zoom/{name}", content=body, headers={**signed, **headers})


async def test_a_webinar_from_its_plan_to_its_end_is_told_by_webhooks(
    system: System, client: httpx.AsyncClient
) -> None:
    join = {"email": "ana@example.org", "user_name": "Ana", "join_time": "2024-03-20T18:05:00Z"}
    for document in (
        zoom("webinar.created"),
        zoom("webinar.started"),
        zoom("webinar.participant_joined", participant=join),
        zoom("webinar.ended", **ENDED),
    ):
        assert (await post(client, document)).status_code == 200
    await system.settled()
    facts = await system.facts("events")
    assert sorted(fact["type"] for fact in facts) == [
        "events.activity_scheduled.v1",
        "events.occurrence_held.v1",
        "events.participant_joined.v1",
    ]
    assert {fact["source"] for fact in facts} == {"platform"}


async def test_a_message_sent_again_changes_nothing(
    system: System, client: httpx.AsyncClient
) -> None:
    answers = [await post(client, zoom("webinar.created")) for _ in range(3)]
    await system.settled()
    assert len({answer.text for answer in answers}) == 1
    assert len(await system.facts("events")) == 1
    assert await system.rejected("events") == []


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"secret": "another-secret"}, 401),
        ({"stamp": 1_700_000_000}, 401),
        ({"x-zm-signature": "v0=" + "0" * 64}, 401),
        ({"x-zm-signature": ""}, 401),
        ({"x-zm-request-timestamp": "soon"}, 401),
        ({"name": "crm"}, 404),
        ({"name": "nobody"}, 404),
        ({"name": "..%2fplatform"}, 404),
    ],
)
async def test_who_does_not_sign_is_not_believed(
    system: System, client: httpx.AsyncClient, changed: dict[str, Any], status: int
) -> None:
    answer = await post(client, zoom("webinar.created"), **changed)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert await in_intake(system) == []


async def test_a_body_changed_on_its_way_is_not_believed(
    system: System, client: httpx.AsyncClient
) -> None:
    body = json.dumps(zoom("webinar.created")).encode()
    timestamp = str(int(time.time()))
    signed = {
        "x-zm-request-timestamp": timestamp,
        "x-zm-signature": signature_of(SECRET, timestamp, body),
    }
    for changed in (body + b" ", body.replace(b"hate", b"love")):
        answer = await client.post("/webhooks/zoom/platform", content=changed, headers=signed)
        assert answer.status_code == 401
    assert await in_intake(system) == []


async def test_a_captured_message_is_worth_nothing_after_five_minutes(
    system: System, client: httpx.AsyncClient
) -> None:
    for stamp in (time.time() - 301, time.time() + 302, time.time() - HOUR):
        assert (await post(client, zoom("webinar.created"), stamp=stamp)).status_code == 401
    assert (await post(client, zoom("webinar.created"), stamp=time.time() - 290)).status_code == 200


async def test_a_challenge_is_answered_whether_it_is_signed_or_not(
    client: httpx.AsyncClient,
) -> None:
    challenge = {"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6U"}}
    expected = {
        "plainToken": "qgg8vlvZRS6U",
        "encryptedToken": encrypted_token(SECRET, "qgg8vlvZRS6U"),
    }
    signed = await post(client, challenge)
    unsigned = await client.post("/webhooks/zoom/platform", json=challenge)
    forged = await post(client, challenge, secret="another-secret")
    assert signed.json() == unsigned.json() == expected
    assert forged.status_code == 401


async def test_a_challenge_cannot_have_a_message_signed(client: httpx.AsyncClient) -> None:
    message = f"v0:{int(time.time())}:{json.dumps(zoom('webinar.ended', **ENDED))}"
    for payload in ({"plainToken": message}, {"plainToken": 7}, {}, None):
        document = {"event": "endpoint.url_validation", "payload": payload}
        answer = await client.post("/webhooks/zoom/platform", json=document)
        assert answer.status_code == 400
        assert "encryptedToken" not in answer.text


async def test_a_credential_that_is_revoked_takes_its_webhook_with_it(
    system: System, client: httpx.AsyncClient
) -> None:
    root = system.servers.directory.root
    add_publisher(root, "zoomer", ["events"])
    register_webhook(root, "zoomer", Webhook(platform="zoom", secret=SECRET, organisers=("SCN",)))
    assert (await post(client, zoom("webinar.created"), name="zoomer")).status_code == 200
    revoke_publisher(root, "zoomer")
    assert (await post(client, zoom("webinar.created"), name="zoomer")).status_code == 404
    remove_webhook(root, "zoomer")


async def test_a_webhook_says_no_more_than_its_credential_may(
    system: System, client: httpx.AsyncClient
) -> None:
    root = system.servers.directory.root
    add_publisher(root, "held-only", types=["tandem.events.activity_held.v1"])
    webhook = Webhook(platform="zoom", secret=SECRET, organisers=("SCN",))
    register_webhook(root, "held-only", webhook)
    created = await post(client, zoom("webinar.created"), name="held-only")
    ended = await post(client, zoom("webinar.ended", **ENDED), name="held-only")
    assert (created.status_code, created.json()["reason"]) == (403, "not_allowed")
    assert ended.status_code == 200
    remove_webhook(root, "held-only")
    revoke_publisher(root, "held-only")


async def test_what_the_contract_refuses_is_kept_by_the_owner(
    system: System, client: httpx.AsyncClient
) -> None:
    answer = await post(client, zoom("webinar.created", topic="x" * 400))
    assert answer.status_code == 200

    async def kept() -> list[Any]:
        return list(await system.rejected("events"))

    [row] = await until(kept, "a rejected message")
    assert (row["source"], row["reason"]) == ("platform", "invalid_data")


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ([], 400),
        ({"event": "webinar.ended", "payload": {"object": {}}}, 422),
        ({"event": "x"}, 200),
    ],
)
async def test_what_cannot_be_understood_is_told(
    client: httpx.AsyncClient, document: Any, status: int
) -> None:
    assert (await post(client, document)).status_code == status


async def test_a_webhook_needs_a_credential_and_may_be_taken_back(
    system: System, client: httpx.AsyncClient
) -> None:
    root = system.servers.directory.root
    webhook = Webhook(platform="zoom", secret=SECRET, organisers=("SCN",))
    with pytest.raises(CredentialRefused, match="No credential is named nobody"):
        register_webhook(root, "nobody", webhook)
    with pytest.raises(CredentialRefused, match="No webhook is named crm"):
        remove_webhook(root, "crm")
    remove_webhook(root, "platform")
    assert (await post(client, zoom("webinar.created"))).status_code == 404


# Eventbrite


class Api:
    """An API of Eventbrite: what it answers, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.answer: tuple[int, dict[str, str], bytes] = (200, {}, json.dumps(ATTENDEE).encode())
        self.port = 0

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"


@contextmanager
def running_api(folder: Path) -> Iterator[tuple[Api, ssl.SSLContext]]:
    """Run an API with TLS on loopback; yields it, and who believes its certificate."""
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            api.asked.append((self.path, self.headers["Authorization"]))
            status, headers, body = api.answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    key_file, certificate_file = certificate(folder, "localhost")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    api.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield api, ssl.create_default_context(cafile=str(certificate_file))
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def api(tmp_path: Path, system: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    root = system.servers.directory.root
    with running_api(tmp_path) as (api, believed):
        monkeypatch.setattr("services.gateway.app.Fetching", lambda: Fetching(believed))
        webhook = Webhook(
            platform="eventbrite", secret="private-token", organisers=("NLC",), api_host=api.host
        )
        register_webhook(root, "hub", webhook)
        yield api
        remove_webhook(root, "hub")


async def test_an_object_is_read_at_the_configured_api_and_told(system: System, api: Api) -> None:
    await system.start("membership", "events", "gateway")
    url = f"https://{api.host}/v3/events/987654/attendees/1234567/"
    async with gateway(system, by="") as client:
        for _ in range(2):
            answer = await client.post(
                "/webhooks/eventbrite/hub", json=eventbrite("attendee.updated", url)
            )
            assert answer.status_code == 200, answer.text
    await system.settled()
    assert api.asked == [("/v3/events/987654/attendees/1234567/", "Bearer private-token")] * 2
    waiting = await system.waiting("events")
    facts = await system.facts("events")
    assert len(waiting) + len(facts) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/v3/events/1/attendees/2/",
        "http://{host}/v3/events/1/attendees/2/",
        "https://{host}/v3/users/me/",
        "https://127.0.0.1/v3/events/1/attendees/2/",
    ],
)
async def test_no_other_address_is_asked(system: System, api: Api, url: str) -> None:
    await system.start("gateway")
    document = eventbrite("attendee.updated", url.format(host=api.host))
    async with gateway(system, by="") as client:
        answer = await client.post("/webhooks/eventbrite/hub", json=document)
        unregistered = await client.post("/webhooks/eventbrite/crm", json=document)
    assert answer.status_code == 422
    assert unregistered.status_code == 404
    assert api.asked == []
    assert await in_intake(system) == []


@pytest.mark.parametrize(
    "answer",
    [
        (302, {"Location": "https://elsewhere.example/"}, b""),
        (404, {}, b"{}"),
        (200, {}, b"not json"),
        (200, {}, b"[]"),
        (200, {}, b'{"x": "' + b"x" * BYTES_MAX + b'"}'),
    ],
)
async def test_an_answer_that_is_no_object_is_nothing(
    system: System, api: Api, answer: tuple[int, dict[str, str], bytes]
) -> None:
    await system.start("gateway")
    api.answer = answer
    url = f"https://{api.host}/v3/events/1/attendees/2/"
    async with gateway(system, by="") as client:
        told = await client.post(
            "/webhooks/eventbrite/hub", json=eventbrite("attendee.updated", url)
        )
    assert told.status_code == 503
    assert len(api.asked) == 1
    assert await in_intake(system) == []


async def test_a_host_whose_certificate_nobody_believes_is_not_asked(tmp_path: Path) -> None:
    with running_api(tmp_path) as (api, _), pytest.raises(Unavailable, match="does not answer"):
        await Fetching().object_at(api.host, "/v3/orders/1/", "token")
    assert api.asked == []
