"""The tables of reporting: directories of SQL, in the order in which they run."""

from pathlib import Path

from shared.database import LEDGER_TABLES, PROJECTION_TABLES

SQL = Path(__file__).with_name("sql")
MIGRATIONS = (PROJECTION_TABLES, SQL)
PUBLICATION = "publication"
"""The schema of what was published: a rebuild replaces another one."""
APART = {PUBLICATION: (LEDGER_TABLES, SQL / PUBLICATION)}
