"""A report as files: how each kind is made from the document."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache

from services.reporting.presentation.composing import sheet_of
from services.reporting.presentation.language import Language
from services.reporting.presentation.pdf import pdf_of
from services.reporting.presentation.sheet import Sheet
from services.reporting.presentation.tidy import csv_of, metadata_of
from services.reporting.presentation.workbook import workbook_of


def _metadata(sheet: Sheet, language: Language, document: bytes) -> bytes:
    source = json.loads(document)
    name = f"v{source['version']}" if source["version"] else source["period"]["id"]
    return metadata_of(sheet, language, source, f"{name}.csv?lang={language.code}")


MADE_BY: Mapping[str, Callable[[Sheet, Language, bytes], bytes]] = {
    "pdf": pdf_of,
    "xlsx": workbook_of,
    "csv": lambda sheet, language, document: csv_of(sheet),
    "csv-metadata.json": _metadata,
}
"""What makes each kind of file of a sheet and the document under it."""


def file_of(document: bytes, kind: str, language: Language, *, then: bool = False) -> bytes:
    """Return the file of a kind that the JSON of a report makes, the same whenever it is made.

    `then` tells whether the report was asked for as known at an earlier moment.
    """
    return MADE_BY[kind](_sheet(document, language, then), language, document)


# Who takes one file of a report often takes another, which begins with the same sheet.
@lru_cache(maxsize=1)
def _sheet(document: bytes, language: Language, then: bool) -> Sheet:
    return sheet_of(json.loads(document), language, then=then)
