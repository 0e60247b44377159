#!/bin/sh
# Say over HTTP that a city took part, ask what became of it, and see another refused.
# Needs curl. The address of the gateway stands in endpoints.json, the token in a file of its own.
set -eu
GATEWAY=${1:-http://127.0.0.1:8084}
TOKEN=$(cat .tandem/secrets/webinar-platform.token)

curl -sS "$GATEWAY/events" \
    -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/cloudevents+json' \
    --data-binary @- <<'EVENT'
{"specversion": "1.0", "id": "clinic-8", "source": "/systems/webinar-platform",
 "type": "tandem.events.city_attended.v1", "time": "2024-05-14T19:00:00Z",
 "data": {"activity_id": "spring-clinic", "city": {"city_id": "austin-tx"}}}
EVENT
echo

# What became of it; `report=10` waits up to ten seconds until the report counts it.
curl -sS "$GATEWAY/events/clinic-8?service=events&report=10" -H "Authorization: Bearer $TOKEN"
echo

# The same in binary mode: attributes in headers, only the data in the body. The id is used already,
# and the content is the same, so this changes nothing.
curl -sS "$GATEWAY/events" \
    -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/json' \
    -H 'ce-specversion: 1.0' \
    -H 'ce-id: clinic-8' \
    -H 'ce-source: /systems/webinar-platform' \
    -H 'ce-type: tandem.events.city_attended.v1' \
    -H 'ce-time: 2024-05-14T19:00:00Z' \
    --data-binary '{"activity_id": "spring-clinic", "city": {"city_id": "austin-tx"}}'
echo

# A field is wrong: the answer names it by its path.
curl -sS "$GATEWAY/events" \
    -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/cloudevents+json' \
    --data-binary '{"specversion": "1.0", "id": "clinic-9", "source": "/systems/webinar-platform",
        "type": "tandem.events.city_attended.v1", "time": "2024-05-14T19:00:00Z",
        "data": {"activity_id": "spring-clinic", "town": {"city_id": "austin-tx"}}}'
echo
