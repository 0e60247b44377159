"""Parts of countries are called by their names, in the language of the report where it has one."""

import pytest

from services.reporting.presentation.composing.names import subdivision
from services.reporting.presentation.language import language_of
from services.reporting.presentation.regions import region


@pytest.mark.parametrize(
    ("key", "language", "name"),
    [
        ("US-OH", "en", "Ohio"),
        ("PK-PB", "fr", "Pendjab"),
        ("IN-PB", "en", "Punjab (India)"),
        ("IN-PB", "fr", "Penjab (Inde)"),
        ("IN-PB", "es", "Punjab (India)"),
        ("CO-DC", "fr", "District de la capitale Bogota (Colombie)"),
        ("BE-VLI", "es", "Limburg (Bélgica)"),
        ("BE-99", "en", "99 (Belgium)"),
        ("BE-unknown", "en", "Belgium: part not known"),
    ],
)
def test_a_part_of_a_country_is_called_by_its_name(key: str, language: str, name: str) -> None:
    assert subdivision(language_of(language), key) == name


def test_what_no_list_knows_has_no_name() -> None:
    assert region("ZZ-1", "en") is None
