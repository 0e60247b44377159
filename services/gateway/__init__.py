"""Gateway: CloudEvents over HTTP into INTAKE, for systems that do not speak NATS.

Owns       nothing: no table, no file. What it answers with 202 stands in INTAKE.
Accepts    POST /events in binary, structured and batch mode, from the credential that the event's
           `source` names; judged by the owners' own code, so that what is wrong is told at once.
           POST /webhooks/{zoom,eventbrite}/<credential>: what those platforms say, as events.
Publishes  intake.<source>.<service>.<name>, in atomic batches that requests share
Serves     HTTP alone (web/): /rejected (rejections.py), /docs, /openapi.json, /asyncapi and
           /schemas (presentation/); every address is in docs/http.md. What goes wrong is a problem
           document.

And back: receipts.py asks the owners what became of it.

The way of an event: web/bodies.py (bounded) -> domain/reading.py (its mode) -> domain/judging.py
(as the owner will) -> intake.py (into INTAKE, durable) -> web/events.py (202).
"""
