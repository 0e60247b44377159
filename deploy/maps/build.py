"""Builds services/reporting/presentation/shapes/ from the npm packages us-atlas and world-atlas.

Run by hand when a source or a projection changes; the result is kept in the repository, so that
nothing at run time needs the packages. How, and whose data it is: README.md beside this file.

A package holds a topology (https://github.com/topojson/topojson-specification): arcs, each stored
once, and places as rings of arcs. So a border that two places share is projected and simplified
once, and they still fit together after it.
"""

import argparse
import hashlib
import json
import math
import tarfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from babel.core import get_global

from services.reporting.presentation.cartography import (
    US_HEIGHT,
    WORLD_HEIGHT,
    WORLD_MERIDIAN,
    WORLD_NORTH,
    WORLD_SOUTH,
    Point,
    beside,
    united_states,
    world_beside,
)
from services.reporting.presentation.maps import SHAPES, STEPS_PER_UNIT

BYTES_MAX = 150_000
TOLERANCE = 0.12
"""Units by which a border may be beside where it is."""
AREA_MIN = 0.12
"""Square units that an island must have to be drawn, where its place has any so large."""

Json = Any
Ring = Sequence[int]
Code = Callable[[Mapping[str, Json]], str | None]
Project = Callable[[Sequence[Point]], list[Point]]


@dataclass(frozen=True, slots=True)
class Source:
    """A package, the file of it that is taken, and what it must hash to."""

    package: str
    file: str
    layer: str
    sha256: str


US = Source(
    "us-atlas-3.0.1",
    "states-10m.json",
    "states",
    "d76b391ccfa8bff601d51e3e3da5d43a89fa46cd5caca72ce731b383be5596d0",
)
WORLD = Source(
    "world-atlas-2.0.2",
    "countries-50m.json",
    "countries",
    "04342cdc1e3016bcd7db1630de95684d67b79fe3c8c460321e87aef469502394",
)

US_CODES = {
    number: f"US-{state}"
    for state, number in (
        pair.split()
        for pair in (
            "AL 01,AK 02,AZ 04,AR 05,CA 06,CO 08,CT 09,DE 10,DC 11,FL 12,GA 13,HI 15,ID 16,IL 17,"
            "IN 18,IA 19,KS 20,KY 21,LA 22,ME 23,MD 24,MA 25,MI 26,MN 27,MS 28,MO 29,MT 30,NE 31,"
            "NV 32,NH 33,NJ 34,NM 35,NY 36,NC 37,ND 38,OH 39,OK 40,OR 41,PA 42,RI 44,SC 45,SD 46,"
            "TN 47,TX 48,UT 49,VT 50,VA 51,WA 53,WV 54,WI 55,WY 56,PR 72,VI 78"
        ).split(",")
    )
}
"""States by their FIPS code; the territories of the Pacific are on the map of the world."""
LEFT_OUT = {"AQ"}
WITHOUT_NUMBER = {"Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO"}
"""Natural Earth draws who holds land; it is drawn here with whom the United Nations count it."""
NOBODYS = "-"
"""The code of land that is drawn and counted with no country."""
CRIMEA = (34.2, 45.2)
"""In Ukraine by resolution 68/262 of the General Assembly; Natural Earth draws who holds it."""


@dataclass(frozen=True)
class Atlas:
    """A topology: arcs in degrees, and places that are drawn with them."""

    arcs: Sequence[Sequence[Point]]
    places: Sequence[Mapping[str, Json]]

    def points(self, ring: Ring) -> list[Point]:
        """Return a ring in degrees, its last point the first again."""
        return [point for arc in ring for point in along(self.arcs, arc)]

    def joined(self, rings: Sequence[Ring]) -> list[Ring]:
        """Return rings of one place without the borders that they share among themselves."""
        times = Counter(max(arc, ~arc) for ring in rings for arc in ring)
        inner = {arc for arc, count in times.items() if count > 1}
        whole: list[Ring] = []
        cut: list[Ring] = []
        for ring in rings:
            (cut if inner.intersection(max(arc, ~arc) for arc in ring) else whole).append(ring)
        outer = {
            along(self.arcs, arc)[0]: arc
            for ring in cut
            for arc in ring
            if max(arc, ~arc) not in inner
        }
        while outer:
            start, arc = outer.popitem()
            ring = [arc]
            while (end := along(self.arcs, ring[-1])[-1]) != start:
                ring.append(outer.pop(end))
            whole.append(ring)
        return whole


def main() -> None:
    """Build both files from a folder with the packages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where `npm pack` put the packages")
    folder = parser.parse_args().folder
    write("us", US_HEIGHT, shapes(atlas(folder, US), us_code, us_arc))
    write("world", WORLD_HEIGHT, shapes(atlas(folder, WORLD), country_code, world_arc))


def atlas(folder: Path, source: Source) -> Atlas:
    """Return what a package holds, if it is the very one that the maps were made from."""
    with tarfile.open(folder / f"{source.package}.tgz") as package:
        member = package.extractfile(f"package/{source.file}")
        content = member.read() if member else b""
    if (found := hashlib.sha256(content).hexdigest()) != source.sha256:
        raise SystemExit(f"{source.package} holds another {source.file}: {found}")
    topology = json.loads(content)
    scale, origin = topology["transform"]["scale"], topology["transform"]["translate"]
    return Atlas(
        [unpacked(arc, scale, origin) for arc in topology["arcs"]],
        topology["objects"][source.layer]["geometries"],
    )


def unpacked(moves: Iterable[Point], scale: Point, origin: Point) -> list[Point]:
    """Return an arc in degrees: it is stored as moves on a grid."""
    grid = accumulate(moves, lambda here, move: (here[0] + move[0], here[1] + move[1]))
    return [(origin[0] + scale[0] * x, origin[1] + scale[1] * y) for x, y in grid]


def us_code(geometry: Mapping[str, Json]) -> str | None:
    """Return the code of a state as ISO 3166-2 has it."""
    return US_CODES.get(geometry["id"])


def country_code(geometry: Mapping[str, Json]) -> str | None:
    """Return the code of a country as ISO 3166-1 has it."""
    name = geometry["properties"]["name"]
    numbered = get_global("territory_aliases").get(geometry.get("id", ""), [NOBODYS])
    code = WITHOUT_NUMBER.get(name, numbered[0])
    return None if code in LEFT_OUT else code


def us_arc(arc: Sequence[Point]) -> list[Point]:
    """Return an arc on the map of the United States; empty where that has no room for it."""
    points = [united_states(*point) for point in arc]
    return [] if None in points else [point for point in points if point]


def world_arc(arc: Sequence[Point]) -> list[Point]:
    """Return an arc on the map of the world; one that crosses its edge goes on beyond it."""
    points = []
    turned = beside(arc[0][0], WORLD_MERIDIAN)
    for (before, _), (longitude, latitude) in pairwise([arc[0], *arc]):
        turned += beside(longitude, before)
        points.append(world_beside(turned, min(max(latitude, WORLD_SOUTH), WORLD_NORTH)))
    return points


def shapes(atlas: Atlas, code_of: Code, project: Project) -> dict[str, str]:
    """Return the path of each place by its code, in steps of the map."""
    rings: dict[str, list[Ring]] = defaultdict(list)
    for geometry in atlas.places:
        code = code_of(geometry)
        for outer, *holes in polygons(geometry):
            in_crimea = code == "RU" and encloses(atlas.points(outer), CRIMEA)
            owner = "UA" if in_crimea else code
            if owner is not None:
                rings[owner] += [outer, *holes]
    drawn = [simplified(project(arc)) for arc in atlas.arcs]
    return {code: path(atlas.joined(rings[code]), drawn) for code in sorted(rings)}


def polygons(geometry: Mapping[str, Json]) -> list[list[Ring]]:
    """Return the polygons of a place, each its outer ring and its holes."""
    match geometry["type"]:
        case "Polygon":
            return [geometry["arcs"]]
        case "MultiPolygon":
            return list(geometry["arcs"])
        case other:
            raise SystemExit(f"a place is drawn as {other}")


def along(arcs: Sequence[Sequence[Point]], arc: int) -> Sequence[Point]:
    """Return an arc in the direction in which a ring takes it; ~3 is the third one backwards."""
    return arcs[arc] if arc >= 0 else arcs[~arc][::-1]


def encloses(ring: Sequence[Point], point: Point) -> bool:
    """Return whether a point lies within a ring."""
    x, y = point
    inside = False
    for (x0, y0), (x1, y1) in pairwise([*ring, ring[0]]):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            inside = not inside
    return inside


def simplified(arc: Sequence[Point]) -> list[Point]:
    """Return an arc with no more points than it takes to stay within TOLERANCE of it.

    Source: D. Douglas and T. Peucker, Algorithms for the reduction of the number of points
    required to represent a digitized line or its caricature (1973).
    """
    keep = {0, len(arc) - 1} if arc else set()
    todo = [(0, len(arc) - 1)]
    while todo:
        first, last = todo.pop()
        far, index = max(
            (
                (distance(arc[index], arc[first], arc[last]), index)
                for index in range(first + 1, last)
            ),
            default=(0, first),
        )
        if far > TOLERANCE:
            keep.add(index)
            todo += [(first, index), (index, last)]
    return [arc[index] for index in sorted(keep)]


def distance(point: Point, first: Point, last: Point) -> float:
    """Return how far a point is from a line between two others."""
    (x, y), (x0, y0), (x1, y1) = point, first, last
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    part = min(max(((x - x0) * dx + (y - y0) * dy) / length, 0), 1) if length else 0
    return math.hypot(x - x0 - part * dx, y - y0 - part * dy)


def path(rings: Iterable[Ring], arcs: Sequence[Sequence[Point]]) -> str:
    """Return rings as the data of an SVG path, in whole steps, each from the one before."""
    drawn = [[point for arc in ring for point in along(arcs, arc)[:-1]] for ring in rings]
    drawn = sorted((ring for ring in drawn if ring), key=area, reverse=True)
    large = [ring for ring in drawn if area(ring) >= AREA_MIN]
    return "".join(outline(ring) for ring in large or drawn)


def area(ring: Sequence[Point]) -> float:
    """Return how many square units a ring encloses."""
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise([*ring, ring[0]]))) / 2


def outline(ring: Sequence[Point]) -> str:
    """Return a ring as path data; one that is too small for the steps becomes a square of one."""
    steps = [(round(x * STEPS_PER_UNIT), round(y * STEPS_PER_UNIT)) for x, y in ring]
    moves = [(x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in pairwise(steps)]
    moves = [move for move in moves if move != (0, 0)]
    if len(moves) < 2:
        moves = [(1, 0), (0, 1), (-1, 0)]
    x, y = steps[0]
    numbers = "".join(f"{dx:+d}{dy:+d}" for dx, dy in moves)
    return f"M{x},{y}l{numbers.removeprefix('+')}z"


def write(name: str, height: float, paths: Mapping[str, str]) -> None:
    """Write a file of shapes, a place a line."""
    content = json.dumps({"height": height, "shapes": paths}, indent=0, separators=(",", ":"))
    if len(content) > BYTES_MAX:
        raise SystemExit(f"{name} takes {len(content):,} bytes, at most {BYTES_MAX:,} are allowed")
    (SHAPES / f"{name}.json").write_text(content + "\n", encoding="utf-8")
    print(f"{name}: {len(paths)} places, {len(content):,} bytes")


if __name__ == "__main__":
    main()
