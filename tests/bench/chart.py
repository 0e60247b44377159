"""Results as a small SVG by hand: bars from zero, a label on each, the finding as its title."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tests.bench.row import MEGABYTES, Row, number

WIDTH = 760
LEFT, BAR_MAX = 300, 330
BAR_HEIGHT, BAR_GAP, PANEL_GAP, TOP = 16, 5, 18, 44
OURS, THEIRS = "#1f5aa6", "#9aa5b1"
HEADINGS = {"µs": "processor time", "ms": "how long it takes", MEGABYTES: "memory"}
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1b1f24}"
    ".title{font-size:14px;font-weight:600}.panel{font-weight:600}"
    "@media(prefers-color-scheme:dark){text{fill:#e6e6e6}}"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with what it stands for."""

    label: str
    value: float
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars of one unit, on a scale of their own."""

    heading: str
    unit: str
    bars: tuple[Bar, ...]


def panels_of(rows: Sequence[Row]) -> list[Panel]:
    """Return a panel for each row that has peers, and one by unit for all the others."""
    alone: dict[str, list[Bar]] = {}
    for row in rows:
        if not row.peers:
            alone.setdefault(row.unit, []).append(Bar(row.work, row.ours.median))
    return [
        *(_beside(row) for row in rows if row.peers),
        *(Panel(HEADINGS.get(unit, unit), unit, tuple(bars)) for unit, bars in alone.items()),
    ]


def _beside(row: Row) -> Panel:
    theirs = (Bar(peer.what, peer.median, ours=False) for peer in row.peers)
    ours = Bar(row.ours.what, row.ours.median)
    bars = (*theirs, ours) if row.grows else (ours, *theirs)
    return Panel(row.work, row.unit, bars)


def svg(title: str, panels: Sequence[Panel]) -> str:
    """Return the chart, its title also for those who do not see it."""
    parts: list[str] = []
    top = TOP
    for panel in panels:
        parts.append(_text(0, top + 12, f"{panel.heading}, {panel.unit}", "panel"))
        top += 22
        longest = max((bar.value for bar in panel.bars), default=0.0)
        for bar in panel.bars:
            parts.append(_bar(bar, top, longest))
            top += BAR_HEIGHT + BAR_GAP
        top += PANEL_GAP
    told = escape(title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}"'
        f' viewBox="0 0 {WIDTH} {top}" role="img" aria-label="{escape(title, quote=True)}">\n'
        f"<title>{told}</title>\n<style>{STYLE}</style>\n"
        f"{_text(0, 18, title, 'title')}\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _bar(bar: Bar, top: float, longest: float) -> str:
    length = BAR_MAX * bar.value / longest if longest else 0.0
    middle = top + BAR_HEIGHT - 4
    return (
        f"{_text(LEFT - 8, middle, bar.label, 'label', anchor='end')}"
        f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="{BAR_HEIGHT}"'
        f' fill="{OURS if bar.ours else THEIRS}"/>'
        f"{_text(LEFT + length + 6, middle, number(bar.value), 'value')}"
    )


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
    )
