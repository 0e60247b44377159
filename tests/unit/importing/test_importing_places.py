"""Countries and states by name or code; what is not known is not guessed."""

import pytest

from shared.importing.places import country_code, subdivision_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("United States of America", "US"),
        ("united  states", "US"),
        ("USA", "US"),
        ("us", "US"),
        ("The Netherlands", "NL"),
        ("Pays-Bas", "NL"),
        ("Países Bajos", "NL"),
        ("Viet Nam", "VN"),
        ("Atlantis", None),
        ("EU", None),
        ("XX", None),
    ],
)
def test_a_country_is_known_by_code_and_by_name(text: str, code: str | None) -> None:
    assert country_code(text, {}) == code


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("Ohio", "US", "OH"),
        ("oh", "US", "OH"),
        ("US-OH", "US", "OH"),
        ("District of Columbia", "US", "DC"),
        ("Zuid-Holland", "US", None),
        ("Québec", "CA", "QC"),
        ("ZH", "NL", "ZH"),
        ("75", "FR", "75"),
        ("Zuid-Holland", "NL", None),
        ("Île", "FR", None),
    ],
)
def test_a_state_is_known_in_its_country(text: str, country: str, code: str | None) -> None:
    assert subdivision_code(text, country, {}) == code


def test_a_mapping_knows_more() -> None:
    assert country_code("Atlantis", {"atlantis": "GR"}) == "GR"
    assert subdivision_code("Zuid-Holland", "NL", {"zuid-holland": "ZH"}) == "ZH"
