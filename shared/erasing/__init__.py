"""What is left of an erased person outside the ledgers, and how it goes.

needles.py    a person's words in every way in which a file may have written them
sought.py     who is looked for, and a message without them
kept.py       rejected and waiting messages: the person is taken out of them
intake.py     messages in INTAKE: overwritten on the disk
erased.py     the list of who was erased, which no backup of a database brings back
errand.py     the above as an errand of a service, under the role that owns its tables
scanning.py   every file under a directory, read as an auditor would

Ledgers hold random keys alone, so nothing in them goes. What the disk keeps of removed rows is
wiped by shared/embedded/wiping.py; `tandem person erase` (shared/cli/erasing.py) does it in order.
"""
