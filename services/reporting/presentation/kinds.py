"""The files that a report comes as: their kinds by the ending of their address, and their names."""

from collections.abc import Mapping

from services.reporting.presentation.language import Language

MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "csv-metadata.json": "application/csvm+json",
}


def file_name(period: str, version: int | None, kind: str, language: Language) -> str:
    """Return what a file is called when it is saved: tandem-2024-Q1-en.pdf, ...-v2-en.pdf."""
    published = f"-v{version}" if version else ""
    return f"tandem-{period}{published}-{language.code}.{kind}"
