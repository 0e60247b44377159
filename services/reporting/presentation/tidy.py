"""A report as CSV: one long table, a line for each cell, with a sidecar that says what it means.

Each line names its table, its row and its column by keys that are the same in every language, and
by words in one. Numbers stand in a column of their own and nothing else does, so a text that looks
like a formula is guarded (CWE-1236) without any number being touched. The file begins with a byte
order mark, because else Excel would not read it as UTF-8; others skip it.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from services.reporting.presentation.language import Language
from services.reporting.presentation.sheet import Cell, Column, Kind, Sheet, Table, Value

BYTE_ORDER_MARK = "\ufeff"
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a text for a formula, when it stands first."""
GUARD = "'"
VOCABULARY = "http://www.w3.org/ns/csvw"
OBSERVATION_STATUS = "http://purl.org/linked-data/sdmx/2009/attribute#obsStatus"

COLUMNS: Mapping[str, tuple[str, str]] = {
    "period": ("string", "Period: 2024-Q1, or FY2024-Q2 of NLC"),
    "table": ("string", "Table: its key, the same in each language"),
    "row": ("integer", "Row of the table, from 1"),
    "row_key": ("string", "What the row stands for: a code where there is one"),
    "row_label": ("string", "What the row is called"),
    "measure": ("string", "Column of the table: its key"),
    "measure_label": ("string", "What the column is called"),
    "value": ("decimal", "The number; empty when there is none"),
    "text": ("string", "The text or the date, when the cell holds no number"),
    "key": ("string", "The code that a text stands for"),
    "unit": ("string", "Unit of the number"),
    "obs_status": ("string", "Status of the number, as in SDMX: A, P, E, O, Q; R is revised"),
    "lower_bound": ("boolean", "Whether the true number may be higher"),
    "evidence": ("string", "Where on the site of the report its evidence stands"),
}
"""The columns: what each holds, and what it means."""


def csv_of(sheet: Sheet) -> bytes:
    """Return a sheet as CSV (RFC 4180), in UTF-8 with a byte order mark."""
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow(COLUMNS)
    for table in sheet.tables():
        for number, row in enumerate(table.rows, start=1):
            row_key, row_label = _name_of(row[0])
            for column, cell in zip(table.columns, row, strict=True):
                lines.writerow(
                    (
                        sheet.period,
                        table.id,
                        number,
                        guarded(row_key),
                        guarded(row_label),
                        column.key,
                        guarded(column.label),
                        *_content(cell, column),
                        cell.status or "",
                        "true" if cell.lower_bound else "",
                        cell.href or "",
                    )
                )
    return (BYTE_ORDER_MARK + file.getvalue()).encode()


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: with an apostrophe where it would."""
    return GUARD + text if text.startswith(FORMULA_BEGINS) else text


def _name_of(cell: Cell) -> tuple[str, str]:
    """Return the key and the label of a row, by its first cell."""
    label = _text(cell.value)
    return cell.key or label, label


def _content(cell: Cell, column: Column) -> tuple[str, str, str, str]:
    """Return the value, the text, the key and the unit of a cell."""
    unit = "percent" if column.kind is Kind.PERCENT else column.unit or ""
    if isinstance(cell.value, int | float):
        return _text(cell.value), "", "", unit
    if column.kind in (Kind.TEXT, Kind.DATE, Kind.INSTANT):
        unit = ""
    return "", guarded(_text(cell.value)), guarded(cell.key or ""), unit


def _text(value: Value) -> str:
    """Return a value as programs write it: 1234.5, 2024-03-27, 2024-04-20T09:00:00Z."""
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def metadata_of(
    sheet: Sheet, language: Language, document: Mapping[str, Any], address: str
) -> bytes:
    """Return what the CSV of a sheet means, as CSV on the Web.

    Args:
        sheet: the report in this language.
        language: of the labels in the file.
        document: what the sheet was made from.
        address: of the file, from where this one stands.
    """
    described = {
        "@context": [VOCABULARY, {"@language": language.tag}],
        "url": address,
        "dc:title": sheet.title,
        "dc:description": sheet.headline,
        "dc:language": language.tag,
        "dc:publisher": ["National League of Cities", "Strong Cities Network"],
        "dc:modified": {"@value": document["known_at"], "@type": "xsd:dateTime"},
        "dc:temporal": f"{document['period']['start']}/{document['period']['end']}",
        "dc:provenance": json.dumps(document["provenance"], sort_keys=True),
        "dialect": {"encoding": "utf-8", "header": True, "lineTerminators": ["\r\n"]},
        "tableSchema": {
            "columns": list(_columns()),
            "primaryKey": ["period", "table", "row", "measure"],
        },
        "notes": [_described(table) for table in sheet.tables()],
    }
    return json.dumps(described, ensure_ascii=False, indent=1).encode()


def _columns() -> Iterator[dict[str, Any]]:
    for name, (datatype, description) in COLUMNS.items():
        yield {
            "name": name,
            "titles": name,
            "datatype": datatype,
            "dc:description": {"@value": description, "@language": "en"},
            **({"propertyUrl": OBSERVATION_STATUS} if name == "obs_status" else {}),
        }


def _described(table: Table) -> dict[str, Any]:
    return {
        "table": table.id,
        "caption": table.caption,
        "summary": table.summary,
        "note": table.note,
        "rows": len(table.rows),
        "last_row_is_the_sum": table.sums,
        "measures": {column.key: column.label for column in table.columns},
    }
