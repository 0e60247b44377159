"""Looks at everything every few seconds: the services, the broker, the database; and exposes it.

What is asked goes on being asked while a part is away: operations lives when others are stopped.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial

import asyncpg
import httpx

from services.operations.domain.seeing import (
    SILENT,
    Backlog,
    Counted,
    Projection,
    Seen,
    ServiceSeen,
)
from services.operations.keeping import QUERIES
from shared.behind import Lag, Lags
from shared.clock import Clock
from shared.database import TRANSIENT
from shared.errors import Unavailable
from shared.health import Metrics, readiness
from shared.lag import Broker
from shared.messaging import FACTS, INTAKE, OWNERS
from shared.telemetry.gauges import Values, gauge

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
ANSWER_SECONDS_MAX = 4.0
"""Longer than a service waits for a neighbour before it says that it does not answer."""
SKEW_SECONDS_SEEN = 1.5
"""The head of an answer tells the time in whole seconds, which may be a second old."""


class Looking:
    """What is seen of the system; the last look is kept."""

    def __init__(
        self, sites: Mapping[str, str], broker: Broker, pool: asyncpg.Pool, clock: Clock
    ) -> None:
        """Bind what is looked at.

        Args:
            sites: where each service answers HTTP.
            broker: asks NATS.
            pool: of our own database, which stands in the same cluster as all others.
            clock: ours.
        """
        self._sites, self._broker, self._pool, self._clock = sites, broker, pool, clock
        self._http = httpx.AsyncClient(timeout=ANSWER_SECONDS_MAX, trust_env=False)
        self.seen: Seen | None = None
        self._expose()

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        try:
            while True:
                try:
                    await self.look()
                except Exception:
                    # What others answer must not end us; the page says of when the last look is.
                    logger.exception("a look failed")
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await self._http.aclose()

    async def look(self) -> Seen:
        """Look at everything once."""
        services, lags, last, weak = await asyncio.gather(
            asyncio.gather(*(self._service(*each) for each in self._sites.items())),
            self._lags(),
            self._last(),
            self._weak(),
        )
        told = [replace(each, last_at=last.get(each.name)) for each in services]
        self.seen = Seen(self._clock(), told, lags, weak)
        return self.seen

    async def _service(self, name: str, site: str) -> ServiceSeen:
        try:
            ready = await self._http.get(f"{site}/readyz")
            parts = _parts(ready)
            wrong, _ = readiness(ready.status_code, ready.content)
            if ready.is_success and parts:
                wrong = ""  # a neighbour of it may be away: it is ready without
            asked = time.time()
            told = await self._http.get(f"{site}/metrics")
            # Not that of /readyz: its head tells when it was asked, and a part may take its time.
            skew = _skew(told.headers.get("date"), asked, time.time())
            metrics = Metrics(told.text)
        except (httpx.HTTPError, ValueError) as error:
            logger.debug("%s: %s", name, type(error).__name__)
            return ServiceSeen(name, SILENT)
        started = metrics.one("process_start_time_seconds")
        return ServiceSeen(
            name,
            wrong,
            parts,
            next(
                (labels.get("service_version", "") for labels, _ in metrics.of("target_info")), ""
            ),
            datetime.fromtimestamp(started, UTC) if started else None,
            skew,
            backlog=_backlog(metrics),
            counted=list(_counted(metrics)),
            projections=_projections(metrics),
        )

    async def _lags(self) -> Lags | None:
        try:
            return await self._broker.look()
        except Unavailable as error:
            logger.warning("not seen: %s", error)
            return None

    async def _last(self) -> dict[str, datetime]:
        """Return when something of each service passed the broker last."""
        found = {}
        try:
            for owner in OWNERS:
                if at := await self._broker.last_at(FACTS, f"facts.{owner}.>"):
                    found[owner] = at
            if at := await self._broker.last_at(FACTS, "facts.>"):
                found["reporting"] = at
            if at := await self._broker.last_at(INTAKE, "intake.>"):
                found["gateway"] = at
        except Unavailable:
            return found
        return found

    async def _weak(self) -> list[str] | None:
        try:
            return [row["name"] for row in await self._pool.fetch(QUERIES["weak_settings"])]
        except TRANSIENT:
            return None

    def _expose(self) -> None:
        gauge("tandem.broker.up", "1", "Whether the broker answers.", self._broker_up)
        for name, unit, meaning, read in (
            ("pending", "{message}", "Messages not delivered yet.", _pending),
            ("ack_pending", "{message}", "Messages delivered, not acknowledged.", _ack_pending),
            ("redelivered", "{message}", "Messages delivered more than once.", _redelivered),
        ):
            gauge(f"tandem.consumer.{name}", unit, meaning, partial(self._lag, read))
        gauge(
            "tandem.consumer.age",
            "s",
            "Age of the oldest message that is not acknowledged; 0 when there is none.",
            lambda: self._lag(lambda lag: lag.age(self._clock())),
        )
        for name, unit, meaning in (
            ("messages", "{message}", "Messages that a stream holds."),
            ("bytes", "By", "Bytes that a stream holds."),
            ("bytes_max", "", "Bytes that a stream may hold."),
        ):
            gauge(f"tandem.stream.{name}", unit, meaning, partial(self._streams, name))
        gauge("tandem.service.ready", "1", "Whether a service is ready.", self._ready)
        gauge("tandem.part.answers", "1", "Whether a part of a service answers.", self._parts)
        gauge(
            "tandem.service.clock_skew",
            "s",
            "How far the clock of a service is ahead of ours; 0 within a second.",
            self._skews,
        )

    def _broker_up(self) -> Values:
        if self.seen is not None:
            yield float(self.seen.lags is not None), {}

    def _lag(self, read: "Read") -> Values:
        for lag in self.seen.lags.consumers if self.seen and self.seen.lags else ():
            source = {"source": lag.source} if lag.source else {}
            named = {"stream": lag.stream, "consumer": lag.consumer, "service": lag.service}
            yield read(lag), named | source

    def _streams(self, name: str) -> Values:
        for stream in self.seen.lags.streams if self.seen and self.seen.lags else ():
            yield float(getattr(stream, name)), {"stream": stream.name}

    def _ready(self) -> Values:
        for service in self.seen.services if self.seen else ():
            yield float(not service.wrong), {"service": service.name}

    def _parts(self) -> Values:
        for service in self.seen.services if self.seen else ():
            for part, answers in service.parts.items():
                yield float(answers), {"service": service.name, "part": part}

    def _skews(self) -> Values:
        for service in self.seen.services if self.seen else ():
            if service.skew is not None:
                yield service.skew, {"service": service.name}


Read = Callable[[Lag], float]


def _pending(lag: Lag) -> float:
    return float(lag.pending)


def _ack_pending(lag: Lag) -> float:
    return float(lag.ack_pending)


def _redelivered(lag: Lag) -> float:
    return float(lag.redelivered)


def _skew(date: str | None, asked: float, answered: float) -> float | None:
    """Return how far the clock is ahead that an answer has in its head; 0 within a second.

    That clock was read at some moment between the question and the answer.
    """
    if date is None:
        return None
    try:
        said = parsedate_to_datetime(date).timestamp() + 0.5
    except ValueError:
        return None
    ahead = said - min(max(said, asked), answered)
    return 0.0 if abs(ahead) <= SKEW_SECONDS_SEEN else ahead


def _parts(answer: httpx.Response) -> dict[str, bool]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return {part: bool(answers) for part, answers in said.items()} if isinstance(said, dict) else {}


def _backlog(metrics: Metrics) -> Backlog | None:
    rejected = metrics.one("tandem_rejected_messages")
    if rejected is None:
        return None
    return Backlog(
        int(metrics.one("tandem_outbox_facts") or 0),
        metrics.one("tandem_outbox_age_seconds") or 0.0,
        int(metrics.one("tandem_waiting_messages") or 0),
        metrics.one("tandem_waiting_age_seconds") or 0.0,
        int(rejected),
    )


def _counted(metrics: Metrics) -> Iterator[Counted]:
    for labels, count in metrics.of("tandem_intake_messages_total"):
        yield Counted(labels["source"], labels["outcome"], int(count))


def _projections(metrics: Metrics) -> dict[str, Projection]:
    def by(name: str) -> dict[str, float]:
        return metrics.by("ledger", name)

    behind, age, compared = (
        by("tandem_projection_behind"),
        by("tandem_projection_age_seconds"),
        by("tandem_audit_age_seconds"),
    )
    found = {name: by(f"tandem_audit_{name}") for name in ("missing", "ahead", "different")}
    return {
        ledger: Projection(
            int(count),
            age.get(ledger, 0.0),
            int(found["missing"].get(ledger, 0)),
            int(found["ahead"].get(ledger, 0)),
            int(found["different"].get(ledger, 0)),
            compared.get(ledger),
        )
        for ledger, count in behind.items()
    }
