"""A whole system in one file, and the way back: `tandem backup`, `tandem restore`.

archive.py     the file: a tar whose parts are written as they come, with the SHA-256 of each
manifest.py    what a backup says of itself, and whether that is true
files.py       the small files that belong to it, and where each goes
databases.py   a database as of one moment: what it holds, its dump, and a dump put back
making.py      makes a backup, of a running system or of a stopped one
restoring.py   verifies a backup, and makes a data directory of it

What stands in NATS is not part of it. FACTS is published from the ledgers, and what no service had
taken from INTAKE yet its sender repeats: whatever had been taken is known by its id.
"""
