"""A city: registered, described, member of networks for a time, succeeded by others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from shared.contracts.membership import (
    CityDescribed,
    CityDescription,
    CityEvent,
    CityRegistered,
    CitySucceeded,
    CitySuccessionRevoked,
    MembershipEnded,
    MembershipStarted,
)
from shared.contracts.messages.membership import (
    DescribeCity,
    EndMembership,
    RegisterCity,
    RevokeSuccession,
    StartMembership,
    SucceedCity,
)
from shared.contracts.values import Network, surely_before
from shared.decider import Command, Decider
from shared.errors import Refused


@dataclass(frozen=True, slots=True)
class Term:
    """One membership of a network, from a date on and perhaps until one (exclusive)."""

    since: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class City:
    """What is known of a city; `description` is None before it is registered."""

    city_id: str = ""
    description: CityDescription | None = None
    terms: Mapping[Network, Sequence[Term]] = field(default_factory=dict)
    succession: CitySucceeded | None = None

    def current_term(self, network: Network) -> Term | None:
        """Return the term that has not ended."""
        terms = self.terms.get(network, ())
        return terms[-1] if terms and terms[-1].until is None else None


def decide(command: Command, city: City) -> Sequence[CityEvent]:
    """Return the facts that follow, or raise Refused with the rule that forbids it."""
    said = command.said
    match said:
        case RegisterCity():
            return _register(said, city)
        case DescribeCity():
            return _describe(said, city)
        case SucceedCity():
            return _succeed(said, city)
        case RevokeSuccession():
            if city.succession is None:
                raise Refused(f"{said.city_id} was not succeeded by any city")
            return [CitySuccessionRevoked(city_id=said.city_id, reason=said.reason)]
        case StartMembership():
            return _start(said, city)
        case EndMembership():
            return _end(said, city)
        case _:
            raise TypeError(f"{type(said).__name__} is not a command for a city")


def _register(said: RegisterCity, city: City) -> Sequence[CityEvent]:
    if said.within == said.city_id:
        raise Refused(f"{said.city_id} cannot lie within itself")
    if city.description is None:
        return [CityRegistered(**dict(said))]
    if _description(said) == city.description:
        return []  # a second system registers the same city: nothing is new
    raise Refused(
        f"{said.city_id} is registered as {city.description.name!r}, {city.description.country};"
        " send city_described to change it"
    )


def _describe(said: DescribeCity, city: City) -> Sequence[CityEvent]:
    assert city.description is not None  # noqa: S101 - a command waits until its city exists
    changes = {name: value for name, value in dict(said).items() if value is not None}
    described = CityDescribed(**(dict(city.description) | changes))
    if described.within == said.city_id:
        raise Refused(f"{said.city_id} cannot lie within itself")
    return [] if _description(described) == city.description else [described]


def _succeed(said: SucceedCity, city: City) -> Sequence[CityEvent]:
    if said.city_id in said.successors:
        raise Refused(f"{said.city_id} cannot succeed itself")
    fact = CitySucceeded(**dict(said))
    if city.succession is None:
        return [fact]
    if city.succession == fact:
        return []
    raise Refused(
        f"{said.city_id} was succeeded by {', '.join(city.succession.successors)} already;"
        " revoke that first"
    )


def _start(said: StartMembership, city: City) -> Sequence[CityEvent]:
    term = city.current_term(said.network)
    if term is not None and term.since == said.on:
        return []  # already a member since that date: saying it twice changes nothing
    if term is not None:
        raise Refused(f"{city.city_id} is a member of {said.network} since {term.since}")
    before = city.terms.get(said.network, ())
    if before and surely_before(said.on, str(before[-1].until)):
        raise Refused(f"{city.city_id} was a member of {said.network} until {before[-1].until}")
    return [
        MembershipStarted(
            city_id=city.city_id, network=said.network, on=said.on, reason=said.reason
        )
    ]


def _end(said: EndMembership, city: City) -> Sequence[CityEvent]:
    before = city.terms.get(said.network, ())
    term = city.current_term(said.network)
    if term is None and before and before[-1].until == said.on:
        return []
    if term is None:
        raise Refused(f"{city.city_id} is not a member of {said.network}, so it cannot leave")
    if surely_before(said.on, term.since):
        raise Refused(f"{city.city_id} joined {said.network} on {term.since}, after {said.on}")
    return [
        MembershipEnded(city_id=city.city_id, network=said.network, on=said.on, reason=said.reason)
    ]


def _description(source: CityDescription) -> CityDescription:
    return CityDescription(**{name: getattr(source, name) for name in CityDescription.model_fields})


def evolve(city: City, event: CityEvent) -> City:
    """Return the city after a fact."""
    match event:
        case CityRegistered() | CityDescribed():
            return replace(city, city_id=event.city_id, description=_description(event))
        case CitySucceeded():
            return replace(city, succession=event)
        case CitySuccessionRevoked():
            return replace(city, succession=None)
        case MembershipStarted():
            return _with_terms(city, event.network, (*_terms(city, event.network), Term(event.on)))
        case MembershipEnded():
            *past, last = _terms(city, event.network)
            return _with_terms(city, event.network, (*past, replace(last, until=event.on)))
        case _:
            assert_never(event)


def _terms(city: City, network: Network) -> Sequence[Term]:
    return city.terms.get(network, ())


def _with_terms(city: City, network: Network, terms: Sequence[Term]) -> City:
    return replace(city, terms={**city.terms, network: terms})


DECIDER = Decider(City(), decide, evolve)
