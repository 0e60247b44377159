"""What the gazetteer answers to the names that people write."""

from collections.abc import Iterator

import pytest

from services.membership.gazetteer import Gazetteer, normalise, spellings

ATHENS_OH = 4505542
THE_HAGUE = 2747373
NEW_YORK_CITY = 5128581


@pytest.fixture(scope="module")
def gazetteer() -> Iterator[Gazetteer]:
    opened = Gazetteer()
    yield opened
    opened.close()


def only_one(gazetteer: Gazetteer, name: str, country: str, subdivision: str | None = None) -> int:
    places = gazetteer.lookup(name, country, subdivision)
    assert len(places) == 1, places
    assert places[0].geonames_id is not None
    return places[0].geonames_id


@pytest.mark.parametrize(
    ("written", "filed"),
    [
        ("Malmö", "malmo"),
        ("Dąbrowa Górnicza", "dabrowa gornicza"),
        ("Łódź", "lodz"),
        ("Tromsø", "tromso"),
        ("Đakovica", "dakovica"),
        ("Großenhain", "grossenhain"),
        ("Næstved", "naestved"),
        ("Diyarbakır", "diyarbakir"),
        ("St. Louis", "saint louis"),
        ("Sault Ste. Marie", "sault saint marie"),
        ("Ft. Worth", "fort worth"),
        ("Mt Vernon", "mount vernon"),
        ("Brighton & Hove", "brighton and hove"),
        ("Washington, D.C.", "washington dc"),
        ("Washington D. C.", "washington dc"),
        ("Coeur d'Alene", "coeur dalene"),
        ("'s-Gravenhage", "s gravenhage"),
        ("City of Athens", "athens"),
        ("The City of New York", "new york"),
        ("Town of Lexington", "lexington"),
        ("Village of Skokie", "skokie"),
        ("City and County of Denver", "denver"),
        ("Municipality of Danilovgrad", "danilovgrad"),
        ("Nansana Municipality", "nansana"),
        ("County of Los Angeles", "los angeles county"),
        ("Birmingham City Council", "birmingham"),
        ("  new   YORK city ", "new york city"),
        ("Ville de Montréal", "montreal"),
    ],
)
def test_two_spellings_of_a_name_are_filed_alike(written: str, filed: str) -> None:
    assert normalise(written) == filed


def test_normalising_twice_is_normalising_once() -> None:
    for name in ("City of St. Paul", "Dąbrowa Górnicza", "Washington, D.C.", "'s-Gravenhage"):
        assert normalise(normalise(name)) == normalise(name)


def test_a_name_of_punctuation_alone_finds_nothing(gazetteer: Gazetteer) -> None:
    assert normalise(" — ") == ""
    assert gazetteer.lookup(" — ", "US") == []


def test_the_council_of_kansas_city_is_not_the_city_council_of_kansas(
    gazetteer: Gazetteer,
) -> None:
    assert spellings("Kansas City Council") == ("kansas city council", "kansas city", "kansas")
    assert gazetteer.lookup("Kansas City Council", "US", "MO")[0].name == "Kansas City"
    assert gazetteer.lookup("Birmingham City Council", "GB")[0].name == "Birmingham"


def test_saint_paul_is_found_however_saint_is_written(gazetteer: Gazetteer) -> None:
    written = ("Saint Paul", "St. Paul", "St Paul", "ST PAUL", "City of St. Paul")
    assert len({only_one(gazetteer, name, "US", "MN") for name in written}) == 1


@pytest.mark.parametrize(
    ("one", "other", "country"),
    [
        ("Malmö", "Malmo", "SE"),
        ("Dąbrowa Górnicza", "Dabrowa Gornicza", "PL"),
        ("Montréal", "Montreal", "CA"),
        ("Kaçanik", "Kacanik", "XK"),
        ("Čair", "Cair", "MK"),
        ("Coeur d'Alene", "Coeur d Alene", "US"),
    ],
)
def test_a_name_without_its_diacritics_is_the_same_name(
    gazetteer: Gazetteer, one: str, other: str, country: str
) -> None:
    assert only_one(gazetteer, one, country) == only_one(gazetteer, other, country)
    assert gazetteer.lookup(other, country)[0].main_name_matches


def test_athens_is_ambiguous_in_the_united_states(gazetteer: Gazetteer) -> None:
    states = {place.subdivision for place in gazetteer.lookup("Athens", "US")}
    assert {"OH", "GA", "AL", "TN", "TX"} <= states


def test_athens_is_one_place_in_ohio(gazetteer: Gazetteer) -> None:
    assert only_one(gazetteer, "Athens", "US", "OH") == ATHENS_OH


def test_the_more_populous_place_of_a_name_comes_first(gazetteer: Gazetteer) -> None:
    places = [place for place in gazetteer.lookup("Athens", "US") if place.main_name_matches]
    populations = [place.population or 0 for place in places]
    assert len(places) > 1
    assert populations == sorted(populations, reverse=True)


def test_a_place_of_that_name_comes_before_larger_ones_with_the_alias(
    gazetteer: Gazetteer,
) -> None:
    franklin, columbus, *_ = gazetteer.lookup("Franklin", "US", "OH")
    assert (franklin.name, franklin.main_name_matches) == ("Franklin", True)
    assert (columbus.name, columbus.main_name_matches) == ("Columbus", False)


def test_new_york_and_new_york_city_are_one_city(gazetteer: Gazetteer) -> None:
    for name in ("New York", "New York City", "City of New York", "NYC"):
        assert gazetteer.lookup(name, "US")[0].geonames_id == NEW_YORK_CITY
        assert only_one(gazetteer, name, "US", "NY") == NEW_YORK_CITY


def test_a_borough_says_which_city_it_is_a_part_of(gazetteer: Gazetteer) -> None:
    (brooklyn,) = gazetteer.lookup("Brooklyn", "US", "NY")
    assert brooklyn.part_of == NEW_YORK_CITY
    assert gazetteer.lookup("New York City", "US")[0].part_of is None


def test_washington_lies_in_the_district_of_columbia(gazetteer: Gazetteer) -> None:
    capital = only_one(gazetteer, "Washington", "US", "DC")
    for name in ("Washington, D.C.", "Washington DC", "District of Columbia"):
        assert only_one(gazetteer, name, "US") == capital
    assert len(gazetteer.lookup("Washington", "US")) > 1


def test_birmingham_in_england_is_not_birmingham_in_alabama(gazetteer: Gazetteer) -> None:
    england = gazetteer.lookup("Birmingham", "GB")[0]
    alabama = gazetteer.lookup("Birmingham", "US", "AL")[0]
    assert (england.subdivision, alabama.subdivision) == ("ENG", "AL")
    assert england.geonames_id != alabama.geonames_id


def test_the_hague_answers_to_its_dutch_names(gazetteer: Gazetteer) -> None:
    for name in ("The Hague", "Den Haag", "'s-Gravenhage", "’s-Gravenhage"):
        assert only_one(gazetteer, name, "NL") == THE_HAGUE
    assert gazetteer.lookup("The Hague", "NL")[0].main_name_matches
    assert not gazetteer.lookup("Den Haag", "NL")[0].main_name_matches


def test_franklin_county_in_ohio_is_a_county_with_its_geoid(gazetteer: Gazetteer) -> None:
    (county,) = gazetteer.lookup("Franklin County", "US", "OH")
    assert (county.kind, county.census_geoid, county.geonames_id) == ("county", "39049", None)
    assert gazetteer.by_census_geoid("39049") == county
    assert len(gazetteer.lookup("Franklin County", "US")) > 1


def test_an_independent_city_is_one_place_and_its_own_county(gazetteer: Gazetteer) -> None:
    baltimore = gazetteer.by_census_geoid("24510")
    assert baltimore is not None
    assert gazetteer.lookup("Baltimore", "US", "MD") == [baltimore]
    assert gazetteer.lookup("Baltimore County", "US", "MD")[0].census_geoid == "24005"


def test_a_state_is_no_answer_unless_asked_for(gazetteer: Gazetteer) -> None:
    assert gazetteer.lookup("Ohio", "US") == []
    (ohio,) = gazetteer.lookup("Ohio", "US", kinds=("region",))
    assert (ohio.kind, ohio.subdivision, ohio.census_geoid) == ("region", "OH", "39")


def test_a_city_of_puerto_rico_is_found_under_either_code(gazetteer: Gazetteer) -> None:
    assert gazetteer.lookup("San Juan", "PR") == gazetteer.lookup("San Juan", "US", "PR")
    assert gazetteer.lookup("San Juan", "PR")[0].subdivision == "PR"


def test_a_state_that_does_not_exist_leaves_no_place(gazetteer: Gazetteer) -> None:
    assert gazetteer.lookup("Athens", "US", "ZZ") == []


def test_a_lower_level_of_iso_codes_says_nothing_against_a_place(gazetteer: Gazetteer) -> None:
    assert gazetteer.lookup("Birmingham", "GB", "BIR") == gazetteer.lookup("Birmingham", "GB")
    assert gazetteer.lookup("Birmingham", "GB", "SCT") == []


def test_a_place_whose_subdivision_is_not_known_stays_in(gazetteer: Gazetteer) -> None:
    (tripoli,) = gazetteer.lookup("Tripoli", "LB", "AS")
    assert tripoli.subdivision is None
    assert tripoli.geonames_admin1 is not None


@pytest.mark.parametrize(
    ("name", "country", "subdivision"),
    [
        ("Vancouver", "CA", "BC"),
        ("Victoria", "CA", "BC"),
        ("Melbourne", "AU", "VIC"),
        ("Rostock", "DE", "MV"),
        ("Stellenbosch", "ZA", "WC"),
        ("Peshawar", "PK", "KP"),
        ("Murcia", "ES", "MC"),
        ("Podgorica", "ME", "16"),
    ],
)
def test_provinces_carry_their_iso_code(
    gazetteer: Gazetteer, name: str, country: str, subdivision: str
) -> None:
    assert gazetteer.lookup(name, country)[0].subdivision == subdivision
    assert gazetteer.lookup(name, country, subdivision)[0].name == name


def test_a_place_is_found_by_its_geonames_id(gazetteer: Gazetteer) -> None:
    place = gazetteer.by_geonames_id(THE_HAGUE)
    assert place is not None
    assert (place.name, place.country, place.time_zone) == ("The Hague", "NL", "Europe/Amsterdam")
    assert place.latitude == pytest.approx(52.08, abs=0.01)
    assert place.longitude == pytest.approx(4.30, abs=0.01)
    assert gazetteer.by_geonames_id(1) is None
    assert gazetteer.by_census_geoid("99999") is None


def test_two_records_of_one_place_are_one_place(gazetteer: Gazetteer) -> None:
    named = gazetteer.lookup("Williamsburg", "US", "VA")
    (williamsburg,) = [place for place in named if place.main_name_matches]
    second_record = 9036748
    assert williamsburg.geonames_id != second_record
    assert gazetteer.by_geonames_id(second_record) == williamsburg


def test_the_city_of_london_is_not_london(gazetteer: Gazetteer) -> None:
    (london,) = [place for place in gazetteer.lookup("London", "GB") if place.main_name_matches]
    (the_city,) = gazetteer.lookup("City of London", "GB")
    assert the_city.main_name_matches
    assert the_city.geonames_id != london.geonames_id


def test_the_city_of_athens_is_athens(gazetteer: Gazetteer) -> None:
    assert only_one(gazetteer, "City of Athens", "US", "OH") == ATHENS_OH


def test_small_cities_of_the_united_states_are_there(gazetteer: Gazetteer) -> None:
    for name, state in (
        ("Golden Valley", "MN"),
        ("Overland Park", "KS"),
        ("Highland Park", "IL"),
        ("Kinston", "NC"),
        ("North Kansas City", "MO"),
    ):
        assert only_one(gazetteer, name, "US", state)


def test_countries_and_states_have_names(gazetteer: Gazetteer) -> None:
    assert gazetteer.country_name("XK") == "Kosovo"
    assert gazetteer.country_name("TR") == "Türkiye"
    assert gazetteer.subdivision_name("US", "OH") == "Ohio"
    assert gazetteer.subdivision_name("CA", "BC") == "British Columbia"
    assert gazetteer.subdivision_name("US", "ZZ") is None


def test_the_file_credits_its_source(gazetteer: Gazetteer) -> None:
    source = gazetteer.source()
    assert source["dataset"] == "GeoNames"
    assert source["licence"].startswith("CC BY 4.0")
