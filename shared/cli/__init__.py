"""The command line: a client of the running system, one module for each group of commands.

application.py   the commands by name, and one sentence for whatever goes wrong
failures.py      errors as sentences
system.py        the running system, as DIR/endpoints.json describes it
up.py            tandem up
demo.py          tandem up --demo: publishes, waits until it is counted, shows it
report.py        tandem report, reports, evidence
report_text.py   a report as text for a terminal
evidence_text.py the evidence of a figure as text
terminal.py      how lines are printed, and what others wrote
words.py         what text reports say around the figures, in each language
publications.py  tandem publish-report, diff, verify
publish.py       tandem publish, schemas
importing.py     tandem import zoom, eventbrite, ics, csv
import_place.py  which activity a file speaks of, and in which zone
import_run.py    a file's events: shown beside what is known, sent, and what they moved
import_state.py  what the system knows of what a file speaks of
import_text.py   what an import would do and did, as text
generate.py      tandem generate
credentials.py   tandem credentials add, list, rotate, revoke
operator_log.py  tandem log
messages.py      tandem rejected list, show; tandem waiting list
questions.py     tandem queue list, resolve, dismiss
person.py        tandem person erase, scan
erasing.py       erasing a person, step by step, and the certificate of it
status.py        tandem status
"""

from shared.cli.application import main

__all__ = ["main"]
