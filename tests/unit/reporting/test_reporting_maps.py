"""Maps: places stand in the states and countries they lie in, and tints say how many there are."""

import csv
import json
import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from babel import Locale

import deploy.demo
from services.reporting.presentation.cartography import (
    US_PARTS,
    WIDTH,
    Conic,
    Point,
    united_states,
    world,
)
from services.reporting.presentation.charts import draw
from services.reporting.presentation.language import language_of
from services.reporting.presentation.maps import DOTS_NAMED_MAX, SHAPES, STEPS_PER_UNIT, ground
from services.reporting.presentation.sheet import Cell, Chart, Column, Kind, Place, Status, Table

DEMO_CITIES = Path(deploy.demo.__file__).parent / "cities.csv"
SHAPE_BYTES_MAX = 150_000
BESIDE_MAX = 0.35
"""Units a city on the shore may stand off its simplified land: 40 km on the map of the world."""
NOT_DRAWN = {"Fuvahmulah"}
"""Cities of the demonstration on islands that the source leaves out at its scale."""
SEAM = 1
"""Units by which land may reach over the edge: the island that the cut in the Bering Sea meets."""
SVG = "{http://www.w3.org/2000/svg}"
MAPS = {"map_us": united_states, "map_world": world}


def rings(path: str) -> Iterator[list[Point]]:
    """Yield the rings of a shape in units of the map, the first point again at the end."""
    for outline in filter(None, path.split("z")):
        start, moves = outline.removeprefix("M").split("l")
        x, y = (int(number) for number in start.split(","))
        ring = [(x, y)]
        steps = [int(number) for number in re.findall(r"-?\d+", moves)]
        for dx, dy in zip(steps[::2], steps[1::2], strict=True):
            x, y = x + dx, y + dy
            ring.append((x, y))
        yield [(x / STEPS_PER_UNIT, y / STEPS_PER_UNIT) for x, y in [*ring, ring[0]]]


def distance(point: Point, path: str) -> float:
    """Return how far a point is from a shape: zero within it."""
    x, y = point
    inside, nearest = False, math.inf
    for ring in rings(path):
        for (x0, y0), (x1, y1) in pairwise(ring):
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
                inside = not inside
            dx, dy = x1 - x0, y1 - y0
            length = dx * dx + dy * dy
            part = min(max(((x - x0) * dx + (y - y0) * dy) / length, 0), 1) if length else 0
            nearest = min(nearest, math.hypot(x - x0 - part * dx, y - y0 - part * dy))
    return 0 if inside else nearest


@pytest.mark.parametrize(
    ("kind", "city", "latitude", "longitude", "code"),
    [
        ("map_us", "Columbus", 39.9612, -82.9988, "US-OH"),
        ("map_us", "Albuquerque", 35.0845, -106.6511, "US-NM"),
        ("map_us", "Golden Valley", 44.9918, -93.3591, "US-MN"),
        ("map_us", "Washington", 38.8951, -77.0364, "US-DC"),
        ("map_us", "Anchorage", 61.2181, -149.9003, "US-AK"),
        ("map_us", "Adak", 51.88, -176.658, "US-AK"),
        ("map_us", "Honolulu", 21.3069, -157.8583, "US-HI"),
        ("map_us", "San Juan", 18.4663, -66.1057, "US-PR"),
        ("map_us", "Charlotte Amalie", 18.3419, -64.9307, "US-VI"),
        ("map_world", "The Hague", 52.0767, 4.2986, "NL"),
        ("map_world", "Columbus", 39.9612, -82.9988, "US"),
        ("map_world", "Simferopol", 44.9572, 34.1108, "UA"),
        ("map_world", "Singapore", 1.2897, 103.8501, "SG"),
        ("map_world", "Anadyr", 64.7337, 177.5089, "RU"),
        ("map_world", "Suva", -18.1416, 178.4415, "FJ"),
        ("map_world", "Pristina", 42.6727, 21.1669, "XK"),
        ("map_world", "Hargeisa", 9.56, 44.065, "SO"),
        ("map_world", "Maseru", -29.3167, 27.4833, "LS"),
    ],
)
def test_a_known_city_stands_in_its_own_state_or_country(
    kind: str, city: str, latitude: float, longitude: float, code: str
) -> None:
    point = MAPS[kind](longitude, latitude)
    assert point is not None, city
    off = {name: distance(point, path) for name, path in ground(kind).shapes.items()}
    assert min(off, key=off.__getitem__) == code
    assert off[code] < BESIDE_MAX


def test_every_city_of_the_demonstration_stands_in_its_own_state_and_country() -> None:
    with DEMO_CITIES.open(encoding="utf-8", newline="") as file:
        cities = [row for row in csv.DictReader(file) if row["latitude"]]
    assert len(cities) > 200
    for city in cities:
        if city["name"] in NOT_DRAWN:
            continue
        place = float(city["longitude"]), float(city["latitude"])
        spots = [("map_world", city["country"])]
        if city["country"] == "US":
            spots.append(("map_us", f"US-{city['subdivision']}"))
        for kind, code in spots:
            point = MAPS[kind](*place)
            assert point is not None, city["name"]
            assert 0 <= point[0] <= WIDTH, city["name"]
            assert 0 <= point[1] <= ground(kind).height, city["name"]
            assert distance(point, ground(kind).shapes[code]) < BESIDE_MAX, city["name"]


@pytest.mark.parametrize(
    ("city", "latitude", "longitude"),
    [("The Hague", 52.08, 4.3), ("Hagåtña", 13.47, 144.75), ("Mexico City", 19.43, -99.13)],
)
def test_a_place_elsewhere_is_not_on_the_map_of_the_united_states(
    city: str, latitude: float, longitude: float
) -> None:
    assert united_states(longitude, latitude) is None, city


def test_beside_the_poles_there_is_no_map_of_the_world() -> None:
    assert world(0, -77.8) is None
    assert world(0, 89) is None


def test_albers_projection_agrees_with_the_example_that_its_manual_works_out() -> None:
    # Snyder, page 291: the sphere of radius 1, parallels 29.5 and 45.5, origin 23 N 96 W.
    x, y = Conic((29.5, 45.5), (-96, 23), 1, (0, 0))(-75, 35)
    assert (x, -y) == pytest.approx((0.2952720, 0.2416774), abs=1e-7)


@pytest.mark.parametrize(
    ("kind", "longitude", "latitude", "scale"),
    [
        ("map_us", -120, 47, 480),
        ("map_us", -80, 26, 480),
        ("map_us", -150, 65, US_PARTS["alaska"].project.scale),
        ("map_us", -155.5, 19.5, 480),
        ("map_us", -66.5, 18.2, US_PARTS["islands"].project.scale),
        ("map_world", -82, 40, None),
        ("map_world", 24, 70, None),
        ("map_world", 175, -40, None),
        ("map_world", 11, 0, None),
    ],
)
def test_land_has_its_true_size_anywhere_on_a_map(
    kind: str, longitude: float, latitude: float, scale: float | None
) -> None:
    side = 0.01
    project = MAPS[kind]
    corners = [
        project(longitude + dx, latitude + dy)
        for dx, dy in ((0, 0), (side, 0), (side, side), (0, side))
    ]
    square = [corner for corner in corners if corner is not None]
    area = abs(sum(a * d - c * b for (a, b), (c, d) in pairwise([*square, square[0]]))) / 2
    radians = math.radians(side)
    on_the_sphere = radians * (
        math.sin(math.radians(latitude + side)) - math.sin(math.radians(latitude))
    )
    squared = scale**2 if scale else WORLD_SQUARED
    assert area == pytest.approx(on_the_sphere * squared, rel=0.001)


# The Equal Earth projection of a sphere of radius 1 is 5.413 wide, and so is the map, in units.
WORLD_SQUARED = (WIDTH / 5.41326) ** 2


@pytest.mark.parametrize(("name", "kind"), [("us", "map_us"), ("world", "map_world")])
def test_shapes_are_small_whole_and_within_their_map(name: str, kind: str) -> None:
    content = (SHAPES / f"{name}.json").read_bytes()
    assert len(content) < SHAPE_BYTES_MAX
    for code, path in json.loads(content)["shapes"].items():
        assert re.fullmatch(r"(M-?\d+,-?\d+l(-?\d+|\+\d+)+z)+", path), code
        for ring in rings(path):
            assert len(ring) >= 4, code
            assert all(-SEAM <= x <= WIDTH + SEAM for x, _ in ring), code
            assert all(0 <= y <= ground(kind).height for _, y in ring), code


def test_shapes_go_by_the_codes_that_reports_use() -> None:
    territories = Locale("en").territories
    assert set(ground("map_world").shapes) - set(territories) == {"-"}
    states = {code.removeprefix("US-") for code in ground("map_us").shapes}
    assert len(states) == 50 + len({"DC", "PR", "VI"})
    assert {"OH", "AK", "HI", "DC", "PR", "VI"} <= states


def on_a_map(
    rows: Sequence[tuple[str, str, int | None]],
    places: Sequence[Place] = (),
    kind: str = "map_us",
    language: str = "en",
) -> ElementTree.Element:
    status = Status.NORMAL
    table = Table(
        id="where",
        caption="Cities engaged by state",
        columns=[Column("state", "State"), Column("cities", "Cities", Kind.COUNT)],
        rows=[[Cell(name, key=code), Cell(count, status)] for code, name, count in rows],
    )
    chart = Chart(kind, "", "", "", "", "state", "cities", places)
    return ElementTree.fromstring(draw(chart, table, language_of(language)))


def tints(root: ElementTree.Element) -> dict[str, str]:
    return {
        str(title.text): path.attrib["class"]
        for path in root.iter(f"{SVG}path")
        if (title := path.find(f"{SVG}title")) is not None
    }


def legend(root: ElementTree.Element) -> list[str]:
    return [str(each.text) for each in root.iter(f"{SVG}text")]


def test_a_state_is_tinted_by_how_many_cities_its_row_counts() -> None:
    counts = {"OH": 1, "NM": 2, "TX": 4, "CA": 5, "NY": 9, "FL": 10, "WA": 118}
    root = on_a_map([(f"US-{code}", code, count) for code, count in counts.items()])
    assert tints(root) == {
        "OH: 1": "land-1",
        "NM: 2": "land-2",
        "TX: 4": "land-2",
        "CA: 5": "land-3",
        "NY: 9": "land-3",
        "FL: 10": "land-4",
        "WA: 118": "land-4",
    }
    assert legend(root) == ["1 city", "2 to 4 cities", "5 to 9 cities", "10 cities or more"]


def test_the_legend_says_what_is_on_the_map_and_no_more() -> None:
    columbus = Place("Columbus", 39.96, -82.99)
    assert legend(on_a_map([("US-OH", "Ohio", 3)], [columbus])) == ["a city", "2 to 4 cities"]
    assert legend(on_a_map([("US-OH", "Ohio", 0), ("US", "all", 7), ("US-NM", "?", None)])) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", ["une ville", "1 ville", "de 2 à 4 villes", "2 villes hors de cette carte"]),
        ("es", ["una ciudad", "1 ciudad", "de 2 a 4 ciudades", "2 ciudades fuera de este mapa"]),
    ],
)
def test_the_legend_speaks_the_language(language: str, said: list[str]) -> None:
    places = [Place("Columbus", 39.96, -82.99)] + [Place("The Hague", 52.08, 4.3)] * 2
    rows = [("US-OH", "Ohio", 1), ("US-NM", "New Mexico", 3)]
    assert legend(on_a_map(rows, places, language=language)) == said


def test_each_city_has_a_dot_with_its_name_and_one_beside_the_map_is_counted() -> None:
    places = [Place("Columbus", 39.96, -82.99), Place("Hagåtña", 13.47, 144.75)]
    root = on_a_map([], places)
    dots = [each for each in root.iter(f"{SVG}circle") if each.find(f"{SVG}title") is not None]
    assert [dot.findtext(f"{SVG}title") for dot in dots] == ["Columbus"]
    assert legend(root) == ["a city", "1 city lies outside this map"]


def test_of_many_cities_every_dot_is_there_in_one_drawing() -> None:
    places = [Place("Columbus", 39.96, -82.99 - number / 100) for number in range(DOTS_NAMED_MAX)]
    named = on_a_map([], places)
    assert len({each.findtext(f"{SVG}title") for each in named.iter(f"{SVG}circle")}) > 1

    many = on_a_map([], [*places, Place("Athens", 39.33, -82.1)])
    (drawn,) = [each for each in many.iter(f"{SVG}path") if each.get("class") == "dots"]
    assert (drawn.get("d") or "").count("M") == DOTS_NAMED_MAX + 1
    assert legend(many) == ["a city"]


def test_a_map_beside_a_list_of_cities_has_dots_and_no_tint() -> None:
    columbus = Place("Columbus", 39.96, -82.99)
    chart = Chart("map_us", "", "", "", "", label="city", places=[columbus])
    table = Table("cities", "", [Column("city", "City")], [[Cell("Columbus")]])
    root = ElementTree.fromstring(draw(chart, table, language_of("en")))
    assert legend(root) == ["a city"]
    assert tints(root) == {}


def test_a_city_that_is_not_named_tints_its_country_and_has_no_dot() -> None:
    root = on_a_map([("NL", "Netherlands", 1)], kind="map_world")
    assert tints(root) == {"Netherlands: 1": "land-1"}
    assert not list(root.iter(f"{SVG}circle"))
