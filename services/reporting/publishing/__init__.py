"""Publishing: a report becomes bytes that never change, sealed, numbered and told as a fact.

A version is composed as known at a moment T, once everything that the ledgers recorded until T is
projected, so that the same composing finds the same bytes again for ever. Its bytes go into the
transaction of its fact, in a schema that no rebuild touches. A kill before the commit leaves
nothing, one after it a published version, which the same request id then returns.

recording.py is the request and the rows of the fact, readings.py what is told of it afterwards.
"""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import asyncpg
import orjson

from services.reporting.domain.difference import Difference, differences
from services.reporting.domain.edition import edition, hide_small_changes
from services.reporting.domain.period import Period, parse_period
from services.reporting.domain.publication import Publish
from services.reporting.domain.registry import Registry
from services.reporting.publishing.readings import (
    Cause,
    Change,
    Json,
    Published,
    Readings,
    Reproduction,
)
from services.reporting.publishing.recording import request_to_publish, rules
from services.reporting.reading import QUERIES, read_facts
from services.reporting.reports import Reports
from services.reporting.signing import Signer
from shared.clock import Clock
from shared.comparison import Comparison
from shared.contracts.messages.reporting import PublishReport
from shared.draft import Receipt, Task
from shared.errors import NotFound, Unavailable
from shared.execute import Executor
from shared.failpoints import failpoint
from shared.sealing import Keys, Verdict, canonical, digest, judge_file
from shared.sealing.keys import key_set
from shared.sift import Received

__all__ = [
    "Cause",
    "Change",
    "Published",
    "Publishing",
    "Readings",
    "Reproduction",
    "request_to_publish",
]

COMMIT_SECONDS = 1.0
"""A fact gets its time just before its transaction; after so long that is committed or given up."""
LEVEL_SECONDS_MAX = 10.0
LEVEL_PAUSE_SECONDS = 0.05
LISTED_MAX = 1000
MADE_BY = ("code", "registry", "tzdata")
"""What a report is made by, beside the facts it is made from."""


class Publishing:
    """Publishes reports, and answers for what was published."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        store: asyncpg.Pool,
        reports: Reports,
        registry: Registry,
        comparison: Comparison,
        signer: Signer,
        clock: Clock,
    ) -> None:
        """Bind the rows, the tables of publications, what composes and compares, and the keys."""
        self._pool, self._store, self._reports = pool, store, reports
        self._registry, self._comparison = registry, comparison
        self._signer, self._clock = signer, clock
        self._shown_min = registry.parameters.people_shown_min

    # Publishing

    async def publish(self, received: Received) -> Receipt:
        """Publish the report of a period as known now.

        Returns:
            A receipt whose fact has the number of the version as its own; of a request that came
            before, that of then.

        Raises:
            FuturePeriod: the period has not begun.
            Unavailable: a ledger does not answer, or reporting is not level with it.
            VersionConflict: other publishers came first again and again.
        """
        said = received.message
        if not isinstance(said, PublishReport):
            raise TypeError(f"{type(said).__name__} publishes nothing")
        now, period = self._clock(), parse_period(said.period)
        await self._level()
        earlier = await self._documents(said.period)
        document = await self._composed(period, now)
        by = received.envelope.source_name
        new, changed = edition(document, earlier, self._shown_min, by, said.reason, said.note)
        sealed = await asyncio.to_thread(self._signer.seal, new)
        command = Publish(
            said=said,
            source=by,
            id=received.envelope.id,
            occurred_at=now,
            now=now,
            version=new["version"],
            status=new["status"],
            known_at=now,
            sha256=sealed["seal"]["sha256"],
            cells_changed=len(changed),
        )
        failpoint("publishing.sealed")
        executor = Executor(self._store, rules(canonical(sealed)))
        [receipt] = await executor.execute([Task(received, command)], keep_rejections=False)
        failpoint("publishing.recorded")
        return receipt

    async def _level(self) -> None:
        """Wait until all that the ledgers hold by now is projected.

        Raises:
            Unavailable: a ledger does not answer, or projecting takes too long.
        """
        await asyncio.sleep(COMMIT_SECONDS)
        deadline = time.monotonic() + LEVEL_SECONDS_MAX
        for name, ledger in self._comparison.ledgers.items():
            async for page in ledger.heads(await self._comparison.settled(name)):
                while behind := await self._comparison.behind(name, page.heads):
                    if time.monotonic() > deadline:
                        raise Unavailable(
                            f"{len(behind)} streams of {name} are on their way into reporting "
                            "still; try again"
                        )
                    await asyncio.sleep(LEVEL_PAUSE_SECONDS)

    async def _composed(self, period: Period, known_at: datetime | None) -> Json:
        if known_at is None:
            text = (await self._reports.report(period, whole=True)).json
        else:
            text = await self._reports.document(period, known_at)
        document: Json = orjson.loads(text)
        return document

    # What was published

    async def versions(self, period: Period) -> list[Published]:
        """Return the versions of a period, the first one first."""
        rows = await self._store.fetch(QUERIES["publications_of"], period.id)
        return [Published(*row) for row in rows]

    async def latest(self) -> list[Published]:
        """Return what was published of any period, the latest first, LISTED_MAX at most."""
        rows = await self._store.fetch(QUERIES["publications_latest"], LISTED_MAX)
        return [Published(*row) for row in rows]

    async def entries(self) -> list[Json]:
        """Return the list of reports with the versions of each, at every door alike."""
        versions: dict[str, list[int]] = defaultdict(list)
        for told in await self.latest():
            versions[told.period].append(told.version)
        return [
            {**entry, "versions": sorted(versions[entry["period"]["id"]])}
            for entry in await self._reports.entries()
        ]

    async def published(self, period: Period, version: int) -> bytes:
        """Return the bytes of a version: canonical JSON, the same for ever.

        Raises:
            NotFound: there is no such version.
        """
        content: bytes | None = await self._store.fetchval(
            QUERIES["published_document"], period.id, version
        )
        if content is None:
            raise NotFound(f"there is no version {version} of {period.name}")
        return content

    async def version(self, period: Period, version: int) -> Published:
        """Return what is known of a version.

        Raises:
            NotFound: there is no such version.
        """
        found = [each for each in await self.versions(period) if each.version == version]
        if not found:
            raise NotFound(f"there is no version {version} of {period.name}")
        return found[0]

    def signed(self, pdf: bytes) -> bytes:
        """Return the PDF of a version, signed; call it in a thread."""
        return self._signer.sign_pdf(pdf)

    async def _documents(self, period_id: str) -> list[Json]:
        rows = await self._store.fetch(QUERIES["published_documents"], period_id)
        return [orjson.loads(row["document"]) for row in rows]

    async def reproduce(self, period: Period, version: int) -> Reproduction:
        """Compose a version again, as known at its moment, and compare the hashes.

        Raises:
            NotFound: there is no such version.
        """
        told = await self.version(period, version)
        documents = await self._documents(period.id)
        document = await self._composed(period, told.known_at)
        earlier, stored = documents[: version - 1], documents[version - 1]
        again, _ = edition(
            document, earlier, self._shown_min, told.published_by, told.reason, told.note
        )
        made_by = [
            name for name in MADE_BY if again["provenance"][name] != stored["provenance"][name]
        ]
        # Told apart, not hashed: whether others make the same of the facts is the question.
        again["provenance"] |= {name: stored["provenance"][name] for name in made_by}
        sha256 = digest(again)
        return Reproduction(
            again,
            sha256,
            sha256 == told.sha256,
            tuple(made_by),
            tuple(differences(stored, again)),
        )

    async def readings(self, period: Period, version: int) -> Readings:
        """Return the three readings of a version.

        Raises:
            NotFound: there is no such version.
        """
        told = await self.version(period, version)
        stored: Json = orjson.loads(await self.published(period, version))
        reproduced = await self.reproduce(period, version)
        return Readings(told, stored, reproduced, await self._composed(period, None))

    async def change(self, period: Period, before: int, after: int | None) -> Change:
        """Return what changed from a version to another one, or to what is known now.

        Raises:
            NotFound: there is no such version.
        """
        first = await self.version(period, before)
        second = None if after is None else await self.version(period, after)
        documents = await self._documents(period.id)
        if second is None:
            known_at = self._clock()
            new = await self._composed(period, known_at)
            hide_small_changes(new, documents, self._shown_min)
        else:
            known_at, new = second.known_at, documents[second.version - 1]
        cells = differences(documents[before - 1], new)
        moved = {each.metric for each in cells if each.metric and _counts(each)}
        causes = await self._causes(
            period, sorted(moved & new["figures"].keys()), first.known_at, known_at
        )
        titles = {metric: figure["titles"] for metric, figure in new["figures"].items()}
        return Change(period, first, second, known_at, tuple(cells), causes, titles)

    async def _causes(
        self, period: Period, metrics: Sequence[str], before: datetime, after: datetime
    ) -> dict[str, Cause]:
        """Return the facts that one moment counts and the other does not, figure by figure."""
        async with self._pool.acquire() as connection:
            old, new = [
                await read_facts(connection, self._registry, period, metrics, moment)
                for moment in (before, after)
            ]
        return {
            metric: Cause(
                arrived=tuple(
                    fact
                    for place, fact in new[metric].items()
                    if place not in old[metric] and fact.recorded_at > before
                ),
                left=tuple(fact for place, fact in old[metric].items() if place not in new[metric]),
            )
            for metric in metrics
        }

    # Seals

    async def keep_keys(self) -> None:
        """Remember the public keys in use, so that they are known when others are."""
        for jwk in self._signer.jwks:
            await self._store.execute(QUERIES["keep_key"], jwk["kid"], json.dumps(jwk))

    async def keys(self) -> Keys:
        """Return every public key that ever sealed a report."""
        rows = await self._store.fetch(QUERIES["sealing_keys"])
        return key_set(orjson.loads(row["jwk"]) for row in rows)

    async def verify(self, content: bytes) -> Verdict:
        """Tell whether a file, JSON or PDF, is a report that was published, and unchanged."""
        return await asyncio.to_thread(judge_file, content, await self.keys())


def _counts(cell: Difference) -> bool:
    return cell.revises or cell.path.startswith("breakdowns.")
