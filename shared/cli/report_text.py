"""A report as text: 80 columns wide, and complete without colour."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from shared.cli.words import Language, day, instant, number, word

Json = Mapping[str, Any]

WIDTH = 80
INDENT = (0, 0, 0, 2)
PROVISIONAL, MISSING, SUPPRESSED = "P", "O", "Q"
MARKS = {PROVISIONAL: "[p]", MISSING: "[x]", SUPPRESSED: "[c]"}

GROUPS: Mapping[str, tuple[str, ...]] = {
    "cities": (
        "cities_engaged",
        "new",
        "returning",
        "reactivated",
        "not_repeated",
        "left",
        "retention",
        "lapsed",
        "cities_engaged_broad",
        "member_share",
        "coverage",
        "coverage_states",
        "population_represented",
    ),
    "activities": ("webinars_held", "activities_held"),
    "people": (
        "registrations",
        "attendance",
        "attendees_unique",
        "attendance_rate",
        "walk_ins",
        "late_viewers",
    ),
    "resources": ("resources_shared", "resources_published", "resource_deliveries"),
    "quality": ("attribution_rate", "timeliness", "completeness"),
}
PARTS = frozenset({"new", "returning", "reactivated"})
"""Figures that add up to the one they stand under, and so are set further in."""

BY_COUNTRY = (("network", "network"), ("country", "country"), ("size_class", "size_class"))
STATE_PREFIX = "US-"
SIZE_CLASSES = ("<10k", "10–<50k", "50–<100k", "100–<250k", "250k–<1M", "≥1M")


def console() -> Console:
    """Return a console as wide as a report is, and no wider than the terminal."""
    wide = Console(highlight=False, markup=False)
    return Console(highlight=False, markup=False, width=min(wide.width, WIDTH))


def plain(shown: RenderableType) -> str:
    """Return what a console prints as text for a file: as wide, and without colour."""
    written = Console(file=StringIO(), highlight=False, markup=False, width=WIDTH)
    with written.capture() as captured:
        written.print(shown, end="")
    return captured.get()


def report_text(
    report: Json, language: Language, command: str, *, as_known: bool = False
) -> RenderableType:
    """Return a report for the terminal.

    Args:
        report: the document, as the contract describes it.
        language: of the headline, the titles and the words around them.
        command: what to type for `tandem`.
        as_known: whether it is the report as it was known at a moment that was asked for.
    """
    return Group(
        *_heading(report, language, as_known),
        Text(report["headline"][language], style="bold"),
        Text(),
        _figures(report, language),
        *_breakdowns(report, language),
        *_notes(report, language),
        Text(),
        Text(word("marks", language), style="dim"),
        Text(word("how", language), style="dim"),
        Text(f"  {command} evidence {report['period']['id']} cities_engaged", style="dim"),
    )


def _heading(report: Json, language: Language, as_known: bool) -> Iterator[RenderableType]:
    """Yield which period it is, which days, how settled, and how far the data goes."""
    period = report["period"]
    title = Table.grid(expand=True)
    title.add_column()
    title.add_column(justify="right")
    title.add_row(
        Text(f"NLC + SCN  {period.get('name') or period['id']}", style="bold"),
        Text(word(report["status"], language), style="bold"),
    )
    yield title
    first, last = (date.fromisoformat(period[end]) for end in ("start", "end"))
    days = f"{day(first, language)} {word('to', language)} {day(last, language)}"
    if period["also"]:
        days += f", {word('also', language)} {', '.join(period['also'])}"
    yield Text(days)
    yield Text("; ".join(_state(report, language, as_known)), style="dim")
    yield Rule(style="dim")


def _state(report: Json, language: Language, as_known: bool) -> Iterator[str]:
    if report.get("version") is not None:
        yield word("published", language).format(number=report["version"])
    if as_known:
        moment = instant(_moment(report["known_at"]), language)
        yield f"{word('as_known_at', language)} {moment}"
    if report["data_to"]:
        yield f"{word('data_to', language)} {instant(_moment(report['data_to']), language)}"
    else:
        yield word("no_data", language)
    if report.get("next_release"):
        release = report["next_release"]
        yield word("next", language).format(
            status=word(release["status"], language),
            on=day(date.fromisoformat(release["on"]), language),
        )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _figures(report: Json, language: Language) -> Table:
    table = Table(box=None, pad_edge=False, expand=True, show_edge=False, header_style="dim")
    table.add_column("", ratio=1, overflow="fold")
    table.add_column(report["period"]["id"], justify="right", no_wrap=True)
    table.add_column("", width=3)
    table.add_column(word("previous", language), justify="right", no_wrap=True)
    table.add_column(word("change", language), justify="right", no_wrap=True)
    figures = report["figures"]
    for group, metrics in _groups(figures):
        table.add_row(Text(word(group, language), style="bold"))
        for metric in metrics:
            table.add_row(*_row(metric, figures[metric], language))
    return table


def _groups(figures: Json) -> Iterator[tuple[str, list[str]]]:
    """Yield the figures in groups; one that no group knows still appears."""
    for group, metrics in GROUPS.items():
        present = [metric for metric in metrics if metric in figures]
        if present:
            yield group, present
    known = {metric for metrics in GROUPS.values() for metric in metrics}
    others = [metric for metric in figures if metric not in known]
    if others:
        yield "others", others


def _row(metric: str, figure: Json, language: Language) -> Iterator[RenderableType]:
    title = figure.get("titles", {}).get(language) or figure["title"]
    headline = metric == "cities_engaged"
    yield Text(f"{'    ' if metric in PARTS else '  '}{title}", style="bold" if headline else "")
    yield Text(_value(figure, language), style="bold" if headline else "")
    yield Text(MARKS.get(figure["status"], "") if figure["value"] is not None else "", style="dim")
    yield Text(_quantity(figure["previous"], figure["unit"], language), style="dim")
    yield Text(_change(figure["change"], language))


def _value(figure: Json, language: Language) -> str:
    """Return the value as it may be printed: 5, ≥ 5, 4-5, 83 %, [x], [c] or -."""
    if figure["value"] is None:
        return MARKS.get(figure["status"], "-") if figure["status"] != PROVISIONAL else "-"
    if "range" in figure:
        low, high = (number(bound, language) for bound in figure["range"])
        return f"{low}-{high}"
    at_least = "≥ " if figure.get("lower_bound") else ""
    return at_least + _quantity(figure["value"], figure["unit"], language)


def _quantity(value: float | None, unit: str, language: Language) -> str:
    if value is None:
        return "-"
    return f"{number(value, language)}{' %' if unit == 'percent' else ''}"


def _change(change: float | None, language: Language) -> str:
    if change is None:
        return "-"
    return f"{'+' if change > 0 else ''}{number(change, language)}"


def _breakdowns(report: Json, language: Language) -> Iterator[RenderableType]:
    """Yield who the cities are, who organised, and how many members took part."""
    cities = report["breakdowns"].get("cities_engaged", {})
    rows = [(name, cities.get(key) or {}) for key, name in BY_COUNTRY]
    states = {
        key.removeprefix(STATE_PREFIX): value
        for key, value in (cities.get("subdivision") or {}).items()
        if key.startswith(STATE_PREFIX)
    }
    rows.insert(2, ("state", states))
    rows[-1] = ("size_class", _by_size(rows[-1][1]))
    yield from _section("where", rows, language)
    held = [
        (metric, report["breakdowns"].get(metric, {}).get("organisers") or {})
        for metric in GROUPS["activities"]
    ]
    yield from _section("organisers", held, language)
    shares = (report["figures"].get("member_share") or {}).get("detail", {})
    networks = {name: shares[name] for name in ("NLC", "SCN") if name in shares}
    if networks:
        of = word("of", language)
        said = "   ".join(
            f"{name} {number(share['engaged'], language)} {of} {number(share['members'], language)}"
            for name, share in networks.items()
        )
        yield Text(f"\n{word('members', language)}", style="bold")
        yield Padding(Text(said), INDENT)


def _by_size(counts: Mapping[str, int | None]) -> Mapping[str, int | None]:
    """Return the size classes from small to large; what has no size comes last."""
    order = {name: place for place, name in enumerate(SIZE_CLASSES)}
    return dict(sorted(counts.items(), key=lambda row: order.get(row[0], len(order))))


def _section(
    title: str, rows: list[tuple[str, Mapping[str, int | None]]], language: Language
) -> Iterator[RenderableType]:
    shown = [(name, counts) for name, counts in rows if counts]
    if not shown:
        return
    yield Text(f"\n{word(title, language)}", style="bold")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(ratio=1)
    for name, counts in shown:
        table.add_row(word(name, language), Text(_counts(counts, language)))
    yield Padding(table, INDENT)


def _counts(counts: Mapping[str, int | None], language: Language) -> str:
    return "   ".join(
        f"{word(row, language)}\u00a0{'[c]' if count is None else number(count, language)}"
        for row, count in counts.items()
    )


def _notes(report: Json, language: Language) -> Iterator[RenderableType]:
    if not report.get("notes"):
        return
    yield Text(f"\n{word('notes', language)}", style="bold")
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for note in report["notes"]:
        table.add_row("-", Text(note))
    yield Padding(table, INDENT)


def quarters_table(reports: list[Json]) -> Table:
    """Return one line for each report, oldest first."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("period", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for heading in ("cities", "countries", "webinars", "activities", "resources"):
        table.add_column(heading, justify="right", no_wrap=True)
    for report in reports:
        figures = report["figures"]
        webinars = report["breakdowns"].get("webinars_held", {}).get("organisers", {})
        joint = webinars.get("joint")
        table.add_row(
            Text(report["period"]["id"], style="bold"),
            report["status"],
            *(figure_text(figures[metric]) for metric in ("cities_engaged", "coverage")),
            figure_text(figures["webinars_held"]) + (f" ({joint} joint)" if joint else ""),
            *(
                figure_text(figures[metric])
                for metric in ("activities_held", "resources_published")
            ),
        )
    return table


def figure_text(figure: Json) -> str:
    """Return the value of a figure with its mark: 12 [p]."""
    mark = MARKS.get(figure["status"], "") if figure["value"] is not None else ""
    return f"{_value(figure, Language.EN)}{' ' if mark else ''}{mark}"
