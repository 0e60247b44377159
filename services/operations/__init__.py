"""Operations: how the system does, what went wrong, and the way of every event; for operators.

Owns       what services say of themselves, in tables that a backup leaves out: spans and log
           records, until they are too old or too many (keeping.py).
Accepts    OTLP over HTTP: POST /v1/traces and /v1/logs (web/receiving.py), from whoever has the
           token of a service. Nobody waits for it: who cannot reach it drops what it has to say.
Publishes  nothing.
Serves     HTTP alone (web/): the pages of the dashboard, for staff and operators. What goes wrong
           is a page, or a problem document.
Tables     telemetry_slot; span, span_link and log_record, each a ring of partitions;
           ended_session (who logged out).

The way of a span: web/bodies.py (bounded) -> otlp.py (protobuf or JSON to values) ->
domain/bounding.py (nothing huge) -> keeping.py (one transaction a request).
And back: finding.py (rows to values) -> domain/waterfall.py, domain/neighbours.py,
domain/journey.py (what a page shows) -> presentation/ -> web/.
The way of one event: following.py asks ledgers, receipts and reporting, and lays the spans beside.
"""
