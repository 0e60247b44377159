"""What a figure counted, item by item: anybody can count again and follow each to its facts.

item.py          one thing that a figure counts, and the question that names all of them
cities.py        cities and places with cities
occurrences.py   occurrences
people.py        people, by the occurrence at which they count; which counts not everybody sees
works.py         works, and works handed to cities
items.py         which of these each figure counts
filtering.py     the items behind a row of a breakdown
comparison.py    the items behind a change
contribution.py  the facts under an item
document.py      the document
"""

from services.reporting.domain.evidence.comparison import (
    Against,
    Comparison,
    Move,
    UnknownComparison,
    changed,
    comparable,
    compared_with,
    moves,
)
from services.reporting.domain.evidence.contribution import Contribution, contributions
from services.reporting.domain.evidence.document import Evidence
from services.reporting.domain.evidence.filtering import (
    DIMENSIONS,
    Filters,
    UnknownRow,
    filtered,
)
from services.reporting.domain.evidence.item import (
    COUNTED_ONCE,
    OF_REACH,
    PEOPLE,
    FirstMet,
    Item,
    Question,
    looks_at,
    recount,
)
from services.reporting.domain.evidence.items import ITEMS, items_of
from services.reporting.domain.evidence.people import hidden_people

__all__ = [
    "COUNTED_ONCE",
    "DIMENSIONS",
    "ITEMS",
    "OF_REACH",
    "PEOPLE",
    "Against",
    "Comparison",
    "Contribution",
    "Evidence",
    "Filters",
    "FirstMet",
    "Item",
    "Move",
    "Question",
    "UnknownComparison",
    "UnknownRow",
    "changed",
    "comparable",
    "compared_with",
    "contributions",
    "filtered",
    "hidden_people",
    "items_of",
    "looks_at",
    "moves",
    "recount",
]
