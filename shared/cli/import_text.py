"""What an import would do and did, as text: 80 columns wide, and nobody is named."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shared.cli.import_state import CityAnswer
from shared.cli.report_text import figure_text
from shared.cli.terminal import printable
from shared.contracts.values import CityReference
from shared.importing.comparing import RollChange
from shared.importing.reading import Reading

CITIES_SHOWN_MAX = 10
NOTES_SHOWN_MAX = 20
REASONS_SHOWN_MAX = 5
INDENT = (0, 0, 0, 2)
SETTLED = ("final", "revised")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would do.

    Args:
        cities: the city of each person or event, as often as it is named.
        events: the type of each event.
        replaces: which file of attendance it replaces, and what that changes.
    """

    what: str
    title: str | None
    about: Sequence[tuple[str, str]]
    reading: Reading
    rows: str
    cities: Sequence[CityReference]
    answers: Mapping[CityReference, CityAnswer]
    reports: Mapping[str, Mapping[str, Any]]
    events: Sequence[str]
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a file did."""

    published: int
    credential: str
    before: Mapping[str, Mapping[str, Any]]
    after: Mapping[str, Mapping[str, Any]]
    rejected: Sequence[str]
    waiting: Sequence[str]
    people: RollChange | None


def plan_text(plan: Plan) -> RenderableType:
    """Return what a file would do, for the terminal."""
    title = f" “{printable(plan.title)}”" if plan.title else ""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(ratio=1, overflow="fold")
    for name, said in _lines(plan):
        table.add_row(name, Text(printable(said)))
    return Group(Text(f"{plan.what}{title}", style="bold"), Padding(table, INDENT), Text())


def _lines(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the lines of the summary: what each is about, once, and what it says."""
    yield from plan.about
    yield from _column("counts in", [_period(each) for each in plan.reports.values()])
    yield from _column("rows", _rows(plan))
    yield from _column(
        "people" if plan.rows == "rows" else "found",
        [f"{count:,} {what}" for what, count in plan.reading.people.items()],
    )
    yield from _column("cities", list(_cities(plan)))
    types = Counter(each.split(".", 1)[1].rpartition(".")[0] for each in plan.events)
    yield from _column("events", [f"{count:,} {name}" for name, count in types.items()] or ["none"])
    if plan.replaces:
        yield "replaces", plan.replaces
    notes = [f"{count:,} {what}" if count else what for what, count in plan.reading.notes.items()]
    yield from _column("note", notes[:NOTES_SHOWN_MAX])


def _column(name: str, said: Sequence[str]) -> Iterator[tuple[str, str]]:
    for place, each in enumerate(said):
        yield ("" if place else name), each


def _period(report: Mapping[str, Any]) -> str:
    period, status = report["period"], report["status"]
    also = f", {', '.join(period['also'])}" if period["also"] else ""
    revised = ": what changes in it is a revision" if status in SETTLED else ""
    return f"{period['id']}{also} ({status}{revised})"


def _rows(plan: Plan) -> list[str]:
    reading = plan.reading
    ignored = sum(reading.ignored.values())
    said = f"{reading.rows:,} {plan.rows}, {reading.used:,} used"
    said += f", {ignored:,} not:" if ignored else ""
    return [said, *(f"  {count:,} {reason}" for reason, count in reading.ignored.items())]


def _cities(plan: Plan) -> Iterator[str]:
    """Yield how many cities are known, and each one that is not."""
    named = Counter(plan.cities)
    if not named:
        return
    known = {each for each in named if plan.answers[each].city_id}
    yield f"{len(named):,} named, {len(known):,} known"
    unknown = [each for each in named if each not in known]
    for each in unknown[:CITIES_SHOWN_MAX]:
        places = plan.answers[each].candidates
        may = f"{places} places it may mean" if places > 1 else "not registered"
        where = ", ".join(filter(None, (each.name, each.subdivision, each.country)))
        yield f"  {where or _by_code(each)} ({_times(named[each])}): {may}"
    if len(unknown) > CITIES_SHOWN_MAX:
        yield f"  and {len(unknown) - CITIES_SHOWN_MAX:,} more"
    if unknown:
        yield "  unknown ones go to the work queue: tandem queue list"


def _times(count: int) -> str:
    return "named once" if count == 1 else f"named {count:,} times"


def _by_code(reference: CityReference) -> str:
    if reference.city_id is not None:
        return reference.city_id
    if reference.geonames_id is not None:
        return f"GeoNames {reference.geonames_id}"
    return f"GEOID {reference.census_geoid}"


def outcome_text(outcome: Outcome, command: str) -> RenderableType:
    """Return what a file did, for the terminal."""
    count = outcome.published
    parts: list[RenderableType] = [
        Text(
            f"Published {count:,} {'event' if count == 1 else 'events'} as {outcome.credential}.",
            style="bold",
        )
    ]
    if outcome.people is not None:
        parts.append(Text(f"Attendance beside the file before: {outcome.people}."))
    if outcome.rejected:
        parts.append(Text(f"{len(outcome.rejected):,} were rejected:", style="red"))
        parts += [Text(f"  {printable(each)}") for each in outcome.rejected[:REASONS_SHOWN_MAX]]
        parts.append(Text(f"  {command} rejected list", style="dim"))
    if outcome.waiting:
        needs = ", ".join(sorted(set(outcome.waiting))[:REASONS_SHOWN_MAX])
        parts.append(Text(f"{len(outcome.waiting):,} wait for {printable(needs)}."))
    moved = [
        (period, metric)
        for period, report in outcome.after.items()
        for metric, figure in report["figures"].items()
        if figure_text(figure) != figure_text(outcome.before[period]["figures"].get(metric, figure))
    ]
    if not moved:
        parts.append(Text("No figure moved."))
        return Group(*parts)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("figure", overflow="fold")
    for heading in ("period", "before", "after"):
        table.add_column(heading, justify="right", no_wrap=True)
    for period, metric in moved:
        was = outcome.before[period]["figures"].get(metric)
        now = outcome.after[period]["figures"][metric]
        table.add_row(now["title"], period, figure_text(was) if was else "-", figure_text(now))
    return Group(*parts, Text(), table)
