"""The kit for publishers, run against the real thing through each door."""

import re
from collections.abc import Iterable

import pytest

from shared.cli.conformance import run, tell
from shared.client.over_grpc import Services
from shared.conformance import Case, cases, over_http, over_nats
from tests.support.system import System

OWNERS = ("membership", "events", "resources")


def of_door(door: str, prefix: str) -> list[Case]:
    return [case for case in cases(prefix, "demo") if door in case.over]


def failures(judged: Iterable[tuple[Case, object]]) -> list[str]:
    return [
        f"{case.name}: {outcome}, not {case.then}"
        for case, outcome in judged
        if not outcome.meets(case.then)  # type: ignore[attr-defined]
    ]


async def test_every_case_goes_as_it_should_over_nats(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    await system.start("membership", "resources")
    token_file = system.servers.directory.token("demo")

    for prefix in ("one", "two"):
        questions = Services({name: system.address(name) for name in OWNERS}, token_file)
        seed = system.servers.seed_file("demo")
        outlet = over_nats(system.servers.nats_url, "demo", seed, questions)
        judged = await run(of_door("nats", prefix), outlet)
        assert failures(judged) == []
        tell(judged)
        assert re.search(r"(\d+) of \1 as they should be", capsys.readouterr().out)


async def test_every_case_goes_as_it_should_over_http(system: System) -> None:
    await system.start("membership", "events", "resources", "gateway")
    token_file = system.servers.directory.token("demo")
    outlet = over_http(system.http("gateway"), token_file)
    assert failures(await run(of_door("http", "one"), outlet)) == []


async def test_what_does_not_go_as_it_should_is_named(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    await system.start("membership", "resources")
    [case] = [each for each in of_door("nats", "run") if each.name == "structured"]
    wrong = case.model_copy(update={"then": case.then.model_copy(update={"outcome": "waiting"})})
    questions = Services(
        {name: system.address(name) for name in OWNERS}, system.servers.directory.token("demo")
    )
    seed = system.servers.seed_file("demo")
    judged = await run([wrong], over_nats(system.servers.nats_url, "demo", seed, questions))
    tell(judged)
    printed = capsys.readouterr().out
    assert "FAIL" in printed
    assert "recorded, not waiting" in printed
    assert "0 of 1 as they should be" in printed
