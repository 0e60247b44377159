#!/bin/sh
# Say over NATS that a city took part, with the plain command line of NATS (github.com/nats-io/natscli).
# The answer of JetStream, {"stream":"INTAKE", ...}, means that it is on the disk.
set -eu
SERVER=${1:-nats://127.0.0.1:4222}

nats --server "$SERVER" \
    --nkey .tandem/secrets/webinar-platform.seed \
    --inbox-prefix _INBOX_webinar-platform \
    request intake.webinar-platform.events.city_attended \
    --header 'content-type: application/cloudevents+json' \
    '{"specversion": "1.0", "id": "clinic-10", "source": "/systems/webinar-platform",
      "type": "tandem.events.city_attended.v1", "time": "2024-05-14T19:00:00Z",
      "data": {"activity_id": "spring-clinic", "city": {"city_id": "athens-oh"}}}'
