"""A work reaches a city by a delivery, and somebody by a download."""

from datetime import timedelta

import pytest

from services.resources.domain.reach import DECIDER
from shared.contracts.messages.resources import (
    DeliverResource,
    DownloadResource,
    WithdrawResource,
)
from shared.contracts.resources import ResourceDelivered, ResourceDownloaded
from shared.contracts.values import CityPointer, CityReference
from tests.support.deciding import TUESDAY, assert_nothing_follows_twice, given

GENT = CityReference(city_id="gent")
DELIVER = DeliverResource(resource_id="toolkit", city=GENT, channel="email", on="2024-03-01")
DELIVERED = ResourceDelivered(
    resource_id="toolkit", city=CityPointer(city_id="gent"), channel="email", on="2024-03-01"
)
DOWNLOAD = DownloadResource(resource_id="toolkit", city=GENT, at=TUESDAY)
DOWNLOADED = ResourceDownloaded(resource_id="toolkit", city=CityPointer(city_id="gent"), at=TUESDAY)


def test_a_work_is_handed_to_a_city() -> None:
    assert given(DECIDER).when(DELIVER) == [DELIVERED]


def test_a_delivery_told_twice_is_one() -> None:
    assert given(DECIDER, DELIVERED).when(DELIVER) == []


@pytest.mark.parametrize("change", [{"channel": "portal"}, {"on": "2024-03-02"}])
def test_a_delivery_another_way_or_on_another_day_is_another(change: dict[str, str]) -> None:
    other = DELIVER.model_copy(update=change)
    assert given(DECIDER, DELIVERED).when(other) == [DELIVERED.model_copy(update=change)]
    assert_nothing_follows_twice(DECIDER, [DELIVERED], [other, DELIVER, other])


def test_a_city_that_nobody_can_tell_is_reached_by_its_question() -> None:
    athens = CityReference(name="Athens", country="US")
    [fact] = given(DECIDER).when(DELIVER.model_copy(update={"city": athens}))
    assert isinstance(fact, ResourceDelivered)
    assert fact.city == CityPointer(reference_id="asked-athens")


def test_a_work_is_downloaded_by_somebody_of_a_city() -> None:
    assert given(DECIDER).when(DOWNLOAD) == [DOWNLOADED]


def test_a_work_is_downloaded_by_somebody_of_no_known_city() -> None:
    [fact] = given(DECIDER).when(DOWNLOAD.model_copy(update={"city": None}))
    assert fact == ResourceDownloaded(resource_id="toolkit", at=TUESDAY)


def test_a_download_told_twice_is_one() -> None:
    assert given(DECIDER, DOWNLOADED).when(DOWNLOAD) == []


def test_a_download_at_another_moment_is_another() -> None:
    later = DOWNLOAD.model_copy(update={"at": TUESDAY + timedelta(seconds=1)})
    assert len(given(DECIDER, DOWNLOADED).when(later)) == 1


def test_reach_does_not_take_what_is_said_to_others() -> None:
    with pytest.raises(TypeError, match="WithdrawResource is not a command for a delivery"):
        given(DECIDER).when(WithdrawResource(resource_id="toolkit", on="2024"))
