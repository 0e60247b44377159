"""Reporting: what the partnership achieved in a period, counted from recorded facts.

Owns       the rows that restate facts (tables below) and the metric registry (`registry.toml`).
           A report as known then is counted from them when it is read. What a report of today
           shows stands derived beside them, and moves with each fact by the difference. And
           publications: a ledger of their own, in the schema `publication` that no rebuild touches.
Accepts    the facts of membership, events and resources, through the shared projector and its
           checkpoint, the table `fact`. A repeat is dropped there; any order across streams gives
           the same rows.
Publishes  nothing on FACTS; its own facts (shared/contracts/reporting.py) nobody restates.
Serves     gRPC: ReportingService (rpc.py). HTTP: /reports/<period>.json,
           /reports/<period>/figures/<metric>, /reports/<period>/cities/<city>, /cities,
           /activities, /resources and /facts (pages, and .json), /reports.json and
           /reports/latest; a report and each version of it as .pdf, .xlsx, .csv and
           .csv-metadata.json, its schema, /reports.atom and /activities.ics (web/);
           what goes wrong is a problem document. `python -m services.reporting rebuild` builds
           the tables again from the ledgers (rebuilding.py).
Tables     city_description, city_succession, membership_change, reference_answer (membership);
           activity_description, activity_claim, occurrence_plan, occurrence_outcome, roll,
           roll_participant, passage, registration, city_mention, city_help, person_erasure,
           merge, duplicate_dismissal (events); resource_description, resource_edition,
           resource_share, resource_delivery, resource_download, resource_withdrawal (resources).
           Counted with each fact: reach, reach_by_city, reach_by_work. Derived: standing_sitting,
           standing_city, standing_person, standing_uniques, standing_level, and the marks `stale`.
           In `publication`: the ledger's own, published_report (the bytes), sealing_key (public),
           ended_session (who logged out).

The way of a fact: projections/ (fact to rows, counts, and marks of what they make out of date) ->
sql/0002_as_known.sql (rows as known at a moment) -> standing.py (derived rows level with them) ->
reading/ (rows to knowledge) -> domain/ground.py (occurrences, touches, works) -> domain/figures.py
-> domain/report.py -> reports.py (kept.py: as it leaves, until facts come) -> rpc.py, web/.
A version: publishing/ (level with the ledgers, as known at a moment) -> domain/edition.py (its
number, what it revises, what two versions must not tell) -> signing.py (its seal) ->
domain/publication.py (may it be?) -> the fact and the bytes in one transaction.
What is merged: rows stay as they came, and sql/0006_merges.sql asks of every sitting for its parts
and of every person for their keys. What facts would change: preview.py, the same statements over
rows that are taken back.
And back: domain/evidence/ names the items that each figure counts, reading/evidence.py the facts
under each item, domain/absence.py what was not counted and why; trails/ follows all of them.
How each figure is counted, for leaders: docs/metrics.md.
"""
