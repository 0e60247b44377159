"""The rules of the figures; pure.

registry.py     what each figure means, and the parameters
period.py       quarters and years of both calendars, and when each is settled
dates.py        civil dates as stated
knowledge.py    all that the rules may look at, as rows
presence.py     one row per person of an attendance file
occurrences.py  where in time an occurrence lies, and whether it was held
cities.py       identity, succession, membership, eligibility
touches.py      every way in which a city was reached
works.py        first shares, editions
ground.py       knowledge made into all of these, once
engagement.py   new, returning, lapsed: set arithmetic between periods
population.py   residents, size classes
figures.py      every figure over a window
breakdowns.py   the rows behind the figures
suppression.py  small numbers of people
small_numbers.py  beside which occurrences they are not printed
duplicates.py   activities that may be one
headline.py     the sentences, in three languages
report.py       the document
evidence/       what each figure counted, item by item
absence.py      why a city is not counted, and what would change it
course.py       what a city did in each quarter, and what that did to the figures
disclosure.py   what of a fact may be shown to whom
"""
