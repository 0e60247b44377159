"""What a figure counted, item by item: anybody can count again and follow each to its facts.

item.py          one thing that a figure counts, and the question that names all of them
cities.py        cities and places with cities
occurrences.py   occurrences
people.py        people, by the occurrence at which they count
works.py         works, and works handed to cities
items.py         which of these each figure counts
contribution.py  the facts under an item
document.py      the document
"""

from services.reporting.domain.evidence.contribution import Contribution, contributions
from services.reporting.domain.evidence.document import Evidence, hidden_items
from services.reporting.domain.evidence.item import (
    COUNTED_ONCE,
    FirstMet,
    Item,
    Question,
    looks_at,
    recount,
)
from services.reporting.domain.evidence.items import ITEMS, items_of

__all__ = [
    "COUNTED_ONCE",
    "ITEMS",
    "Contribution",
    "Evidence",
    "FirstMet",
    "Item",
    "Question",
    "contributions",
    "hidden_items",
    "items_of",
    "looks_at",
    "recount",
]
