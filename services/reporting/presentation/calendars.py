"""The calendar of activities, as programs of calendars read it (RFC 5545)."""

from collections.abc import Iterable, Iterator
from uuid import NAMESPACE_URL, uuid5

from icalendar import STATUS, TRANSP, Calendar, Event

from services.reporting.domain.appointment import Appointment
from services.reporting.presentation.language import Language

PRODUCT = "-//Tandem//Activities of NLC and SCN//EN"
CALENDAR_ID = uuid5(NAMESPACE_URL, "tandem:activities")


def calendar_of(appointments: Iterable[Appointment], language: Language, site: str) -> bytes:
    """Return appointments as iCalendar (RFC 5545), with the time zones they are in.

    Args:
        appointments: cancelled ones too, so that calendars which hold them take notice.
        language: of the words around the titles.
        site: where the pages stand, such as "https://reports.example".
    """
    calendar = Calendar.new(
        uid=CALENDAR_ID,
        prodid=PRODUCT,
        name=language.text("Activities of NLC and SCN"),
        language=language.tag,
    )
    for each in appointments:
        if each.starts is not None:
            calendar.add_component(_event(each, language, site))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(each: Appointment, language: Language, site: str) -> Event:
    activity = each.activity
    return Event.new(
        uid=f"{activity.activity_id}.{each.state.occurrence}@tandem",
        summary=activity.title,
        description="\n".join(_described(each, language)),
        categories=[language.named("activity_kind", activity.kind), *sorted(activity.organisers)],
        start=each.starts,
        end=each.ends,
        status=STATUS.CANCELLED if each.cancelled else STATUS.CONFIRMED,
        transparency=TRANSP.TRANSPARENT,
        sequence=each.changes,
        created=each.announced_at,
        last_modified=each.changed_at,
        stamp=each.changed_at,
        url=f"{site}/activities/{activity.activity_id}",
    )


def _described(each: Appointment, language: Language) -> Iterator[str]:
    activity = each.activity
    leads = language.listed([_organisation(lead) for lead in sorted(activity.organisers)])
    yield language.text("Organised by {leads}.", leads=leads)
    if activity.delivery is not None:
        yield language.named("delivery", activity.delivery)
    if each.cancelled:
        yield language.text("Cancelled.")


def _organisation(lead: str) -> str:
    return lead.removeprefix("other:")
