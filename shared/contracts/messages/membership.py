"""What other systems send to membership."""

from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.membership import CityDescription
from shared.contracts.values import (
    CalendarDate,
    CensusGeoid,
    CityKind,
    CityReference,
    Country,
    Distinct,
    GeonamesId,
    Message,
    Name,
    Network,
    Population,
    Reason,
    Slug,
    Subdivision,
    SuccessionReason,
    TimeZone,
    Urban,
)


class RegisterCity(Message, CityDescription):
    """Make a city known under an id of the publisher's choice."""

    TYPE: ClassVar[str] = "tandem.membership.city_registered.v1"
    city_id: Slug


class DescribeCity(Message):
    """Correct or complete what is known of a city; only what is given changes."""

    TYPE: ClassVar[str] = "tandem.membership.city_described.v1"
    city_id: Slug
    name: Name | None = None
    kind: CityKind | None = None
    country: Country | None = None
    subdivision: Subdivision | None = None
    geonames_id: GeonamesId | None = None
    census_geoid: CensusGeoid | None = None
    within: Slug | None = None
    population: Population | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    urban: Urban | None = None
    time_zone: TimeZone | None = None
    named: bool | None = None


class SucceedCity(Message):
    """Say that a city went over into others, or was a second entry of one."""

    TYPE: ClassVar[str] = "tandem.membership.city_succeeded.v1"
    city_id: Slug
    successors: Annotated[tuple[Slug, ...], Distinct, Field(min_length=1, max_length=50)]
    on: CalendarDate
    reason: SuccessionReason


class StartMembership(Message):
    """Say that a city belongs to a network."""

    TYPE: ClassVar[str] = "tandem.membership.membership_started.v1"
    city: CityReference
    network: Network
    on: CalendarDate
    reason: Reason | None = None


class EndMembership(Message):
    """Say that a city left a network."""

    TYPE: ClassVar[str] = "tandem.membership.membership_ended.v1"
    city: CityReference
    network: Network
    on: CalendarDate
    reason: Reason | None = None


class FormPartnership(Message):
    """Say that the networks work together."""

    TYPE: ClassVar[str] = "tandem.membership.partnership_formed.v1"
    partners: Annotated[tuple[Network, ...], Distinct, Field(min_length=2, max_length=2)]
    on: CalendarDate


MembershipMessage = (
    RegisterCity | DescribeCity | SucceedCity | StartMembership | EndMembership | FormPartnership
)


class RevokeSuccession(Message):
    """Take back a succession that was recorded by mistake."""

    TYPE: ClassVar[str] = "tandem.membership.city_succession_revoked.v1"
    city_id: Slug
    reason: Reason


class ResolveReference(Message):
    """Say which city a reference means; the question itself is filled in from the work queue."""

    TYPE: ClassVar[str] = "tandem.membership.city_reference_resolved.v1"
    reference_id: Slug
    city_id: Slug
    reference: CityReference | None = None
    email_domain: Name | None = None


class DismissReference(Message):
    """Say that a reference means no city."""

    TYPE: ClassVar[str] = "tandem.membership.city_reference_dismissed.v1"
    reference_id: Slug
    reason: Reason
    reference: CityReference | None = None
    email_domain: Name | None = None


MembershipDecision = RevokeSuccession | ResolveReference | DismissReference
