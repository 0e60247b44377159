"""Dates known roughly, clocks that change, and lists that name nothing twice."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.contracts.values import (
    URL_LENGTH_MAX,
    CalendarDate,
    CityPointer,
    CityReference,
    Distinct,
    Email,
    GeonamesId,
    HeadCount,
    Instant,
    LocalTime,
    Name,
    Person,
    Population,
    Reason,
    Title,
    Url,
    known_time_zones,
    local_instant,
    overlong,
    surely_before,
)

INSTANT = TypeAdapter(Instant)
TITLE = TypeAdapter(Title)
URL = TypeAdapter(Url)
SLUGS = TypeAdapter(Annotated[tuple[str, ...], Distinct])
DAYS = st.dates().map(lambda day: day.isoformat())


@pytest.mark.parametrize(
    ("on", "other", "before"),
    [
        ("2024-03-26", "2024-03-27", True),
        ("2024-03-27", "2024-03-27", False),
        ("2024-03-28", "2024-03-27", False),
        ("2024", "2024-03-27", False),
        ("2024-03", "2024-03-27", False),
        ("2024-03-27", "2024", False),
        ("2023", "2024-03-27", True),
        ("2024-02", "2024-03-27", True),
        ("2024-04", "2024-03-27", False),
        ("2023-12-31", "2024", True),
    ],
)
def test_a_date_known_roughly_is_before_another_only_for_sure(
    on: str, other: str, before: bool
) -> None:
    assert surely_before(on, other) is before


@for_all(DAYS, DAYS, st.sampled_from([4, 7, 10]))
def test_no_two_dates_are_before_each_other(one: str, other: str, known: int) -> None:
    assert not (surely_before(one[:known], other) and surely_before(other, one[:known]))


@pytest.mark.parametrize(
    ("local", "time_zone", "instant"),
    [
        ("2024-03-27", "Europe/Brussels", None),
        ("2024-03-27T14:00", "Europe/Brussels", datetime(2024, 3, 27, 13, 0, tzinfo=UTC)),
        ("2024-03-27T14:00:30", "UTC", datetime(2024, 3, 27, 14, 0, 30, tzinfo=UTC)),
        ("2024-03-31T01:59", "Europe/Brussels", datetime(2024, 3, 31, 0, 59, tzinfo=UTC)),
        ("2024-03-31T03:00", "Europe/Brussels", datetime(2024, 3, 31, 1, 0, tzinfo=UTC)),
        ("2024-07-01T09:00", "America/New_York", datetime(2024, 7, 1, 13, 0, tzinfo=UTC)),
    ],
)
def test_a_local_time_is_an_instant_in_its_zone(
    local: str, time_zone: str, instant: datetime | None
) -> None:
    assert local_instant(local, time_zone) == instant


@pytest.mark.parametrize(
    ("local", "time_zone", "why"),
    [
        ("2024-03-31T02:30", "Europe/Brussels", "does not exist"),
        ("2024-03-31T02:00", "Europe/Brussels", "does not exist"),
        ("2024-10-27T02:30", "Europe/Brussels", "happens twice"),
        ("2024-11-03T01:30", "America/New_York", "happens twice"),
        ("2024-03-10T02:30", "America/New_York", "does not exist"),
    ],
)
def test_a_time_that_no_clock_tells_or_tells_twice_is_refused(
    local: str, time_zone: str, why: str
) -> None:
    with pytest.raises(ValueError, match=f"{local} {why} in {time_zone}"):
        local_instant(local, time_zone)


def test_time_zones_mean_the_same_on_every_machine() -> None:
    assert {"Europe/Brussels", "America/New_York", "UTC"} <= known_time_zones()
    assert not {"localtime", "Factory", "posixrules"} & known_time_zones()


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-27T14:00:00Z",
        "2024-03-27T15:00:00+01:00",
        "2024-03-27t14:00:00.000z",
        "2024-03-27T14:00Z",
        "2024-03-27 14:00:00+00:00",
    ],
)
def test_an_instant_is_kept_in_utc(text: str) -> None:
    read = INSTANT.validate_json(f'"{text}"')
    assert read == datetime(2024, 3, 27, 14, 0, tzinfo=UTC)
    assert read.utcoffset() == timedelta(0)


@pytest.mark.parametrize("moment", ["1900-01-01T00:00:00Z", "2199-12-31T23:59:59Z"])
def test_the_first_and_the_last_instant_survive_the_ledger(moment: str) -> None:
    read = INSTANT.validate_json(f'"{moment}"')
    assert INSTANT.validate_json(INSTANT.dump_json(read)) == read


@for_all(st.text(max_size=300))
def test_a_title_that_is_accepted_is_accepted_again(text: str) -> None:
    try:
        cleaned = TITLE.validate_python(text)
    except ValidationError:
        return
    assert TITLE.validate_python(cleaned) == cleaned


def test_a_title_is_bounded_after_its_normalisation_too() -> None:
    doubled = "\u0958"  # NFC writes this letter as two
    assert len(TITLE.validate_python(doubled * 150)) == 300
    with pytest.raises(ValidationError, match="at most 300"):
        TITLE.validate_python(doubled * 151)


def test_a_list_names_nothing_twice() -> None:
    assert SLUGS.validate_python(("a", "b")) == ("a", "b")
    with pytest.raises(ValidationError, match="names the same value twice"):
        SLUGS.validate_python(("a", "b", "a"))


@pytest.mark.parametrize(
    "said",
    [
        {"city_id": "gent"},
        {"geonames_id": 2797656},
        {"census_geoid": "3902736"},
        {"name": "Gent", "country": "BE"},
        {"name": "Athens", "country": "US", "subdivision": "OH"},
    ],
)
def test_a_city_is_named_in_one_of_four_ways(said: dict[str, Any]) -> None:
    assert CityReference(**said).model_dump(exclude_none=True) == said


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"city_id": "gent", "geonames_id": 2797656},
        {"name": "Gent"},
        {"country": "BE"},
        {"subdivision": "OH"},
        {"city_id": "athens-oh", "subdivision": "OH"},
        {"census_geoid": "3902736", "country": "US"},
    ],
)
def test_a_city_is_named_in_no_other_way(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CityReference(**said)


@pytest.mark.parametrize("said", [{}, {"city_id": "gent", "reference_id": "r1"}])
def test_a_pointer_is_either_a_city_or_a_question(said: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="either a city_id or a reference_id"):
        CityPointer(**said)


@pytest.mark.parametrize(("minutes", "too_long"), [(-1, True), (0, False), (60, False), (61, True)])
def test_an_interval_ends_behind_its_start_and_not_too_late(minutes: int, too_long: bool) -> None:
    since = datetime(2024, 3, 27, 14, 0, tzinfo=UTC)
    interval = (since, since + timedelta(minutes=minutes))
    assert overlong([interval], timedelta(hours=1)) is too_long


@pytest.mark.parametrize(
    "said",
    [
        {"id": "7"},
        {"email": "anna@stad.gent"},
        {"name": "Anna", "organisation": "Gent"},
        {"id": "7", "name": "Anna"},
    ],
)
def test_somebody_is_known_by_an_id_an_address_or_name_and_organisation(
    said: dict[str, str],
) -> None:
    assert Person(**said).model_dump(exclude_none=True) == said


@pytest.mark.parametrize("said", [{}, {"name": "Anna"}, {"organisation": "Gent"}])
def test_nobody_is_known_by_less(said: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="give an id, an email, or both name and organ"):
        Person(**said)


@pytest.mark.parametrize(
    ("values", "least", "most"),
    [
        (GeonamesId, 1, 2_000_000_000),
        (HeadCount, 0, 10_000_000),
        (Annotated[int, Population.model_fields["value"]], 0, 2_000_000_000),
        (Annotated[int, Population.model_fields["year"]], 1900, 2200),
    ],
)
def test_a_number_has_bounds(values: Any, least: int, most: int) -> None:
    adapter: TypeAdapter[int] = TypeAdapter(values)
    assert [adapter.validate_python(each) for each in (least, most)] == [least, most]
    for each in (least - 1, most + 1):
        with pytest.raises(ValidationError):
            adapter.validate_python(each)


@pytest.mark.parametrize(("on", "sound"), [("1900", True), ("2199", True), ("1899", False)])
def test_a_date_lies_within_the_years_of_the_contract(on: str, sound: bool) -> None:
    for kind, text in [
        (CalendarDate, on),
        (CalendarDate, f"{on}-12-31"),
        (LocalTime, f"{on}-06-01"),
    ]:
        adapter: TypeAdapter[str] = TypeAdapter(kind)
        if sound:
            assert adapter.validate_python(text) == text
            continue
        with pytest.raises(ValidationError, match="the year must lie between 1900 and 2200"):
            adapter.validate_python(text)


@pytest.mark.parametrize("kind", [CalendarDate, LocalTime])
def test_the_year_2200_is_too_late(kind: Any) -> None:
    with pytest.raises(ValidationError, match="the year must lie between 1900 and 2200"):
        TypeAdapter(kind).validate_python("2200-01-01")


@pytest.mark.parametrize(("kind", "length"), [(Title, 300), (Name, 200), (Reason, 1000)])
def test_a_text_has_bounds(kind: Any, length: int) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    assert adapter.validate_python("x") == "x"
    assert len(adapter.validate_python("x" * length)) == length
    with pytest.raises(ValidationError):
        adapter.validate_python("x" * (length + 1))
    with pytest.raises(ValidationError, match=f"at most {length}"):
        adapter.validate_python("\u0958" * length)


def test_an_address_is_kept_in_one_form() -> None:
    adapter: TypeAdapter[str] = TypeAdapter(Email)
    assert adapter.validate_python("rene\u0301@stad.gent") == "ren\u00e9@stad.gent"


def test_an_address_is_as_long_as_addresses_are_and_no_longer() -> None:
    site = "https://strongcities.example/"
    longest = site + "a" * (URL_LENGTH_MAX - len(site))

    assert URL.validate_python(longest) == longest
    with pytest.raises(ValidationError, match="at most 1998 characters"):
        URL.validate_python(longest + "a")


@pytest.mark.parametrize("text", ["https://", "https://ab", "ftp://city.example/", "https://a b.c"])
def test_what_is_no_address_of_the_web_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="should match pattern"):
        URL.validate_python(text)
