"""The headline: a few plain sentences of fixed grammar, in English, French and Spanish."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from services.reporting.domain.dates import Dates

NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"
QUARTER = re.compile(r"^([0-9]{4})-Q([1-4])$")

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio "
    "julio agosto septiembre octubre noviembre diciembre",
}


@dataclass(frozen=True, slots=True)
class Story:
    """What a headline tells.

    Args:
        so_far: the period is not over yet.
        residents: None when no population is known.
        attribution: attendance resolved to a city, in percent, when it is too low to stay silent.
    """

    period: str
    dates: Dates
    so_far: bool
    cities: int
    countries: int
    webinars: int
    joint: int
    nlc: int
    scn: int
    other: int
    activities: int
    resources: int
    residents: int | None
    residents_lower_bound: bool
    awaiting: int
    held: int
    attribution: float | None


def headline(story: Story) -> dict[str, str]:
    """Return the headline in each language."""
    return {language: tell(story) for language, tell in LANGUAGES.items()}


def _english(story: Story) -> str:
    n = _english_count
    webinars = _parts(
        n(story.webinars, "webinar", "webinars"),
        [(story.joint, "joint"), (story.nlc, "NLC"), (story.scn, "SCN"), (story.other, "other")],
    )
    engaged = (
        f"{'So far in' if story.so_far else 'In'} {_english_name(story.period)} "
        f"({_english_dates(story.dates)}), "
        f"NLC and SCN engaged {n(story.cities, 'city', 'cities')} in "
        f"{n(story.countries, 'country', 'countries')}, held {webinars} among "
        f"{n(story.activities, 'activity', 'activities')}, and shared "
        f"{n(story.resources, 'resource', 'resources')}."
    )
    sentences = [engaged]
    if story.residents is not None and story.cities:
        at_least = "at least " if story.residents_lower_bound else ""
        have = "The engaged city has" if story.cities == 1 else "The engaged cities have"
        sentences.append(f"{have} {at_least}{n(story.residents, 'resident', 'residents')}.")
    if story.awaiting:
        await_ = "awaits" if story.awaiting == 1 else "await"
        sentences.append(
            f"Incomplete: {story.awaiting} of "
            f"{n(story.held, 'held occurrence', 'held occurrences')} {await_} final attendance."
        )
    if story.attribution is not None:
        sentences.append(
            f"Only {_decimal(story.attribution, '.')}% of attendance could be attributed to a city."
        )
    return " ".join(sentences)


def _french(story: Story) -> str:
    n = _french_count
    webinars = _parts(
        n(story.webinars, "webinaire", "webinaires"),
        [
            (story.joint, "en commun"),
            (story.nlc, "NLC"),
            (story.scn, "SCN"),
            (story.other, "autres" if story.other > 1 else "autre"),
        ],
    )
    opening = "À ce jour, pour" if story.so_far else "Pour"
    engaged = (
        f"{opening} {_french_name(story.period)} ({_french_dates(story.dates)}), "
        "NLC et SCN ont mobilisé "
        f"{n(story.cities, 'ville', 'villes')} dans {n(story.countries, 'pays', 'pays')}, tenu "
        f"{webinars} parmi {n(story.activities, 'activité', 'activités')} et partagé "
        f"{n(story.resources, 'ressource', 'ressources')}."
    )
    sentences = [engaged]
    if story.residents is not None and story.cities:
        at_least = "au moins " if story.residents_lower_bound else ""
        have = (
            "La ville mobilisée compte" if story.cities == 1 else "Les villes mobilisées comptent"
        )
        sentences.append(f"{have} {at_least}{n(story.residents, 'habitant', 'habitants')}.")
    if story.awaiting:
        await_ = "attend" if story.awaiting == 1 else "attendent"
        sentences.append(
            f"Incomplet{NO_BREAK_SPACE}: {story.awaiting} "
            f"{'séance tenue' if story.awaiting == 1 else 'séances tenues'} sur {story.held} "
            f"{await_} {'sa' if story.awaiting == 1 else 'leur'} liste de présence définitive."
        )
    if story.attribution is not None:
        sentences.append(
            f"Seulement {_decimal(story.attribution, ',')}{NO_BREAK_SPACE}% des participations "
            "ont pu être rattachées à une ville."
        )
    return " ".join(sentences)


def _spanish(story: Story) -> str:
    n = _english_count
    webinars = _parts(
        n(story.webinars, "seminario web", "seminarios web"),
        [
            (story.joint, "conjunto" if story.joint == 1 else "conjuntos"),
            (story.nlc, "de NLC"),
            (story.scn, "de SCN"),
            (story.other, "otro" if story.other == 1 else "otros"),
        ],
    )
    opening = "En lo que va de" if story.so_far else "En"
    opening = f"{opening} {_spanish_name(story.period)}".replace(" de el ", " del ")
    engaged = (
        f"{opening} ({_spanish_dates(story.dates)}), NLC y SCN contaron con "
        f"{n(story.cities, 'ciudad participante', 'ciudades participantes')} en "
        f"{n(story.countries, 'país', 'países')}, celebraron {webinars} entre "
        f"{n(story.activities, 'actividad', 'actividades')} y compartieron "
        f"{n(story.resources, 'recurso', 'recursos')}."
    )
    sentences = [engaged]
    if story.residents is not None and story.cities:
        at_least = "al menos " if story.residents_lower_bound else ""
        have = (
            "La ciudad participante tiene"
            if story.cities == 1
            else "Las ciudades participantes tienen"
        )
        sentences.append(f"{have} {at_least}{n(story.residents, 'habitante', 'habitantes')}.")
    if story.awaiting:
        one = story.awaiting == 1
        sentences.append(
            f"Incompleto: {story.awaiting} de {story.held} "
            f"{'sesión celebrada' if story.held == 1 else 'sesiones celebradas'} "
            f"{'espera' if one else 'esperan'} la asistencia definitiva."
        )
    if story.attribution is not None:
        sentences.append(
            f"Solo el {_decimal(story.attribution, '.')}{NO_BREAK_SPACE}% de las asistencias "
            "pudo atribuirse a una ciudad."
        )
    return " ".join(sentences)


LANGUAGES: dict[str, Callable[[Story], str]] = {"en": _english, "fr": _french, "es": _spanish}


def _english_name(period: str) -> str:
    """Return what a period is called: Q1 2024, and NLC FY2024-Q2 as it is."""
    return QUARTER.sub(r"Q\2 \1", period)


def _french_name(period: str) -> str:
    return QUARTER.sub(r"le T\2 \1", period)


def _spanish_name(period: str) -> str:
    return QUARTER.sub(r"el T\2 de \1", period)


def _parts(whole: str, parts: list[tuple[int, str]]) -> str:
    """Return "2 webinars (1 joint, 1 NLC, 0 SCN)"; "other" is named only where there is any."""
    always = parts[:-1] + [part for part in parts[-1:] if part[0]]
    return f"{whole} ({', '.join(f'{count} {name}' for count, name in always)})"


def _english_count(count: int, one: str, many: str) -> str:
    """In English and in Latin American Spanish only 1 is singular, and 1,234 takes a comma."""
    return f"{count:,} {one if count == 1 else many}"


def _french_count(count: int, one: str, many: str) -> str:
    """In French 0 is singular too, and 1 234 takes a narrow space."""
    number = f"{count:,}".replace(",", NARROW_SPACE)
    of = " de" if count and count % 1_000_000 == 0 else ""
    if of and one[0] in "aeiouyhéê":
        of = " d’"
    separator = "" if of.endswith("’") else " "
    return f"{number}{of}{separator}{one if count < 2 else many}"


def _decimal(number: float, mark: str) -> str:
    return f"{number:.1f}".removesuffix(".0").replace(".", mark)


def _english_dates(dates: Dates) -> str:
    return _from_to(dates, "en", "{day} {month}", " to ", "{day} {month} {year}")


def _french_dates(dates: Dates) -> str:
    return _from_to(dates, "fr", "du {day} {month}", " au ", "{day} {month} {year}").replace(
        "du 1 ", "du 1er "
    )


def _spanish_dates(dates: Dates) -> str:
    return _from_to(dates, "es", "del {day} de {month}", " al ", "{day} de {month} de {year}")


def _from_to(dates: Dates, language: str, start: str, to: str, end: str) -> str:
    """Return both dates; the year of the first is left out when it is that of the last."""
    months = MONTHS[language].split()
    if dates.first.year != dates.last.year:
        start += end.partition("{month}")[2]
    first, last = (
        form.format(day=day.day, month=months[day.month - 1], year=day.year)
        for form, day in ((start, dates.first), (end, dates.last))
    )
    return f"{first}{to}{last}"
