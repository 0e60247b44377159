"""Every rendering of a report says the same, number by number, in each language."""

import copy
import io
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import openpyxl
import pikepdf
import pytest

from services.reporting.presentation.composing import sheet_of
from services.reporting.presentation.language import LOCALES, language_of
from services.reporting.presentation.sheet import Cell, Sheet
from tests.support.documents import golden, rich
from tests.support.renderings import PDF, RENDERINGS, WORKBOOK, Document, Rendering
from tests.support.tagged_pdf import elements

DOCUMENTS = {"golden": golden, "rich": rich}
BESIDE = ("value", "previous", "change", "year_before", "year_change", "rolling_four")
LISTED = {
    "cities": ("cities", "city_id", {"population": "population"}),
    "occurrences": (
        "occurrences",
        "activity_id",
        {"attendance": "attendance", "registrations": "registrations"},
    ),
    "works": ("works", "resource_id", {"editions": "editions"}),
}

everywhere = pytest.mark.parametrize("code", LOCALES)
of_both = pytest.mark.parametrize("name", DOCUMENTS)
in_each = pytest.mark.parametrize("rendering", RENDERINGS, ids=lambda each: each.name)


@everywhere
@of_both
@in_each
def test_every_cell_is_shown_as_the_document_has_it(
    rendering: Rendering, name: str, code: str
) -> None:
    language = language_of(code)

    assert rendering.differences(document(name), made(rendering, name, code), language) == []


@everywhere
@of_both
def test_every_figure_stands_in_the_sheet_with_all_that_stands_beside_it(
    name: str, code: str
) -> None:
    rows = rows_by_key(sheet(name, code), "figure", "all-figures", "all-shares")

    for metric, figure in document(name)["figures"].items():
        for part in BESIDE:
            if part in rows[metric]:
                assert rows[metric][part].value == figure[part], (metric, part)
        assert "value" in rows[metric]
        assert "previous" in rows[metric]


@everywhere
@of_both
def test_every_row_of_every_breakdown_stands_in_the_sheet(name: str, code: str) -> None:
    shown = sheet(name, code)

    for metric, dimensions in document(name)["breakdowns"].items():
        for dimension, counts in dimensions.items():
            if counts and (metric, dimension) != ("webinars_held", "kind"):  # all of one kind
                assert breakdown(shown, metric, dimension) == told(counts), (metric, dimension)


@in_each
def test_a_single_wrong_digit_is_found(rendering: Rendering) -> None:
    english = language_of("en")
    for wrong, path in planted(document("rich")):
        shown = rendering.render(json.dumps(wrong).encode(), english)
        found = rendering.differences(document("rich"), shown, english)
        assert found, f"nobody noticed {path}"


@everywhere
def test_a_pdf_carries_the_very_bytes_that_it_was_made_from(code: str) -> None:
    with pikepdf.open(io.BytesIO(made(PDF, "rich", code))) as pdf:
        attached = pdf.attachments["report.json"].get_file().read_bytes()

    assert attached == bytes_of("rich")


@everywhere
@of_both
def test_the_headline_stands_on_paper_in_the_workbook_and_in_the_sidecar(
    name: str, code: str
) -> None:
    headline = document(name)["headline"][code]
    book = openpyxl.load_workbook(io.BytesIO(made(WORKBOOK, name, code)))
    paper = " ".join(each.said() for each in elements(made(PDF, name, code)))

    assert book["cover"]["A3"].value == headline
    assert "".join(headline.split()) in "".join(paper.split())


def test_the_same_document_makes_the_same_bytes_again() -> None:
    english = language_of("en")
    for rendering in RENDERINGS:
        again = rendering.render(bytes_of("golden"), english)
        assert again == made(rendering, "golden", "en"), rendering.name


def document(name: str) -> Document:
    return DOCUMENTS[name]()


@cache
def bytes_of(name: str) -> bytes:
    return json.dumps(document(name), ensure_ascii=False).encode()


@cache
def made(rendering: Rendering, name: str, code: str) -> bytes:
    return rendering.render(bytes_of(name), language_of(code))


@cache
def sheet(name: str, code: str) -> Sheet:
    return sheet_of(document(name), language_of(code))


def rows_by_key(shown: Sheet, first: str, *ids: str) -> dict[str, dict[str, Cell]]:
    """The rows of some tables by the key of their first cell, each by column."""
    return {
        str(row[0].key): {column.key: cell for column, cell in zip(table.columns, row, strict=True)}
        for table in shown.tables()
        if table.id in ids
        for row in table.rows
    }


def breakdown(shown: Sheet, metric: str, dimension: str) -> dict[str, Any]:
    """The rows that a sheet shows of a figure by a dimension, without their total."""
    for table in shown.tables():
        keys = [column.key for column in table.columns]
        if keys[0] == dimension and metric in keys:
            at = keys.index(metric)
            rows = table.rows[:-1] if table.sums else table.rows
            return told({str(row[0].key): row[at].value for row in rows})
    raise AssertionError(f"no table shows {metric} by {dimension}")


def told(counts: Mapping[str, Any]) -> dict[str, Any]:
    """The rows that say something: a table of several figures has rows that some of them lack."""
    return {row: count for row, count in counts.items() if count != 0}


def planted(right: Document) -> Iterator[tuple[dict[str, Any], str]]:
    """Documents with one digit changed: of a figure, a row of a breakdown, an entry of a list."""
    places: list[tuple[Any, ...]] = [
        ("figures", "attendance", "value"),
        ("figures", "cities_engaged", "previous"),
        ("figures", "attribution_rate", "value"),
        ("breakdowns", "cities_engaged", "country", "US"),
        ("lists", "cities", 0, "population"),
        ("data_quality", "held"),
    ]
    for place in places:
        wrong: Any = copy.deepcopy(dict(right))
        inner = wrong
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] += 1
        yield wrong, ".".join(map(str, place))
