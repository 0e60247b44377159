"""From a latitude and longitude to a point of a map: the United States, and the world.

Both projections keep areas true, so that a tint says as much as its place is large. The shapes
beside this module (shapes/) were drawn by the same functions, by deploy/maps/build.py.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

Point = tuple[float, float]
"""x to the right and y down, in units of a map."""
Projection = Callable[[float, float], Point | None]
"""From longitude and latitude, in degrees, to the point of a place that is on the map."""

WIDTH = 360.0
"""Units that every map, and every chart, is wide."""


@dataclass(frozen=True, slots=True)
class Conic:
    """Albers' conic projection of equal areas, turned to a place of the map.

    Args:
        parallels: the two on which distances are true, in degrees.
        centre: longitude and latitude that come to stand at `at`.
        scale: units of the map in a radius of the Earth.
    """

    parallels: tuple[float, float]
    centre: tuple[float, float]
    scale: float
    at: Point

    def __call__(self, longitude: float, latitude: float) -> Point:
        """Return where a place stands.

        Source: J. P. Snyder, Map Projections: A Working Manual (1987), page 100.
        """
        first, second = (math.radians(parallel) for parallel in self.parallels)
        cone = (math.sin(first) + math.sin(second)) / 2
        constant = math.cos(first) ** 2 + 2 * cone * math.sin(first)

        def radius(degrees: float) -> float:
            return math.sqrt(constant - 2 * cone * math.sin(math.radians(degrees))) / cone

        angle = cone * math.radians(beside(longitude, self.centre[0]))
        x = radius(latitude) * math.sin(angle)
        y = radius(self.centre[1]) - radius(latitude) * math.cos(angle)
        return self.at[0] + self.scale * x, self.at[1] - self.scale * y


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the United States that has a frame of its own: degrees, and how it is drawn."""

    west: float
    east: float
    south: float
    north: float
    project: Conic

    def holds(self, longitude: float, latitude: float) -> bool:
        """Return whether a place lies in this part; it may reach over the date line."""
        width = (self.east - self.west) % 360
        return self.south <= latitude <= self.north and (longitude - self.west) % 360 <= width


US_HEIGHT = 232.0
US_PARTS = {
    "mainland": Part(-125, -66, 24, 50, Conic((29.5, 45.5), (-96.6, 38.7), 480, (180, 112))),
    "alaska": Part(-180, -129, 51, 72, Conic((55, 65), (-156, 58.5), 160, (38.4, 208))),
    "hawaii": Part(-161, -154, 18, 23, Conic((8, 18), (-160, 19.9), 480, (86.4, 213.8))),
    "islands": Part(-68, -64, 17, 19, Conic((17, 19), (-66.3, 18.1), 800, (239, 214))),
}
"""Alaska is drawn at a third of the scale; Puerto Rico and the Virgin Islands nearly at twice."""

US_FRAMES: tuple[tuple[Point, ...], ...] = (
    ((0, 168), (64, 168), (82, 186), (82, 232)),
    ((82, 190), (114, 190), (132, 208), (132, 232)),
    ((213, 232), (213, 204), (266, 204), (266, 232)),
)
"""Lines around what is not where it is drawn."""


def united_states(longitude: float, latitude: float) -> Point | None:
    """Return where a place of the United States stands; None for one that the map leaves out."""
    for part in US_PARTS.values():
        if part.holds(longitude, latitude):
            return part.project(longitude, latitude)
    return None


WORLD_MERIDIAN = 11.0
"""In the middle, so that the map is cut between Asia and America, where no land is."""
WORLD_SOUTH, WORLD_NORTH = -56.0, 84.0
_EQUAL_EARTH = (1.340264, -0.081106, 0.000893, 0.003796)
_WORLD_SCALE = WIDTH / 5.413259


def _equal_earth(turned: float, latitude: float) -> Point:
    """Return x and y, up, of the Equal Earth projection, for a radius of one.

    Source: Šavrič, Patterson and Jenny, The Equal Earth map projection, International Journal of
    Geographical Information Science 33 (2019).
    """
    a, b, c, d = _EQUAL_EARTH
    angle = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    square = angle * angle
    sixth = square**3
    slope = a + 3 * b * square + sixth * (7 * c + 9 * d * square)
    x = 2 * math.sqrt(3) / 3 * math.radians(turned) * math.cos(angle) / slope
    return x, angle * (a + b * square + sixth * (c + d * square))


_WORLD_TOP = _equal_earth(0, WORLD_NORTH)[1]
WORLD_HEIGHT = round(_WORLD_SCALE * (_WORLD_TOP - _equal_earth(0, WORLD_SOUTH)[1]))


def world(longitude: float, latitude: float) -> Point | None:
    """Return where a place stands on the map of the world; None beside the poles."""
    if not WORLD_SOUTH <= latitude <= WORLD_NORTH:
        return None
    return world_beside(beside(longitude, WORLD_MERIDIAN), latitude)


def world_beside(turned: float, latitude: float) -> Point:
    """Return where a place stands by its degrees east of the middle, which may pass 180."""
    x, y = _equal_earth(turned, latitude)
    return WIDTH / 2 + _WORLD_SCALE * x, _WORLD_SCALE * (_WORLD_TOP - y)


def beside(longitude: float, meridian: float) -> float:
    """Return the degrees from a meridian to a longitude the short way, east counted up."""
    return (longitude - meridian + 180) % 360 - 180
