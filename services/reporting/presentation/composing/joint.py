"""What both networks did together, beside what each did alone: partitions that sum up."""

from services.reporting.presentation.composing.breakdowns import breakdown
from services.reporting.presentation.composing.subject import Subject
from services.reporting.presentation.sheet import Section


def joint(subject: Subject) -> Section:
    """Return the partition of activities, and of the people at them, by who led."""
    text = subject.language.text
    return Section(
        id="joint",
        title=text("Joint and single"),
        tables=[
            breakdown(
                subject,
                "joint",
                text("By organiser"),
                text("Organisers"),
                "organisers",
                ["activities_held", "webinars_held", "attendance", "registrations"],
                sums=True,
                note=text(
                    "Joint means that both networks lead. A speaker or a shared audience does not "
                    "make an activity joint."
                ),
                chart=True,
            )
        ],
    )
