"""Which stream a message of events speaks to, what it waits for, whom and where it names."""

import pytest
from pydantic import BaseModel

from services.events.domain import DECIDERS, needs, provides, stream_of
from services.events.intake import cities_in, people_in
from shared.contracts.events import ActivityScheduled, EventsEvent
from shared.contracts.messages.events import (
    CancelRegistration,
    DismissDuplicate,
    ErasePerson,
    EventsDecision,
    EventsMessage,
    GiveHelp,
    HoldActivity,
    JoinParticipant,
    LeaveParticipant,
    MergeActivity,
    MergePerson,
    ReceiveRegistration,
    ReopenDuplicate,
    ScheduleActivity,
    UnmergeActivity,
    UnmergePerson,
)
from shared.contracts.values import CityReference, Fact, Message, Person
from shared.decider import PersonKey
from shared.recorded import noun_of
from tests.support.deciding import TUESDAY, command, named_cities, named_people
from tests.support.recording import facts_of, messages_of

WAITING_FOR_NOTHING = (
    *(ScheduleActivity, GiveHelp, ErasePerson, MergePerson, UnmergePerson),
    *(DismissDuplicate, ReopenDuplicate),
)
ANNA = Person(id="anna")
GENT = CityReference(city_id="gent")
ATHENS = CityReference(name="Athens", country="US")
SAID_OUTSIDE = messages_of(EventsMessage)
SAID = [
    *SAID_OUTSIDE,
    # By then whoever is to be erased is known by their key.
    *(
        said
        for said in messages_of(EventsDecision)
        if not isinstance(said, ErasePerson) or said.person is not None
    ),
]


@pytest.mark.parametrize(
    ("said", "stream"),
    [
        (HoldActivity(activity_id="w1", on="2024"), "activity-w1"),
        (HoldActivity(activity_id="w1", on="2024", occurrence="2"), "activity-w1"),
        (ReceiveRegistration(activity_id="w1", person=ANNA), "participation-w1~1~k1"),
        (CancelRegistration(activity_id="w1", person=ANNA), "participation-w1~1~k1"),
        (
            JoinParticipant(activity_id="w1", person=ANNA, at=TUESDAY, occurrence="2"),
            "participation-w1~2~k1",
        ),
        (LeaveParticipant(activity_id="w1", person=ANNA, at=TUESDAY), "participation-w1~1~k1"),
        (GiveHelp(city=GENT, network="SCN", on="2024"), "help-gent"),
        (GiveHelp(city=ATHENS, network="SCN", on="2024"), "help-asked-athens"),
        (ErasePerson(person="k2"), "person-k2"),
        (MergeActivity(activity_id="w9", into="w1"), "activity-w9"),
        (UnmergeActivity(activity_id="w9"), "activity-w9"),
        (MergePerson(person="k2", into="k1"), "person-k2"),
        (UnmergePerson(person="k2"), "person-k2"),
        (
            DismissDuplicate(kind="activities", first="w9", second="w1", reason="two"),
            "duplicate-activities~w1~w9",
        ),
        (ReopenDuplicate(kind="people", first="k1", second="k2"), "duplicate-people~k1~k2"),
    ],
)
def test_a_message_speaks_to_one_stream(said: Message, stream: str) -> None:
    assert stream_of(command(said, people={ANNA: PersonKey("k1")})) == stream


@pytest.mark.parametrize("said", SAID, ids=lambda said: said.TYPE)
def test_only_what_speaks_of_an_announced_activity_waits_for_it(
    said: EventsMessage | EventsDecision,
) -> None:
    if isinstance(said, WAITING_FOR_NOTHING):
        assert needs(command(said)) is None
    else:
        assert needs(command(said)) == f"activity-{said.activity_id}"


@pytest.mark.parametrize("fact", facts_of(EventsEvent), ids=lambda fact: fact.TYPE)
def test_an_announced_activity_is_what_others_wait_for(fact: Fact) -> None:
    if isinstance(fact, ActivityScheduled):
        assert provides(fact) == f"activity-{fact.activity_id}"
    else:
        assert provides(fact) is None


@pytest.mark.parametrize("said", SAID, ids=lambda said: said.TYPE)
def test_every_stream_has_a_decider_and_a_name_that_fits_a_subject(said: Message) -> None:
    stream = stream_of(command(said))
    assert noun_of(stream) in DECIDERS
    assert not set(stream) & set(". *>\t\n")


@pytest.mark.parametrize("said", SAID_OUTSIDE, ids=lambda said: said.TYPE)
def test_every_city_and_everybody_that_a_message_names_is_looked_up(said: Message) -> None:
    assert set(cities_in(said)) == named_cities(said)
    assert set(people_in(said)) == named_people(said)


@pytest.mark.parametrize("fact", facts_of(EventsEvent), ids=lambda fact: fact.TYPE)
def test_no_fact_has_room_for_a_name_or_an_address_of_somebody(fact: Fact) -> None:
    text = fact.model_dump_json()
    assert "@" not in text
    assert not {"email", "name", "organisation"} & set(_fields(type(fact)))


def _fields(model: type[BaseModel]) -> set[str]:
    schema = model.model_json_schema()
    nested = schema.get("$defs", {}).values()
    return {name for each in (schema, *nested) for name in each.get("properties", {})}
