"""The smaller rules: presence, works, numbers, the registry, and what each fact becomes."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from services.reporting.domain.dates import Dates, stated_dates
from services.reporting.domain.evidence import ITEMS
from services.reporting.domain.figures import OVER_A_WINDOW
from services.reporting.domain.knowledge import Edition, Share, Work
from services.reporting.domain.numbers import difference, percent
from services.reporting.domain.presence import one_row_each, united
from services.reporting.domain.registry import BadRegistry, canonical_json, parse_registry
from services.reporting.domain.works import extent, first_shares
from services.reporting.projections import project
from services.reporting.reading import HERE, load_registry
from shared.contracts.events import (
    AttendanceRecorded,
    OccurrenceHeld,
    OccurrenceRescheduled,
    ParticipantFact,
)
from shared.contracts.membership import PartnershipFormed
from shared.contracts.values import CityPointer, Fact
from shared.queries import Row
from shared.recorded import Recorded

NOON = datetime(2024, 3, 27, 12, tzinfo=UTC)
TEXT = (HERE / "registry.toml").read_text("utf-8")


def minutes(since: int, until: int) -> tuple[datetime, datetime]:
    return NOON + timedelta(minutes=since), NOON + timedelta(minutes=until)


def recorded(fact: Fact) -> Recorded:
    return Recorded(
        ledger=fact.TYPE.partition(".")[0],
        stream="noun-id",
        version=3,
        position=1,
        fact_id=UUID(int=1),
        fact=fact,
        occurred_at=NOON,
        recorded_at=NOON,
        source="source",
        source_id="1",
    )


def test_overlapping_and_touching_spans_become_one() -> None:
    spans = [minutes(30, 50), minutes(0, 40), minutes(50, 51), minutes(55, 55), minutes(58, 59)]

    assert united(spans) == (minutes(0, 51), minutes(58, 59))


def test_a_person_with_several_rows_becomes_one_under_the_decisive_role() -> None:
    (row,) = one_row_each(
        [
            ParticipantFact(person="p1", role="test", intervals=(minutes(0, 10),)),
            ParticipantFact(
                person="p1",
                role="attendee",
                city=CityPointer(reference_id="open"),
                position="police",
                intervals=(minutes(5, 20),),
            ),
        ]
    )

    assert (row.role, row.city, row.position) == ("test", "?open", "police")
    assert row.spans == (minutes(0, 20),)
    assert not row.listed


def test_a_person_without_any_times_is_listed() -> None:
    (row,) = one_row_each([ParticipantFact(person="p1", role="attendee")])

    assert row.listed


def test_the_first_share_is_with_somebody_who_did_not_publish_it() -> None:
    works = [Work("w", "W", "guide", "SCN", stated_dates("2023"), ("en",))]
    shares = [
        Share("w", "SCN", stated_dates("2023-01-01")),
        Share("w", "NLC", stated_dates("2024")),
        Share("w", "NLC", stated_dates("2024-05-02")),
        Share("of-nobody-yet", "SCN", stated_dates("2024-01")),
    ]

    firsts = {first.resource_id: first.on.stated() for first in first_shares(shares, works)}

    assert firsts == {"w": "2024-05-02", "of-nobody-yet": "2024-01"}


def test_translations_and_revisions_are_editions_of_one_work() -> None:
    works = [Work("w", "W", "guide", "SCN", stated_dates("2023"), ("en", "fr"))]
    editions = [
        Edition("w", "es", None, stated_dates("2024-01-05")),
        Edition("w", "fr", None, stated_dates("2024-01-05")),
        Edition("w", None, "2nd", stated_dates("2024-02-05")),
        Edition("w", "ar", None, stated_dates("2024-07-05")),
        Edition("another", "de", None, stated_dates("2024-01-05")),
    ]

    found = extent(["w"], works, editions, Dates(date(2024, 1, 1), date(2024, 3, 31)))

    assert (found.works, found.editions, found.languages) == (1, 4, ("en", "es", "fr"))


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(3, 4, 75.0), (5, 6, 83.3), (1, 8, 12.5), (1, 16, 6.3), (0, 3, 0.0), (0, 0, None)],
)
def test_shares_are_rounded_halves_up_to_one_decimal(
    part: int, whole: int, shown: float | None
) -> None:
    assert percent(part, whole) == shown


def test_counts_differ_by_counts_and_percentages_by_points() -> None:
    assert difference(5, 4) == 1
    assert difference(83.3, 75.0) == 8.3


def test_every_figure_of_the_registry_is_counted_and_has_evidence() -> None:
    registry = load_registry()
    flows = {"new", "returning", "reactivated", "not_repeated", "left", "retention", "lapsed"}

    assert set(registry.metrics) == OVER_A_WINDOW.keys() | flows == set(ITEMS)
    assert all(not registry.metrics[metric].rolls_up for metric in flows)


def test_the_hash_is_of_what_the_registry_says_and_not_of_how_it_is_written() -> None:
    commented = "# another comment\n" + TEXT
    changed = TEXT.replace("attendance_minutes_min = 5 ", "attendance_minutes_min = 6 ")

    assert parse_registry(commented).hash == load_registry().hash
    assert parse_registry(changed).hash != load_registry().hash
    assert canonical_json({"b": date(2024, 2, 27), "a": [1]}) == '{"a":[1],"b":"2024-02-27"}'


@pytest.mark.parametrize(
    ("written", "instead", "words"),
    [
        ("attendance_minutes_min", "minutes", "no rule uses"),
        ('unit = "cities"', 'unit = "towns"', "which is no unit"),
        ('es = "Ciudades participantes"', 'de = "Städte"', "needs a title"),
        ("depends_on_attendance = true", "depends = true", "lacks or misspells"),
    ],
)
def test_a_registry_that_contradicts_itself_is_refused(
    written: str, instead: str, words: str
) -> None:
    with pytest.raises(BadRegistry, match=words):
        parse_registry(TEXT.replace(written, instead))


def test_a_roll_becomes_a_row_for_itself_and_one_for_each_person() -> None:
    people = tuple(ParticipantFact(person=f"p{n}", role="attendee") for n in range(2))
    roll = AttendanceRecorded(
        activity_id="w1", occurrence="1", final=True, file_hash="sha256:1", participants=people
    )

    rows = project(recorded(roll))

    tables = [isinstance(row, Row) and row.table for row in rows]
    assert tables == ["roll", "roll_participant", "roll_participant"]
    assert rows[0].values == ("noun-id", 3, NOON, "w1", "1", True, "sha256:1", 2)


def test_a_plan_keeps_the_local_date_and_the_instant() -> None:
    moved = OccurrenceRescheduled(
        activity_id="w1",
        occurrence="1",
        starts_at="2024-03-31T21:00",
        time_zone="America/Los_Angeles",
    )

    (row,) = project(recorded(moved))

    assert row.values[5:] == (
        date(2024, 3, 31),
        datetime(2024, 4, 1, 4, tzinfo=UTC),
        "America/Los_Angeles",
    )


def test_a_holding_without_any_date_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(ValueError, match="on no date"):
        project(recorded(OccurrenceHeld(activity_id="w1", occurrence="1")))


def test_the_day_of_the_partnership_is_a_parameter_and_makes_no_row() -> None:
    assert project(recorded(PartnershipFormed(partners=("NLC", "SCN"), on="2024-02-27"))) == []


def test_a_ledger_that_reporting_does_not_read_is_an_error() -> None:
    class Stranger(Fact):
        TYPE = "strangers.thing_happened.v1"

    with pytest.raises(ValueError, match="does not read the ledger 'strangers'"):
        project(recorded(Stranger()))
