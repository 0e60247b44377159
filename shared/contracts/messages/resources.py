"""What other systems send to resources."""

from typing import ClassVar

from pydantic import Field

from shared.contracts.resources import EditionDescription, ResourceDescription
from shared.contracts.values import (
    CalendarDate,
    Channel,
    CityReference,
    Instant,
    Message,
    Network,
    Slug,
)


class PublishResource(Message, ResourceDescription):
    """Say that a work came out."""

    TYPE: ClassVar[str] = "tandem.resources.resource_published.v1"


class PublishEdition(Message, EditionDescription):
    """Say that a translation or revision of a work came out."""

    TYPE: ClassVar[str] = "tandem.resources.edition_published.v1"


class ShareResource(Message):
    """Say that a work was made available to a network's members."""

    TYPE: ClassVar[str] = "tandem.resources.resource_shared.v1"
    resource_id: Slug
    shared_with: Network = Field(alias="with")
    on: CalendarDate


class DeliverResource(Message):
    """Say that a work was handed to a city."""

    TYPE: ClassVar[str] = "tandem.resources.resource_delivered.v1"
    resource_id: Slug
    city: CityReference
    channel: Channel
    on: CalendarDate


class DownloadResource(Message):
    """Say that a work was downloaded."""

    TYPE: ClassVar[str] = "tandem.resources.resource_downloaded.v1"
    resource_id: Slug
    city: CityReference | None = None
    at: Instant


class WithdrawResource(Message):
    """Say that a work is no longer offered."""

    TYPE: ClassVar[str] = "tandem.resources.resource_withdrawn.v1"
    resource_id: Slug
    on: CalendarDate


ResourcesMessage = (
    PublishResource
    | PublishEdition
    | ShareResource
    | DeliverResource
    | DownloadResource
    | WithdrawResource
)
