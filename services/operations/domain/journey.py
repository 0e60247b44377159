"""The way of one event: which stations it passed, when, and how long it lay between them.

What was recorded says where it got to; spans say when it was worked on, where any were kept. So
there is a way to show for every event, and a finer one for those that were traced.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.operations.domain.telling import Span
from services.operations.domain.waterfall import MICROSECOND

GATEWAY, REPORTING = "gateway", "reporting"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in whose evidence a fact stands."""

    period: str
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class FactSeen:
    """A fact that followed from an event.

    Args:
        projected: whether reports count it; None when nobody could say.
        figures: those it moved; None when nobody could say.
    """

    ledger: str
    stream: str
    version: int
    type: str
    source: str
    source_id: str
    occurred_at: datetime
    recorded_at: datetime
    trace_id: str | None
    projected: bool | None
    figures: tuple[Figure, ...] | None

    @property
    def place(self) -> str:
        """Where it stands: "events/activity-w1/3"."""
        return f"{self.ledger}/{self.stream}/{self.version}"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an event at the service that owns its type.

    Args:
        state: `recorded`, `waiting`, `rejected` or `unknown`.
        service: whose answer it is; None when nobody has seen the event.
        at: when it was recorded, or since when it waits, or when it was rejected.
        said: for what it waits, or why it was rejected.
        rejected_id: the number under which a rejected one is kept.
        silent: the owners that did not answer.
    """

    state: str
    service: str | None = None
    at: datetime | None = None
    said: str = ""
    rejected_id: str | None = None
    places: tuple[tuple[str, int], ...] = ()
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Station:
    """A station on the way.

    Args:
        waited: how long the event lay between the station before and this one, in microseconds;
            None when one of the two is not known.
        state: `passed`, `waiting`, `rejected`, `ahead` (not there yet) or `untold`.
        source: what tells of it: `trace`, `ledger` or `reporting`.
    """

    name: str
    service: str
    state: str
    began: datetime | None = None
    ended: datetime | None = None
    waited: int | None = None
    source: str = ""
    span: Span | None = field(default=None, compare=False)

    @property
    def took(self) -> int | None:
        """How long it was worked on there, in microseconds."""
        if self.began is None or self.ended is None:
            return None
        return (self.ended - self.began) // MICROSECOND


def stations(fate: Fate, facts: Sequence[FactSeen], spans: Iterable[Span]) -> list[Station]:
    """Return the way of an event, in its order.

    Args:
        fate: what became of it.
        facts: that followed from it.
        spans: of its trace, and of what follows from that.
    """
    told = sorted(spans, key=lambda span: span.started_at)
    owner = fate.service
    found = [
        *_published(told, owner),
        *_taken(told, owner, fate),
        *_recorded(owner, fate, facts),
        *_relayed(told, owner, fate, facts),
        *_projected(told, fate, facts),
    ]
    return list(_with_waits(found))


def _published(spans: Sequence[Span], owner: str | None) -> Iterator[Station]:
    """Yield where it came in: by the gateway, or from a publisher that tells of itself."""
    first = next(
        (
            span
            for span in spans
            if span.service != owner and span.kind in ("server", "producer", "client")
        ),
        None,
    )
    if first is not None and first.service not in (owner, REPORTING):
        name = "Taken over HTTP" if first.service == GATEWAY else "Published"
        yield _from_span(name, first)


def _taken(spans: Sequence[Span], owner: str | None, fate: Fate) -> Iterator[Station]:
    if owner is None:
        yield Station("Taken from the broker", "the owner", "ahead")
        return
    taking = [span for span in spans if span.service == owner and span.kind == "consumer"]
    serving = [span for span in spans if span.service == owner and span.kind == "server"]
    if taking:
        yield _from_span("Taken from the broker", taking[0])
    elif serving:
        yield _from_span("Commanded over gRPC", serving[0])
    else:
        yield Station("Taken", owner, "untold")
    if fate.state == "waiting":
        yield Station(f"Waits for {fate.said}", owner, "waiting", fate.at, fate.at, source="ledger")
    if fate.state == "rejected":
        yield Station("Rejected", owner, "rejected", fate.at, fate.at, source="ledger")


def _recorded(owner: str | None, fate: Fate, facts: Sequence[FactSeen]) -> Iterator[Station]:
    if fate.state == "rejected" or owner is None:
        return
    if fate.state != "recorded":
        yield Station("Recorded in the ledger", owner, "ahead")
        return
    at = min((fact.recorded_at for fact in facts), default=fate.at)
    name = "Recorded in the ledger" if facts or fate.places else "Recorded; it changed nothing"
    yield Station(name, owner, "passed", at, at, source="ledger")


def _relayed(
    spans: Sequence[Span], owner: str | None, fate: Fate, facts: Sequence[FactSeen]
) -> Iterator[Station]:
    if fate.state != "recorded" or owner is None or not (facts or fate.places):
        return
    name = "Relayed to the broker"
    published = [span for span in spans if span.service == owner and span.kind == "producer"]
    if published:
        yield _from_span(name, published[0])
    else:
        arrived = bool(facts) and all(fact.projected for fact in facts)
        yield Station(name, owner, "passed" if arrived else "untold")


def _projected(spans: Sequence[Span], fate: Fate, facts: Sequence[FactSeen]) -> Iterator[Station]:
    if fate.state != "recorded" or not (facts or fate.places):
        return
    counted = [fact.projected for fact in facts]
    applying = [span for span in spans if span.service == REPORTING and span.kind == "consumer"]
    if applying:
        yield _from_span("Projected", applying[0])
    elif counted and all(counted):
        yield Station("Projected", REPORTING, "passed", source=REPORTING)
    elif any(each is False for each in counted):
        yield Station("Projected", REPORTING, "ahead", source=REPORTING)
    else:
        yield Station("Projected", REPORTING, "untold")
    figures = [figure for fact in facts for figure in fact.figures or ()]
    if figures:
        count = len({(figure.period, figure.title) for figure in figures})
        noun = "figure" if count == 1 else "figures"
        yield Station(f"Moved {count} {noun}", REPORTING, "passed", source=REPORTING)
    elif counted and all(counted) and all(fact.figures is not None for fact in facts):
        yield Station("Moved no figure", REPORTING, "passed", source=REPORTING)


def _from_span(name: str, span: Span) -> Station:
    return Station(
        name,
        span.service,
        "rejected" if span.error else "passed",
        span.started_at,
        span.ended_at,
        source="trace",
        span=span,
    )


def _with_waits(found: Iterable[Station]) -> Iterator[Station]:
    """Yield the stations, each with how long the event lay before it.

    What is recorded is recorded while it is worked on: that is no wait.
    """
    latest: datetime | None = None
    for station in found:
        waited = None
        if latest is not None and station.began is not None:
            waited = max(0, (station.began - latest) // MICROSECOND)
        yield Station(
            station.name,
            station.service,
            station.state,
            station.began,
            station.ended,
            waited,
            station.source,
            station.span,
        )
        if station.ended is not None:
            latest = max(latest or station.ended, station.ended)


@dataclass(frozen=True, slots=True)
class Scale:
    """The time that a way took, in thousandths."""

    began: datetime
    length: timedelta

    def part(self, station: Station) -> tuple[int, int] | None:
        """Return where a station begins and how much it takes; None when its time is not known."""
        if station.began is None or station.ended is None:
            return None
        if not self.length:
            return 0, 1000
        start = 1000 * (station.began - self.began) / self.length
        size = 1000 * (station.ended - station.began) / self.length
        return min(round(start), 996), max(4, round(size))


def scale_of(found: Sequence[Station]) -> Scale | None:
    """Return the scale of a way; None when no time on it is known."""
    began = [station.began for station in found if station.began is not None]
    ended = [station.ended for station in found if station.ended is not None]
    return Scale(min(began), max(ended) - min(began)) if began and ended else None


def figures_of(document: Mapping[str, object], reports: str) -> tuple[Figure, ...]:
    """Return the figures that a fact moved, out of what reporting says of it."""
    moved = document.get("moved")
    found = []
    for each in moved if isinstance(moved, list) else []:
        period, title, path = each.get("period"), each.get("title"), each.get("href")
        if isinstance(period, dict) and isinstance(title, str) and isinstance(path, str):
            found.append(Figure(str(period.get("id")), title, f"{reports}{path}"))
    return tuple(found)


def fact_told(spans: Iterable[Span]) -> str | None:
    """Return the place of a fact that spans tell of: "events/activity-w1/3"; None when none does.

    Source:
        `shared/execute.py`, whose span names the first fact of a message.
    """
    for span in spans:
        stream, version = (
            span.attributes.get("tandem.stream"),
            span.attributes.get("tandem.version"),
        )
        if isinstance(stream, str) and isinstance(version, int):
            return f"{span.service}/{stream}/{version}"
    return None


def quarters_explained(document: Mapping[str, object] | None) -> list[str]:
    """Return where reporting explains what a city did in each quarter that it did anything in."""
    quarters = (document or {}).get("quarters")
    return [
        each["explained"]
        for each in (quarters if isinstance(quarters, list) else [])
        if isinstance(each, dict) and isinstance(each.get("explained"), str)
    ]


def facts_named(document: object) -> list[str]:
    """Return the places of all facts that a document of reporting leads to, in its order."""
    found: dict[str, None] = {}
    stack = [document]
    while stack:
        each = stack.pop()
        match each:
            case dict():
                stack += reversed(list(each.values()))
            case list():
                stack += reversed(each)
            case str() if each.startswith("/facts/"):
                found.setdefault(each.removeprefix("/facts/"))
    return list(found)
