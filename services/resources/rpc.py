"""gRPC of resources: the commands, and works as they stand now."""

from typing import Any

import asyncpg
from tandem.resources.v1 import resources_pb2 as pb
from tandem.resources.v1 import resources_pb2_grpc

from services.resources.domain.resource import Resource
from shared.clock import Clock
from shared.commands import command
from shared.contracts.messages import resources as messages
from shared.contracts.resources import EditionPublished
from shared.errors import NotFound
from shared.intake import Intake
from shared.paging import page_size, page_start, page_token
from shared.queries import Queries
from shared.streams import Streams


class ResourcesServicer(resources_pb2_grpc.ResourcesServiceServicer):
    """What others ask of resources."""

    PublishResource = command(messages.PublishResource, pb.PublishResourceResponse)
    PublishEdition = command(messages.PublishEdition, pb.PublishEditionResponse)
    ShareResource = command(messages.ShareResource, pb.ShareResourceResponse)
    DeliverResource = command(messages.DeliverResource, pb.DeliverResourceResponse)
    DownloadResource = command(messages.DownloadResource, pb.DownloadResourceResponse)
    WithdrawResource = command(messages.WithdrawResource, pb.WithdrawResourceResponse)

    def __init__(
        self, intake: Intake, streams: Streams, pool: asyncpg.Pool, queries: Queries, clock: Clock
    ) -> None:
        """Bind the way in, the streams and the list of works."""
        self.intake, self.clock = intake, clock
        self._streams, self._pool, self._queries = streams, pool, queries

    async def GetResource(
        self, request: pb.GetResourceRequest, context: Any
    ) -> pb.GetResourceResponse:
        """Return one work as it stands now."""
        works = await self._works([request.resource_id])
        if not works:
            raise NotFound(f"no resource was published as {request.resource_id!r}")
        return pb.GetResourceResponse(resource=works[0])

    async def ListResources(
        self, request: pb.ListResourcesRequest, context: Any
    ) -> pb.ListResourcesResponse:
        """Return a page of works in the order of their ids."""
        size = page_size(request)
        [start] = page_start(request, ("",))
        kind = request.kind if request.HasField("kind") else None
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(
                self._queries["resource_page"], str(start), kind, size + 1
            )
        ids = [row["resource_id"] for row in rows[:size]]
        last = ids[-1] if ids else ""
        return pb.ListResourcesResponse(
            resources=await self._works(ids), next_page_token=page_token(rows, size, last)
        )

    async def _works(self, ids: list[str]) -> list[pb.Resource]:
        states = await self._streams.states([f"resource-{resource_id}" for resource_id in ids])
        return [_work(*state) for state in states.values()]


def _work(version: int, work: Resource) -> pb.Resource:
    published = work.published
    assert published is not None  # noqa: S101 - nothing precedes the publication in the stream
    return pb.Resource(
        resource_id=published.resource_id,
        title=published.title,
        kind=published.kind,
        publisher=published.publisher,
        on=published.on,
        languages=published.languages,
        themes=published.themes,
        url=published.url,
        editions=[_edition(edition) for edition in work.editions],
        shares=[pb.Share(network=network, on=on) for network, on in sorted(work.shares.items())],
        withdrawn_on=work.withdrawn_on,
        version=version,
    )


def _edition(edition: EditionPublished) -> pb.Edition:
    return pb.Edition(
        on=edition.on,
        language=edition.language,
        version=edition.version,
        title=edition.title,
        url=edition.url,
    )
