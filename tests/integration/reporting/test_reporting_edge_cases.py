"""The edge cases of the promise on metrics, section 6, each with numbers."""

from typing import Any

from reporting_book import LOS_ANGELES, Book, at, somebody, span
from reporting_desk import Desk

from shared.contracts.events import ActivityClaimed, OccurrenceRescheduled, PersonErased
from shared.contracts.membership import (
    CityDescribed,
    CityReferenceDismissed,
    CityReferenceResolved,
    CitySucceeded,
    CitySuccessionRevoked,
)
from shared.contracts.resources import EditionPublished

DAY = "2024-03-27"
HOUR = span(DAY, "14:00", "15:00")


def a_webinar(book: Book | None = None, activity_id: str = "w1", **more: Any) -> Book:
    """Athens is a city of both networks; a webinar of an hour is announced."""
    book = book or Book().city("athens-oh", "OH", 25_000, networks=["NLC", "SCN"])
    return book.webinar(activity_id, f"{DAY}T14:00", **more)


async def test_a_cancelled_webinar_counts_nothing_and_is_shown_with_its_registrations(
    desk: Desk,
) -> None:
    book = a_webinar().registers("w1", "p1", "p2", city="athens-oh").cancelled("w1", 120)

    await desk.given(book)

    figures = (await desk.report())["figures"]
    assert figures["webinars_held"]["value"] == 0
    assert figures["webinars_held"]["detail"]["cancelled_registrations"] == 120
    assert figures["cities_engaged"]["value"] == 0
    assert figures["registrations"]["value"] == 0
    assert (figures["attendance_rate"]["value"], figures["attendance_rate"]["status"]) == (
        None,
        "O",
    )


async def test_a_cancelled_webinar_without_a_stated_number_counts_its_registrations(
    desk: Desk,
) -> None:
    await desk.given(a_webinar().registers("w1", "p1", "p2").cancelled("w1"))

    detail = (await desk.report())["figures"]["webinars_held"]["detail"]

    assert detail["cancelled_registrations"] == 2


async def test_a_webinar_held_after_all_is_not_cancelled(desk: Desk) -> None:
    await desk.given(a_webinar().cancelled("w1", 120).held("w1", f"{DAY}T14:00"))

    detail = (await desk.report())["figures"]["webinars_held"]["detail"]

    assert (detail["sessions"], detail["cancelled"]) == (1, 0)


async def test_a_webinar_moved_to_april_counts_in_april_with_its_registrations(desk: Desk) -> None:
    book = a_webinar().registers("w1", "p1", "p2", city="athens-oh")
    book.tell(
        OccurrenceRescheduled(
            activity_id="w1",
            occurrence="1",
            starts_at="2024-04-10T14:00",
            time_zone="America/New_York",
        )
    )
    await desk.given(book.held("w1", "2024-04-10T14:00"))

    assert await desk.figures("webinars_held", "registrations") == [0, 0]
    assert await desk.figures("webinars_held", "registrations", period="2024-Q2") == [1, 2]


async def test_attendance_twenty_days_late_is_awaited_and_then_told_as_late(desk: Desk) -> None:
    book = a_webinar().on("2024-03-28T00:00").held("w1", f"{DAY}T14:00")
    book.on("2024-04-20T09:00").roll("w1", somebody("p1", "athens-oh", HOUR))
    await desk.given(book)

    before = await desk.report(known_at="2024-04-12T00:00")
    after = await desk.report(known_at="2024-04-21T00:00")

    assert before["data_quality"]["awaiting_attendance"] == 1
    assert before["figures"]["cities_engaged"]["status"] == "P"
    assert before["figures"]["webinars_held"]["status"] == "A"
    assert after["data_quality"]["awaiting_attendance"] == 0
    assert after["figures"]["cities_engaged"]["status"] == "A"
    assert after["figures"]["timeliness"]["value"] == 0.0
    assert after["figures"]["completeness"]["value"] == 100.0


async def test_the_same_file_twice_counts_once(desk: Desk) -> None:
    book = a_webinar().held("w1", f"{DAY}T14:00")
    for _ in range(2):
        book.roll("w1", somebody("p1", "athens-oh", HOUR), somebody("p2", None, HOUR))

    await desk.given(book)

    assert await desk.figures("attendance", "attendees_unique") == [2, 2]


async def test_joins_count_until_the_final_file_and_not_beside_it(desk: Desk) -> None:
    book = a_webinar().on("2024-03-28T00:00").held("w1", f"{DAY}T14:00")
    for moment in (HOUR[0], HOUR[0]):  # the webhook came twice
        book.joins("w1", "p1", moment, "athens-oh")
    book.joins("w1", "p2", HOUR[0]).goes("w1", "p2", HOUR[1])
    book.on("2024-03-30T00:00").roll("w1", somebody("p1", "athens-oh", HOUR))
    await desk.given(book)

    live = await desk.report(known_at="2024-03-29T00:00")
    settled = await desk.report()

    assert live["figures"]["attendance"]["value"] == 2
    assert live["data_quality"]["awaiting_attendance"] == 1
    assert settled["figures"]["attendance"]["value"] == 1


async def test_a_provisional_file_and_joins_are_united(desk: Desk) -> None:
    book = a_webinar().held("w1", f"{DAY}T14:00")
    book.roll("w1", somebody("p1", None, span(DAY, "14:00", "14:03")), final=False)
    begin, end = span(DAY, "14:02", "14:06")

    await desk.given(book.joins("w1", "p1", begin).goes("w1", "p1", end))

    assert await desk.figure("attendance") == 1


async def test_joins_and_leaves_are_paired_by_time(desk: Desk) -> None:
    book = a_webinar().held("w1", f"{DAY}T14:00")
    minute = [at(f"{DAY}T14:{n:02}", "America/New_York") for n in range(60)]
    book.joins("w1", "no-leave-late", minute[57])  # 3 minutes until the end
    book.joins("w1", "no-leave", minute[50])  # 10 minutes until the end
    book.goes("w1", "no-join", minute[6])  # 6 minutes from the start
    book.joins("w1", "short", minute[1]).goes("w1", "short", minute[4])
    for since, until in ((10, 12), (20, 22), (30, 32)):  # thrice 2 minutes
        book.joins("w1", "often", minute[since]).goes("w1", "often", minute[until])
    book.joins("w1", "two-devices", minute[1]).joins("w1", "two-devices", minute[3])
    book.goes("w1", "two-devices", minute[4]).goes("w1", "two-devices", minute[7])
    await desk.given(book)

    people = (await desk.report())["figures"]["attendance"]["value"]

    assert people == 4  # no-leave, no-join, often, two-devices


async def test_joins_without_a_leave_count_nothing_while_the_end_is_unknown(desk: Desk) -> None:
    await desk.given(a_webinar().held("w1", DAY).joins("w1", "p1", HOUR[0], "athens-oh"))

    assert await desk.figures("webinars_held", "attendance", "cities_engaged") == [1, 0, 0]


async def test_a_corrected_file_supersedes_as_a_whole(desk: Desk) -> None:
    book = a_webinar().held("w1", f"{DAY}T14:00")
    book.roll("w1", somebody("p1", "athens-oh", HOUR), somebody("p2", None, HOUR))
    book.roll("w1", somebody("p3", None, HOUR), file_hash="sha256:two")

    await desk.given(book)

    assert await desk.figures("attendance", "cities_engaged") == [1, 0]


async def test_intervals_outside_the_actual_window_do_not_count(desk: Desk) -> None:
    book = a_webinar().held("w1", f"{DAY}T14:00", minutes=30)
    book.roll(
        "w1",
        somebody("early", None, span(DAY, "13:00", "14:04")),
        somebody("across", None, span(DAY, "13:50", "14:06")),
        somebody("pieces", None, span(DAY, "13:50", "14:02"), span(DAY, "14:26", "14:50")),
        somebody("listed", None),
    )

    await desk.given(book)

    assert await desk.figure("attendance") == 3  # across, pieces, and listed without times


async def test_a_city_we_cannot_tell_waits_and_then_counts_from_the_answer_on(desk: Desk) -> None:
    book = a_webinar().on("2024-03-28T00:00").held("w1", f"{DAY}T14:00")
    book.roll("w1", somebody("p1", "?springfield", HOUR), somebody("p2", "?acme", HOUR))
    book.on("2024-04-02T00:00").tell(
        CityReferenceResolved(reference_id="springfield", city_id="athens-oh"),
        CityReferenceDismissed(reference_id="acme", reason="a firm"),
    )
    await desk.given(book)

    before = await desk.report(known_at="2024-04-01T00:00")
    after = await desk.report()

    assert before["figures"]["attendance"]["value"] == 2
    assert before["figures"]["cities_engaged"]["value"] == 0
    assert before["data_quality"]["unanswered_city_questions"] == 2
    assert after["figures"]["cities_engaged"]["value"] == 1
    assert after["figures"]["attendance"]["detail"]["unattributed"] == 1
    assert after["data_quality"]["unanswered_city_questions"] == 0


async def test_a_declared_city_goes_before_a_registered_one_and_both_before_the_domain(
    desk: Desk,
) -> None:
    book = a_webinar().held("w1", f"{DAY}T14:00")
    for city in ("declared", "registered", "domain", "registered-domain"):
        book.city(city, "OH")
    for person in ("p1", "p2", "p3"):
        book.registers("w1", person, city="registered")
    book.registers("w1", "p4", domain="registered-domain")
    book.roll(
        "w1",
        somebody("p1", "declared", HOUR, domain="domain"),
        somebody("p2", None, HOUR, domain="domain"),
        somebody("p3", "?open", HOUR, domain="domain"),  # declared, only not yet known which
        somebody("p4", None, HOUR),
        somebody("p5", None, HOUR, domain="domain"),
    )

    await desk.given(book)
    evidence = await desk.evidence("cities_engaged")

    named = {item["city"]["city_id"] for item in evidence["items"]}
    assert named == {"declared", "registered", "registered-domain", "domain"}
    assert (await desk.report())["figures"]["attendance"]["detail"]["unattributed"] == 1


async def test_a_touch_of_a_county_counts_for_the_county_only(desk: Desk) -> None:
    book = Book().city("franklin-county", "OH", 1_300_000, kind="county")
    book.city("columbus", "OH", 905_000, within="franklin-county")
    book = a_webinar(book).held("w1", f"{DAY}T14:00")

    await desk.given(book.roll("w1", somebody("p1", "franklin-county", HOUR)))

    assert await desk.figures("cities_engaged", "population_represented") == [1, 1_300_000]


async def test_a_city_that_joins_mid_quarter_is_engaged_before_and_a_member_at_its_end(
    desk: Desk,
) -> None:
    book = Book().city("lima-oh", "OH", networks=["NLC"], since="2024-03-29")

    await desk.given(book.helps("lima-oh", "2024-01-15"))

    figures = (await desk.report())["figures"]
    assert figures["cities_engaged"]["value"] == 1
    assert figures["member_share"]["detail"]["NLC"] == {
        "engaged": 1,
        "members": 1,
        "percent": None,
    }


async def test_a_city_that_leaves_stays_in_past_quarters_and_leaves_the_retention_base(
    desk: Desk,
) -> None:
    book = Book().city("lima-oh", "OH", networks=["NLC"]).city("waco-tx", "TX", networks=["NLC"])
    book.helps("lima-oh", "2024-03-10").helps("waco-tx", "2024-03-10")
    book.helps("waco-tx", "2024-05-10").leaves("lima-oh", "NLC", "2024-05-31")

    await desk.given(book)

    assert await desk.figure("cities_engaged", "2024-Q1") == 2
    spring = (await desk.report("2024-Q2"))["figures"]
    assert [spring[m]["value"] for m in ("returning", "not_repeated", "left")] == [1, 0, 1]
    assert spring["retention"]["value"] == 100.0
    assert spring["retention"]["detail"] == {"engaged_again": 1, "still_eligible": 1}
    assert spring["lapsed"]["value"] == 0


async def test_a_second_entry_of_a_city_is_that_city_at_all_times_until_revoked(
    desk: Desk,
) -> None:
    book = Book().city("gent", "VOV", country="BE").city("ghent", "VOV", country="BE")
    book.helps("gent", "2024-01-10").helps("ghent", "2024-03-10")
    book.on("2024-04-01T00:00").tell(
        CitySucceeded(city_id="ghent", successors=("gent",), on="2024-04-01", reason="duplicate")
    )
    book.on("2024-05-01T00:00").tell(
        CitySuccessionRevoked(city_id="ghent", reason="they are two after all")
    )
    await desk.given(book)

    seen = [
        (await desk.report(known_at=moment))["figures"]["cities_engaged"]["value"]
        for moment in ("2024-03-31T00:00", "2024-04-15T00:00", "2024-05-15T00:00")
    ]

    assert seen == [2, 1, 2]


async def test_a_renamed_city_is_one_and_shown_under_the_name_valid_at_the_period_end(
    desk: Desk,
) -> None:
    book = Book().city("old-town", "OH", networks=["NLC"]).city("new-town", "OH")
    book.helps("old-town", "2024-03-10").helps("new-town", "2024-05-10")
    book.tell(
        CitySucceeded(
            city_id="old-town", successors=("new-town",), on="2024-05-01", reason="rename"
        )
    )
    await desk.given(book)

    first, second = await desk.report("2024-Q1"), await desk.report("2024-Q2")

    assert first["figures"]["new"]["value"] == 1
    assert [second["figures"][m]["value"] for m in ("new", "returning", "left")] == [0, 1, 0]
    assert second["figures"]["member_share"]["detail"]["NLC"]["engaged"] == 1
    names = [
        (await desk.evidence("cities_engaged", period))["items"][0]["city"]["city_id"]
        for period in ("2024-Q1", "2024-Q2")
    ]
    assert names == ["old-town", "new-town"]


async def test_a_merged_city_keeps_its_past_and_has_left_from_the_day_of_the_merger(
    desk: Desk,
) -> None:
    book = Book().city("a-town", "OH", networks=["NLC"]).city("b-town", "OH", networks=["NLC"])
    book.helps("a-town", "2024-03-10").helps("a-town", "2024-05-10")  # said under the old name
    book.tell(
        CitySucceeded(city_id="a-town", successors=("b-town",), on="2024-05-01", reason="merger")
    )
    await desk.given(book)

    second = (await desk.report("2024-Q2"))["figures"]

    assert (await desk.evidence("cities_engaged"))["items"][0]["city"]["city_id"] == "a-town"
    assert [second[m]["value"] for m in ("cities_engaged", "new", "left")] == [1, 1, 1]
    assert second["member_share"]["detail"]["NLC"] == {
        "engaged": 1,
        "members": 1,
        "percent": None,
    }


async def test_an_erased_person_stays_counted_and_is_told_as_erased(desk: Desk) -> None:
    book = a_webinar().held("w1", f"{DAY}T14:00")
    book.roll("w1", somebody("p1", "athens-oh", HOUR), somebody("p2", None, HOUR))

    await desk.given(book.tell(PersonErased(person="p1")))

    figures = (await desk.report())["figures"]
    assert figures["attendance"]["value"] == 2
    assert figures["cities_engaged"]["value"] == 1
    assert figures["attendance"]["detail"]["erased"] == 1


async def test_two_sittings_are_two_sessions_of_one_title_and_one_person_attends_twice(
    desk: Desk,
) -> None:
    book = a_webinar(sittings={"am": f"{DAY}T09:00", "pm": f"{DAY}T14:00"})
    book.held("w1", f"{DAY}T09:00", occurrence="am").held("w1", f"{DAY}T14:00", occurrence="pm")
    book.roll("w1", somebody("p1", "athens-oh", span(DAY, "09:00", "10:00")), occurrence="am")
    book.roll("w1", somebody("p1", "athens-oh", HOUR), occurrence="pm")

    await desk.given(book)

    figures = (await desk.report())["figures"]
    assert figures["webinars_held"]["detail"]["sessions"] == 2
    assert figures["webinars_held"]["detail"]["titles"] == 1
    assert figures["attendance"]["value"] == 2
    assert figures["attendees_unique"]["value"] == 1


async def test_a_claim_makes_an_activity_joint_and_near_duplicates_go_to_review(
    desk: Desk,
) -> None:
    book = Book().webinar("w1", f"{DAY}T14:00", organisers=["NLC"], title="Hate in our cities")
    book.tell(
        ActivityClaimed(
            activity_id="w1", claimed_by="scn-crm", organisers=("SCN",), title="Hate in cities"
        )
    )
    book.webinar(
        "x9", f"{DAY}T15:00", organisers=["SCN"], title="Hate in Our Cities!", source="scn-crm"
    )
    book.webinar("x8", f"{DAY}T15:00", organisers=["SCN"], title="Elections", source="scn-crm")
    await desk.given(book.held("w1", f"{DAY}T14:00"))

    report = await desk.report()

    assert report["breakdowns"]["webinars_held"]["organisers"]["joint"] == 1
    assert report["data_quality"]["possible_duplicates"] == 1
    (pair,) = report["data_quality"]["possible_duplicate_pairs"]
    assert (pair["activity_ids"], pair["on"]) == (["w1", "x9"], DAY)


async def test_a_bare_count_is_attributed_to_nobody_and_only_counts_without_people(
    desk: Desk,
) -> None:
    book = a_webinar().held("w1", DAY, attendance=70)
    book.webinar("w2", f"{DAY}T16:00").held("w2", DAY, attendance=50)
    book.roll("w2", somebody("p1", "athens-oh", span(DAY, "16:00", "17:00")), final=False)

    await desk.given(book)

    figures = (await desk.report())["figures"]
    assert figures["attendance"]["value"] == 71
    assert figures["attendance"]["detail"] == {"people": 1, "count_only": 70, "unattributed": 0}
    assert figures["attribution_rate"]["value"] == 1.4
    assert figures["completeness"]["value"] == 100.0


async def test_a_webinar_to_which_nobody_came_was_not_held(desk: Desk) -> None:
    book = a_webinar().held("w1", f"{DAY}T14:00")
    book.roll(
        "w1",
        somebody("p1", "athens-oh", HOUR, role="panelist"),
        somebody("p2", None, span(DAY, "14:00", "14:04")),
    )
    book.webinar("w2", f"{DAY}T16:00").held("w2", DAY, attendance=0)
    book.webinar("w3", f"{DAY}T16:00").held("w3", DAY, attendance=0).named("w3", "athens-oh")

    await desk.given(book)

    assert await desk.figures("webinars_held", "cities_engaged") == [1, 1]


async def test_whoever_spoke_hosted_or_is_named_makes_a_city_engaged_and_staff_never(
    desk: Desk,
) -> None:
    book = a_webinar().held("w1", f"{DAY}T14:00")
    for city in ("panel", "host", "staff", "test", "named", "spoke", "registered"):
        book.city(city, "OH")
    book.registers("w1", "r1", city="registered")
    book.roll(
        "w1",
        somebody("p0", None, HOUR),
        somebody("p1", "panel", role="panelist"),
        somebody("p2", "host", HOUR, role="host"),
        somebody("p3", "staff", HOUR, role="staff"),
        somebody("p4", "test", HOUR, role="test"),
        somebody("p4", "test", HOUR),
    )
    await desk.given(book.named("w1", "named").speaks("w1", "spoke"))

    named = {item["city"]["city_id"] for item in (await desk.evidence("cities_engaged"))["items"]}

    assert named == {"panel", "host", "named", "spoke"}
    assert await desk.figure("attendance") == 1


async def test_quarters_are_those_of_the_place_of_the_activity(desk: Desk) -> None:
    book = Book()
    book.webinar("la", "2024-03-31T21:00", LOS_ANGELES).held(
        "la", "2024-03-31T21:00", zone=LOS_ANGELES
    )
    book.webinar("ny", "2024-12-31T20:30").held("ny", "2024-12-31T20:30")
    book.webinar("khi", "2024-10-01T08:00", "Asia/Karachi").held(
        "khi", "2024-10-01T08:00", zone="Asia/Karachi"
    )

    await desk.given(book)

    quarters = [await desk.figure("webinars_held", f"2024-Q{n}") for n in (1, 2, 3, 4)]
    assert quarters == [1, 0, 0, 2]
    assert await desk.figure("webinars_held", "FY2025-Q1") == 2
    assert await desk.figure("webinars_held", "FY2025") == 2
    assert await desk.figure("webinars_held", "2024") == 3


async def test_what_is_dated_to_the_year_counts_in_the_year_alone_and_is_told(desk: Desk) -> None:
    book = Book().work("guide", "SCN", "2023").work("brief", "NLC", "2023-05")
    book.webinar("old", "2023-05-01T10:00").held("old", "2023")

    await desk.given(book)

    quarter, year = await desk.report("2023-Q2"), await desk.report("2023")
    assert quarter["figures"]["resources_published"]["value"] == 1
    assert quarter["figures"]["resources_published"]["detail"]["dated_to_year_only"] == 1
    assert quarter["data_quality"]["occurrences_dated_to_year_only"] == 1
    assert quarter["figures"]["webinars_held"]["value"] == 0
    assert year["figures"]["resources_published"]["value"] == 2
    assert year["figures"]["webinars_held"]["value"] == 1


async def test_a_work_counts_once_when_first_shared_with_the_other_partner(desk: Desk) -> None:
    book = Book().work("toolkit", "SCN", "2024-01-10", "en", "fr")
    book.shares("toolkit", "SCN", "2023-11-01")  # with its own members
    book.shares("toolkit", "NLC", "2024-05-02").shares("toolkit", "NLC", "2024-02-01")
    book.tell(
        EditionPublished(resource_id="toolkit", on="2024-02-20", language="es"),
        EditionPublished(resource_id="toolkit", on="2024-02-21", language="fr"),
        EditionPublished(resource_id="toolkit", on="2024-02-22", version="2"),
        EditionPublished(resource_id="toolkit", on="2024-06-01", language="ar"),
    )
    book.work("paper", "other:isd", "2022", "en").shares("paper", "SCN", "2024-03")

    await desk.given(book)

    figure = (await desk.report())["figures"]["resources_shared"]
    assert figure["value"] == 2
    assert figure["detail"] == {"editions": 5, "languages": ["en", "es", "fr"]}
    assert await desk.figure("resources_shared", "2024-Q2") == 0


async def test_deliveries_are_pairs_and_downloads_stand_apart(desk: Desk) -> None:
    book = Book().city("athens-oh", "OH").city("lima-oh", "OH").work("toolkit", "SCN", "2023")
    for city in ("athens-oh", "athens-oh", "?open"):
        book.delivers("toolkit", city, "2024-02-01")
    for downloader in (None, "lima-oh", "lima-oh"):
        book.download("toolkit", at("2024-03-31T23:30"), downloader)

    await desk.given(book)

    figures = (await desk.report())["figures"]
    assert figures["resource_deliveries"]["value"] == 1
    assert figures["resource_deliveries"]["detail"] == {
        "deliveries_unattributed": 1,
        "downloads": 3,
        "downloads_attributed": 2,
    }
    assert figures["cities_engaged"]["value"] == 0
    assert figures["cities_engaged_broad"]["value"] == 2


async def test_registrations_walk_ins_and_the_rate_stand_on_both_sides_of_the_door(
    desk: Desk,
) -> None:
    book = a_webinar().registers("w1", "p1", "p2", "p3", "p4", city="athens-oh")
    start = HOUR[0]
    book.withdraws("w1", "p3", start.replace(hour=1))  # before the start
    book.withdraws("w1", "p4", start.replace(minute=30))  # during it
    book.withdraws("w1", "p1", start.replace(hour=1)).registers("w1", "p1")
    book.held("w1", f"{DAY}T14:00")
    book.roll("w1", somebody("p1", None, HOUR), somebody("p9", None, HOUR))

    await desk.given(book)

    figures = (await desk.report())["figures"]
    assert figures["registrations"]["value"] == 3
    assert figures["attendance_rate"]["value"] == 33.3
    assert figures["attendance_rate"]["detail"] == {"attended_registered": 1, "registrations": 3}
    assert figures["walk_ins"]["value"] == 1


async def test_who_watches_the_recording_within_thirty_days_never_attended(desk: Desk) -> None:
    book = a_webinar().held("w1", f"{DAY}T14:00")
    book.roll(
        "w1",
        somebody("p1", None, HOUR, span("2024-03-28", "09:00", "10:00")),
        somebody("p2", None, span("2024-03-28", "09:00", "10:00")),
        somebody("p3", None, span("2024-05-28", "09:00", "10:00")),
    )

    await desk.given(book)

    assert await desk.figures("attendance", "late_viewers") == [1, 1]


async def test_many_weak_identities_turn_the_count_of_people_into_a_range(desk: Desk) -> None:
    book = a_webinar().held("w1", f"{DAY}T14:00")
    book.roll("w1", *(somebody(f"p{n}", None, HOUR, weak=n < 2) for n in range(10)))

    await desk.given(book)

    figure = (await desk.report())["figures"]["attendees_unique"]
    assert (figure["value"], figure["range"], figure["detail"]["weak"]) == (10, [8, 10], 2)


async def test_population_comes_from_one_vintage_and_is_a_lower_bound_without_it(
    desk: Desk,
) -> None:
    book = Book().city("a", "OH", 100).city("b", "OH", 200)
    book.city("c", "OH", 400, source=("Elsewhere", 2024)).city("d", "OH")
    for city in "abcd":
        book.helps(city, "2024-02-01")
    book.tell(
        CityDescribed(city_id="a", name="A", kind="city", country="US", subdivision="OH")
    )  # its population is not repeated, and still known in that vintage

    await desk.given(book)

    report = await desk.report()
    figure = report["figures"]["population_represented"]
    assert figure["value"] == 300
    assert figure["lower_bound"] is True
    assert figure["detail"]["source"] == "Census"
    assert figure["detail"]["cities_unknown"] == 2
    assert "at least 300 residents" in report["headline"]["en"]


async def test_a_city_not_to_be_named_is_counted_and_never_named(desk: Desk) -> None:
    book = Book().city("secret", "OH", named=False).helps("secret", "2024-02-01")

    await desk.given(book)

    report, evidence = await desk.report(), await desk.evidence("cities_engaged")
    assert report["figures"]["cities_engaged"]["detail"] == {"not_named": 1}
    assert evidence["items"][0]["city"] == {"city_id": None, "name": None, "named": False}
    assert "secret" not in str(evidence).lower()


async def test_new_means_never_touched_since_the_partnership_began(desk: Desk) -> None:
    book = Book().city("before").city("early").city("twice").city("fresh")
    book.helps("before", "2023-06-01").helps("early", "2024-02-27").helps("twice", "2024-08-01")
    for city in ("before", "early", "twice", "fresh"):
        book.helps(city, "2024-11-01")

    await desk.given(book)

    figures = (await desk.report("2024-Q4"))["figures"]
    flows = {m: figures[m]["value"] for m in ("new", "returning", "reactivated")}
    assert flows == {"new": 2, "returning": 1, "reactivated": 1}


async def test_lapsed_cities_come_with_their_last_touch(desk: Desk) -> None:
    book = Book().city("gone").city("here")
    book.helps("gone", "2023-05-01").helps("gone", "2024-03-05")
    book.helps("here", "2024-12-01").helps("here", "2024-03-05")

    await desk.given(book)

    items = (await desk.evidence("lapsed", "2024-Q4"))["items"]
    assert [(item["city"]["city_id"], item["last_touch"]) for item in items] == [
        ("gone", "2024-03-05")
    ]


async def test_facts_of_an_activity_not_announced_yet_wait_without_breaking_a_report(
    desk: Desk,
) -> None:
    book = Book().held("w1", f"{DAY}T14:00").roll("w1", somebody("p1", "nowhere", HOUR))

    await desk.given(book)

    report = await desk.report()
    assert report["figures"]["activities_held"]["value"] == 1
    assert report["data_quality"]["cities_not_registered"] == 1
