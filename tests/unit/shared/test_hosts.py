"""A service answers for itself, and for no name that somebody else may point at it."""

import pytest

from shared.hosts import KnownHosts


async def nobody(*_: object) -> None:
    raise AssertionError("nothing is asked here")


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8080",
        "LocalHost.:8080",
        "reports.localhost",
        "127.0.0.1:8080",
        "127.8.9.10",
        "[::1]:8080",
        "[::1]",
        "10.1.2.3:80",
        "reports.example.org",
        "Reports.Example.org:443",
        "other.example.org",
    ],
)
def test_a_host_that_only_we_can_be_is_known(host: str) -> None:
    assert KnownHosts(nobody, "reports.example.org, other.example.org").knows([host])


@pytest.mark.parametrize(
    "hosts",
    [
        ["evil.example"],
        ["evil.example:8080"],
        ["127.0.0.1.evil.example"],
        ["localhost.evil.example"],
        ["notlocalhost"],
        ["2130706433"],
        ["0x7f.1"],
        ["sub.reports.example.org"],
        ["reports.example.org.evil.example"],
        [""],
        [","],
        ["[::1"],
        ["localhost", "evil.example"],
        ["localhost@evil.example"],
        [],
    ],
)
def test_every_other_host_is_not(hosts: list[str]) -> None:
    assert KnownHosts(nobody, "reports.example.org,").knows(hosts) is False
