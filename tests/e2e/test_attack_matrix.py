"""Every attack at every door of one running system meets the answer that the documents give.

Nothing is emptied in between: whatever an attack leaves behind is there when the next one comes.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from shared.embedded.credentials import add_publisher
from tests.support.attacks import ATTACKS, Attack, Doors
from tests.support.attacks.doors import ATTACKER, HONEST, NARROW, NARROW_TYPE, table
from tests.support.completeness import complete
from tests.support.real_processes import real_processes

SECURITY = Path(__file__).parents[2] / "docs" / "security.md"
BEGIN, END = "<!-- attacks: begin -->\n", "\n<!-- attacks: end -->"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors() -> AsyncIterator[Doors]:
    async with real_processes(HONEST, ATTACKER) as real:
        doors = Doors(real)
        add_publisher(doors.root, NARROW, types=[NARROW_TYPE])
        try:
            yield doors
        finally:
            await doors.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda each: f"{each.door}: {each.what}")
async def test_an_attack_meets_its_answer(
    doors: Doors, attack: Attack, record_property: Callable[[str, object], None]
) -> None:
    await attack.act(doors)
    for report in doors.reports:
        record_property("measured", report)
        print(report)
    doors.reports.clear()


@pytest.mark.asyncio(loop_scope="module")
async def test_after_all_attacks_what_is_counted_is_what_was_recorded(doors: Doors) -> None:
    await complete(doors.real.system)


def test_the_documents_have_the_attacks_as_they_are_tested() -> None:
    text = SECURITY.read_text("utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0] == table(ATTACKS)
