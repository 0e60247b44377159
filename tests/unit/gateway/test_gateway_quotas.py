"""A credential sends as much as its quota allows, and no other credential pays for it."""

import pytest

from services.gateway.domain.quotas import Exceeded, Quota, Quotas

ONE_A_SECOND = {"requests": Quota(1, 3), "bytes": Quota(100, 1000)}


def test_a_burst_may_come_at_once_and_then_a_steady_rate() -> None:
    quotas = Quotas(ONE_A_SECOND)
    for _ in range(3):
        quotas.take("crm", 0.0, requests=1)
    with pytest.raises(Exceeded) as error:
        quotas.take("crm", 0.5, requests=1)
    assert (error.value.name, error.value.retry_seconds) == ("requests", 1)
    quotas.take("crm", 1.0, requests=1)
    with pytest.raises(Exceeded):
        quotas.take("crm", 1.0, requests=1)


def test_a_quota_of_one_is_not_that_of_another() -> None:
    quotas = Quotas(ONE_A_SECOND)
    quotas.take("crm", 0.0, requests=3)
    quotas.take("hub", 0.0, requests=3)


def test_what_exceeds_one_quota_takes_from_none() -> None:
    quotas = Quotas(ONE_A_SECOND)
    quotas.take("crm", 0.0, bytes=950)
    with pytest.raises(Exceeded, match="bytes a second"):
        quotas.take("crm", 0.0, requests=1, bytes=100)
    assert [level.left for level in quotas.levels("crm", 0.0)] == [3, 50]


def test_what_is_larger_than_a_burst_is_taken_from_a_full_bucket_and_paid_for_later() -> None:
    quotas = Quotas(ONE_A_SECOND)
    quotas.take("crm", 0.0, bytes=2000)
    with pytest.raises(Exceeded):
        quotas.take("crm", 10.0, bytes=100)
    quotas.take("crm", 11.0, bytes=100)


def test_a_level_says_what_is_left_and_when_it_is_full_again() -> None:
    quotas = Quotas(ONE_A_SECOND)
    quotas.take("crm", 0.0, requests=2, bytes=150)
    requests, in_bytes = quotas.levels("crm", 0.0)
    assert (requests.left, requests.full_in_seconds) == (1, 2)
    assert (in_bytes.left, in_bytes.full_in_seconds) == (850, 2)
    assert requests.quota.window_seconds == 3


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    quotas = Quotas(ONE_A_SECOND)
    quotas.take("crm", 100.0, requests=1)
    quotas.take("crm", 50.0, requests=1)
    assert quotas.levels("crm", 50.0)[0].left == 1


def test_only_so_many_buckets_are_kept_and_the_least_used_go() -> None:
    quotas = Quotas(ONE_A_SECOND, buckets_max=2)
    quotas.take("crm", 0.0, requests=3)
    quotas.take("hub", 0.0, requests=3)
    quotas.take("zoom", 0.0, requests=1)
    assert len(quotas._buckets) == 2
    with pytest.raises(Exceeded):
        quotas.take("hub", 0.0, requests=1)
