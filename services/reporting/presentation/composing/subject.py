"""What a sheet tells of: a report's document, in a language, and where its evidence stands."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property, lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from services.reporting.domain.breakdowns import NETWORK_ROWS
from services.reporting.domain.evidence import PEOPLE
from services.reporting.domain.occurrences import ORGANISER_ROWS
from services.reporting.domain.period import Period, parse_period
from services.reporting.presentation.composing.names import LAST
from services.reporting.presentation.language import Language
from services.reporting.presentation.sheet import Cell, Status
from services.reporting.reading import load_registry

Json = Mapping[str, Any]

ONE_PERIOD = frozenset(
    {"new", "returning", "reactivated", "not_repeated", "left", "retention", "lapsed"}
)
"""Figures that compare a period with what came before: there is none over four quarters."""
ON_A_SMALL_BASE = frozenset({"member_share"})
"""Shares that are not printed on a small base; their counts are."""
CITIES_KEPT_MAX = 10_000
ORDERS = {"network": NETWORK_ROWS, "organisers": ORGANISER_ROWS}
"""Dimensions whose rows have an order of their own."""


@cache
def _registry_order() -> tuple[str, ...]:
    return tuple(load_registry().metrics)


@dataclass(frozen=True)
class Subject:
    """A report to be told.

    Args:
        then: its evidence is that of its own moment, and not that of today.
    """

    document: Json
    language: Language
    then: bool = False

    @cached_property
    def period(self) -> Period:
        """The period of the report."""
        return parse_period(self.document["period"]["id"])

    @cached_property
    def previous(self) -> Period:
        """The period before it."""
        return self.period.previous()

    @cached_property
    def year_before(self) -> Period | None:
        """The same quarter a year before; None for a year."""
        period = self.period
        return None if period.quarter is None else replace(period, year=period.year - 1)

    @cached_property
    def figures(self) -> Json:
        """The figures of the document in the order of the registry: stored bytes keep none."""
        found: Json = self.document["figures"]
        order = [metric for metric in _registry_order() if metric in found]
        return {metric: found[metric] for metric in [*order, *(found.keys() - set(order))]}

    @property
    def lists(self) -> Json:
        """The lists of the document."""
        found: Json = self.document["lists"]
        return found

    @cached_property
    def data_to(self) -> datetime | None:
        """When the last fact was recorded that the report rests on."""
        moment = self.document["data_to"]
        return datetime.fromisoformat(moment) if moment else None

    @cached_property
    def known_at(self) -> datetime:
        """The moment as of which the report tells what was known."""
        return datetime.fromisoformat(self.document["known_at"])

    def called(self, period: Period | None = None) -> str:
        """Return the name of a period, of this report's when none is given."""
        return self.language.quarter((period or self.period).name)

    def since(self, period: Period) -> str:
        """Return what stands over a change."""
        return self.language.text("since {period}", period=self.called(period))

    def title(self, metric: str) -> str:
        """Return what a figure is called."""
        title: str = self.figures[metric]["titles"][self.language.code]
        return title

    def unit(self, metric: str) -> str:
        """Return what a figure counts."""
        return self.language.named("unit", self.figures[metric]["unit"])

    def unit_of_value(self, metric: str) -> str:
        """Return what a figure counts, as it stands behind its value: 1 city, 2 cities."""
        figure = self.figures[metric]
        kind = "unit_of_one" if self.language.is_singular(figure["value"] or 0) else "unit"
        return self.language.named(kind, figure["unit"])

    def detail(self, metric: str, name: str) -> Any:
        """Return what else is known of a figure; None when there is no such thing."""
        return self.figures[metric]["detail"].get(name)

    def evidence(self, metric: str, period: Period | None = None, /, **asked: str) -> str:
        """Return where the evidence of a figure stands, or of the row of it that is asked for."""
        if self.then:
            asked["known_at"] = self.document["known_at"]
        query = f"?{urlencode(asked)}" if asked else ""
        return f"/reports/{(period or self.period).id}/figures/{metric}{query}"

    def value(self, metric: str) -> Cell:
        """Return a figure, with its status and its evidence."""
        figure = self.figures[metric]
        return Cell(
            figure["value"],
            self._status(metric),
            self.evidence(metric),
            lower_bound=figure.get("lower_bound", False),
        )

    def before(self, metric: str) -> Cell:
        """Return a figure of the period before."""
        value = self.figures[metric]["previous"]
        return Cell(value, _status_of(metric, value), self.evidence(metric, self.previous))

    def change(self, metric: str) -> Cell:
        """Return by how much a figure has moved since the period before."""
        change = self.figures[metric]["change"]
        return Cell(change, self._moved(metric, change), self._against(metric, "previous", change))

    def a_year_before(self, metric: str) -> Cell:
        """Return a figure of the same quarter a year before."""
        if self.year_before is None:
            return Cell(None, Status.NOT_APPLICABLE)
        value = self.figures[metric]["year_before"]
        return Cell(value, _status_of(metric, value), self.evidence(metric, self.year_before))

    def year_change(self, metric: str) -> Cell:
        """Return by how much a figure has moved since the same quarter a year before."""
        change = self.figures[metric]["year_change"]
        return Cell(
            change, self._moved(metric, change), self._against(metric, "year-before", change)
        )

    def rolling_four(self, metric: str) -> Cell:
        """Return a figure over the four quarters that end with this one."""
        value = self.figures[metric]["rolling_four"]
        return Cell(value, _status_of(metric, value))

    def city(self, city: Json) -> Cell:
        """Return a city of a list by its name, or by its id while nobody has described it."""
        city_id = city["city_id"]
        return Cell(city["name"] or city_id, href=_page_of(city_id), key=city_id)

    def rows(self, metric: str, dimension: str) -> Mapping[str, int | None]:
        """Return the rows of a figure by a dimension, None where a small number stands.

        They are in the order of their dimension; where it has none the largest come first, and
        those of people by name, because an order by size would tell something of a small number.
        """
        rows = self._rows.get((metric, dimension))
        if rows is None:
            rows = self._rows[metric, dimension] = self._ordered(metric, dimension)
        return rows

    @cached_property
    def _rows(self) -> dict[tuple[str, str], Mapping[str, int | None]]:
        return {}

    def _ordered(self, metric: str, dimension: str) -> Mapping[str, int | None]:
        found: Mapping[str, int | None] = self.document["breakdowns"][metric].get(dimension, {})
        order = ORDERS.get(dimension, ())

        def place(row: str) -> tuple[bool, int, int, str]:
            known = order.index(row) if row in order else len(order)
            size = 0 if metric in PEOPLE else -(found[row] or 0)
            return row in LAST, known, size, row

        return {row: found[row] for row in sorted(found, key=place)}

    def cell(self, metric: str, dimension: str, row: str) -> Cell:
        """Return the cell of a row: a row that is not there counts nothing."""
        rows = self.rows(metric, dimension)
        value = rows.get(row, 0)
        status = Status.SUPPRESSED if value is None else self._counted(metric)
        return Cell(value, status, self.evidence(metric, **{dimension: row}))

    def _status(self, metric: str) -> Status:
        figure = self.figures[metric]
        if figure["value"] is None and figure["status"] != Status.MISSING:
            return Status.NOT_APPLICABLE
        if figure["status"] == Status.NORMAL and figure.get("revised"):
            return Status.REVISED
        return Status(figure["status"])

    def _counted(self, metric: str) -> Status:
        """Return the status of the rows of a figure: as provisional as the figure itself."""
        provisional = self.figures[metric]["status"] == Status.PROVISIONAL
        return Status.PROVISIONAL if provisional else Status.NORMAL

    def _moved(self, metric: str, change: float | None) -> Status:
        if change is None:
            return Status.NOT_APPLICABLE if metric in ON_A_SMALL_BASE else Status.MISSING
        return self._counted(metric)

    def _against(self, metric: str, other: str, change: float | None) -> str | None:
        return None if change is None else self.evidence(metric, against=other)


@lru_cache(maxsize=CITIES_KEPT_MAX)
def _page_of(city_id: str) -> str:
    return f"/cities/{quote(city_id)}"


def _status_of(metric: str, value: float | None) -> Status:
    if value is not None:
        return Status.NORMAL
    return Status.NOT_APPLICABLE if metric in ON_A_SMALL_BASE else Status.MISSING
