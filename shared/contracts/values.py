"""The values of the contract: strict and bounded, so that no database meets a surprise."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

YEAR_MIN, YEAR_MAX = 1900, 2200
UNPRINTABLE_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn"})
BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
ZONES_OF_THE_MACHINE = frozenset({"localtime", "Factory"})
EMAIL = r"""^[^\s@<>"]{1,64}@[^\s@<>"]{1,190}$"""
URL_LENGTH_MAX = 1998
RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})"
)


class Contract(BaseModel):
    """A frozen, strict model: no coercion, no unknown field."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Message(Contract):
    """What another system says; TYPE is the CloudEvents `type` it comes under."""

    TYPE: ClassVar[str]


class Fact(Contract):
    """What a service has accepted and recorded; TYPE is its name in the ledger."""

    TYPE: ClassVar[str]


def _printable(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text  # nearly every text, told at once
    for character in text:
        if unicodedata.category(character) in UNPRINTABLE_CATEGORIES or character in BIDI_CONTROLS:
            raise ValueError(f"holds U+{ord(character):04X}, which cannot be printed")
    return text


def _clean(text: str) -> str:
    cleaned = unicodedata.normalize("NFC", _printable(text)).strip()
    if not cleaned:
        raise ValueError("is blank")
    return cleaned


def _email(text: str) -> str:
    cleaned = unicodedata.normalize("NFC", _printable(text))
    if not re.match(EMAIL, cleaned):
        raise ValueError("is no e-mail address")
    return cleaned


def _code(text: str) -> str:
    """Refuse what a pattern alone cannot tell: nothing outside ASCII in a code."""
    if not text.isascii():
        raise ValueError("must be plain ASCII")
    return text


def _time_zone(name: str) -> str:
    if name not in known_time_zones():
        raise ValueError(f"{name!r} is not an IANA time zone")
    return name


@lru_cache(maxsize=1)
def known_time_zones() -> frozenset[str]:
    """Return the names of the IANA time zones this installation knows."""
    return frozenset(available_timezones()) - ZONES_OF_THE_MACHINE


def _rfc_3339(value: object) -> object:
    """Refuse the other ways in which pydantic reads an instant, such as "1700000000"."""
    if isinstance(value, str) and RFC_3339.fullmatch(value):
        return value
    if isinstance(value, datetime):
        return value
    raise ValueError("must be an RFC 3339 time with an offset, like 2024-03-27T14:00:00Z")


def _within_years(moment: datetime) -> datetime:
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:  # before the year 1 or after 9999, which are as wrong
        utc = None
    if utc is None or not YEAR_MIN <= utc.year < YEAR_MAX:
        raise ValueError(f"the year must lie between {YEAR_MIN} and {YEAR_MAX}")
    return utc


def _calendar_date(text: str) -> str:
    """Accept 2024-03-27, 2024-03 or 2024, and only days that exist."""
    parts = [int(part) for part in text.split("-")]
    year, month, day = (*parts, 1, 1)[:3]
    date(year, month, day)
    if not YEAR_MIN <= year < YEAR_MAX:
        raise ValueError(f"the year must lie between {YEAR_MIN} and {YEAR_MAX}")
    return text


def _local_time(text: str) -> str:
    moment = datetime.fromisoformat(text)
    if not YEAR_MIN <= moment.year < YEAR_MAX:
        raise ValueError(f"the year must lie between {YEAR_MIN} and {YEAR_MAX}")
    return text


def _distinct(items: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(items)) != len(items):
        raise ValueError("names the same value twice")
    return items


Distinct = AfterValidator(_distinct)

Slug = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$"), AfterValidator(_code)
]
SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
ThemeSlug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,39}$")]
Language = Annotated[
    str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", max_length=20)
]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Subdivision = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,3}$")]
TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_time_zone)]
Instant = Annotated[
    AwareDatetime,
    Field(strict=False),  # the text is judged by _rfc_3339
    BeforeValidator(_rfc_3339),
    AfterValidator(_within_years),
]
CalendarDate = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"),
    AfterValidator(_calendar_date),
]
LocalTime = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$"),
    AfterValidator(_local_time),
]
GeonamesId = Annotated[int, Field(ge=1, le=2_000_000_000)]
CensusGeoid = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,12}$")]
HeadCount = Annotated[int, Field(ge=0, le=10_000_000)]
# Bounded after cleaning as well: NFC makes some texts longer, and a fact must load again.
Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=300),
    AfterValidator(_clean),
    Field(max_length=300),
]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    AfterValidator(_clean),
    Field(max_length=200),
]
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000),
    AfterValidator(_clean),
    Field(max_length=1000),
]
# How long it may be stands beside the pattern: a pattern that counts to thousands takes 9 MB, in
# each process and for each class that has such a field.
Url = Annotated[
    str,
    StringConstraints(pattern=r"""^https?://[^\s<>"]{3,}$""", max_length=URL_LENGTH_MAX),
    AfterValidator(_printable),
]
Email = Annotated[str, StringConstraints(pattern=EMAIL), AfterValidator(_email)]
FileHash = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:+/=_-]{8,128}$")]

Network = Literal["NLC", "SCN"]
Organisation = Annotated[
    str, StringConstraints(pattern=r"^(NLC|SCN|other:[a-z0-9][a-z0-9-]{0,79})$")
]
CityKind = Literal["city", "town", "village", "county", "province", "region", "other"]
Urban = Literal["city", "town", "rural"]
SuccessionReason = Literal["merger", "split", "rename", "duplicate"]
ActivityKind = Literal[
    "webinar",
    "workshop",
    "training",
    "cohort_module",
    "office_hours",
    "convening",
    "conference_session",
    "summit",
    "roundtable",
    "other",
]
Phase = Literal["prevention", "response", "recovery"]
Delivery = Literal["online", "in_person", "hybrid"]
Role = Literal["attendee", "panelist", "host", "staff", "test"]
Position = Literal["elected", "staff", "police", "civil_society", "other"]
Contribution = Literal["speaker", "host"]
ResourceKind = Literal[
    "toolkit", "guide", "policy_brief", "report", "case_study", "recording", "other"
]
Channel = Literal["email", "portal", "in_person", "other"]

SOLE_OCCURRENCE = "1"
"""The occurrence meant when a message names none: most activities have a single sitting."""


class Population(Contract):
    """A count of residents with its source and vintage; sources are never mixed in one figure."""

    value: Annotated[int, Field(ge=0, le=2_000_000_000)]
    source: Name
    year: Annotated[int, Field(ge=1900, le=2200)]


class CityReference(Contract):
    """How another system names a city: in exactly one of four ways."""

    city_id: Slug | None = None
    geonames_id: GeonamesId | None = None
    census_geoid: CensusGeoid | None = None
    name: Name | None = None
    country: Country | None = None
    subdivision: Subdivision | None = None

    @model_validator(mode="after")
    def _exactly_one_way(self) -> "CityReference":
        ways = [self.city_id, self.geonames_id, self.census_geoid, self.name]
        if sum(way is not None for way in ways) != 1:
            raise ValueError("give one of city_id, geonames_id, census_geoid or name with country")
        if (self.name is None) != (self.country is None):
            raise ValueError("name and country go together")
        if self.subdivision is not None and self.name is None:
            raise ValueError("subdivision goes with name and country")
        return self


class CityPointer(Contract):
    """A city in a fact: resolved (`city_id`), or the open question in membership's work queue."""

    city_id: Slug | None = None
    reference_id: Slug | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "CityPointer":
        if (self.city_id is None) == (self.reference_id is None):
            raise ValueError("a pointer is either a city_id or a reference_id")
        return self


class Person(Contract):
    """Somebody as a publisher knows them; stays in the events service's vault."""

    id: Name | None = None
    email: Email | None = None
    name: Name | None = None
    organisation: Name | None = None

    @model_validator(mode="after")
    def _someone(self) -> "Person":
        weakly = self.name is not None and self.organisation is not None
        if self.id is None and self.email is None and not weakly:
            raise ValueError("give an id, an email, or both name and organisation")
        return self


Interval = tuple[Instant, Instant]


def local_instant(local: str, time_zone: str) -> datetime | None:
    """Return the instant of a local time in its zone, or None for a date without a time.

    Raises:
        ValueError: the clocks skip this time, or show it twice, in that zone.
    """
    if len(local) == len("2024-03-27"):
        return None
    wall = datetime.fromisoformat(local)
    zone = ZoneInfo(time_zone)
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        there_and_back = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
        happens = "happens twice" if there_and_back == wall else "does not exist"
        raise ValueError(f"{local} {happens} in {time_zone}, where the clocks change that night")
    return first.astimezone(UTC)


def surely_before(on: CalendarDate, other: CalendarDate) -> bool:
    """Tell whether a date lies before another, as far as both are known: 2024 may be 2024-03."""
    known = min(len(on), len(other))
    return on[:known] < other[:known]


def overlong(intervals: Sequence[tuple[datetime, datetime]], longest: timedelta) -> bool:
    """Tell whether an interval ends before it starts or lasts longer than `longest`."""
    return any(not timedelta(0) <= until - since <= longest for since, until in intervals)
