"""Facts of membership into the rows that it looks cities up by."""

from typing import assert_never, cast

from services.membership.gazetteer import normalise
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
    ReferenceEvent,
)
from shared.queries import Statement
from shared.recorded import Recorded


def project(recorded: Recorded) -> list[Statement]:
    """Return the writes that keep the look-up tables in step with a fact."""
    fact = cast(MembershipEvent, recorded.fact)
    match fact:
        case CityRegistered() | CityDescribed():
            return [_city(recorded.version, fact)]
        case CitySucceeded():
            succession = (fact.city_id, list(fact.successors), fact.on, fact.reason)
            return [Statement("put_succession", succession)]
        case CitySuccessionRevoked():
            return [Statement("revoke_succession", (fact.city_id,))]
        case MembershipStarted():
            return [Statement("start_membership", (fact.city_id, fact.network, fact.on))]
        case MembershipEnded():
            return [Statement("end_membership", (fact.city_id, fact.network, fact.on))]
        case PartnershipFormed():
            return []  # nothing is looked up by it
        case CityReferenceResolved():
            return [_answer(fact, fact.city_id)]
        case CityReferenceDismissed():
            return [_answer(fact, None)]
        case _:
            assert_never(fact)


def _city(version: int, fact: CityRegistered | CityDescribed) -> Statement:
    description = fact.model_dump_json(exclude={"city_id"}, exclude_none=True)
    keys = (normalise(fact.name), fact.country, fact.subdivision)
    ids = (fact.geonames_id, fact.census_geoid)
    return Statement("put_city", (fact.city_id, version, *keys, *ids, description))


def _answer(fact: ReferenceEvent, city_id: str | None) -> Statement:
    question = fact.reference.model_dump_json(exclude_none=True) if fact.reference else None
    row = (fact.reference_id, question, fact.email_domain, city_id, city_id is None)
    return Statement("answer_reference", row)
