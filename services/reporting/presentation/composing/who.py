"""Who the engaged cities are, which members are not yet among them, and whom to follow up."""

from services.reporting.domain.population import LARGEST, SIZE_CLASSES
from services.reporting.presentation.composing.breakdowns import breakdown
from services.reporting.presentation.composing.cities import (
    cities,
    last_engaged,
    network,
    population,
    size,
)
from services.reporting.presentation.composing.names import UNKNOWN
from services.reporting.presentation.composing.subject import Subject
from services.reporting.presentation.sheet import Cell, Column, Kind, Section, Status, Table

SIZES = [*(name for _, name in SIZE_CLASSES), LARGEST, UNKNOWN]
CAME = ("new", "returning", "reactivated")
MEMBERS = ("NLC", "SCN", "any")


def who(subject: Subject) -> Section:
    """Return the engaged cities by what they are, and the members that are not engaged."""
    text = subject.language.text
    return Section(
        id="who",
        title=text("Who"),
        tables=[
            _came(subject),
            breakdown(
                subject,
                "size-classes",
                text("Cities engaged by size"),
                text("Residents"),
                "size_class",
                ["cities_engaged"],
                sums=True,
                order=SIZES.index,
                chart=True,
            ),
            breakdown(
                subject,
                "urban",
                text("Cities engaged by degree of urbanisation"),
                text("Degree of urbanisation"),
                "urban",
                ["cities_engaged"],
                sums=True,
                note=text("From a reference table, never guessed."),
            ),
            breakdown(
                subject,
                "city-kinds",
                text("Cities engaged by kind"),
                text("Kind"),
                "kind",
                ["cities_engaged"],
                sums=True,
            ),
            breakdown(
                subject,
                "networks",
                text("Cities engaged by network"),
                text("Member of"),
                "network",
                ["cities_engaged", "cities_engaged_broad"],
                sums=True,
                chart=True,
            ),
            _members(subject),
            breakdown(
                subject,
                "positions",
                text("Attendance by position in the city"),
                text("Position"),
                "position",
                ["attendance"],
                sums=True,
            ),
            cities(
                subject,
                "members-not-engaged",
                text("Members not engaged so far"),
                subject.lists["members_not_engaged"],
                [size(subject), population(subject), network(subject)],
                note=text("Members at the end of the period with no core touch until then."),
            ),
            cities(
                subject,
                "cities-lapsed",
                text("Cities to follow up"),
                subject.lists["cities_lapsed"],
                [network(subject), population(subject), last_engaged(subject)],
                of="lapsed",
                note=text(
                    "Engaged in any of the four quarters before the period, not in it, and still "
                    "eligible."
                ),
            ),
        ],
    )


def _came(subject: Subject) -> Table:
    """Return new, returning and reactivated cities, which make all that are engaged."""
    language = subject.language
    text = language.text
    rows = [[Cell(subject.title(flow), key=flow), subject.value(flow)] for flow in CAME]
    rows.append([Cell(text("Total"), key="total"), subject.value("cities_engaged")])
    return Table(
        id="came",
        caption=text("New, returning and reactivated"),
        columns=[
            Column("came", text("Cities")),
            Column(
                "cities_engaged", subject.called(), Kind.COUNT, language.named("unit", "cities")
            ),
        ],
        rows=rows,
        summary=text(
            "{new} new, {returning} returning and {reactivated} reactivated make {total}.",
            total=language.number(subject.figures["cities_engaged"]["value"] or 0),
            **{flow: language.number(subject.figures[flow]["value"]) for flow in CAME},
        ),
        sums=True,
    )


def _members(subject: Subject) -> Table:
    """Return the engaged members of each network, as counts; in percent where the base allows."""
    language = subject.language
    text = language.text
    detail = subject.figures["member_share"]["detail"]
    evidence = subject.evidence("member_share")
    rows = []
    for row in MEMBERS:
        counts = detail[row]
        rows.append(
            [
                Cell(text("Either network") if row == "any" else row, key=row),
                Cell(counts["engaged"], Status.NORMAL, evidence),
                Cell(counts["members"], Status.NORMAL, evidence),
                Cell(
                    counts["percent"],
                    Status.NOT_APPLICABLE if counts["percent"] is None else Status.NORMAL,
                    evidence,
                ),
            ]
        )
    return Table(
        id="members",
        caption=text("Members engaged"),
        columns=[
            Column("network", text("Member of")),
            Column("engaged", text("Engaged"), Kind.COUNT, language.named("unit", "cities")),
            Column("members", text("Members"), Kind.COUNT, language.named("unit", "cities")),
            Column("percent", text("Share"), Kind.PERCENT, language.named("unit", "percent")),
        ],
        rows=rows,
        summary=" ".join(
            [
                language.counted(
                    "{engaged} of {count} member is engaged.",
                    "{engaged} of {count} members are engaged.",
                    detail["any"]["members"],
                    engaged=language.number(detail["any"]["engaged"]),
                ),
                language.counted(
                    "{count} engaged city is no member.",
                    "{count} engaged cities are no members.",
                    detail["non_members_engaged"],
                ),
            ]
        ),
        note=text(
            "A city may belong to both networks. On a small base counts stand without a share."
        ),
    )
