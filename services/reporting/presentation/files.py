"""A report as files: which there are, what each is called, and how it is made from the document."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from services.reporting.presentation.composing import sheet_of
from services.reporting.presentation.language import Language
from services.reporting.presentation.pdf import pdf_of
from services.reporting.presentation.sheet import Sheet
from services.reporting.presentation.tidy import csv_of, metadata_of
from services.reporting.presentation.workbook import workbook_of

SHEETS_KEPT = 2
"""Who takes one file of a report often takes another, which begins with the same sheet."""


@dataclass(frozen=True, slots=True)
class File:
    """A kind of file: how it is made from a sheet and the document under it, and its media type."""

    make: Callable[[Sheet, Language, bytes], bytes]
    media_type: str


def _metadata(sheet: Sheet, language: Language, document: bytes) -> bytes:
    source = json.loads(document)
    name = f"v{source['version']}" if source["version"] else source["period"]["id"]
    return metadata_of(sheet, language, source, f"{name}.csv?lang={language.code}")


FILES: Mapping[str, File] = {
    "pdf": File(pdf_of, "application/pdf"),
    "xlsx": File(workbook_of, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": File(lambda sheet, language, document: csv_of(sheet), "text/csv; charset=utf-8"),
    "csv-metadata.json": File(_metadata, "application/csvm+json"),
}
"""The files by the ending of their address."""


def file_of(document: bytes, kind: str, language: Language, *, then: bool = False) -> bytes:
    """Return the file of a kind that the JSON of a report makes, the same whenever it is made.

    `then` tells whether the report was asked for as known at an earlier moment.
    """
    return FILES[kind].make(_sheet(document, language, then), language, document)


@lru_cache(maxsize=SHEETS_KEPT)
def _sheet(document: bytes, language: Language, then: bool) -> Sheet:
    return sheet_of(json.loads(document), language, then=then)


def file_name(document: Mapping[str, Any], kind: str, language: Language) -> str:
    """Return what a file is called when it is saved: tandem-2024-Q1-en.pdf, ...-v2-en.pdf."""
    version = f"-v{document['version']}" if document["version"] else ""
    return f"tandem-{document['period']['id']}{version}-{language.code}.{kind}"
