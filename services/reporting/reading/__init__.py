"""Reading: rows of the tables, in one snapshot, made into reports and their evidence.

tables.py        every statement by name, the registry, one state of the tables
rows.py          a row as what the rules look at
surroundings.py  cities, networks and works, which every report reads
as_of_now.py     what a report looks at today, from what stands derived
as_known.py      the same as known at a moment, counted from the rows themselves
report.py        a report
evidence.py      what a figure counts, and the facts under it
facts.py         the facts under several figures at one moment
absence.py       why a city is counted in a period, or is not
records.py       one city, activity, resource or fact
periods.py       the quarters there are
duplicates.py    activities that may be one
appointments.py  the calendar: every sitting, whatever became of it
"""

from services.reporting.reading.appointments import read_appointments
from services.reporting.reading.duplicates import read_duplicates
from services.reporting.reading.evidence import Inquiry, UnknownMetric, read_evidence
from services.reporting.reading.facts import read_facts
from services.reporting.reading.periods import read_periods
from services.reporting.reading.report import FuturePeriod, read_report
from services.reporting.reading.tables import HERE, QUERIES, load_registry

__all__ = [
    "HERE",
    "QUERIES",
    "FuturePeriod",
    "Inquiry",
    "UnknownMetric",
    "load_registry",
    "read_appointments",
    "read_duplicates",
    "read_evidence",
    "read_facts",
    "read_periods",
    "read_report",
]
