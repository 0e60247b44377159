"""The facts of resources: works, their editions, and whom they reached."""

from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.values import (
    CalendarDate,
    Channel,
    CityPointer,
    Contract,
    Distinct,
    Fact,
    Instant,
    Language,
    Name,
    Network,
    Organisation,
    ResourceKind,
    Slug,
    ThemeSlug,
    Title,
    Url,
)


class ResourceDescription(Contract):
    """A work as its publisher describes it."""

    resource_id: Slug
    title: Title
    kind: ResourceKind
    publisher: Organisation
    on: CalendarDate
    languages: Annotated[tuple[Language, ...], Distinct, Field(min_length=1, max_length=60)]
    themes: Annotated[tuple[ThemeSlug, ...], Distinct, Field(max_length=30)] = ()
    url: Url | None = None


class EditionDescription(Contract):
    """A translation or a revision of a work."""

    resource_id: Slug
    on: CalendarDate
    language: Language | None = None
    version: Name | None = None
    title: Title | None = None
    url: Url | None = None


class ResourcePublished(Fact, ResourceDescription):
    """A work came out, or its description was corrected by the same source."""

    TYPE: ClassVar[str] = "resources.resource_published.v1"


class EditionPublished(Fact, EditionDescription):
    """A translation or revision of a work came out."""

    TYPE: ClassVar[str] = "resources.edition_published.v1"


class ResourceShared(Fact):
    """A work was made available to the members of a network."""

    TYPE: ClassVar[str] = "resources.resource_shared.v1"
    resource_id: Slug
    shared_with: Network
    on: CalendarDate


class ResourceDelivered(Fact):
    """A work was handed to a city."""

    TYPE: ClassVar[str] = "resources.resource_delivered.v1"
    resource_id: Slug
    city: CityPointer
    channel: Channel
    on: CalendarDate


class ResourceDownloaded(Fact):
    """A work was downloaded, perhaps by somebody of a known city."""

    TYPE: ClassVar[str] = "resources.resource_downloaded.v1"
    resource_id: Slug
    city: CityPointer | None = None
    at: Instant


class ResourceWithdrawn(Fact):
    """A work is no longer offered."""

    TYPE: ClassVar[str] = "resources.resource_withdrawn.v1"
    resource_id: Slug
    on: CalendarDate


WorkEvent = ResourcePublished | EditionPublished | ResourceShared | ResourceWithdrawn
ReachEvent = ResourceDelivered | ResourceDownloaded
ResourcesEvent = WorkEvent | ReachEvent
