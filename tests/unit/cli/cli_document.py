"""A report as the contract describes it, for tests of how it is printed."""

from typing import Any


def figure(value: float | None, unit: str = "cities", **more: Any) -> dict[str, Any]:
    return {
        "value": value,
        "unit": unit,
        "status": "A",
        "previous": None,
        "change": None,
        "title": "A figure",
        "titles": {"en": "A figure", "fr": "Un chiffre", "es": "Una cifra"},
        "detail": {},
    } | more


def report(**more: Any) -> dict[str, Any]:
    return {
        "period": {
            "id": "2024-Q1",
            "name": "2024-Q1",
            "start": "2024-01-01",
            "end": "2024-03-31",
            "also": ["NLC FY2024-Q2"],
        },
        "status": "provisional",
        "known_at": "2024-04-20T09:00:00Z",
        "data_to": "2024-04-20T08:30:00Z",
        "next_release": {"status": "final", "on": "2024-05-15"},
        "headline": {
            "en": "In 2024-Q1, NLC and SCN engaged 5 cities in 2 countries. " * 4,
            "fr": "Pour 2024-Q1, NLC et SCN ont mobilisé 5 villes.",
            "es": "En 2024-Q1, NLC y SCN contaron con 5 ciudades.",
        },
        "notes": ["1 of 2 held occurrences awaits final attendance." * 3],
        "figures": {
            "cities_engaged": figure(5, status="P", previous=4, change=1),
            "new": figure(5),
            "webinars_held": figure(2, unit="occurrences"),
            "activities_held": figure(2, unit="occurrences"),
            "coverage": figure(2, unit="countries"),
            "resources_published": figure(0, unit="works"),
        },
        "breakdowns": {
            "cities_engaged": {
                "network": {"NLC": 3, "SCN": 1, "both": 0, "neither": 1},
                "country": {"US": 4, "NL": 1},
                "subdivision": {"US-OH": 3, "US-NM": 1, "NL-ZH": 1},
                "size_class": {"≥1M": 1, "250k–<1M": 3, "10–<50k": 1},
            },
            "webinars_held": {"organisers": {"joint": 1, "NLC": 1, "SCN": 0, "other": 0}},
            "activities_held": {"organisers": {"joint": 1, "NLC": 1, "SCN": 0, "other": 0}},
        },
    } | more
