"""What others may ask of an owner: things as they stand now, lists in pages, the ledger itself."""

from typing import Any

import grpc
import grpc.aio
import pytest
from tandem.common.v1.common_pb2 import CityReference
from tandem.events.v1.events_pb2 import GetActivityRequest, ListActivitiesRequest
from tandem.ledger.v1.ledger_pb2 import (
    LedgerFact,
    ReadHeadsRequest,
    ReadLedgerRequest,
    StreamHead,
    StreamHeads,
)
from tandem.membership.v1.membership_pb2 import (
    CityQuestion,
    GetCityRequest,
    ListCitiesRequest,
    ListReferencesRequest,
    ResolveCitiesRequest,
)
from tandem.resources.v1.resources_pb2 import GetResourceRequest, ListResourcesRequest

from tests.support.system import System, said
from tests.support.telling import (
    attended,
    described,
    held,
    joined,
    published,
    registered,
    scheduled,
    shared_with,
)


async def test_a_city_is_told_as_it_stands_now(system: System) -> None:
    await system.start("membership")
    population = {"value": 262_219, "source": "Statbel", "year": 2020}
    await system.publish(registered("gent", population=population), described("gent", urban="city"))
    await system.settled()
    await system.publish(joined("gent", network="SCN"), joined("gent", network="NLC", on="2021"))
    await system.publish(
        said("membership.membership_ended", city={"city_id": "gent"}, network="NLC", on="2022-06")
    )
    await system.publish(registered("ledeberg"))
    succeeded = {"city_id": "ledeberg", "successors": ["gent"], "on": "1977", "reason": "merger"}
    await system.publish(said("membership.city_succeeded", **succeeded))
    await system.settled()

    stub = system.stub("membership", by="viewer")
    city = (await stub.GetCity(GetCityRequest(city_id="gent"))).city
    assert (city.name, city.country, city.urban, city.named) == ("Gent", "BE", "city", True)
    assert (city.population.value, city.population.year) == (262_219, 2020)
    terms = [(each.network, each.started_on, each.ended_on) for each in city.memberships]
    assert terms == [("SCN", "2020-01-01", ""), ("NLC", "2021", "2022-06")]
    gone = (await stub.GetCity(GetCityRequest(city_id="ledeberg"))).city
    assert (list(gone.succession.successors), gone.succession.on) == (["gent"], "1977")


async def test_a_city_tells_how_many_facts_its_stream_holds(system: System) -> None:
    await system.start("membership")
    await system.publish(registered("gent"), described("gent", urban="city"), joined("gent"))
    await system.settled()

    stub = system.stub("membership", by="viewer")
    city = (await stub.GetCity(GetCityRequest(city_id="gent"))).city
    assert city.version == 3


async def test_an_unknown_city_activity_or_work_is_not_found(system: System) -> None:
    await system.start("membership", "events", "resources")
    calls = [
        system.stub("membership").GetCity(GetCityRequest(city_id="gent")),
        system.stub("events").GetActivity(GetActivityRequest(activity_id="w1")),
        system.stub("resources").GetResource(GetResourceRequest(resource_id="kit")),
    ]
    for call in calls:
        assert await code_of(call) == grpc.StatusCode.NOT_FOUND


async def test_cities_are_listed_page_by_page_and_by_country_and_network(system: System) -> None:
    await system.start("membership")
    cities = [registered(f"city-{n}", country="BE" if n % 2 else "NL") for n in range(7)]
    await system.publish(*cities)
    await system.settled()
    await system.publish(joined("city-3"), joined("city-4"))
    await system.publish(
        said("membership.membership_ended", city={"city_id": "city-4"}, network="NLC", on="2022")
    )
    await system.settled()

    stub = system.stub("membership", by="viewer")
    listed: list[str] = []
    pages, token = 0, ""
    while not pages or token:
        page = await stub.ListCities(ListCitiesRequest(page_size=3, page_token=token))
        listed += [city.city_id for city in page.cities]
        pages, token = pages + 1, page.next_page_token
    assert (listed, pages) == ([f"city-{n}" for n in range(7)], 3)
    belgian = await stub.ListCities(ListCitiesRequest(country="BE"))
    assert [city.city_id for city in belgian.cities] == ["city-1", "city-3", "city-5"]
    members = await stub.ListCities(ListCitiesRequest(network="NLC"))
    assert [city.city_id for city in members.cities] == ["city-3"]


@pytest.mark.parametrize(
    "request_", [ListCitiesRequest(page_size=1001), ListCitiesRequest(page_token="mine")]
)
async def test_a_page_that_cannot_be_is_refused(
    system: System, request_: ListCitiesRequest
) -> None:
    await system.start("membership")
    code = await code_of(system.stub("membership").ListCities(request_))
    assert code == grpc.StatusCode.INVALID_ARGUMENT


async def test_questions_are_listed_page_by_page(system: System) -> None:
    await system.start("membership")
    await system.publish(*(joined(f"city-{n}") for n in range(5)))
    await system.settled()

    stub = system.stub("membership", by="viewer")
    first = await stub.ListReferences(ListReferencesRequest(page_size=3))
    second = await stub.ListReferences(
        ListReferencesRequest(page_size=3, page_token=first.next_page_token)
    )
    ids = [each.reference.city_id for each in [*first.references, *second.references]]
    assert sorted(ids) == [f"city-{n}" for n in range(5)]
    assert (len(first.references), second.next_page_token) == (3, "")


async def test_an_activity_is_told_as_it_stands_now(system: System) -> None:
    await system.start("membership", "events")
    sittings = [{"occurrence": f"{n}", "starts_at": f"2024-03-{n}T14:00"} for n in range(26, 29)]
    await system.publish(scheduled("w1", occurrences=sittings))
    await system.publish(scheduled("w1", organisers=["other:uclg"]), by="platform")
    for kind, more in (("held", {"on": "2024-03-26"}), ("cancelled", {})):
        day = "26" if kind == "held" else "27"
        await system.publish(
            said(f"events.activity_{kind}", activity_id="w1", occurrence=day, **more)
        )
    await system.publish(attended("w1", None, {"id": "ann"}, occurrence="26"))
    await system.settled()

    stub = system.stub("events", by="viewer")
    activity = (await stub.GetActivity(GetActivityRequest(activity_id="w1"))).activity
    states = {each.occurrence: each.state for each in activity.occurrences}
    assert states == {"26": "held", "27": "cancelled", "28": "planned"}
    assert [each.attendance_final for each in activity.occurrences] == [True, False, False]
    assert list(activity.organisers) == ["NLC", "SCN", "other:uclg"]
    assert list(activity.sources) == ["demo", "platform"]
    assert activity.version == 5


async def test_activities_are_listed_page_by_page_and_by_kind(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(*(scheduled(f"w{n}") for n in range(4)), scheduled("x", kind="training"))
    await system.settled()

    stub = system.stub("events", by="viewer")
    first = await stub.ListActivities(ListActivitiesRequest(page_size=2, kind="webinar"))
    second = await stub.ListActivities(
        ListActivitiesRequest(page_size=2, kind="webinar", page_token=first.next_page_token)
    )
    ids = [each.activity_id for each in [*first.activities, *second.activities]]
    assert (ids, second.next_page_token) == (["w0", "w1", "w2", "w3"], "")


async def test_a_work_is_told_as_it_stands_now_and_listed(system: System) -> None:
    await system.start("membership", "resources")
    await system.publish(published("kit"), published("guide", kind="guide"))
    await system.publish(
        shared_with("kit", "NLC"),
        said("resources.edition_published", resource_id="kit", on="2024-03", language="fr"),
        said("resources.resource_withdrawn", resource_id="kit", on="2024-04-01"),
    )
    await system.settled()

    stub = system.stub("resources", by="viewer")
    work = (await stub.GetResource(GetResourceRequest(resource_id="kit"))).resource
    assert [(share.network, share.on) for share in work.shares] == [("NLC", "2024-03-01")]
    assert [(edition.language, edition.on) for edition in work.editions] == [("fr", "2024-03")]
    assert (work.withdrawn_on, work.version) == ("2024-04-01", 4)
    listed = await stub.ListResources(ListResourcesRequest(page_size=1))
    assert [each.resource_id for each in listed.resources] == ["guide"]
    more = ListResourcesRequest(page_size=1, page_token=listed.next_page_token)
    assert [each.resource_id for each in (await stub.ListResources(more)).resources] == ["kit"]
    toolkits = await stub.ListResources(ListResourcesRequest(kind="toolkit"))
    assert [each.resource_id for each in toolkits.resources] == ["kit"]


async def test_cities_are_resolved_in_the_order_asked_and_nothing_is_raised_unless_told(
    system: System,
) -> None:
    await system.start("membership")
    await system.publish(registered("gent", geonames_id=2797656))
    await system.settled()
    questions = [
        CityQuestion(email_domain="gmail.com"),
        CityQuestion(reference=CityReference(geonames_id=2797656)),
        CityQuestion(reference=CityReference(name="Ghent", country="BE")),
        CityQuestion(email_domain="stad.gent"),
    ]
    stub = system.stub("membership", by="events")
    answers = (await stub.ResolveCities(ResolveCitiesRequest(questions=questions))).answers
    assert [answer.WhichOneof("answer") for answer in answers] == [
        None,
        "city_id",
        "city_id",
        "reference_id",
    ]
    assert (await stub.ListReferences(ListReferencesRequest())).references == []
    await stub.ResolveCities(ResolveCitiesRequest(questions=questions, raise_unknown=True))
    [raised] = (await stub.ListReferences(ListReferencesRequest())).references
    assert raised.email_domain == "stad.gent"


async def test_a_ledger_is_read_behind_a_position_in_batches(system: System) -> None:
    await system.start("membership")
    await system.publish(*(registered(f"city-{n}") for n in range(25)))
    await system.settled()

    batches = await read(system, ReadLedgerRequest(batch_size=10))
    assert [len(batch) for batch in batches] == [10, 10, 5]
    facts = [fact for batch in batches for fact in batch]
    positions = [fact.position for fact in facts]
    assert positions == sorted(positions)
    [behind] = await read(system, ReadLedgerRequest(after_position=positions[19], batch_size=10))
    assert [fact.stream for fact in behind] == [f"city-city-{n}" for n in range(20, 25)]
    assert facts[0].source == "demo"
    assert facts[0].type == "membership.city_registered.v1"


async def test_some_streams_of_a_ledger_are_read_behind_their_versions(system: System) -> None:
    await system.start("membership", "events")
    for n in range(3):
        await system.publish(scheduled(f"w{n}"))
        await system.publish(held(f"w{n}"), attended(f"w{n}", None, {"id": "ann"}))
    await system.settled()

    heads = [StreamHead(stream="activity-w0", version=1), StreamHead(stream="activity-w2")]
    request = ReadLedgerRequest(after_versions=StreamHeads(heads=heads), batch_size=2)
    batches = await read(system, request, "events")
    places = [(fact.stream, fact.version) for batch in batches for fact in batch]
    assert sorted(places) == [
        ("activity-w0", 2),
        ("activity-w0", 3),
        ("activity-w2", 1),
        ("activity-w2", 2),
        ("activity-w2", 3),
    ]
    assert max(len(batch) for batch in batches) <= 2
    for stream in ("activity-w0", "activity-w2"):
        versions = [version for name, version in places if name == stream]
        assert versions == sorted(versions)


async def test_heads_tell_how_far_each_stream_goes(system: System) -> None:
    await system.start("membership")
    await system.publish(registered("gent"), registered("brugge"))
    await system.settled()
    await system.publish(described("gent", urban="city"))
    await system.settled()

    heads, settled, total = await read_heads(system, 0)
    assert heads == {"city-gent": 2, "city-brugge": 1}
    assert (settled, total) == (0, 3), "a transaction might still commit below what is so young"
    assert (await read_heads(system, 2))[0] == {"city-gent": 2}

    await system.execute("membership", "update ledger set appended_at = now() - interval '1 hour'")
    assert (await read_heads(system, 0))[1] == 3


async def test_a_ledger_is_for_services_and_operators_alone(system: System) -> None:
    await system.start("membership")
    for caller in ("demo", "viewer", "staff"):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await read(system, ReadLedgerRequest(), by=caller)
        assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED


async def read(
    system: System,
    request: ReadLedgerRequest,
    service: str = "membership",
    by: str = "operator",
) -> list[list[LedgerFact]]:
    answers = system.ledger(service, by=by).ReadLedger(request)
    return [list(answer.facts) async for answer in answers]


async def read_heads(system: System, after: int) -> tuple[dict[str, int], int, int]:
    heads: dict[str, int] = {}
    settled = total = 0
    request = ReadHeadsRequest(after_position=after)
    async for answer in system.ledger("membership").ReadHeads(request):
        heads |= {head.stream: head.version for head in answer.heads}
        settled, total = answer.settled_position, answer.total
    return heads, settled, total


async def code_of(call: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    code: grpc.StatusCode = caught.value.code()
    return code
