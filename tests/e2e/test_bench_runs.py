"""`make bench` in small: every measurement of ours runs on a real system and gives a figure."""

from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from deploy.history.history import History
from deploy.history.shape import FACTS_MIN
from services.events.app import HERE as EVENTS
from services.events.vault import Vault
from shared.contracts.values import Person
from shared.queries import Queries
from tests.bench import door, limits, ours, pages
from tests.bench.decided import key_of
from tests.bench.filling import fill
from tests.bench.stage import Scale, Stage
from tests.support.flow import Flow
from tests.support.ledgers import pool_of
from tests.support.machine import free_port_base
from tests.support.system import System

TINY = Scale(
    rounds=1,
    flow_people=100,
    appended_facts=200,
    peer_seconds=0.1,
    histories=(),
    single_events=2,
    report_calls=2,
)


async def test_every_measurement_of_ours_ends_with_a_figure() -> None:
    with TemporaryDirectory(prefix="tandem-bench-") as folder:
        stage = Stage(Path(folder), free_port_base(), TINY, Console(quiet=True))
        async with stage.system():
            flow = Flow(people=TINY.flow_people)
            passage = await ours.pipeline(stage, flow)
            facts, rebuilt = await ours.rebuilding(stage)
            rates = [
                *await ours.appending(stage),
                *await ours.commands(stage),
                *await door.singles(stage),
                *await door.batches(stage, 100),
                *(await limits.copy(stage)).rounds,
                *(await limits.validation(stage)).rounds,
                *(await limits.atomic_batches(stage)).rounds,
            ]
            moved = await ours.single_events(stage, "single", ours.watching)
            told = await ours.single_events(stage, "live", pages.following)
            first, later = await ours.reading(stage)
            taken = [
                await pages.counting(stage),
                *[await pages.rendering(stage, form) for form in pages.RENDERINGS],
            ]
        stage.memory.stop()

    assert passage.events == facts == len(flow.messages())
    assert 0 < passage.recorded_seconds <= passage.projected_seconds
    assert min(rates) > 0
    assert rebuilt > 0
    assert (len(moved), len(told), len(first), len(later)) == (2, 2, len(ours.PERIODS), 2)
    assert min(milliseconds for each in taken for milliseconds in each.anew + each.again) > 0
    services = {"membership", "events", "resources", "reporting", "gateway", "operations", "nats"}
    assert set(stage.memory.peaks()) == services | {"reporting and its children"}


async def test_a_filled_ledger_is_projected_to_the_last_fact(system: System) -> None:
    history = History(FACTS_MIN, seed=7)

    await fill(system.servers.directory.root, history)
    await system.start()
    await system.settled()

    assert await system.value("reporting", "select count(*) from fact") == FACTS_MIN
    async with pool_of(system, "events") as pool:
        queries = Queries(EVENTS / "queries.sql")
        vault = Vault(pool, queries, system.servers.directory.vault_key)
        somebody = Person(id=f"{history.prefix}-person-0")
        assert await vault.find("demo", somebody) == key_of(somebody)
