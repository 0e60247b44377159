"""A report as a page: what stands between its header and its footer, made of the document alone.

So it is rendered once for each state of the report, whoever reads it, and a published version
looks for ever as it did. What moves while the page is open carries a key (`data-moves`), under
which `texts_of` says what stands there in a later state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from services.reporting.domain.period import Calendar, Period, parse_period, quarter_of
from services.reporting.presentation.composing import sheet_of
from services.reporting.presentation.composing.cards import cards
from services.reporting.presentation.composing.subject import Subject
from services.reporting.presentation.language import Language
from services.reporting.presentation.pages import address, mark, page, said
from services.reporting.presentation.sheet import Column, Kind

Document = Mapping[str, Any]

VALUE, CHANGE = Column("value", "", Kind.COUNT), Column("change", "", Kind.CHANGE)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a report stands, and what stands around it.

    Args:
        period: its id.
        version: of a published one.
        question: what was asked beside it, such as known_at; its links ask the same.
    """

    period: str
    version: int | None = None
    question: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The address of the report itself, to which the ending of a file is added."""
        version = "" if self.version is None else f"/v{self.version}"
        return f"/reports/{self.period}{version}"

    def file(self, ending: str, **more: str) -> str:
        """Return the address of the report as a file."""
        return address(f"{self.path}.{ending}", {**self.question, **more})

    def to(self, suffix: str = "", **more: str) -> str:
        """Return the address of something that belongs to the report of the period."""
        return address(f"/reports/{self.period}{suffix}", {**self.question, **more})

    def of(self, period: str) -> str:
        """Return the address of another period's report, asked the same."""
        return address(f"/reports/{period}", self.question)


def body_of(document: Document, language: Language, where: Whereabouts) -> str:
    """Return a report as a part of a page."""
    period = parse_period(document["period"]["id"])
    known_on = date.fromisoformat(document["known_at"][: len("2024-01-01")])
    following = period.following()

    return page(
        "body.html",
        language,
        where.path,
        sheet=sheet_of(document, language, then=bool(where.question)),
        where=where,
        period=period,
        previous=period.previous(),
        following=following if following.dates.first <= known_on else None,
        year_before=year_before(period),
        counterpart=counterpart(period),
    )


def counterpart(period: Period) -> Period | None:
    """Return the same days in the other calendar; a year has none."""
    if period.quarter is None:
        return None
    other = Calendar.CIVIL if period.calendar is Calendar.NLC else Calendar.NLC
    return quarter_of(period.dates.first, other)


def year_before(period: Period) -> Period | None:
    """Return the same quarter of the year before; a year has none that is not its previous one."""
    return replace(period, year=period.year - 1) if period.quarter else None


def texts_of(document: Document, language: Language) -> dict[str, str]:
    """Return what stands at each key of a page that moves, and what is told of each figure."""
    texts = {"headline": document["headline"][language.code]}
    for card in cards(Subject(document, language)):  # a whole sheet would take ten times as long
        text = said(card.value, VALUE, language)
        texts[f"{card.metric}.value"] = text
        texts[f"{card.metric}.mark"] = mark(card.value) or ""
        texts[f"{card.metric}.told"] = language.text(
            "{title}: {value} {unit}", title=card.title, value=text, unit=card.unit
        )
        for number, (_, change) in enumerate(card.changes, start=1):
            texts[f"{card.metric}.change.{number}"] = said(change, CHANGE, language)
    return texts
