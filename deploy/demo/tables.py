"""The CSV files of this folder: what was gathered, and our readings of it."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
Row = dict[str, str]


@dataclass(frozen=True)
class Tables:
    """Every file, row by row in its own order; README.md describes each."""

    activities: list[Row] = field(default_factory=lambda: read("activities.csv"))
    evidence: list[Row] = field(default_factory=lambda: read("membership_evidence.csv"))
    nlc_member_cities: list[Row] = field(default_factory=lambda: read("nlc_member_cities.csv"))
    resources: list[Row] = field(default_factory=lambda: read("resources.csv"))
    scn_member_cities: list[Row] = field(default_factory=lambda: read("scn_member_cities.csv"))

    activity_readings: list[Row] = field(default_factory=lambda: read("activity_readings.csv"))
    cities: list[Row] = field(default_factory=lambda: read("cities.csv"))
    editions: list[Row] = field(default_factory=lambda: read("editions.csv"))
    left_out: list[Row] = field(default_factory=lambda: read("left_out.csv"))
    named_cities: list[Row] = field(default_factory=lambda: read("named_cities.csv"))
    venues: list[Row] = field(default_factory=lambda: read("venues.csv"))

    def city_id_of(self, row: Row) -> str:
        """Return the id of the city that a row of the gathered files names with its country.

        Raises:
            KeyError: cities.csv has no such city.
        """
        return self._city_ids()[row["name"], row["region_or_state"], row["country_iso2"]]

    def _city_ids(self) -> dict[tuple[str, str, str], str]:
        return {
            (city["name_in_source"], city["region_in_source"], city["country"]): city["city_id"]
            for city in self.cities
        }

    def is_left_out(self, file: str, row: str, part: str = "row") -> bool:
        """Tell whether a row, or a part of one, stays out by left_out.csv."""
        return any(
            (entry["file"], entry["row"], entry["part"]) == (file, row, part)
            for entry in self.left_out
        )


def read(name: str) -> list[Row]:
    """Return the rows of a CSV file of this folder."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parts(cell: str) -> list[str]:
    """Return the values of a cell that holds a list."""
    return [value.strip() for value in cell.split(";") if value.strip()]
