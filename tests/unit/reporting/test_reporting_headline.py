"""The headline: fixed grammar, right plurals, and every doubt said, in three languages."""

from dataclasses import replace
from datetime import date

import pytest

from services.reporting.domain.dates import Dates
from services.reporting.domain.headline import Story, headline

PLAIN = Story(
    period="2024-Q1",
    dates=Dates(date(2024, 1, 1), date(2024, 3, 31)),
    so_far=False,
    cities=5,
    countries=2,
    webinars=2,
    joint=1,
    nlc=1,
    scn=0,
    other=0,
    activities=3,
    resources=1,
    residents=2_435_000,
    residents_lower_bound=False,
    awaiting=0,
    held=3,
    attribution=None,
)
DOUBTFUL = replace(
    PLAIN, so_far=True, residents_lower_bound=True, awaiting=1, attribution=75.5, other=1
)
ONE = replace(
    PLAIN, cities=1, countries=1, webinars=1, joint=1, nlc=0, activities=1, residents=21_000
)
NONE = replace(
    PLAIN, cities=0, countries=0, webinars=0, joint=0, nlc=0, activities=0, resources=0, residents=0
)


TOLD = {
    "en": (
        "In Q1 2024 (1 January to 31 March 2024), NLC and SCN engaged 5 cities in 2 countries, "
        "held 2 webinars (1 joint, 1 NLC, 0 SCN) among 3 activities, and shared 1 resource. "
        "The engaged cities have 2,435,000 residents."
    ),
    "fr": (
        "Pour le T1 2024 (du 1er janvier au 31 mars 2024), NLC et SCN ont mobilisé 5 villes dans "
        "2 pays, tenu 2 webinaires (1 en commun, 1 NLC, 0 SCN) parmi 3 activités et partagé "
        "1 ressource. Les villes mobilisées comptent 2\u202f435\u202f000 habitants."
    ),
    "es": (
        "En el T1 de 2024 (del 1 de enero al 31 de marzo de 2024), NLC y SCN contaron con "
        "5 ciudades participantes en 2 países, celebraron 2 seminarios web (1 conjunto, 1 de NLC, "
        "0 de SCN) entre 3 actividades y compartieron 1 recurso. "
        "Las ciudades participantes tienen 2,435,000 habitantes."
    ),
}


@pytest.mark.parametrize("language", TOLD)
def test_a_plain_quarter_is_told_in_two_sentences(language: str) -> None:
    assert headline(PLAIN)[language] == TOLD[language]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "So far in Q1 2024",
                "0 SCN, 1 other)",
                "at least 2,435,000",
                "Incomplete: 1 of 3 held occurrences awaits final attendance.",
                "Only 75.5% of attendance could be attributed to a city.",
            ],
        ),
        (
            "fr",
            [
                "À ce jour, pour le T1 2024",
                "0 SCN, 1 autre)",
                "au moins 2\u202f435\u202f000",
                "Incomplet\u00a0: 1 séance tenue sur 3 attend sa liste de présence définitive.",
                "Seulement 75,5\u00a0% des participations",
            ],
        ),
        (
            "es",
            [
                "En lo que va del T1 de 2024",
                "0 de SCN, 1 otro)",
                "al menos 2,435,000",
                "Incompleto: 1 de 3 sesiones celebradas espera la asistencia definitiva.",
                "Solo el 75.5\u00a0% de las asistencias",
            ],
        ),
    ],
)
def test_every_doubt_is_said(language: str, words: list[str]) -> None:
    told = headline(DOUBTFUL)[language]

    assert [each for each in words if each not in told] == []


@pytest.mark.parametrize(
    ("language", "one", "none"),
    [
        ("en", ["1 city in 1 country", "1 webinar (", "1 activity,"], ["0 cities", "0 resources"]),
        ("fr", ["1 ville dans 1 pays", "1 webinaire ("], ["0 ville dans 0 pays", "0 ressource."]),
        ("es", ["1 ciudad participante en 1 país"], ["0 ciudades", "0 países", "0 recursos"]),
    ],
)
def test_one_and_none_take_the_number_that_the_language_gives_them(
    language: str, one: list[str], none: list[str]
) -> None:
    assert [words for words in one if words not in headline(ONE)[language]] == []
    assert [words for words in none if words not in headline(NONE)[language]] == []


def test_nobody_is_said_to_live_in_no_city_and_a_year_is_told_at_both_ends() -> None:
    fiscal = replace(NONE, dates=Dates(date(2023, 10, 1), date(2024, 9, 30)))

    assert "residents" not in headline(NONE)["en"]
    assert "(1 October 2023 to 30 September 2024)" in headline(fiscal)["en"]
    assert "du 1er octobre 2023 au 30 septembre 2024" in headline(fiscal)["fr"]
    assert headline(replace(fiscal, period="NLC FY2024"))["es"].startswith("En NLC FY2024 (del 1")
    assert "del 1 de octubre de 2023 al 30 de septiembre de 2024" in headline(fiscal)["es"]


def test_round_millions_take_de_in_french() -> None:
    assert "2\u202f000\u202f000 d’habitants" in headline(replace(PLAIN, residents=2_000_000))["fr"]
