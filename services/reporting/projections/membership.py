"""Cities, their succession, their networks, and the answers to open questions about them."""

from typing import Any, assert_never

from services.reporting.domain.dates import stated_dates
from shared.contracts.membership import (
    CityDescribed,
    CityReferenceDismissed,
    CityReferenceResolved,
    CityRegistered,
    CitySucceeded,
    CitySuccessionRevoked,
    MembershipEnded,
    MembershipEvent,
    MembershipStarted,
    PartnershipFormed,
)
from shared.queries import Row
from shared.recorded import Recorded


def project(recorded: Recorded, event: MembershipEvent) -> list[Row]:
    """Return the rows that a fact of membership adds."""

    def add(table: str, *values: Any) -> list[Row]:
        key = (recorded.stream, recorded.version, recorded.recorded_at)
        return [Row(table, (*key, *values))]

    match event:
        case CityRegistered() | CityDescribed():
            return add("city_description", *_description(event))
        case CitySucceeded():
            on = stated_dates(event.on)
            return add(
                "city_succession",
                event.city_id,
                list(event.successors),
                event.reason,
                on.first,
                on.last,
            )
        case CitySuccessionRevoked():
            return add("city_succession", event.city_id, [], "revoked", None, None)
        case MembershipStarted() | MembershipEnded():
            on = stated_dates(event.on)
            active = isinstance(event, MembershipStarted)
            return add("membership_change", event.city_id, event.network, active, on.first, on.last)
        case PartnershipFormed():
            return []  # the day the partnership began is a parameter of the metrics
        case CityReferenceResolved():
            return add("reference_answer", event.reference_id, event.city_id)
        case CityReferenceDismissed():
            return add("reference_answer", event.reference_id, None)
        case _:
            assert_never(event)


def _description(city: CityRegistered | CityDescribed) -> tuple[Any, ...]:
    population = city.population
    return (
        city.city_id,
        city.name,
        city.kind,
        city.country,
        city.subdivision,
        city.within,
        population.value if population else None,
        population.source if population else None,
        population.year if population else None,
        city.latitude,
        city.longitude,
        city.urban,
        city.named,
    )
