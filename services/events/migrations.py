"""The tables of events: directories of SQL, in the order in which they run."""

from pathlib import Path

from shared.database import LEDGER_TABLES

MIGRATIONS = (LEDGER_TABLES, Path(__file__).with_name("sql"))
