"""The PDF: what an archive, a screen reader and a reader at a desk expect of it."""

import io
import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

import pikepdf
import pypdfium2
import pytest

from services.reporting.presentation.composing import sheet_of
from services.reporting.presentation.glyphs import REPLACEMENT, printable
from services.reporting.presentation.language import LOCALES, language_of
from services.reporting.presentation.pdf import ROWS_PRINTED_MAX, columns_printed, pdf_of
from services.reporting.presentation.sheet import Cell, Column, Kind, Section, Status, Table
from tests.support.documents import rich
from tests.support.tagged_pdf import elements, tables


@cache
def made(code: str = "en") -> bytes:
    language = language_of(code)
    return pdf_of(sheet_of(rich(), language), language, json.dumps(rich()).encode())


def opened(content: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(content))


def test_it_says_that_it_is_accessible_and_meant_to_last() -> None:
    metadata = opened(made()).open_metadata()

    assert metadata["pdfuaid:part"] == "1"
    assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")


@pytest.mark.parametrize("code", LOCALES)
def test_it_names_its_language_and_shows_its_title(code: str) -> None:
    pdf = opened(made(code))

    assert str(pdf.Root.Lang) == code
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert pdf.open_metadata()["dc:title"] == sheet_of(rich(), language_of(code)).title
    assert bool(pdf.Root.MarkInfo.Marked)
    assert "/StructTreeRoot" in pdf.Root


def test_headings_go_down_without_a_gap_and_name_every_section_and_table() -> None:
    sheet = sheet_of(rich(), language_of("en"))
    found = [
        (element.kind, element.said())
        for page in elements(made())
        for element in page.walk()
        if re.fullmatch("H[1-6]", element.kind)
    ]

    sections, captions = ([said for kind, said in found if kind == each] for each in ("H2", "H3"))
    assert found[0] == ("H1", sheet.title)
    assert sections == [section.title for section in sheet.sections]
    assert captions == [table.caption for table in sheet.tables()]
    assert len(found) == 1 + len(sheet.sections) + len(list(sheet.tables()))


def test_every_chart_has_an_alternative_and_every_table_headers_of_its_columns() -> None:
    sheet = sheet_of(rich(), language_of("en"))
    found = [element for page in elements(made()) for element in page.walk()]
    charts = [chart for table in sheet.tables() for chart in table.charts]

    pictures = [element.alternative for element in found if element.kind == "Figure"]
    assert charts
    assert pictures == [f"{chart.title.rstrip('.')}. {chart.description}" for chart in charts]
    headers = [element for element in found if element.kind == "TH"]
    shown = [table for table in sheet.tables() if table.rows]
    assert len(headers) == sum(len(columns_printed(table)) for table in shown)
    assert {element.scope for element in headers} == {"Column"}


def test_every_font_is_embedded() -> None:
    pdf = opened(made())
    fonts = [value for value in pdf.objects if is_font(value)]

    assert fonts
    for font in fonts:
        assert {"/FontFile2", "/FontFile3"} & set(font.FontDescriptor.keys())
        assert "SourceSans3" in str(font.BaseFont)


def is_font(value: Any) -> bool:
    return isinstance(value, pikepdf.Dictionary) and "/FontDescriptor" in value


def test_the_attachment_is_the_source_of_the_document() -> None:
    pdf = opened(made())

    (name,) = pdf.attachments
    assert name == "report.json"
    assert pdf.Root.AF[0].AFRelationship == "/Source"


def test_page_one_holds_the_headline_and_the_six_figures_and_each_page_its_number() -> None:
    sheet = sheet_of(rich(), language_of("en"))
    document = pypdfium2.PdfDocument(made())
    texts = [" ".join(page.get_textpage().get_text_range().split()) for page in document]

    first = re.sub(r"\s|-", "", texts[0])
    assert re.sub(r"\s|-", "", sheet.headline) in first
    for card in sheet.sections[0].cards:
        assert re.sub(r"\s", "", card.title) in first
    for number, text in enumerate(texts, start=1):
        assert f"Page {number} of {len(texts)}" in text


def test_of_a_long_table_the_first_rows_are_printed_and_the_rest_is_told() -> None:
    columns = (Column("name", "Name"), Column("count", "Count", Kind.COUNT))
    rows = [(Cell(f"City {n}"), Cell(n, Status.NORMAL)) for n in range(1, 1_201)]
    sheet = sheet_of(rich(), language_of("en"))
    long = replace(
        sheet, sections=[Section("s", "S", tables=[Table("t", "T", columns, rows, sums=True)])]
    )

    content = pdf_of(long, language_of("en"), json.dumps(rich()).encode())

    (printed,) = tables(content)
    assert len(printed) == 1 + ROWS_PRINTED_MAX
    assert printed[-1] == [f"City {ROWS_PRINTED_MAX}", str(ROWS_PRINTED_MAX)]
    said = " ".join(element.said() for element in elements(content))
    assert f"The first {ROWS_PRINTED_MAX} of 1,200 rows" in said


def test_a_name_in_letters_that_the_fonts_lack_is_printed_as_far_as_they_go() -> None:
    assert printable("Łódź, Αθήνα, Київ — 1\u202f234 ≥ −3") == "Łódź, Αθήνα, Київ — 1\u202f234 ≥ −3"
    assert printable("東京 (Tokyo)") == f"{REPLACEMENT * 2} (Tokyo)"

    language = language_of("en")
    sheet = replace(sheet_of(rich(), language), title="Athens 東京 عمان \u0007")
    metadata = opened(pdf_of(sheet, language, json.dumps(rich()).encode())).open_metadata()
    assert metadata["dc:title"].startswith(f"Athens {REPLACEMENT * 2}")
