"""The demonstration: public facts about NLC and SCN, as CloudEvents. README.md says what is read.

tables.py    the CSV files as rows
events.py    rows -> CloudEvents; pure, the same each time
importer.py  CloudEvents -> NATS, from outside like any other system
"""
