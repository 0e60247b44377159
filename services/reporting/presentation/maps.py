"""Maps of the cities engaged: a dot for each, on states or countries tinted by how many there are.

The tint comes from the rows of the table, so that a city which is not to be named is counted and
yet has no dot. What a tint stands for is said in words below, and each number stands in the table.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from markupsafe import Markup

from services.reporting.presentation.cartography import (
    US_FRAMES,
    WIDTH,
    Point,
    Projection,
    united_states,
    world,
)
from services.reporting.presentation.drawing import (
    TEXT_SIZE,
    box,
    escaped,
    line,
    picture,
    short,
    text,
    width_of,
)
from services.reporting.presentation.language import Language
from services.reporting.presentation.sheet import Chart, Table

SHAPES = Path(__file__).parent / "shapes"
STEPS_PER_UNIT = 10
"""Paths are written in whole steps."""

CLASSES = (1, 2, 5, 10)
"""The least number of cities in each tint; the same in any quarter, so that they compare."""
TINTS = ("#c6dbef", "#9ac4e3", "#5a9bd0", "#2b6cb0")
LAND, BORDER = "#e1e5ea", "#ffffff"
BORDER_STEPS = 4
DOT = "#c2410c"
DOT_RADIUS = 2.4
RIM = 0.6
DOTS_NAMED_MAX = 400
SWATCH = 11.0
LEGEND_LINE = 19.0
SPACE = 6.0


@dataclass(frozen=True, slots=True)
class Ground:
    """What a map is drawn on: shapes by their codes, its height, and where places stand on it."""

    shapes: Mapping[str, str]
    height: float
    project: Projection
    frames: Sequence[tuple[Point, ...]] = ()


@dataclass(frozen=True, slots=True)
class Sign:
    """An entry of the legend: a swatch or a dot, or nothing, before its words."""

    words: str
    mark: str = ""

    @property
    def width(self) -> float:
        """Return about how many units it takes."""
        return (SWATCH + SPACE if self.mark else 0) + width_of(self.words) + 2 * SPACE


@cache
def ground(kind: str) -> Ground:
    """Return what a map of a kind is drawn on: map_us or map_world."""
    name, project, frames = {
        "map_us": ("us", united_states, US_FRAMES),
        "map_world": ("world", world, ()),
    }[kind]
    content = json.loads((SHAPES / f"{name}.json").read_bytes())
    return Ground(content["shapes"], content["height"], project, frames)


def draw_map(chart: Chart, table: Table, language: Language, name: str) -> Markup:
    """Return a map of the chart's places, with the words to read it by."""
    on = ground(chart.kind)
    counts = dict(_counts(chart, table, on))
    dots = [
        (point, place.name)
        for place in chart.places
        if (point := on.project(place.longitude, place.latitude))
    ]
    outside = len(chart.places) - len(dots)
    signs = list(_signs([count for _, count in counts.values()], bool(dots), outside, language))
    legend, height = _legend(signs, on.height + SPACE)
    return picture(chart, name, height, [_land(on, counts), *_frames(on), _cities(dots), *legend])


def _counts(chart: Chart, table: Table, on: Ground) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield the places of the map that rows count, if they do: code, name and count."""
    if not chart.value:
        return
    columns = {column.key: place for place, column in enumerate(table.columns)}
    label, value = columns[chart.label], columns[chart.value]
    for row in table.rows:
        code, count = row[label].key, row[value].value
        if code is not None and code in on.shapes and isinstance(count, int) and count:
            yield code, (str(row[label].value), count)


def _land(on: Ground, counts: Mapping[str, tuple[str, int]]) -> str:
    """Return all land, tinted where cities are."""
    empty = "".join(path for code, path in on.shapes.items() if code not in counts)
    tinted = "".join(
        f'<path class="land-{_tint(count) + 1}" fill="{TINTS[_tint(count)]}"'
        f' d="{on.shapes[code]}"><title>{escaped(name)}: {count}</title></path>'
        for code, (name, count) in counts.items()
    )
    return (
        f'<g class="land" fill="{LAND}" stroke="{BORDER}" stroke-width="{BORDER_STEPS}"'
        f' stroke-linejoin="round" transform="scale({1 / STEPS_PER_UNIT})">'
        f'<path d="{empty}"/>{tinted}</g>'
    )


def _frames(on: Ground) -> Iterator[str]:
    """Yield the lines that part what is not where it is drawn."""
    for frame in on.frames:
        for (x0, y0), (x1, y1) in pairwise(frame):
            yield line(x0, y0, x1, y1, "frame")


def _cities(dots: Sequence[tuple[Point, str]]) -> str:
    """Return a dot for each city; of many, whose names nobody could point at, one drawing."""
    if len(dots) <= DOTS_NAMED_MAX:
        return _dots(_dot(*point, DOT_RADIUS, name) for point, name in dots)
    # A line of no length with round ends is a dot.
    path = "".join(f"M{short(x)} {short(y)}h0" for (x, y), _ in dots)
    return (
        f'<g class="places" fill="none" stroke-linecap="round">'
        f'<path class="rim" stroke="{BORDER}" stroke-width="{2 * DOT_RADIUS + RIM}" d="{path}"/>'
        f'<path class="dots" stroke="{DOT}" stroke-opacity="0.8"'
        f' stroke-width="{2 * DOT_RADIUS - RIM}" d="{path}"/></g>'
    )


def _dots(dots: Iterable[str]) -> str:
    return (
        f'<g class="place" fill="{DOT}" fill-opacity="0.8" stroke="{BORDER}" stroke-width="{RIM}">'
        f"{''.join(dots)}</g>"
    )


def _dot(x: float, y: float, radius: float, name: str = "") -> str:
    title = f"<title>{escaped(name)}</title>" if name else ""
    return f'<circle cx="{short(x)}" cy="{short(y)}" r="{radius}">{title}</circle>'


def _tint(count: int) -> int:
    """Return which tint a number of cities has."""
    return sum(count >= least for least in CLASSES) - 1


def _signs(counts: Sequence[int], dotted: bool, outside: int, language: Language) -> Iterator[Sign]:
    """Yield what the legend explains: what is on the map, and no more."""
    if dotted:
        yield Sign(language.text("a city"), _dots([_dot(SWATCH / 2, SWATCH / 2, DOT_RADIUS + 1)]))
    for tint in sorted({_tint(count) for count in counts}):
        least = CLASSES[tint]
        if tint == len(CLASSES) - 1:
            words = language.text("{least} cities or more", least=language.number(least))
        elif least == (most := CLASSES[tint + 1] - 1):
            words = language.counted("{count} city", "{count} cities", least)
        else:
            words = language.text(
                "{least} to {most} cities", least=language.number(least), most=language.number(most)
            )
        yield Sign(words, box(0, 0, SWATCH, SWATCH, f"land-{tint + 1}", TINTS[tint]))
    if outside:
        yield Sign(
            language.counted(
                "{count} city lies outside this map",
                "{count} cities lie outside this map",
                outside,
            )
        )


def _legend(signs: Sequence[Sign], y: float) -> tuple[list[str], float]:
    """Return the legend in lines as wide as the map, and where it ends."""
    x = 0.0
    parts = []
    for sign in signs:
        if x and x + sign.width > WIDTH:
            x, y = 0.0, y + LEGEND_LINE
        begin = x
        if sign.mark:
            parts.append(f'<g transform="translate({short(x)} {short(y)})">{sign.mark}</g>')
            begin += SWATCH + SPACE
        parts.append(text(begin, y + TEXT_SIZE - 2.5, sign.words, "legend"))
        x += sign.width
    return parts, y + (LEGEND_LINE if signs else 0)
