"""Building the maps: what a topology holds becomes paths that still fit together."""

import io
import json
import math
import tarfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.maps.build import (
    CRIMEA,
    TOLERANCE,
    Atlas,
    Source,
    atlas,
    country_code,
    distance,
    outline,
    path,
    shapes,
    simplified,
    unpacked,
    us_arc,
    us_code,
    world_arc,
)

# Two unit squares beside each other: the arc 0 is the border between them.
LEFT, RIGHT = [0, 1], [~0, 2]
SQUARES = [
    [(1.0, 0.0), (1.0, 1.0)],
    [(1.0, 1.0), (0.0, 1.0), (0.0, 0.0), (1.0, 0.0)],
    [(1.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0)],
]
POINTS = st.tuples(st.floats(0, 100), st.floats(0, 100))


def test_arcs_are_moves_on_a_grid() -> None:
    arc = unpacked([(1, 1), (2, -1), (0, 5)], (0.5, 0.1), (-10.0, 20.0))
    assert [(round(x, 6), round(y, 6)) for x, y in arc] == [(-9.5, 20.1), (-8.5, 20), (-8.5, 20.5)]


def test_land_of_one_place_loses_the_border_within_it() -> None:
    (ring,) = Atlas(SQUARES, []).joined([LEFT, RIGHT])
    assert {max(arc, ~arc) for arc in ring} == {1, 2}
    assert path([ring], SQUARES).count("M") == 1


def test_land_that_shares_no_border_stays_as_it_is() -> None:
    assert Atlas(SQUARES, []).joined([LEFT]) == [LEFT]


def test_places_that_share_a_border_draw_it_through_the_same_points() -> None:
    places = [
        {"type": "Polygon", "arcs": [ring], "id": code, "properties": {"name": code}}
        for code, ring in (("west", LEFT), ("east", RIGHT))
    ]
    drawn = shapes(Atlas(SQUARES, places), lambda place: str(place["id"]), list)
    assert drawn == {"east": "M10,10l0-10+10+0+0+10z", "west": "M10,0l0+10-10+0+0-10z"}


def test_crimea_is_drawn_in_ukraine_whoever_holds_it() -> None:
    (x, y), side = CRIMEA, 1.0
    square = [
        (x - side, y - side),
        (x + side, y - side),
        (x + side, y + side),
        (x - side, y - side),
    ]
    russia = {
        "type": "MultiPolygon",
        "arcs": [[[0]], [[1]]],
        "id": "643",
        "properties": {"name": ""},
    }
    elsewhere = [(a + 20, b + 10) for a, b in square]
    drawn = shapes(Atlas([square, elsewhere], [russia]), country_code, list)
    assert sorted(drawn) == ["RU", "UA"]


@given(st.lists(POINTS, min_size=2, max_size=60))
def test_a_simplified_border_keeps_its_ends_and_stays_close(arc: list[tuple[float, float]]) -> None:
    kept = simplified(arc)
    assert (kept[0], kept[-1]) == (arc[0], arc[-1])
    assert set(kept) <= set(arc)
    lines = list(pairwise(kept))
    assert all(min(distance(point, *line) for line in lines) <= TOLERANCE for point in arc)


def test_a_straight_border_takes_two_points() -> None:
    assert simplified([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]) == [(0.0, 0.0), (3.0, 3.0)]


def test_an_island_smaller_than_a_step_is_a_square_of_one() -> None:
    assert outline([(5.01, 5.01), (5.02, 5.01), (5.01, 5.02)]) == "M50,50l1+0+0+1-1+0z"


def test_small_islands_are_left_out_only_beside_large_ones() -> None:
    large = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 0.0)]
    small = [[(20.0, y), (20.1, y), (20.1, y + 0.1), (20.0, y)] for y in (1.0, 2.0)]
    assert path([[0], [1], [2]], [large, *small]).count("M") == 1
    assert path([[0], [1]], small).count("M") == 2


def test_land_that_crosses_the_date_line_is_drawn_in_one_piece() -> None:
    chukotka = world_arc([(178.0, 66.0), (179.9, 66.0), (-179.9, 66.0), (-176.0, 66.0)])
    steps = [math.dist(a, b) for a, b in pairwise(chukotka)]
    assert max(steps) < 5


def test_land_that_the_map_has_no_room_for_is_not_drawn() -> None:
    assert us_arc([(144.7, 13.4), (144.8, 13.5)]) == []


@pytest.mark.parametrize(
    ("number", "name", "code"),
    [
        ("528", "Netherlands", "NL"),
        ("246", "Finland", "FI"),
        (None, "Kosovo", "XK"),
        (None, "Siachen Glacier", "-"),
        ("010", "Antarctica", None),
    ],
)
def test_countries_go_by_the_codes_of_iso_3166(
    number: str | None, name: str, code: str | None
) -> None:
    numbered = {"id": number} if number else {}
    assert country_code({**numbered, "properties": {"name": name}}) == code


def test_states_go_by_their_codes_and_the_pacific_is_left_out() -> None:
    assert [us_code({"id": number}) for number in ("39", "72", "66")] == ["US-OH", "US-PR", None]


def test_another_package_than_the_one_that_was_looked_at_is_refused(tmp_path: Path) -> None:
    content = json.dumps({"arcs": []}).encode()
    with tarfile.open(tmp_path / "us-atlas-9.9.9.tgz", "w:gz") as package:
        member = tarfile.TarInfo("package/states.json")
        member.size = len(content)
        package.addfile(member, io.BytesIO(content))
    with pytest.raises(SystemExit, match="holds another"):
        atlas(tmp_path, Source("us-atlas-9.9.9", "states.json", "states", "0" * 64))
