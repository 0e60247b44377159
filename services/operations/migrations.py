"""The tables of operations: directories of SQL, in the order in which they run."""

from pathlib import Path

MIGRATIONS = (Path(__file__).with_name("sql"),)
