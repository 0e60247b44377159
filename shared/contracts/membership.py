"""The facts of membership: which cities there are, what each is called, and its networks."""

from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.values import (
    CalendarDate,
    CensusGeoid,
    CityKind,
    CityReference,
    Contract,
    Country,
    Distinct,
    Fact,
    GeonamesId,
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

CANDIDATES_MAX = 20


class CityDescription(Contract):
    """What is known of a local or sub-national government."""

    name: Name
    kind: CityKind
    country: Country
    subdivision: Subdivision | None = None
    geonames_id: GeonamesId | None = None
    census_geoid: CensusGeoid | None = None
    within: Slug | None = None
    population: Population | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    urban: Urban | None = None
    time_zone: TimeZone | None = None
    named: bool = True


class Candidate(Contract):
    """A place that an unclear reference may mean; `city_id` when it is registered already."""

    name: Name
    country: Country
    subdivision: Subdivision | None = None
    kind: CityKind
    city_id: Slug | None = None
    geonames_id: GeonamesId | None = None
    census_geoid: CensusGeoid | None = None


class CityRegistered(Fact, CityDescription):
    """A city became known under an id of ours."""

    TYPE: ClassVar[str] = "membership.city_registered.v1"
    city_id: Slug


class CityDescribed(Fact, CityDescription):
    """The whole description as it stands from now on, changed fields and unchanged ones."""

    TYPE: ClassVar[str] = "membership.city_described.v1"
    city_id: Slug


class CitySucceeded(Fact):
    """A city went over into others on a date, or was a second entry of one of them."""

    TYPE: ClassVar[str] = "membership.city_succeeded.v1"
    city_id: Slug
    successors: Annotated[tuple[Slug, ...], Distinct, Field(min_length=1, max_length=50)]
    on: CalendarDate
    reason: SuccessionReason


class CitySuccessionRevoked(Fact):
    """The succession was recorded by mistake; the city stands for itself again."""

    TYPE: ClassVar[str] = "membership.city_succession_revoked.v1"
    city_id: Slug
    reason: Reason


class MembershipStarted(Fact):
    """A city belongs to a network from this date on."""

    TYPE: ClassVar[str] = "membership.membership_started.v1"
    city_id: Slug
    network: Network
    on: CalendarDate
    reason: Reason | None = None


class MembershipEnded(Fact):
    """A city no longer belongs to a network from this date on."""

    TYPE: ClassVar[str] = "membership.membership_ended.v1"
    city_id: Slug
    network: Network
    on: CalendarDate
    reason: Reason | None = None


class PartnershipFormed(Fact):
    """The networks work together from this date on."""

    TYPE: ClassVar[str] = "membership.partnership_formed.v1"
    partners: Annotated[tuple[Network, ...], Distinct, Field(min_length=2, max_length=2)]
    on: CalendarDate


class CityReferenceResolved(Fact):
    """An unclear reference means this city, for all that was said under it before and after.

    Either `reference` (what was said of the city) or `email_domain` (what is known of people).
    """

    TYPE: ClassVar[str] = "membership.city_reference_resolved.v1"
    reference_id: Slug
    city_id: Slug
    reference: CityReference | None = None
    email_domain: Name | None = None


class CityReferenceDismissed(Fact):
    """The reference means no city (a firm's e-mail domain, a mistake): it stays unattributed."""

    TYPE: ClassVar[str] = "membership.city_reference_dismissed.v1"
    reference_id: Slug
    reason: Reason
    reference: CityReference | None = None
    email_domain: Name | None = None


CityEvent = (
    CityRegistered
    | CityDescribed
    | CitySucceeded
    | CitySuccessionRevoked
    | MembershipStarted
    | MembershipEnded
)
PartnershipEvent = PartnershipFormed
ReferenceEvent = CityReferenceResolved | CityReferenceDismissed
MembershipEvent = CityEvent | PartnershipEvent | ReferenceEvent
