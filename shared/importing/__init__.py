"""Files of other systems as events of the contract: pure readers, from bytes to drafts of events.

decoding.py    bytes -> text: bounded, in an encoding that is told and never guessed
tables.py      text -> rows and records with named columns
moments.py     dates and times as platforms write them -> instants
places.py      names of countries and states -> ISO 3166
mapping.py     what a mapping file says of columns, positions, roles and places
known.py       what Tandem knows of an activity already, for a reader to compare with
roster.py      one entry for each person, whatever number of rows a file gave them
drafting.py    drafts of events -> CloudEvents whose ids follow from what they say
reading.py     what came of a file: drafts, counts, notes; or where it cannot be read
zoom.py        reports of Zoom: webinars and meetings
eventbrite.py  attendee lists of Eventbrite
calendars.py   iCalendar, as appointments
planning.py    appointments beside what is known: what is new, moved, called off
comparing.py   two attendance files beside each other
periods.py     the quarters that events count in
columns.py     CSV for every type of the contract, its columns the fields of the data

A reader is given what Tandem knows and returns what follows; it asks and sends nothing itself.
"""
