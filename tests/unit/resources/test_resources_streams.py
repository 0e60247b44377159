"""Which stream a message of resources speaks to, what it waits for, what a fact provides."""

import re

import pytest

from services.resources.domain import DECIDERS, needs, provides, stream_of
from services.resources.intake import city_in
from shared.contracts.messages.resources import (
    DeliverResource,
    DownloadResource,
    PublishResource,
    ResourcesMessage,
    WithdrawResource,
)
from shared.contracts.resources import ResourcePublished, ResourcesEvent
from shared.contracts.values import CityReference, Fact, Message
from shared.recorded import noun_of
from tests.support.deciding import TUESDAY, command, named_cities
from tests.support.recording import facts_of, messages_of

GENT = CityReference(city_id="gent")
ATHENS = CityReference(name="Athens", country="US")
DOWNLOAD = DownloadResource(resource_id="toolkit", at=TUESDAY)


def deliver(city: CityReference) -> DeliverResource:
    return DeliverResource(resource_id="toolkit", city=city, channel="email", on="2024")


@pytest.mark.parametrize(
    ("said", "stream"),
    [
        (WithdrawResource(resource_id="toolkit", on="2024"), "resource-toolkit"),
        (deliver(GENT), "delivery-toolkit~gent"),
        (deliver(ATHENS), "delivery-toolkit~asked-athens"),
    ],
)
def test_a_message_speaks_to_one_stream(said: Message, stream: str) -> None:
    assert stream_of(command(said)) == stream


def test_every_download_has_a_stream_of_its_own_and_a_repeat_has_the_same() -> None:
    streams = [
        stream_of(command(DOWNLOAD, source=source, id_=id_))
        for source, id_ in [("crm", "1"), ("crm", "2"), ("portal", "1"), ("crm", "1")]
    ]
    assert len(set(streams)) == 3
    assert streams[0] == streams[3]
    assert re.fullmatch("download-toolkit~[0-9a-f]{24}", streams[0])


@pytest.mark.parametrize("said", messages_of(ResourcesMessage), ids=lambda said: said.TYPE)
def test_a_message_waits_for_its_work_to_come_out(said: ResourcesMessage) -> None:
    waits = not isinstance(said, PublishResource)
    assert needs(command(said)) == (f"resource-{said.resource_id}" if waits else None)


@pytest.mark.parametrize("fact", facts_of(ResourcesEvent), ids=lambda fact: fact.TYPE)
def test_a_work_that_came_out_is_what_others_wait_for(fact: Fact) -> None:
    if isinstance(fact, ResourcePublished):
        assert provides(fact) == f"resource-{fact.resource_id}"
    else:
        assert provides(fact) is None


@pytest.mark.parametrize("said", messages_of(ResourcesMessage), ids=lambda said: said.TYPE)
def test_every_stream_has_a_decider_and_a_name_that_fits_a_subject(said: Message) -> None:
    stream = stream_of(command(said))
    assert noun_of(stream) in DECIDERS
    assert not set(stream) & set(". *>\t\n")


@pytest.mark.parametrize("said", messages_of(ResourcesMessage), ids=lambda said: said.TYPE)
def test_every_city_that_a_message_names_is_looked_up(said: Message) -> None:
    assert {city_in(said)} - {None} == named_cities(said)
