"""Histories of any length, for measuring: invented happenings in real cities, from a seed.

shape.py          how much of what a history of N facts holds, and over which quarters
cities.py         which cities, by the gazetteer
memberships.py    cities registered, joining and leaving networks, and helped
people.py         who takes part, and from where
activities.py     activities, their sittings, and what is told of them
visits.py         what becomes of each person at a sitting
works.py          resources, their editions, and whom they reached
history.py        all of it, in the order of the quarters

Pure apart from reading the gazetteer: the same number of facts and the same seed give the same
bytes on every machine. Each event becomes exactly one fact, so that counting shows a loss.
"""
