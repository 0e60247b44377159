"""What is told of a published report: as published, as reproduced, as known now, what changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.reporting.domain.difference import Difference
from services.reporting.domain.evidence import Contribution
from services.reporting.domain.period import Period
from services.reporting.domain.report import instant_json, period_json

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """A version as the list of versions has it."""

    period: str
    version: int
    status: str
    known_at: datetime
    sha256: str
    published_by: str
    reason: str | None
    note: str | None
    cells_changed: int

    def to_json(self) -> Json:
        """Return it as printed."""
        return {
            "period": self.period,
            "version": self.version,
            "status": self.status,
            "published_on": instant_json(self.known_at)[:10],
            "known_at": instant_json(self.known_at),
            "sha256": self.sha256,
            "published_by": self.published_by,
            "reason": self.reason,
            "note": self.note,
            "cells_changed": self.cells_changed,
            "json": f"/reports/{self.period}/v{self.version}.json",
        }


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A version composed again from the facts of then.

    Args:
        document: what was composed now.
        sha256: of it, said to be made by the code, the registry and the time zones of then.
        equal: it is that of what was published.
        made_by: which of code, registry and time zone data are others than then.
        cells: what came out otherwise.
    """

    document: Json
    sha256: str
    equal: bool
    made_by: tuple[str, ...]
    cells: tuple[Difference, ...]

    def to_json(self) -> Json:
        """Return it as printed."""
        return {
            "sha256": self.sha256,
            "equal": self.equal,
            "made_by_others": list(self.made_by),
            "cells": [cell.to_json() for cell in self.cells],
        }


@dataclass(frozen=True, slots=True)
class Readings:
    """A version as published, as reproduced, and its report as known now."""

    told: Published
    published: Json
    reproduced: Reproduction
    now: Json

    def to_json(self) -> Json:
        """Return it as printed: every figure in each reading."""
        readings = self.published, self.reproduced.document, self.now
        return {
            "version": self.told.version,
            "as_published": {"known_at": self.published["known_at"], "sha256": self.told.sha256},
            "reproduced": self.reproduced.to_json(),
            "as_known_now": {"known_at": self.now["known_at"], "status": self.now["status"]},
            "figures": [
                {
                    "metric": metric,
                    "titles": figure["titles"],
                    "unit": figure["unit"],
                    "values": [_reading(document, metric) for document in readings],
                }
                for metric, figure in self.now["figures"].items()
            ],
        }


@dataclass(frozen=True, slots=True)
class Cause:
    """The facts because of which a figure changed.

    Args:
        arrived: recorded between both moments, and counted at the later one.
        left: counted at the earlier moment, and no more at the later one.
    """

    arrived: tuple[Contribution, ...]
    left: tuple[Contribution, ...]

    def to_json(self, *, everything: bool) -> Json:
        """Return it as printed; unless `everything` may be seen, facts of single people are not."""
        shown = [
            [fact.to_json() for fact in facts if everything or not fact.personal]
            for facts in (self.arrived, self.left)
        ]
        withheld = len(self.arrived) + len(self.left) - sum(map(len, shown))
        return {"arrived": shown[0], "left": shown[1], "facts_withheld": withheld}


@dataclass(frozen=True, slots=True)
class Change:
    """What changed from one reading of a report to a later one; `after` is None for now."""

    period: Period
    before: Published
    after: Published | None
    known_at: datetime
    cells: tuple[Difference, ...]
    causes: Mapping[str, Cause]
    titles: Mapping[str, Mapping[str, str]]

    def to_json(self, *, everything: bool = False) -> Json:
        """Return the document."""
        return {
            "period": period_json(self.period),
            "from": self.before.to_json(),
            "to": self.after.to_json() if self.after else None,
            "known_at": instant_json(self.known_at),
            "reason": self.after.reason if self.after else None,
            "note": self.after.note if self.after else None,
            "titles": dict(self.titles),
            "cells": [cell.to_json() for cell in self.cells],
            "causes": {
                metric: cause.to_json(everything=everything)
                for metric, cause in self.causes.items()
            },
        }


def _reading(document: Json, metric: str) -> Json:
    """Return the number of a figure in one reading, with its status."""
    figure = document["figures"].get(metric, {})
    return {"value": figure.get("value"), "status": figure.get("status")}
